//! From a key's token to a caller.

use std::net::IpAddr;
use std::sync::Arc;

use tallystick_catalog::{Catalog, CatalogError, KeyId};
use tallystick_event::{Clock, Random};

use crate::attempts::{Budget, Spent, network_of};
use crate::keyring::{Entry, FOLLOW_MS, FOLLOW_UNKNOWN_MS, FollowError, Keyring, STALE_MS_MAX};
use crate::people::People;
use crate::uses::Uses;
use crate::{AccountOptions, Caller, RootKey, Secret, token};

/// Failures of one address with tokens. An accepted token is never counted and never held up, so nobody can lock others
/// out, not even from behind the same proxy. Guessing needs no further defence: a token has 256 random bits.
const BY_ADDRESS: Budget = Budget { burst: 20, refill_ms: 3_000 };

/// Knows the keys and the people. Cheap to clone; all clones share them.
#[derive(Clone)]
pub struct Auth {
    inner: Arc<Inner>,
}

struct Inner {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    root: Option<RootKey>,
    root_caller: Arc<Caller>,
    keyring: Keyring,
    key_uses: Uses<KeyId>,
    session_uses: Uses<[u8; 32]>,
    failures: Spent<IpAddr>,
    people: People,
}

/// Why a token is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// The text is no token: mistyped, cut, or a secret of something else.
    #[error("the API key is malformed: it is mistyped or incomplete")]
    Malformed,
    /// A token that was never given out, or is revoked or expired.
    #[error("the API key is unknown, revoked or expired")]
    Unknown,
    /// The address has failed too often; it changes nothing for accepted tokens.
    #[error("too many failed authentications from this address")]
    TooManyFailures {
        /// How long to wait.
        retry_after_ms: i64,
    },
    /// The catalog cannot be read, and the key is not known or may have been revoked in the meantime.
    #[error("API keys cannot be checked at present")]
    Unavailable(#[from] FollowError),
}

impl AuthenticateError {
    /// Stable code for the API.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed_key",
            Self::Unknown => "unknown_key",
            Self::TooManyFailures { .. } => "too_many_failures",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

impl Auth {
    /// Reads all keys in use from the catalog.
    pub async fn open(
        catalog: Catalog,
        root: Option<RootKey>,
        accounts: AccountOptions,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, CatalogError> {
        let keyring = Keyring::open(catalog.clone(), clock.now_ms()).await?;
        let people = People::new(accounts, &*random);
        let inner = Inner {
            catalog,
            clock,
            random,
            root,
            root_caller: Arc::new(Caller::root()),
            keyring,
            key_uses: Uses::default(),
            session_uses: Uses::default(),
            failures: Spent::new(BY_ADDRESS),
            people,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Who has this token. `from` is the client's address, if it is known.
    ///
    /// Another node's revocation takes effect here within 3 seconds. While the catalog cannot be read, known
    /// keys go on working for a minute.
    pub async fn authenticate(
        &self,
        token: &Secret,
        from: Option<IpAddr>,
    ) -> Result<Arc<Caller>, AuthenticateError> {
        let now_ms = self.now_ms();
        let hash = token::hash(token.expose());
        if self.inner.root.as_ref().is_some_and(|root| root.matches(&hash)) {
            return Ok(self.inner.root_caller.clone());
        }
        if let Some(caller) = self.known(&hash, FOLLOW_MS, now_ms).await? {
            return Ok(caller);
        }
        let well_formed = token::is_well_formed(token.expose());
        if well_formed {
            // It may have been made on another node a moment ago.
            let held = from.is_some_and(|from| self.inner.failures.wait_ms(&network_of(from), now_ms) > 0);
            let age_ms_max = if held { FOLLOW_MS } else { FOLLOW_UNKNOWN_MS };
            self.inner.keyring.follow_if_older(age_ms_max, now_ms).await?;
            if let Some(caller) = self.known(&hash, FOLLOW_MS, now_ms).await? {
                return Ok(caller);
            }
        }
        if let Some(from) = from
            && let Err(retry_after_ms) = self.inner.failures.take(network_of(from), now_ms)
        {
            return Err(AuthenticateError::TooManyFailures { retry_after_ms });
        }
        Err(if well_formed { AuthenticateError::Unknown } else { AuthenticateError::Malformed })
    }

    /// Looks at the catalog at once, after a change that was not made through [`Auth`], such as the deletion
    /// of an organization with keys.
    pub async fn refresh(&self) -> Result<(), CatalogError> {
        self.inner.keyring.follow(self.now_ms()).await
    }

    /// Records outstanding last uses of keys and sessions. Requests start this by themselves; call it at shutdown.
    pub async fn flush_uses(&self) -> Result<(), CatalogError> {
        self.inner.key_uses.write(&self.inner.catalog).await?;
        self.inner.session_uses.write(&self.inner.catalog).await
    }

    pub(crate) fn has_root_key(&self) -> bool {
        self.inner.root.is_some()
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.inner.catalog
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.inner.keyring
    }

    pub(crate) fn session_uses(&self) -> &Uses<[u8; 32]> {
        &self.inner.session_uses
    }

    pub(crate) fn failures(&self) -> &Spent<IpAddr> {
        &self.inner.failures
    }

    pub(crate) fn people(&self) -> &People {
        &self.inner.people
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.inner.random
    }

    /// Counts a failed attempt of an address; if there were too many, how long to wait, milliseconds.
    pub(crate) fn count_failure(&self, from: IpAddr, now_ms: i64) -> Result<(), i64> {
        self.inner.failures.take(network_of(from), now_ms).map(drop)
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.inner.clock.now_ms()
    }

    /// The caller with this token hash if the keyring, not older than `age_ms_max`, knows it.
    async fn known(
        &self,
        hash: &[u8; 32],
        age_ms_max: i64,
        now_ms: i64,
    ) -> Result<Option<Arc<Caller>>, AuthenticateError> {
        let keyring = &self.inner.keyring;
        if keyring.find(hash).is_none() {
            return Ok(None);
        }
        if keyring.age_ms(now_ms) >= age_ms_max
            && let Err(error) = keyring.follow_if_older(age_ms_max, now_ms).await
            && (error.is_damage() || keyring.age_ms(now_ms) >= STALE_MS_MAX)
        {
            return Err(error.into());
        }
        // Again, because it may just have turned out to be revoked.
        let entry = keyring.find(hash).filter(|entry| entry.key.is_live(now_ms));
        Ok(entry.map(|entry| self.used(&entry, now_ms)))
    }

    fn used(&self, entry: &Entry, now_ms: i64) -> Arc<Caller> {
        let id: &KeyId = &entry.key.id;
        if entry.last_use.is_due(now_ms) && self.inner.key_uses.note(id, now_ms) {
            self.start_writing_uses();
        }
        entry.caller.clone()
    }

    /// A failure leaves the uses noted for the next time.
    pub(crate) fn start_writing_uses(&self) {
        let auth = self.clone();
        tokio::spawn(async move {
            if let Err(error) = auth.flush_uses().await {
                tracing::warn!(%error, "last uses of keys and sessions cannot be recorded at present");
            }
        });
    }
}
