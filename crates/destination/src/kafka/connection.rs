//! A connection to a broker: frames, versions, and who we are.

use std::time::Duration;

use tallystick_outbound::OutboundError;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};

use super::code;
use super::codec::{Malformed, Reader, Writer};
use super::identity::{Identity, Mechanism};
use super::scram::Login;
use crate::socket::{self, CONNECT_TIME_MAX, Dialer, Endpoint, Stream};
use crate::{Answer, Outcome};

/// Longest answer, bytes: the metadata of a topic with very many partitions.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// A connection that was not used for so long may have been closed by the broker (after 10 minutes by default).
const IDLE_TIME_MAX: Duration = Duration::from_mins(1);

/// A kind of request, by its key in the protocol, and the versions that are written here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Api {
    key: i16,
    name: &'static str,
    min: i16,
    max: i16,
    /// From this version on, texts are compact and fields can be tagged.
    flexible: i16,
}

pub(super) const PRODUCE: Api = Api { key: 0, name: "Produce", min: 3, max: 8, flexible: NEVER };
pub(super) const METADATA: Api = Api { key: 3, name: "Metadata", min: 4, max: 4, flexible: NEVER };
const SASL_HANDSHAKE: Api = Api { key: 17, name: "SaslHandshake", min: 1, max: 1, flexible: NEVER };
const API_VERSIONS: Api = Api { key: 18, name: "ApiVersions", min: 0, max: 0, flexible: NEVER };
pub(super) const INIT_PRODUCER_ID: Api = Api { key: 22, name: "InitProducerId", min: 0, max: 3, flexible: 2 };
const SASL_AUTHENTICATE: Api = Api { key: 36, name: "SaslAuthenticate", min: 0, max: 0, flexible: NEVER };

/// No version that is written here.
const NEVER: i16 = i16::MAX;

/// A connection to one broker, signed in.
pub(super) struct Connection {
    stream: Stream,
    to: Endpoint,
    client: String,
    /// Key, lowest and highest version of what the broker speaks.
    versions: Vec<(i16, i16, i16)>,
    last_id: i32,
    used: Instant,
}

impl Connection {
    /// Connects and signs in.
    pub(super) async fn open(
        dialer: &Dialer,
        to: &Endpoint,
        client: &str,
        identity: Option<&Identity>,
    ) -> Result<Self, Answer> {
        let opened = timeout(CONNECT_TIME_MAX, async {
            let stream = dialer.connect(to).await.map_err(|error| unreachable(to, &error))?;
            let (to, client) = (to.clone(), client.to_owned());
            let versions = Vec::new();
            let mut connection = Self { stream, to, client, versions, last_id: 0, used: Instant::now() };
            connection.versions = connection.ask_versions().await?;
            if let Some(identity) = identity {
                connection.sign_in(identity).await?;
            }
            Ok(connection)
        });
        let late = || socket::failed(Outcome::Retry { after: None }, format!("{to} does not answer in time"));
        opened.await.unwrap_or_else(|_| Err(late()))
    }

    /// Whether it may still be open.
    pub(super) fn is_fresh(&self) -> bool {
        self.used.elapsed() < IDLE_TIME_MAX
    }

    /// The version in which both sides speak of something.
    pub(super) fn version(&self, api: Api) -> Result<i16, Answer> {
        let known = self.versions.iter().find(|(key, ..)| *key == api.key);
        match known {
            Some((_, min, max)) if *min <= api.max && *max >= api.min => Ok(api.max.min(*max)),
            _ => {
                let why = format!("{} speaks no version of {} that is spoken here", self.to, api.name);
                Err(socket::failed(Outcome::Misconfigured, why))
            }
        }
    }

    /// Asks in a version of [`Self::version`]; gives the answer without its header.
    pub(super) async fn ask(&mut self, api: Api, version: i16, body: &[u8]) -> Result<Vec<u8>, Answer> {
        self.used = Instant::now();
        self.last_id = self.last_id.wrapping_add(1);
        let mut head = Writer::default();
        head.i16(api.key).i16(version).i32(self.last_id).text(&self.client);
        if version >= api.flexible {
            head.no_tags();
        }
        let head = head.done();
        let mut frame = Writer::default().count(head.len() + body.len()).raw(&head).done();
        frame.extend_from_slice(body);
        let exchanged = async {
            if let Err(error) = write(&mut self.stream, &frame).await {
                // Why the broker hung up, such as our certificate, is in what can be read of it.
                return Err(self.stream.read_u8().await.err().unwrap_or(error));
            }
            let length = usize::try_from(self.stream.read_i32().await?).unwrap_or(usize::MAX);
            if !(4..=ANSWER_BYTES_MAX).contains(&length) {
                return Ok(None);
            }
            let id = self.stream.read_i32().await?;
            let mut answer = vec![0; length - 4];
            self.stream.read_exact(&mut answer).await?;
            std::io::Result::Ok(Some(answer).filter(|_| id == self.last_id))
        };
        match exchanged.await {
            Ok(Some(answer)) if version >= api.flexible => {
                without_tags(&answer).map(<[u8]>::to_vec).map_err(|error| self.malformed(error))
            }
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(self.malformed(Malformed)),
            Err(error) => Err(unreachable(&self.to, &OutboundError::of_io(&self.to.host, error))),
        }
    }

