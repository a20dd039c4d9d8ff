//! Syslog over TCP and TLS: RFC 5424 messages, framed as RFC 6587 and RFC 5425 have it. The protocol acknowledges
//! nothing; what is done about that is in `delivery.rs`.

mod delivery;
mod fields;
mod message;

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use tallystick_outbound::OutboundError;
use tokio::time::{Instant, timeout_at};

use self::fields::{FACILITIES, FIELDS};
use self::message::{Framing, Template};
use crate::limits::CALL_TIME_MAX;
use crate::socket::{self, Dialer, Endpoint, Hidden};
use crate::{
    Answer, BadSettings, Batch, Destination, Kind, Once, Outcome, Rejection, Settings, Shape, Surroundings,
};

/// Sends events to a syslog receiver.
pub(crate) static KIND: Kind = Kind {
    name: "syslog",
    title: "Syslog",
    summary: "Messages of RFC 5424 over TLS or TCP, for rsyslog, syslog-ng, QRadar, ArcSight and other collectors.",
    fields: FIELDS,
    formats: &[],
    shape: Shape { events_max: 2_000, bytes_max: 2 << 20, linger: Duration::from_secs(1), is_by_hour: false },
    once: Once::AtLeast,
    open,
};

fn open(settings: &Settings, world: &Surroundings) -> Result<Box<dyn Destination>, BadSettings> {
    let transport = settings.required("transport")?;
    let default_port = if transport == "tls" { TLS_PORT } else { TCP_PORT };
    let facility = settings.required("facility")?;
    let position = FACILITIES.iter().position(|name| *name == facility);
    let template = Template {
        facility: position.expect("a choice was checked to be one of them"),
        app: message::header_text(settings.required("app_name")?, message::APP_BYTES_MAX),
        host: settings.text("hostname").map(|host| message::header_text(host, message::HOST_BYTES_MAX)),
        sd_id: sd_id(settings.required("sd_id")?)?,
        framing: if settings.required("framing")? == "newline" {
            Framing::Newline
        } else {
            Framing::OctetCounting
        },
        bytes_max: settings.number("message_bytes_max").unwrap_or(message::BYTES_MAX_DEFAULT) as usize,
    };
    Ok(Box::new(Syslog {
        server: Endpoint::of_setting("server", settings.required("server")?, default_port)?,
        dialer: Dialer::new(settings, world, transport == "tls")?,
        awaits_close: settings.required("confirm")? == "close",
        template,
        hidden: Hidden::new(settings),
    }))
}

fn sd_id(text: &str) -> Result<String, BadSettings> {
    let is_name = |c: char| c.is_ascii_graphic() && !matches!(c, '=' | ']' | '"' | '@');
    let (name, number) = text.split_once('@').unwrap_or((text, ""));
    let is_number =
        number.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if name.is_empty() || !name.chars().all(is_name) || !is_number || text.len() > message::SD_ID_BYTES_MAX {
        let why =
            "has to be a name, @ and an enterprise number, such as audit@32473, of at most 32 characters";
        return Err(BadSettings::new("sd_id", why));
    }
    Ok(text.to_owned())
}

struct Syslog {
    server: Endpoint,
    dialer: Dialer,
    awaits_close: bool,
    template: Template,
    hidden: Hidden,
}

impl Syslog {
    /// Connects, writes, and waits until the other side has taken everything.
    async fn exchange(&self, bytes: &[u8]) -> Result<&'static str, Answer> {
        let (host, end) = (&self.server.host, Instant::now() + CALL_TIME_MAX);
        let stream = self.dialer.connect(&self.server).await.map_err(|error| socket::meaning(&error))?;
        let done = timeout_at(end, async {
            if self.awaits_close {
                delivery::until_closed(stream, bytes).await
            } else {
                delivery::unconfirmed(stream, bytes).await
            }
        });
        match done.await {
            Ok(Ok(())) if self.awaits_close => {
                Ok("the receiver has read everything and closed the connection")
            }
            Ok(Ok(())) => Ok("written; the receiver was not asked to confirm it"),
            Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => Err(socket::failed(
                Outcome::Retry { after: None },
                format!("{host} hung up without ending TLS; if it always does, set confirm to none"),
            )),
            Ok(Err(error)) => Err(socket::meaning(&OutboundError::of_io(host, error))),
            Err(_) => Err(socket::failed(
                Outcome::Retry { after: None },
                format!(
                    "{host} did not take everything and close the connection in time; if it never closes connections \
                     that are closed from this side, set confirm to none"
                ),
            )),
        }
    }
}

#[async_trait]
impl Destination for Syslog {
    async fn send(&self, batch: &Batch) -> Answer {
        let framed = self.template.frame(batch);
        let sent_bytes = framed.bytes.len() as u64;
        let mut answer = if framed.bytes.is_empty() {
            Answer::plain(Outcome::Delivered)
        } else {
            match self.exchange(&framed.bytes).await {
                Ok(detail) => {
                    Answer { detail: detail.to_owned(), sent_bytes, ..Answer::plain(Outcome::Delivered) }
                }
                Err(answer) => return self.hidden.clean(answer),
            }
        };
        if !framed.too_large.is_empty() {
            let max = self.template.bytes_max;
            let rejected = framed.too_large.iter().map(|(index, bytes)| Rejection {
                index: *index,
                reason: format!("the message has {bytes} bytes, and message_bytes_max is {max}"),
            });
            answer.outcome = Outcome::Partial { rejected: rejected.collect(), again: Vec::new() };
        }
        answer
    }

    async fn check(&self) -> Option<Answer> {
        let answer = match self.exchange(&[]).await {
            Ok(_) => Answer { detail: "connected".to_owned(), ..Answer::plain(Outcome::Delivered) },
            Err(answer) => answer,
        };
        Some(self.hidden.clean(answer))
    }
}

/// Syslog over TLS (RFC 5425 4.1).
const TLS_PORT: u16 = 6514;
/// Syslog over TCP by custom; registered for another service (RFC 6587 5.1).
const TCP_PORT: u16 = 601;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_structured_data_are_those_of_the_rfc() {
        for good in ["audit@32473", "tallystick@32473.1.2"] {
            assert_eq!(sd_id(good).unwrap(), good);
        }
        for bad in [
            "audit",
            "audit@",
            "@32473",
            "a b@1",
            "a=@1",
            "a@1x",
            "a@1..2",
            "a@1@2",
            &format!("{}@1", "a".repeat(31)),
        ] {
            assert!(sd_id(bad).is_err(), "{bad}");
        }
    }
}
