//! One conversation with the server: connect, protect, say who we are, hand the message over.

use std::net::IpAddr;

use lettre::{
    Message,
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, AsyncTokioStream},
        commands::{Data, Mail as From, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};
use tallystick_outbound::{connect, connect_plain, connect_tls, start_tls};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{MAIL_TIME_MAX, MailError, MailTls, Mailer, Refused, cut, stream::Opened};

/// Longest answer before TLS begins, bytes.
const REPLY_BYTES_MAX: usize = 16_384;
/// How passwords are given, the best first.
const MECHANISMS: &[Mechanism] = &[Mechanism::Plain, Mechanism::Login];

impl Mailer {
    /// Hands a message over: to all whom the server takes it for, at least one. Gives the others.
    pub(super) async fn hand_over(&self, message: &Message) -> Result<Vec<Refused>, MailError> {
        let hello = ClientId::Domain(self.from.email.domain().to_owned());
        let stream = self.open(&hello).await?;
        let failed = |what| move |error: lettre::transport::smtp::Error| refused(what, &error);
        let mut connection = AsyncSmtpConnection::connect_with_transport(stream, &hello)
            .await
            .map_err(failed("the server does not greet"))?;
        if let Some((user, password)) = &self.options.credentials {
            let credentials = Credentials::new(user.clone(), password.to_string());
            let auth = connection.auth(MECHANISMS, &credentials).await;
            // Whoever runs the service can mend a password, so that it is never final.
            auth.map_err(|error| match refused("the server does not take user and password", &error) {
                MailError::Server { what, said, .. } => MailError::Server { what, said, is_final: false },
                other => other,
            })?;
        }
        let outcome = say_it(&mut connection, message).await;
        // It has the message or not; how the conversation ends changes nothing about that.
        let _ = connection.quit().await;
        outcome
    }

    async fn open(&self, hello: &ClientId) -> Result<Box<dyn AsyncTokioStream>, MailError> {
        let (host, port) = (self.options.host.as_str(), self.options.port);
        match self.options.tls {
            MailTls::Implicit => {
                let stream = connect_tls(&self.outbound, &self.tls, host, port, MAIL_TIME_MAX).await?;
                Ok(Box::new(Opened::new(stream, Vec::new())))
            }
            MailTls::StartTls => {
                let mut stream = connect(&self.outbound, host, port, MAIL_TIME_MAX).await?;
                let greeting = ask_for_tls(&mut stream, hello).await?;
                let stream = start_tls(stream, &self.tls, host, MAIL_TIME_MAX).await?;
                // The library waits for a greeting, which there is only one of.
                Ok(Box::new(Opened::new(stream, greeting)))
            }
            MailTls::None => {
                let stream = connect_plain(&self.outbound, host, port, MAIL_TIME_MAX).await?;
                if !stream.peer_addr().is_ok_and(|peer| is_here(peer.ip())) {
                    return Err(MailError::Plain { host: host.to_owned() });
                }
                Ok(Box::new(Opened::new(stream, Vec::new())))
            }
        }
    }
}

