//! E-mail: messages that the service writes, handed to one server that the operator names. Messages and the protocol
//! are made by a library; sockets and TLS are those of `outbound`, so that the same guard holds for them as for all
//! that goes out.

mod client;
mod stream;

use std::{fmt, sync::Arc, time::Duration};

use lettre::{
    Address, Message,
    message::{Attachment, Mailbox, MultiPart, SinglePart, header::ContentType},
};
use tallystick_outbound::{ClientConfig, OutboundError, OutboundOptions, Plain, Tls, tls_client_config};
use zeroize::Zeroizing;

/// Time to hand over one message, from looking the server's name up to its last word.
pub const MAIL_TIME_MAX: Duration = Duration::from_mins(2);
/// Longest that is kept of what a server said, bytes.
const SAID_BYTES_MAX: usize = 512;

/// How the connection to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// TLS after STARTTLS, which the server has to offer.
    StartTls,
    /// TLS from the first byte.
    Implicit,
    /// None: for a server on this machine only.
    None,
}

/// Which server takes messages, and as whom they are sent.
#[derive(Clone)]
pub struct MailOptions {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: MailTls,
    /// User and password, if it wants them.
    pub credentials: Option<(String, Zeroizing<String>)>,
    /// Whom messages are from: `Audit <audit@example.com>`.
    pub from: String,
    /// Domains that messages may go to; empty: all.
    pub recipient_domains: Vec<String>,
    /// The server may be in a private network or on this machine.
    pub allow_private: bool,
    /// Authorities that are trusted beside the system's, PEM.
    pub ca_pem: Option<String>,
}

/// Without the password.
impl fmt::Debug for MailOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailOptions")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

/// Why there is no mail.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It is no address.
    #[error("{what}: {why}")]
    Address {
        /// Which one.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// Its domain is none that messages may go to.
    #[error("{address}: messages go to {domains} only (smtp.recipient_domains)")]
    Domain {
        /// The address.
        address: String,
        /// Where they go.
        domains: String,
    },
    /// Without TLS only this machine is spoken to.
    #[error("{host}: without TLS the server has to be on this machine")]
    Plain {
        /// The server.
        host: String,
    },
    /// The connection cannot be made, or not so.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// The server says no, or something that is not in the protocol.
    #[error("{what}: {said}")]
    Server {
        /// At which step.
        what: &'static str,
        /// What it said.
        said: String,
        /// It will say the same again.
        is_final: bool,
    },
    /// The message cannot be put together.
    #[error("the message cannot be made: {0}")]
    Message(String),
    /// It took longer than [`MAIL_TIME_MAX`].
    #[error("{host} took too long")]
    Slow {
        /// The server.
        host: String,
    },
}

impl MailError {
    /// Whether trying again gives the same.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Address { .. } | Self::Domain { .. } | Self::Message(_) => true,
            Self::Server { is_final, .. } => *is_final,
            Self::Plain { .. } | Self::Outbound(_) | Self::Slow { .. } => false,
        }
    }
}

/// A message.
#[derive(Debug, Clone)]
pub struct Mail {
    /// What makes it this one: a message that is sent twice has the same.
    pub id: String,
    /// Whom to.
    pub to: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// What it says, plain text.
    pub text: String,
    /// When it is written, Unix ms.
    pub at_ms: i64,
    /// A file with it.
    pub file: Option<MailFile>,
}

/// A file with a message.
#[derive(Clone)]
pub struct MailFile {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for MailFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailFile")
            .field("name", &self.name)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Somebody whom the server did not take a message for, while it did for others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The address.
    pub address: String,
    /// What the server said.
    pub said: String,
    /// It will say the same again.
    pub is_final: bool,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.address, self.said)
    }
}

/// What sends messages.
#[derive(Debug)]
pub struct Mailer {
    options: MailOptions,
    outbound: OutboundOptions,
    tls: Arc<ClientConfig>,
    from: Mailbox,
}

impl Mailer {
    /// Of settings that are checked; nobody is asked anything yet.
    pub fn new(options: MailOptions) -> Result<Self, MailError> {
        let from: Mailbox = options.from.parse().map_err(|error| MailError::Address {
            what: format!("from {:?}", options.from),
            why: format!("{error}"),
        })?;
        let tls = tls_client_config(&Tls { ca_pem: options.ca_pem.clone(), ..Tls::default() })?;
        let is_plain = options.tls == MailTls::None;
        let outbound = OutboundOptions {
            allow_private: options.allow_private || is_plain,
            plain: if is_plain { Plain::Private } else { Plain::Never },
            ..OutboundOptions::default()
        };
        Ok(Self { options, outbound, tls: Arc::new(tls), from })
    }

