//! What a server says (docs.nats.io, "Client protocol"), read line by line with an end to everything.

use std::io;

use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Longest line of a server, bytes: `INFO` lists all servers of a cluster.
const LINE_BYTES_MAX: usize = 65_536;
/// How much is asked for at a time, bytes.
const READ_BYTES: usize = 8_192;
/// Longest acknowledgement, bytes.
const PAYLOAD_BYTES_MAX: usize = 65_536;

/// What a server says of itself.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Info {
    /// Most bytes of headers and body of a message.
    #[serde(default)]
    pub(super) max_payload: usize,
    /// To be signed by whoever has a key.
    #[serde(default)]
    pub(super) nonce: Option<String>,
    #[serde(default)]
    pub(super) headers: bool,
    #[serde(default)]
    pub(super) tls_required: bool,
    #[serde(default)]
    pub(super) tls_available: bool,
}

/// Something that a server says.
#[derive(Debug)]
pub(super) enum Said {
    Info(Box<Info>),
    Ping,
    Pong,
    Ok,
    Error(String),
    Message(Received),
}

/// A message to us.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) subject: String,
    /// The first line of the headers, such as `NATS/1.0 503`; empty if there are none.
    pub(super) status: String,
    pub(super) body: Vec<u8>,
}

/// Reads what a server says.
#[derive(Debug, Default)]
pub(super) struct Reader {
    buffer: Vec<u8>,
    start: usize,
}

impl Reader {
    /// Whether nothing is left that was read and not yet asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.start == self.buffer.len()
    }

    /// The next thing said.
    ///
    /// # Errors
    /// Of the connection; `UnexpectedEof` at its end; `InvalidData` for what no server of NATS says.
    pub(super) async fn next(&mut self, from: &mut (impl AsyncRead + Unpin)) -> io::Result<Said> {
        let line = self.line(from).await?;
        let (word, rest) = line.split_once([' ', '\t']).unwrap_or((&line, ""));
        let rest = rest.trim();
        match word.to_ascii_uppercase().as_str() {
            "INFO" => {
                Ok(Said::Info(Box::new(serde_json::from_str(rest).map_err(|_| bad("an INFO without JSON"))?)))
            }
            "PING" => Ok(Said::Ping),
            "PONG" => Ok(Said::Pong),
            "+OK" => Ok(Said::Ok),
            "-ERR" => Ok(Said::Error(rest.trim_matches('\'').to_owned())),
            "MSG" => self.message(from, rest, false).await,
            "HMSG" => self.message(from, rest, true).await,
            _ => Err(bad("what answers is no NATS server")),
        }
    }

    /// `subject sid [reply] [bytes of headers] bytes`.
    async fn message(
        &mut self,
        from: &mut (impl AsyncRead + Unpin),
        line: &str,
        has_headers: bool,
    ) -> io::Result<Said> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let number = |word: Option<&&str>| word.and_then(|word| word.parse::<usize>().ok());
        let malformed = || bad("a message without its length");
        let total = number(words.last()).ok_or_else(malformed)?;
        let head = if has_headers {
            number(words.len().checked_sub(2).and_then(|at| words.get(at))).ok_or_else(malformed)?
        } else {
            0
        };
        if total > PAYLOAD_BYTES_MAX || head > total {
            return Err(bad("an acknowledgement that is too long"));
        }
        let subject = (*words.first().ok_or_else(malformed)?).to_owned();
        while self.buffer.len() - self.start < total + 2 {
            self.fill(from).await?;
        }
        let payload = &self.buffer[self.start..self.start + total];
        let status = String::from_utf8_lossy(&payload[..head]);
        let status = status.lines().next().unwrap_or_default().to_owned();
        let body = payload[head..].to_vec();
        self.start += total + 2;
        Ok(Said::Message(Received { subject, status, body }))
    }

    async fn line(&mut self, from: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
        loop {
            if let Some(length) = self.buffer[self.start..].iter().position(|byte| *byte == b'\n') {
                let line = String::from_utf8_lossy(&self.buffer[self.start..self.start + length]);
                let line = line.trim_end_matches('\r').to_owned();
                self.start += length + 1;
                return Ok(line);
            }
            if self.buffer.len() - self.start > LINE_BYTES_MAX {
                return Err(bad("what answers is no NATS server"));
            }
            self.fill(from).await?;
        }
    }

    async fn fill(&mut self, from: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.reserve(READ_BYTES);
        match from.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

fn bad(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(text: &str) -> Vec<String> {
        let mut reader = Reader::default();
        let mut from = text.as_bytes();
        let mut all = Vec::new();
        loop {
            match reader.next(&mut from).await {
                Ok(said) => all.push(format!("{said:?}")),
                Err(error) => {
                    all.push(error.kind().to_string());
                    return all;
                }
            }
        }
    }

    #[tokio::test]
    async fn everything_a_server_says_is_read() {
        let said = read(
            "INFO {\"max_payload\":9,\"headers\":true}\r\nPING\r\n+OK\r\n-ERR 'No'\r\nMSG _INBOX.a.1 1 3\r\n{\r\n\r\n\
             HMSG _INBOX.a.2 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\nPONG\r\n",
        );
        let said = said.await;
        assert!(said[0].contains("max_payload: 9"), "{said:?}");
        assert_eq!(said[3], "Error(\"No\")");
        assert!(said[4].contains("subject: \"_INBOX.a.1\", status: \"\", body: [123, 13, 10]"), "{said:?}");
        assert!(said[5].contains("status: \"NATS/1.0 503\", body: []"), "{said:?}");
        assert_eq!(said[6..], ["Pong", "unexpected end of file"]);
    }

    #[tokio::test]
    async fn what_is_no_server_of_nats_is_not_read_without_end() {
        for text in
            ["HTTP/1.1 400 Bad Request\r\n", "MSG a 1 99999999\r\n", "MSG a\r\n", "HMSG a 1 5 3\r\nabc\r\n"]
        {
            assert!(read(text).await.last().unwrap().contains("invalid data"), "{text}");
        }
        let endless = "x".repeat(10 * LINE_BYTES_MAX);
        assert_eq!(read(&endless).await.last().unwrap(), "invalid data");
    }
}
