//! Asking a witness (C2SP tlog-witness) for a cosignature, and for what it cosigned last.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use sha2::{Digest as _, Sha256};
use tallystick_merkle::{
    AddCheckpoint, Checkpoint, KeyType, Note, NoteSignature, VerifierKey, latest_size, limits::NOTE_BYTES_MAX,
};
use tallystick_outbound::{Answer, HeaderMap, HeaderValue, Method, Outbound, OutboundError, Url};

use crate::limits::{COSIGNATURE_SKEW_MAX_S, COSIGNATURES_BYTES_MAX};

/// One witness: where it is, and the key that its word is checked with.
#[derive(Debug, Clone)]
pub struct WitnessClient {
    outbound: Outbound,
    submission: Url,
    monitoring: Url,
    key: VerifierKey,
}

/// What a witness says to a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WitnessAnswer {
    /// It has cosigned. These are of its key and hold for the checkpoint; to be added to it.
    Cosigned(Vec<NoteSignature>),
    /// The checkpoint that it cosigned last has this size: ask again from there. If it is larger than the log, the log
    /// was restored from an old state; if it is smaller than what this witness cosigned before, the witness was.
    Stale {
        /// Leaves of that checkpoint.
        size: u64,
    },
}

/// Why a witness has not answered as it should.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The key given is none of a witness.
    #[error("{name} is not the key of a witness")]
    Key {
        /// Its name.
        name: String,
    },
    /// The witness does not watch this log: its operator has to add it. 404.
    #[error("the witness does not know this log")]
    UnknownLog,
    /// It refuses the request: the log's signature (403) or the request itself (400) is wrong by its judgement.
    #[error("the witness refuses with status {status}: {detail:?}")]
    Refused {
        /// The status.
        status: u16,
        /// The beginning of what it says.
        detail: String,
    },
    /// It says that the checkpoint contradicts one that it has cosigned. 422. To be looked at by a person, at once.
    #[error("the witness says that the log has forked: {detail:?}")]
    Fork {
        /// The beginning of what it says.
        detail: String,
    },
    /// It cannot be reached or cannot answer now (429, 5xx).
    #[error("the witness cannot be asked now")]
    Unreachable(#[source] WitnessFault),
    /// What it answers is not what a witness answers, or not by this witness.
    #[error("the witness gives a bad answer")]
    BadAnswer(#[source] WitnessFault),
}

/// What is wrong with an answer.
#[derive(Debug, thiserror::Error)]
pub enum WitnessFault {
    /// The call failed.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// A status with no meaning here.
    #[error("status {0}")]
    Status(u16),
    /// The body is not what belongs to the status.
    #[error("the body is malformed")]
    Body,
    /// No signature is of the key that we know.
    #[error("no signature is of the witness's key")]
    OtherKey,
    /// A signature of its key does not hold.
    #[error("the signature does not hold")]
    Signature,
    /// The signature was not made now.
    #[error("the signature's time {time} is too far from now, {now}")]
    Time {
        /// Its time, Unix seconds.
        time: u64,
        /// Our time, Unix seconds.
        now: u64,
    },
    /// The checkpoint is of another log.
    #[error("the checkpoint is of another log")]
    OtherLog,
}

impl WitnessClient {
    /// A client of the witness with this key at this submission prefix. Its monitoring prefix is taken to be the same.
    ///
    /// # Errors
    /// If the key is none of a witness, or the URL may not be asked.
    pub fn new(outbound: Outbound, submission_url: Url, key: VerifierKey) -> Result<Self, WitnessError> {
        if key.key_type() != KeyType::Cosignature {
            return Err(WitnessError::Key { name: key.name().to_owned() });
        }
        outbound.check(&submission_url).map_err(|error| WitnessError::Unreachable(error.into()))?;
        Ok(Self { outbound, monitoring: submission_url.clone(), submission: submission_url, key })
    }

    /// The same with another monitoring prefix.
    #[must_use]
    pub fn with_monitoring(self, monitoring_url: Url) -> Self {
        Self { monitoring: monitoring_url, ..self }
    }

    /// The witness's key.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// Asks for a cosignature. `now` is Unix seconds: a cosignature must be at most 5 minutes from it.
    ///
    /// # Errors
    /// If it is not given; see [`WitnessError`] for what to do.
    pub async fn add_checkpoint(
        &self,
        request: &AddCheckpoint,
        now: u64,
    ) -> Result<WitnessAnswer, WitnessError> {
        let url = below(&self.submission, "add-checkpoint");
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, text)]);
        let body = Bytes::from(request.to_string());
        let call = self.outbound.call(Method::POST, url, headers, body, COSIGNATURES_BYTES_MAX);
        let answer = call.await.map_err(of_call)?;
        match answer.status {
            200 => self.cosigned(request, &answer, now).map_err(WitnessError::BadAnswer),
            409 => {
                let size = latest_size(&String::from_utf8_lossy(&answer.body));
                stale(request, size.ok_or(WitnessError::BadAnswer(WitnessFault::Body))?)
            }
            404 => Err(WitnessError::UnknownLog),
            422 => Err(WitnessError::Fork { detail: beginning(&answer) }),
            status @ (400 | 403) => Err(WitnessError::Refused { status, detail: beginning(&answer) }),
            status => Err(of_status(status)),
        }
    }

    fn cosigned(
        &self,
        request: &AddCheckpoint,
        answer: &Answer,
        now: u64,
    ) -> Result<WitnessAnswer, WitnessFault> {
        let text = std::str::from_utf8(&answer.body).map_err(|_| WitnessFault::Body)?;
        let mut ours = NoteSignature::parse_lines(text).map_err(|_| WitnessFault::Body)?;
        // A witness may sign with further keys, which we do not know.
        ours.retain(|signature| signature.is_of(&self.key));
        if ours.is_empty() {
            return Err(WitnessFault::OtherKey);
        }
        for signature in &ours {
            let time = self.time_of(request.checkpoint.unverified_text(), signature)?;
            if time.abs_diff(now) > COSIGNATURE_SKEW_MAX_S {
                return Err(WitnessFault::Time { time, now });
            }
        }
        Ok(WitnessAnswer::Cosigned(ours))
    }

    /// When the witness made a signature of this text, if it did.
    fn time_of(&self, text: &str, signature: &NoteSignature) -> Result<u64, WitnessFault> {
        let note = Note::new(text, signature.clone()).map_err(|_| WitnessFault::Signature)?;
        let verified = note.verify(std::slice::from_ref(&self.key)).map_err(|_| WitnessFault::Signature)?;
        verified.first().and_then(|verified| verified.time).ok_or(WitnessFault::Signature)
    }

    /// The checkpoint that the witness cosigned last for the log with this origin; none if it has none. Its cosignature
    /// was checked; the log's signature is for the caller to check. It tells at a start whether the log was restored
    /// from an old state.
    ///
    /// # Errors
    /// If there is no answer, or none of this witness for this log.
    pub async fn latest(&self, origin: &str) -> Result<Option<Note>, WitnessError> {
        let hash = hex::encode(Sha256::digest(origin.as_bytes()));
        let url = below(&self.monitoring, &format!("{hash}/checkpoint"));
        let call = self.outbound.call(Method::GET, url, HeaderMap::new(), Bytes::new(), NOTE_BYTES_MAX);
        let answer = call.await.map_err(of_call)?;
        match answer.status {
            200 => self.opened(&answer.body, origin).map(Some).map_err(WitnessError::BadAnswer),
            404 => Ok(None),
            status => Err(of_status(status)),
        }
    }

    fn opened(&self, body: &[u8], origin: &str) -> Result<Note, WitnessFault> {
        let note = Note::parse(body).map_err(|_| WitnessFault::Body)?;
        note.verify(std::slice::from_ref(&self.key)).map_err(|error| match error {
            tallystick_merkle::SignatureError::Unsigned => WitnessFault::OtherKey,
            tallystick_merkle::SignatureError::Bad { .. } => WitnessFault::Signature,
        })?;
        if note.unverified_text().split('\n').next() != Some(origin) {
            return Err(WitnessFault::OtherLog);
        }
        Ok(note)
    }
}