    /// What it means that an answer cannot be read.
    pub(super) fn malformed(&self, why: Malformed) -> Answer {
        socket::failed(Outcome::Misconfigured, format!("{}: {why}", self.to))
    }

    async fn ask_versions(&mut self) -> Result<Vec<(i16, i16, i16)>, Answer> {
        let answer = self.ask(API_VERSIONS, API_VERSIONS.max, &[]).await?;
        let mut reader = Reader(&answer);
        let read = reader.i16().and_then(|code| {
            Ok((code, reader.each(|reader| Ok((reader.i16()?, reader.i16()?, reader.i16()?)))?))
        });
        match read {
            Ok((code::NONE, versions)) => Ok(versions),
            Ok((code, _)) => Err(self.refused(code, "")),
            Err(error) => Err(self.malformed(error)),
        }
    }

    async fn sign_in(&mut self, identity: &Identity) -> Result<(), Answer> {
        let body = Writer::default().text(identity.mechanism.name()).done();
        let version = self.version(SASL_HANDSHAKE)?;
        let answer = self.ask(SASL_HANDSHAKE, version, &body).await?;
        let mut reader = Reader(&answer);
        let read = reader.i16().and_then(|code| Ok((code, reader.each(Reader::text)?)));
        let (code, offered) = read.map_err(|error| self.malformed(error))?;
        if code != code::NONE {
            return Err(self.refused(code, &format!("the broker offers {}", offered.join(", "))));
        }
        match identity.mechanism {
            Mechanism::Plain => {
                let text = format!("\0{}\0{}", identity.user, identity.password.as_str());
                self.authenticate(text.as_bytes()).await.map(|_| ())
            }
            Mechanism::Scram(hash) => {
                let bad = |error| socket::failed(Outcome::Misconfigured, format!("no login: {error}"));
                let login = Login::new(hash, &identity.user, &identity.password, socket::unique());
                let first = self.authenticate(login.first().as_bytes()).await?;
                let (last, proof) = login.last(&first).map_err(bad)?;
                let said = self.authenticate(last.as_bytes()).await?;
                proof.check(&said).map_err(bad)
            }
        }
    }

    async fn authenticate(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Answer> {
        let version = self.version(SASL_AUTHENTICATE)?;
        let answer = self.ask(SASL_AUTHENTICATE, version, &Writer::default().bytes(bytes).done()).await?;
        let mut reader = Reader(&answer);
        let read = reader.i16().and_then(|code| Ok((code, reader.text()?, reader.bytes()?.to_vec())));
        match read.map_err(|error| self.malformed(error))? {
            (code::NONE, _, said) => Ok(said),
            (code, why, _) => Err(self.refused(code, &why)),
        }
    }

    fn refused(&self, code: i16, why: &str) -> Answer {
        refused(&self.to, code, why)
    }
}

/// An answer without the tagged fields of its header, of which brokers send none.
fn without_tags(answer: &[u8]) -> Result<&[u8], Malformed> {
    answer.strip_prefix(&[0]).ok_or(Malformed)
}

async fn write(stream: &mut Stream, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// What a code of a broker means, with what it said beside it.
pub(super) fn refused(by: &Endpoint, code: i16, why: &str) -> Answer {
    let mut detail = format!("{by}: {} ({code})", code::name(code));
    if !why.is_empty() {
        detail.push_str(": ");
        detail.push_str(why);
    }
    Answer { status: u16::try_from(code).ok(), ..socket::failed(code::meaning(code), detail) }
}

/// With the port: brokers of a cluster often differ in nothing else.
fn unreachable(to: &Endpoint, error: &OutboundError) -> Answer {
    let answer = socket::meaning(error);
    let detail = format!("{to}: {}", answer.detail);
    Answer { detail, ..answer }
}