/// Sender, recipients and content. Whom the server does not want does not keep it from the others.
async fn say_it(connection: &mut AsyncSmtpConnection, message: &Message) -> Result<Vec<Refused>, MailError> {
    let (envelope, content) = (message.envelope(), message.formatted());
    let what = "the server does not take the message";
    let mut parameters = Vec::new();
    let offers = |extension| connection.server_info().supports_feature(extension);
    let addresses = envelope.to().iter().chain(envelope.from());
    if !addresses.into_iter().all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
        if !offers(Extension::SmtpUtfEight) {
            return Err(server(what, "it takes addresses of ASCII only"));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !content.is_ascii() {
        if !offers(Extension::EightBitMime) {
            return Err(server(what, "it takes content of ASCII only"));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let failed = |error| refused(what, &error);
    connection.command(From::new(envelope.from().cloned(), parameters)).await.map_err(failed)?;
    let mut unwanted: Vec<Refused> = Vec::new();
    for to in envelope.to() {
        if let Err(error) = connection.command(Rcpt::new(to.clone(), Vec::new())).await {
            let is_final = error.is_permanent();
            if !is_final && !error.is_transient() {
                return Err(failed(error));
            }
            unwanted.push(Refused { address: to.to_string(), said: cut(&chain(&error)), is_final });
        }
    }
    if unwanted.len() == envelope.to().len() {
        let said: Vec<String> = unwanted.iter().map(Refused::to_string).collect();
        let is_final = unwanted.iter().all(|one| one.is_final);
        return Err(MailError::Server { what, said: cut(&said.join("; ")), is_final });
    }
    connection.command(Data).await.map_err(failed)?;
    connection.message(&content).await.map_err(failed)?;
    Ok(unwanted)
}

fn is_here(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// What is said before TLS (RFC 3207): the greeting is given back. Nothing of it is believed but that TLS can begin.
async fn ask_for_tls(stream: &mut TcpStream, hello: &ClientId) -> Result<Vec<u8>, MailError> {
    let greeting = reply(stream, "220", "the server does not greet").await?;
    say(stream, &format!("EHLO {hello}\r\n")).await?;
    let offers = reply(stream, "250", "the server does not take EHLO").await?;
    let text = String::from_utf8_lossy(&offers).to_ascii_uppercase();
    if !text.lines().any(|line| line.get(4..).is_some_and(|offer| offer.trim() == "STARTTLS")) {
        let said = "it offers no STARTTLS; it may take TLS from the first byte (smtp.tls = \"implicit\")";
        return Err(server("the server does not protect the connection", said));
    }
    say(stream, "STARTTLS\r\n").await?;
    reply(stream, "220", "the server does not begin TLS").await?;
    Ok(greeting)
}

fn server(what: &'static str, said: &str) -> MailError {
    MailError::Server { what, said: cut(said), is_final: false }
}

async fn say(stream: &mut TcpStream, text: &str) -> Result<(), MailError> {
    let gone = |error: std::io::Error| server("the connection broke", &error.to_string());
    stream.write_all(text.as_bytes()).await.map_err(gone)
}

/// One answer, whole. What comes behind it unasked is refused: somebody in between could have put it there.
async fn reply(stream: &mut TcpStream, wanted: &str, what: &'static str) -> Result<Vec<u8>, MailError> {
    let mut read = Vec::new();
    loop {
        let mut piece = [0; 1_024];
        let count = stream.read(&mut piece).await.map_err(|error| server(what, &error.to_string()))?;
        read.extend_from_slice(&piece[..count]);
        if count == 0 || read.len() > REPLY_BYTES_MAX {
            return Err(server(what, &String::from_utf8_lossy(&read)));
        }
        let Some(end) = end_of_reply(&read) else { continue };
        if end != read.len() || !read.starts_with(wanted.as_bytes()) {
            return Err(server(what, &String::from_utf8_lossy(&read)));
        }
        return Ok(read);
    }
}

/// Where an answer ends, if its last line is there: the one with a space behind the code.
fn end_of_reply(read: &[u8]) -> Option<usize> {
    let mut start = 0;
    while let Some(length) = read[start..].iter().position(|byte| *byte == b'\n') {
        let line = &read[start..start + length];
        start += length + 1;
        if line.get(3).is_none_or(|byte| *byte != b'-') {
            return Some(start);
        }
    }
    None
}

fn refused(what: &'static str, error: &lettre::transport::smtp::Error) -> MailError {
    MailError::Server { what, said: cut(&chain(error)), is_final: error.is_permanent() }
}

/// An error with its causes.
fn chain(error: &lettre::transport::smtp::Error) -> String {
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_with_its_last_line() {
        assert_eq!(end_of_reply(b"220 hi\r\n"), Some(8));
        assert_eq!(end_of_reply(b"250-a\r\n250-STARTTLS\r\n250 HELP\r\nmore"), Some(31));
        assert_eq!(end_of_reply(b"250-a\r\n250 no end"), None);
        assert_eq!(end_of_reply(b""), None);
    }
}
