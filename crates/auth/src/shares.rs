//! Links by which one event is shown to somebody without an account. A link has 256 random bits and is shown once;
//! guessing is slowed down by address, and a good link is never held up by that.

use std::net::IpAddr;

use tallystick_catalog::{CatalogError, NewShare, Share};
use tallystick_event::{EventId, OrgId};

use crate::{Auth, Caller, Operation, PeopleError, Secret, authorize, token};

/// How long a link to an event works if its maker does not say, ms: a week.
pub const SHARE_MS: i64 = 7 * 86_400_000;
/// How long it works at most, ms: 90 days.
pub const SHARE_MS_MAX: i64 = 90 * 86_400_000;
/// Longest text that is looked up as a token, bytes. Ours are shorter.
const TOKEN_BYTES_MAX: usize = 128;

/// A link to an event that was just made: the only time that its token is seen.
#[derive(Debug, Clone)]
pub struct MadeShare {
    /// The link.
    pub share: Share,
    /// The last part of its address.
    pub token: Secret,
}

/// Why a link to an event opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum OpenShareError {
    /// There is none, or it was taken back, or is too old.
    #[error("the link does not work")]
    Gone,
    /// The address has tried too many links that there are not.
    #[error("too many failed attempts from this address")]
    TooManyFailures {
        /// How long to wait.
        retry_after_ms: i64,
    },
    /// The catalog cannot be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl Auth {
    /// Makes a link to an event of an organization. Whether its maker sees the event is for the caller of this to say.
    pub async fn share_event(
        &self,
        caller: &Caller,
        org: &OrgId,
        event: EventId,
        note: &str,
        good_for_ms: i64,
    ) -> Result<MadeShare, PeopleError> {
        let _reach = authorize(caller, Operation::CreateShare, Some(org))?;
        if !(1..=SHARE_MS_MAX).contains(&good_for_ms) {
            let why = format!("a link works for at most {SHARE_MS_MAX} ms");
            return Err(PeopleError::Invalid { field: "expires_in_hours", why });
        }
        let token = self.new_token();
        let new = NewShare {
            org: org.clone(),
            event,
            token_sha256: token::hash(token.expose()),
            note: note.trim().to_owned(),
            created_by: caller.id.to_string(),
            created_by_name: caller.name.clone(),
            expires_ms: self.now_ms() + good_for_ms,
        };
        Ok(MadeShare { share: self.catalog().create_share(new).await?, token })
    }

    /// The link with this token, if it works. `from` is the client's address, if it is known.
    pub async fn open_share(&self, token: &str, from: Option<IpAddr>) -> Result<Share, OpenShareError> {
        let now_ms = self.now_ms();
        let found = if token.len() <= TOKEN_BYTES_MAX {
            self.catalog().share_by_hash(&token::hash(token)).await?
        } else {
            None
        };
        match found {
            Some(share) if share.is_live(now_ms) => Ok(share),
            // Whoever has an old link guesses nothing.
            Some(_) => Err(OpenShareError::Gone),
            None => match from.map_or(Ok(()), |from| self.count_failure(from, now_ms)) {
                Ok(()) => Err(OpenShareError::Gone),
                Err(retry_after_ms) => Err(OpenShareError::TooManyFailures { retry_after_ms }),
            },
        }
    }
}
