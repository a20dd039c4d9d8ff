//! Challenges that authenticators sign. What the server has to remember of one is sealed and given to the browser as a
//! cookie, so that asking for challenges costs no memory on any node; the catalog remembers those that were answered,
//! so that none is answered twice.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tallystick_catalog::CatalogError;

use super::CHALLENGE_MS;
use crate::{Auth, Secret};

/// How long after its end a challenge that was answered is remembered, ms: clocks are set back now and then.
const REMEMBERED_MS: i64 = 86_400_000;

/// What a challenge was made for, so that one cannot be put in the place of another.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// Signing in at this origin.
    SignIn(&'a str),
    /// Adding a passkey with this session.
    Add(&'a str),
}

/// A challenge that is not to be answered any more, or not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unanswerable {
    /// The browser has none, or one for something else.
    Missing,
    /// It is too old.
    Expired,
    /// It was answered before.
    Spent,
}

#[derive(Serialize, Deserialize)]
struct Remembered<S> {
    state: S,
    expires_ms: i64,
}

impl Purpose<'_> {
    fn name(self) -> &'static str {
        match self {
            Self::SignIn(_) => "passkey-sign-in",
            Self::Add(_) => "passkey-add",
        }
    }

    fn whose(&self) -> &str {
        match self {
            Self::SignIn(whose) | Self::Add(whose) => whose,
        }
    }
}

impl Auth {
    /// What the browser keeps of a challenge until it is answered.
    pub(super) fn seal_challenge<S: Serialize>(&self, purpose: Purpose<'_>, state: S) -> Secret {
        let remembered = Remembered { state, expires_ms: self.now_ms() + CHALLENGE_MS };
        let json = serde_json::to_vec(&remembered).expect("a state is plain data");
        let key = &self.people().options.seal_key;
        let sealed = key.seal(purpose.name(), purpose.whose(), &json, self.random());
        URL_SAFE_NO_PAD.encode(sealed).into()
    }

    /// Uses up a challenge that the browser shows: from now on it cannot be answered again, on any node.
    pub(super) async fn take_challenge<S: DeserializeOwned>(
        &self,
        purpose: Purpose<'_>,
        shown: Option<&Secret>,
    ) -> Result<Result<S, Unanswerable>, CatalogError> {
        let Some(sealed) = shown.and_then(|shown| URL_SAFE_NO_PAD.decode(shown.expose()).ok()) else {
            return Ok(Err(Unanswerable::Missing));
        };
        let key = &self.people().options.seal_key;
        let opened = key.open(purpose.name(), purpose.whose(), &sealed).ok();
        let remembered = opened.and_then(|json| serde_json::from_slice::<Remembered<S>>(&json).ok());
        let Some(remembered) = remembered else { return Ok(Err(Unanswerable::Missing)) };
        if self.now_ms() >= remembered.expires_ms {
            return Ok(Err(Unanswerable::Expired));
        }
        let hash: [u8; 32] = Sha256::digest(&sealed).into();
        let is_first = self.catalog().spend_challenge(&hash, remembered.expires_ms + REMEMBERED_MS).await?;
        Ok(if is_first { Ok(remembered.state) } else { Err(Unanswerable::Spent) })
    }
}
