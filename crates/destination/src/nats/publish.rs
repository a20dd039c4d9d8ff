//! Publishes messages and reads what the stream says of each. A window of them is on its way at a time, in order.

use super::connection::Connection;
use super::meaning::{self, Acknowledged};
use super::message::Message;
use super::protocol::Said;
use crate::socket;
use crate::{Answer, Outcome, Rejection};

/// Most messages that are published and not acknowledged.
const WINDOW_EVENTS_MAX: usize = 256;
/// Most bytes of these.
const WINDOW_BYTES_MAX: usize = 1 << 20;

/// Publishes all of them on a connection that is used for nothing else afterwards.
pub(super) async fn publish(connection: &mut Connection, messages: &[Message]) -> Answer {
    let mut state = State { fates: messages.iter().map(|_| Fate::Unknown).collect(), sent_bytes: 0 };
    let ended = state.run(connection, messages).await.err();
    state.answer(ended)
}

/// What became of a message.
enum Fate {
    Unknown,
    Said(Acknowledged),
}

struct State {
    fates: Vec<Fate>,
    sent_bytes: u64,
}

impl State {
    async fn run(&mut self, connection: &mut Connection, messages: &[Message]) -> Result<(), Answer> {
        let inbox = format!("_INBOX.{}", socket::unique());
        connection.write(format!("SUB {inbox}.* 1\r\n").as_bytes()).await?;
        let bytes_max = connection.info.max_payload;
        let mut next = 0;
        while next < messages.len() {
            let (mut window, mut out) = (0, Vec::new());
            while next < messages.len() && window < WINDOW_EVENTS_MAX && out.len() < WINDOW_BYTES_MAX {
                let message = &messages[next];
                if bytes_max > 0 && message.byte_count() > bytes_max {
                    let why = format!(
                        "the message has {} bytes, and the server takes {bytes_max}",
                        message.byte_count()
                    );
                    self.fates[next] = Fate::Said(Acknowledged::Rejected(why));
                } else {
                    message.write(&format!("{inbox}.{next}"), &mut out);
                    window += 1;
                }
                next += 1;
            }
            connection.write(&out).await?;
            self.sent_bytes += out.len() as u64;
            while window > 0 {
                window -= usize::from(self.receive(connection, &inbox).await?);
            }
            // What comes after an event that was not stored would be stored before it.
            let fates = &self.fates[..next];
            if fates.iter().any(|fate| {
                matches!(fate, Fate::Said(Acknowledged::Again(..) | Acknowledged::Misconfigured(..)))
            }) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether one more message is acknowledged.
    async fn receive(&mut self, connection: &mut Connection, inbox: &str) -> Result<bool, Answer> {
        let Said::Message(received) = connection.next().await? else { return Ok(false) };
        let index = received.subject.strip_prefix(inbox).and_then(|rest| rest.strip_prefix('.'));
        let fate = index.and_then(|index| self.fates.get_mut(index.parse::<usize>().ok()?));
        match fate {
            Some(fate @ Fate::Unknown) => {
                *fate = Fate::Said(meaning::of_acknowledgement(&received));
                Ok(true)
            }
            // A second answer to one message: somebody else listens on the subject.
            _ => Ok(false),
        }
    }

    /// What came of all of them. `ended`: why the connection ended before that was known.
    fn answer(self, ended: Option<Answer>) -> Answer {
        let (mut rejected, mut again, mut stored) = (Vec::new(), Vec::new(), 0);
        let (mut later, mut misconfigured) = (None, None);
        for (index, fate) in self.fates.into_iter().enumerate() {
            match fate {
                Fate::Said(Acknowledged::Stored) => stored += 1,
                Fate::Said(Acknowledged::Rejected(reason)) => rejected.push(Rejection { index, reason }),
                Fate::Unknown => again.push(index),
                Fate::Said(Acknowledged::Again(code, text)) => {
                    again.push(index);
                    later.get_or_insert((code, text));
                }
                Fate::Said(Acknowledged::Misconfigured(code, text)) => {
                    again.push(index);
                    misconfigured.get_or_insert((code, text));
                }
            }
        }
        let sent_bytes = self.sent_bytes;
        let said = |outcome, (code, detail): (u16, String)| Answer {
            outcome,
            status: Some(code).filter(|code| *code != 0),
            detail,
            sent_bytes,
        };
        // The whole batch is sent again then; what is there already is recognised by its id.
        if let Some(why) = misconfigured {
            return said(Outcome::Misconfigured, why);
        }
        if let Some(answer) = ended {
            return Answer { sent_bytes, ..answer };
        }
        if let Some(why) = later {
            let is_some_there = stored + rejected.len() > 0;
            let partial = Outcome::Partial { rejected, again };
            return said(if is_some_there { partial } else { Outcome::Retry { after: None } }, why);
        }
        let detail = format!("{stored} stored");
        if rejected.is_empty() {
            return Answer { detail, sent_bytes, ..Answer::plain(Outcome::Delivered) };
        }
        Answer { detail, sent_bytes, ..Answer::plain(Outcome::Partial { rejected, again }) }
    }
}