    /// Refuses an address that no message may go to.
    pub fn check(&self, address: &str) -> Result<(), MailError> {
        self.address(address).map(drop)
    }

    fn address(&self, text: &str) -> Result<Address, MailError> {
        let address: Address = text
            .trim()
            .parse()
            .map_err(|error| MailError::Address { what: format!("{text:?}"), why: format!("{error}") })?;
        let domains = &self.options.recipient_domains;
        let is_one = |domain: &String| domain.eq_ignore_ascii_case(address.domain());
        if !domains.is_empty() && !domains.iter().any(is_one) {
            return Err(MailError::Domain { address: text.to_owned(), domains: domains.join(", ") });
        }
        Ok(address)
    }

    /// Hands a message over. It has arrived at the server when this is fine, for all but those who are given back; what
    /// becomes of it there is not known. An error says that nobody has it.
    pub async fn send(&self, mail: &Mail) -> Result<Vec<Refused>, MailError> {
        let message = self.message(mail)?;
        let slow = |_| MailError::Slow { host: self.options.host.clone() };
        tokio::time::timeout(MAIL_TIME_MAX, self.hand_over(&message)).await.map_err(slow)?
    }

    fn message(&self, mail: &Mail) -> Result<Message, MailError> {
        let broken = |error: &dyn fmt::Display| MailError::Message(error.to_string());
        let date = std::time::UNIX_EPOCH + Duration::from_millis(mail.at_ms.max(0).unsigned_abs());
        let mut message = Message::builder()
            .from(self.from.clone())
            .subject(&mail.subject)
            .date(date)
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())));
        for to in &mail.to {
            message = message.to(Mailbox::new(None, self.address(to)?));
        }
        let text = SinglePart::plain(mail.text.clone());
        let made = match &mail.file {
            None => message.singlepart(text),
            Some(file) => {
                let kind = ContentType::parse(&file.media_type).map_err(|error| broken(&error))?;
                let file = Attachment::new(file.name.clone()).body(file.bytes.clone(), kind);
                message.multipart(MultiPart::mixed().singlepart(text).singlepart(file))
            }
        };
        made.map_err(|error| broken(&error))
    }
}

/// What a server said, as far as it is kept.
fn cut(text: &str) -> String {
    let text = text.trim();
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    clean[..clean.floor_char_boundary(SAID_BYTES_MAX)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> MailOptions {
        MailOptions {
            host: "mail.example.com".to_owned(),
            port: 587,
            tls: MailTls::StartTls,
            credentials: Some(("audit".to_owned(), Zeroizing::new("hunter2".to_owned()))),
            from: "Audit <audit@example.com>".to_owned(),
            recipient_domains: vec!["example.com".to_owned()],
            allow_private: false,
            ca_pem: None,
        }
    }

    fn mail(subject: &str) -> Mail {
        Mail {
            id: "sch_1.3".to_owned(),
            to: vec!["ana@example.com".to_owned()],
            subject: subject.to_owned(),
            text: "Häufig\n.\n".to_owned(),
            at_ms: 1_795_168_900_123,
            file: None,
        }
    }

    #[test]
    fn addresses_are_looked_at_and_passwords_are_not_shown() {
        let mailer = Mailer::new(options()).unwrap();
        mailer.check("ana@Example.COM").unwrap();
        for bad in
            ["ana@other.example", "ana", "", "ana@example.com, b@example.com", "a@example.com\r\nBcc: b"]
        {
            assert!(mailer.check(bad).is_err(), "{bad}");
        }
        assert!(!format!("{mailer:?}").contains("hunter2"));
        assert!(Mailer::new(MailOptions { from: "nobody".to_owned(), ..options() }).is_err());
    }

    #[test]
    fn nothing_in_a_subject_becomes_a_header() {
        let mailer = Mailer::new(options()).unwrap();
        let message = mailer.message(&mail("weekly\r\nBcc: eve@example.com")).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        assert!(!text.lines().any(|line| line.starts_with("Bcc")), "{text}");
        assert!(text.contains("Message-ID: <sch_1.3@example.com>"), "{text}");
        assert_eq!(
            message.formatted(),
            mailer.message(&mail("weekly\r\nBcc: eve@example.com")).unwrap().formatted()
        );
    }
}