/// A witness that says that its latest is of the size we asked from means that it has another root there: so reported
/// tlog-witness v1.0.0 what is 422 today. Asking again would go on for ever.
fn stale(request: &AddCheckpoint, size: u64) -> Result<WitnessAnswer, WitnessError> {
    if size != request.old_size {
        return Ok(WitnessAnswer::Stale { size });
    }
    let checkpoint = request.checkpoint.unverified_text().parse::<Checkpoint>();
    if checkpoint.is_ok_and(|checkpoint| checkpoint.size() == size) {
        return Err(WitnessError::Fork { detail: format!("another root at size {size}") });
    }
    Err(WitnessError::BadAnswer(WitnessFault::Body))
}

/// A path below a prefix, whether or not that ends with a slash.
fn below(prefix: &Url, path: &str) -> Url {
    let mut url = prefix.clone();
    url.set_path(&format!("{}/{path}", prefix.path().trim_end_matches('/')));
    url
}

fn of_call(error: OutboundError) -> WitnessError {
    match error {
        error @ OutboundError::TooLong { .. } => WitnessError::BadAnswer(error.into()),
        error => WitnessError::Unreachable(error.into()),
    }
}

fn of_status(status: u16) -> WitnessError {
    let fault = WitnessFault::Status(status);
    if status == 429 || status >= 500 {
        WitnessError::Unreachable(fault)
    } else {
        WitnessError::BadAnswer(fault)
    }
}

/// At most 200 characters of one line, for a log.
fn beginning(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body[..answer.body.len().min(800)]).into_owned();
    text.trim().chars().take_while(|c| *c != '\n').filter(|c| !c.is_control()).take(200).collect()
}
