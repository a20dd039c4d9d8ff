//! Links by which one event is shown to somebody without an account, for a while. Whoever has the link sees the event,
//! so only its hash is kept.

use tallystick_event::{EventId, OrgId};

use crate::db::{Row, Tx, Value};
use crate::{Catalog, CatalogError, Conflict, ShareId, organizations};

const TABLE: &str = "event_shares";
/// Most links of one organization that are neither revoked nor expired.
pub const SHARES_MAX: u64 = 1_000;
/// Longest note, characters.
pub const SHARE_NOTE_CHARS_MAX: usize = 500;

/// A link to an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Its id, which is no secret.
    pub id: ShareId,
    /// Whose event.
    pub org: OrgId,
    /// Which.
    pub event: EventId,
    /// For whom or what, in its maker's words.
    pub note: String,
    /// Unix ms.
    pub created_ms: i64,
    /// The id of a person or a key, or `root`.
    pub created_by: String,
    /// The maker's name at that time.
    pub created_by_name: String,
    /// It works until then, Unix ms.
    pub expires_ms: i64,
    /// When it was taken back, Unix ms.
    pub revoked_ms: Option<i64>,
    /// When it was last opened, Unix ms.
    pub opened_ms: Option<i64>,
}

/// What a link is made of.
#[derive(Debug, Clone)]
pub struct NewShare {
    /// See [`Share`].
    pub org: OrgId,
    /// See [`Share`].
    pub event: EventId,
    /// SHA-256 of what stands in the link.
    pub token_sha256: [u8; 32],
    /// See [`Share`].
    pub note: String,
    /// See [`Share`].
    pub created_by: String,
    /// See [`Share`].
    pub created_by_name: String,
    /// See [`Share`].
    pub expires_ms: i64,
}

impl Share {
    /// Whether it works at `now_ms`.
    pub fn is_live(&self, now_ms: i64) -> bool {
        self.revoked_ms.is_none() && now_ms < self.expires_ms
    }
}

impl Catalog {
    /// Makes a link.
    pub async fn create_share(&self, new: NewShare) -> Result<Share, CatalogError> {
        if new.note.chars().count() > SHARE_NOTE_CHARS_MAX || new.note.chars().any(char::is_control) {
            let why = format!("at most {SHARE_NOTE_CHARS_MAX} characters, no control characters");
            return Err(CatalogError::invalid("note", why));
        }
        let share = Share {
            id: ShareId::generate(&*self.random),
            org: new.org,
            event: new.event,
            note: new.note,
            created_ms: self.now_ms(),
            created_by: new.created_by,
            created_by_name: new.created_by_name,
            expires_ms: new.expires_ms,
            revoked_ms: None,
            opened_ms: None,
        };
        let mut tx = self.db.change().await?;
        organizations::in_tx(&mut tx, &share.org).await?;
        if live(&mut tx, &share.org, share.created_ms).await? >= SHARES_MAX {
            let what = "links to events";
            return Err(CatalogError::Conflict(Conflict::TooMany { what, max: SHARES_MAX }));
        }
        insert(&mut tx, &share, &new.token_sha256).await?;
        tx.commit().await?;
        Ok(share)
    }

    /// The link with this hash, whatever its state.
    pub async fn share_by_hash(&self, hash: &[u8; 32]) -> Result<Option<Share>, CatalogError> {
        let row = self.db.row(SELECT_BY_HASH, &[hash.as_slice().into()]).await?;
        row.map(|row| read(&row)).transpose()
    }

    /// One link.
    pub async fn share(&self, id: &ShareId) -> Result<Share, CatalogError> {
        let row = self.db.row(SELECT_ONE, &[id.as_str().into()]).await?;
        let found = row.map(|row| read(&row)).transpose()?;
        found.ok_or_else(|| CatalogError::NotFound { kind: "share", id: id.to_string() })
    }

    /// Links of an organization that work, the newest first.
    pub async fn list_shares(&self, org: &OrgId) -> Result<Vec<Share>, CatalogError> {
        let values = [org.as_str().into(), self.now_ms().into()];
        self.db.rows(SELECT_LIVE, &values).await?.iter().map(read).collect()
    }

    /// Takes a link back; false if it was before.
    pub async fn revoke_share(&self, id: &ShareId) -> Result<bool, CatalogError> {
        self.mark(id, "UPDATE event_shares SET revoked_ms = $2 WHERE id = $1 AND revoked_ms IS NULL").await
    }

    /// Notes that a link was opened.
    pub async fn note_share_opened(&self, id: &ShareId) -> Result<(), CatalogError> {
        self.mark(id, "UPDATE event_shares SET opened_ms = $2 WHERE id = $1").await.map(drop)
    }

    async fn mark(&self, id: &ShareId, sql: &'static str) -> Result<bool, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let changed = tx.execute(sql, &[id.as_str().into(), now.into()]).await?;
        tx.commit().await?;
        Ok(changed == 1)
    }
}

async fn live(tx: &mut Tx, org: &OrgId, now_ms: i64) -> Result<u64, CatalogError> {
    let sql =
        "SELECT COUNT(*) AS n FROM event_shares WHERE org = $1 AND revoked_ms IS NULL AND expires_ms > $2";
    let row = tx.row(sql, &[org.as_str().into(), now_ms.into()]).await?;
    row.ok_or_else(|| CatalogError::corrupt(TABLE, "a count without a row"))?.count(TABLE, "n")
}

async fn insert(tx: &mut Tx, share: &Share, hash: &[u8; 32]) -> Result<(), CatalogError> {
    let values: [Value<'_>; 9] = [
        share.id.as_str().into(),
        share.org.as_str().into(),
        share.event.0.as_slice().into(),
        hash.as_slice().into(),
        share.note.as_str().into(),
        share.created_ms.into(),
        share.created_by.as_str().into(),
        share.created_by_name.as_str().into(),
        share.expires_ms.into(),
    ];
    let sql = "INSERT INTO event_shares (id, org, event_id, token_sha256, note, created_ms, created_by, \
               created_by_name, expires_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    tx.execute(sql, &values).await.map(drop)
}

fn read(row: &Row) -> Result<Share, CatalogError> {
    Ok(Share {
        id: row.parsed(TABLE, "id")?,
        org: row.parsed(TABLE, "org")?,
        event: EventId(row.array(TABLE, "event_id")?),
        note: row.text("note")?,
        created_ms: row.int("created_ms")?,
        created_by: row.text("created_by")?,
        created_by_name: row.text("created_by_name")?,
        expires_ms: row.int("expires_ms")?,
        revoked_ms: row.opt_int("revoked_ms")?,
        opened_ms: row.opt_int("opened_ms")?,
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, org, event_id, note, created_ms, created_by, created_by_name, expires_ms, revoked_ms, ",
            "opened_ms FROM event_shares ",
            $rest
        )
    };
}
const SELECT_ONE: &str = select!("WHERE id = $1");
const SELECT_BY_HASH: &str = select!("WHERE token_sha256 = $1");
const SELECT_LIVE: &str =
    select!("WHERE org = $1 AND revoked_ms IS NULL AND expires_ms > $2 ORDER BY created_ms DESC, id");
