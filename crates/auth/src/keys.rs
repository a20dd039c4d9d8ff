//! Making, listing and revoking API keys, as callers may, and keys as they are shown.

use serde::Serialize;
use tallystick_catalog::{ApiKey, CatalogError, Changed, KeyId, KeyOwner, NewKey};
use tallystick_event::{OrgId, format_ms};

use crate::{Auth, Caller, Denied, Operation, Reach, Scope, Secret, authorize, token};

/// 9999-12-31T23:59:59.999Z: later times have no RFC 3339 form.
const TIME_MS_MAX: i64 = 253_402_300_799_999;

/// A key to be made.
#[derive(Debug, Clone)]
pub struct CreateKey {
    /// The organization it is bound to; none: that of the caller's key, or none.
    pub org: Option<OrgId>,
    /// For people.
    pub name: String,
    /// What it may do; nothing that the caller may not.
    pub scopes: Vec<Scope>,
    /// When it stops working, Unix ms; not later than the caller's own key does.
    pub expires_ms: Option<i64>,
}

/// A key that was just made: the only time that its token is seen.
#[derive(Debug, Clone)]
pub struct CreatedKey {
    /// The key.
    pub key: KeyView,
    /// The token.
    pub token: Secret,
}

/// A key as API answers and audit events show it: everything but the token and its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyView {
    /// Id.
    pub id: String,
    /// The organization it is bound to.
    pub org: Option<OrgId>,
    /// For people.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// First characters of the token.
    pub token_prefix: String,
    /// RFC 3339.
    pub created_at: String,
    /// A key's id, a person's, or `root`.
    pub created_by: String,
    /// RFC 3339, within a minute or so.
    pub last_used_at: Option<String>,
    /// RFC 3339.
    pub expires_at: Option<String>,
    /// RFC 3339.
    pub revoked_at: Option<String>,
}

/// Why an operation on keys failed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The caller may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The maker is good for several organizations, and the key is for none of them by name.
    #[error("name the organization that the key is for")]
    OrgNeeded,
    /// The new key would have a scope that its maker does not have.
    #[error("a key with the scope {scope} can be made only by somebody who may all that it stands for")]
    ScopeNotHeld {
        /// The scope.
        scope: Scope,
    },
    /// The new key would work for longer than its maker.
    #[error("a key cannot expire later than the key that makes it")]
    OutlivesMaker,
    /// The time is past, or after the year 9999.
    #[error("the expiry must be in the future and before the year 10000")]
    Expiry,
    /// The catalog's reason, among them an unknown key, organization or a bad name.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl Auth {
    /// Makes a key. It works on this node at once and on others within a tenth of a second.
    pub async fn create_key(&self, caller: &Caller, create: CreateKey) -> Result<CreatedKey, KeyError> {
        let reach = authorize(caller, Operation::CreateKey, create.org.as_ref())?;
        let org = match reach {
            Reach::All => None,
            Reach::Org(org) => Some(org),
            // Not a key for all: that would be more than the caller has.
            Reach::Orgs(_) => return Err(KeyError::OrgNeeded),
        };
        if let Some(scope) = create.scopes.iter().find(|scope| !caller.can_give(**scope, org.as_ref())) {
            return Err(KeyError::ScopeNotHeld { scope: *scope });
        }
        check_expiry(create.expires_ms, caller.expires_ms, self.now_ms())?;
        let token = token::generate(self.random());
        let mut scopes = create.scopes;
        scopes.sort_unstable();
        scopes.dedup();
        let new = NewKey {
            id: KeyId::generate(self.random()),
            org,
            name: create.name,
            scopes: scopes.iter().map(ToString::to_string).collect(),
            token_sha256: token::hash(token.expose()),
            token_prefix: token::shown_part(&token).to_owned(),
            created_by: caller.id.to_string(),
            expires_ms: create.expires_ms,
        };
        let made = self.catalog().create_key(new).await?;
        self.keyring().apply(&made).await;
        Ok(CreatedKey { key: KeyView::from(&made), token })
    }

    /// Keys that the caller may see, in order of their ids: those of `org`, or all. Revoked ones included.
    pub async fn list_keys(
        &self,
        caller: &Caller,
        org: Option<&OrgId>,
        after: Option<&KeyId>,
        limit: u32,
    ) -> Result<Vec<KeyView>, KeyError> {
        let owners = match authorize(caller, Operation::ListKeys, org)? {
            Reach::All => vec![KeyOwner::Any],
            Reach::Org(org) => vec![KeyOwner::Org(org)],
            Reach::Orgs(orgs) => orgs.into_iter().map(KeyOwner::Org).collect(),
        };
        let mut keys = Vec::new();
        for owner in &owners {
            keys.extend(self.catalog().list_keys(owner, after, limit).await?);
        }
        keys.sort_by(|a, b| a.id.cmp(&b.id));
        keys.truncate(limit as usize);
        Ok(keys.iter().map(KeyView::from).collect())
    }

    /// One key. A key out of the caller's reach is as unknown as one that does not exist.
    pub async fn key(&self, caller: &Caller, id: &KeyId) -> Result<KeyView, KeyError> {
        let reach = authorize(caller, Operation::GetKey, None)?;
        Ok(KeyView::from(&self.within(&reach, id).await?))
    }

    /// Makes a key unusable: on this node at once, on others within 3 seconds.
    pub async fn revoke_key(&self, caller: &Caller, id: &KeyId) -> Result<Changed<KeyView>, KeyError> {
        let reach = authorize(caller, Operation::RevokeKey, None)?;
        self.within(&reach, id).await?;
        let changed = self.catalog().revoke_key(id).await?;
        self.keyring().apply(&changed.after).await;
        Ok(Changed { before: KeyView::from(&changed.before), after: KeyView::from(&changed.after) })
    }

    async fn within(&self, reach: &Reach, id: &KeyId) -> Result<ApiKey, CatalogError> {
        let key = self.catalog().key(id).await?;
        if reach.covers(key.org.as_ref()) {
            return Ok(key);
        }
        Err(CatalogError::NotFound { kind: "api key", id: id.to_string() })
    }
}

impl From<&ApiKey> for KeyView {
    fn from(key: &ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            org: key.org.clone(),
            name: key.name.clone(),
            scopes: key.scopes.clone(),
            token_prefix: key.token_prefix.clone(),
            created_at: format_ms(key.created_ms),
            created_by: key.created_by.clone(),
            last_used_at: key.last_used_ms.map(format_ms),
            expires_at: key.expires_ms.map(format_ms),
            revoked_at: key.revoked_ms.map(format_ms),
        }
    }
}

fn check_expiry(asked: Option<i64>, makers: Option<i64>, now_ms: i64) -> Result<(), KeyError> {
    if asked.is_some_and(|expires| expires <= now_ms || expires > TIME_MS_MAX) {
        return Err(KeyError::Expiry);
    }
    match makers {
        Some(makers) if asked.is_none_or(|expires| expires > makers) => Err(KeyError::OutlivesMaker),
        _ => Ok(()),
    }
}
