//! A connection to a server, from its introduction to the point where it knows who we are.

use std::io;

use serde_json::{Map, json};
use tallystick_outbound::OutboundError;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use super::identity::Identity;
use super::meaning;
use super::protocol::{Info, Reader, Said};
use crate::socket::{self, CONNECT_TIME_MAX, Dialer, Endpoint, Stream};
use crate::{Answer, Outcome};

/// How a connection begins.
pub(super) struct Start {
    /// TLS comes before the server's introduction.
    pub(super) is_tls_first: bool,
    pub(super) identity: Identity,
    pub(super) agent: String,
    /// Names the connection in what servers list.
    pub(super) stream: String,
}

/// A connection on which may be published.
pub(super) struct Connection {
    pub(super) stream: Stream,
    pub(super) reader: Reader,
    pub(super) info: Info,
    host: String,
}

impl Connection {
    /// Connects and signs in.
    pub(super) async fn open(dialer: &Dialer, to: &Endpoint, start: &Start) -> Result<Self, Answer> {
        let connected = timeout(CONNECT_TIME_MAX, async {
            let (stream, reader, info) = introduce(dialer, to, start).await?;
            let mut connection = Self { stream, reader, info, host: to.host.clone() };
            connection.sign_in(dialer.has_tls(), start).await?;
            Ok(connection)
        });
        let late = || socket::failed(Outcome::Retry { after: None }, format!("{to} does not answer in time"));
        connected.await.unwrap_or_else(|_| Err(late()))
    }

    /// The next thing that the server says, with its questions answered.
    pub(super) async fn next(&mut self) -> Result<Said, Answer> {
        loop {
            match self.reader.next(&mut self.stream).await {
                Ok(Said::Ping) => self.write(b"PONG\r\n").await?,
                Ok(Said::Error(text)) => return Err(meaning::of_error(&text)),
                Ok(Said::Ok | Said::Info(_)) => {}
                Ok(said) => return Ok(said),
                Err(error) => return Err(failure(&self.host, error)),
            }
        }
    }

    /// Writes. If that fails, the server may have said why before it hung up.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Answer> {
        let written = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        let Err(error) = written.await else { return Ok(()) };
        loop {
            match self.reader.next(&mut self.stream).await {
                Ok(Said::Error(text)) => return Err(meaning::of_error(&text)),
                Ok(_) => {}
                Err(why) => {
                    let why = failure(&self.host, why);
                    let is_known = why.outcome == Outcome::Misconfigured;
                    return Err(if is_known { why } else { failure(&self.host, error) });
                }
            }
        }
    }

    async fn sign_in(&mut self, has_tls: bool, start: &Start) -> Result<(), Answer> {
        let nonce = self.info.nonce.clone().unwrap_or_default();
        if start.identity.needs_nonce() && nonce.is_empty() {
            let why = "the server asks for no signature: it knows no keys of users";
            return Err(socket::failed(Outcome::Misconfigured, why));
        }
        if !self.info.headers {
            return Err(socket::failed(
                Outcome::Misconfigured,
                "the server takes no headers: it is older than 2.2",
            ));
        }
        let mut connect = Map::new();
        for (name, value) in [
            ("verbose", json!(false)),
            ("pedantic", json!(false)),
            ("tls_required", json!(has_tls)),
            ("name", json!(start.stream)),
            ("lang", json!("rust")),
            ("version", json!(start.agent)),
            ("protocol", json!(1)),
            ("echo", json!(false)),
            ("headers", json!(true)),
            ("no_responders", json!(true)),
        ] {
            connect.insert(name.to_owned(), value);
        }
        start.identity.fill(&nonce, &mut connect);
        let connect = serde_json::Value::Object(connect);
        self.write(format!("CONNECT {connect}\r\nPING\r\n").as_bytes()).await?;
        while !matches!(self.next().await?, Said::Pong) {}
        Ok(())
    }
}

/// The server speaks first, before TLS or after it. What it says before is taken for nothing but whether TLS may begin.
async fn introduce(dialer: &Dialer, to: &Endpoint, start: &Start) -> Result<(Stream, Reader, Info), Answer> {
    let unreachable = |error: OutboundError| socket::meaning(&error);
    let mut reader = Reader::default();
    if start.is_tls_first {
        let mut stream = dialer.connect(to).await.map_err(unreachable)?;
        let info = info(&mut reader, &mut stream, to).await?;
        return Ok((stream, reader, info));
    }
    let mut bare = dialer.connect_bare(to).await.map_err(unreachable)?;
    let info = info(&mut reader, &mut bare, to).await?;
    if !dialer.has_tls() && info.tls_required {
        return Err(socket::failed(Outcome::Misconfigured, format!("{to} wants TLS")));
    }
    if dialer.has_tls() && !(info.tls_required || info.tls_available) {
        return Err(socket::failed(Outcome::Misconfigured, format!("{to} offers no TLS")));
    }
    if dialer.has_tls() && !reader.is_empty() {
        // Somebody between us puts words into the connection before TLS begins.
        return Err(socket::failed(Outcome::Misconfigured, format!("{to} says more than it may before TLS")));
    }
    let stream = dialer.secure(bare, to).await.map_err(unreachable)?;
    Ok((stream, reader, info))
}

async fn info(
    reader: &mut Reader,
    stream: &mut (impl tokio::io::AsyncRead + Unpin),
    to: &Endpoint,
) -> Result<Info, Answer> {
    match reader.next(stream).await {
        Ok(Said::Info(info)) => Ok(*info),
        Ok(Said::Error(text)) => Err(meaning::of_error(&text)),
        Ok(_) => Err(socket::failed(Outcome::Misconfigured, format!("{to} is no NATS server"))),
        Err(error) => Err(failure(&to.host, error)),
    }
}

fn failure(host: &str, error: io::Error) -> Answer {
    let is_foreign = error.kind() == io::ErrorKind::InvalidData;
    let answer = socket::meaning(&OutboundError::of_io(host, error));
    if is_foreign { Answer { outcome: Outcome::Misconfigured, ..answer } } else { answer }
}
