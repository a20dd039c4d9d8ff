//! Server-sent events (the WHATWG format): from bytes that come in any pieces to messages.

use bytes::{Buf as _, Bytes, BytesMut};
use futures::{Stream, StreamExt as _};

/// Bytes of one message at most; an event is at most 1 MiB.
const MESSAGE_BYTES_MAX: usize = 8 << 20;

/// One message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// `event:`; empty if it has none.
    pub(crate) kind: String,
    /// `id:`, if it has one.
    pub(crate) id: Option<String>,
    /// The lines of `data:`, joined by line breaks.
    pub(crate) data: String,
}

/// Why no more messages come.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamError {
    /// The connection broke.
    #[error("the connection was lost")]
    Lost(#[source] reqwest::Error),
    /// A message is longer than any can be.
    #[error("a message is longer than {MESSAGE_BYTES_MAX} bytes")]
    TooLong,
}

/// The messages of a stream of bytes.
pub(crate) struct Messages<S> {
    bytes: S,
    parser: Parser,
}

impl<S: Stream<Item = reqwest::Result<Bytes>> + Unpin> Messages<S> {
    /// Reads from the start of an answer.
    pub(crate) fn new(bytes: S) -> Self {
        Self { bytes, parser: Parser::default() }
    }

    /// The next message; none when the service has ended the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<Message>, StreamError> {
        loop {
            if let Some(message) = self.parser.next() {
                return Ok(Some(message));
            }
            if self.parser.waiting_bytes() > MESSAGE_BYTES_MAX {
                return Err(StreamError::TooLong);
            }
            match self.bytes.next().await {
                None => return Ok(None),
                Some(Ok(bytes)) => self.parser.buffer.extend_from_slice(&bytes),
                Some(Err(error)) => return Err(StreamError::Lost(error.without_url())),
            }
        }
    }
}

#[derive(Default)]
struct Parser {
    buffer: BytesMut,
    message: Message,
    has_data: bool,
}

impl Parser {
    fn waiting_bytes(&self) -> usize {
        self.buffer.len() + self.message.data.len()
    }

    fn next(&mut self) -> Option<Message> {
        while let Some(line) = self.line() {
            if line.is_empty() {
                let message = std::mem::take(&mut self.message);
                if std::mem::take(&mut self.has_data) || message.id.is_some() {
                    return Some(message);
                }
            } else {
                self.field(&line);
            }
        }
        None
    }

    /// A whole line without its end, which is `\n`, `\r\n` or `\r`. A `\r` at the end of what is there may be the first
    /// half of `\r\n`, so it waits.
    fn line(&mut self) -> Option<String> {
        let end = self.buffer.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
        let end_bytes = match (self.buffer[end], self.buffer.get(end + 1)) {
            (b'\r', None) => return None,
            (b'\r', Some(b'\n')) => 2,
            _ => 1,
        };
        let line = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        self.buffer.advance(end + end_bytes);
        Some(line)
    }

    fn field(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => value.clone_into(&mut self.message.kind),
            "id" => self.message.id = Some(value.to_owned()),
            "data" => {
                if self.has_data {
                    self.message.data.push('\n');
                }
                self.has_data = true;
                self.message.data.push_str(value);
            }
            // Comments and fields that nobody knows.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str, piece: usize) -> Vec<Message> {
        let mut parser = Parser::default();
        let mut found = Vec::new();
        for piece in text.as_bytes().chunks(piece) {
            parser.buffer.extend_from_slice(piece);
            found.extend(std::iter::from_fn(|| parser.next()));
        }
        found
    }

    #[test]
    fn messages_come_out_whole_however_the_bytes_come_in() {
        let text = ": hello\n\nid: 7\nevent: event\ndata: {\"a\":1}\n\n\
                    event: gap\r\ndata:one\r\ndata: two\r\n\r\nid: 9\n\ndata: cut";
        let expected = [
            Message { kind: "event".into(), id: Some("7".into()), data: "{\"a\":1}".into() },
            Message { kind: "gap".into(), id: None, data: "one\ntwo".into() },
            Message { kind: String::new(), id: Some("9".into()), data: String::new() },
        ];
        for piece in [1, 2, 3, 7, 1_000] {
            assert_eq!(messages(text, piece), expected, "pieces of {piece}");
        }
    }
}
