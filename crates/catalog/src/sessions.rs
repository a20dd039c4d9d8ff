//! Sessions of signed-in people. The catalog stores the SHA-256 of what the browser has.

use tallystick_event::OrgId;

use crate::db::{Row, Tx, Value};
use crate::{Catalog, CatalogError, SessionId, User, UserId, users};

const TABLE: &str = "sessions";
/// Most live sessions of one person; another sign-in ends the one that was seen longest ago.
pub const SESSIONS_MAX: usize = 50;
/// How long a session that ended is kept, ms: 30 days. By it an address is known that somebody signed in from.
pub const ENDED_KEPT_MS: i64 = 30 * 86_400_000;

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id, which is no secret.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// SHA-256 of what the browser has.
    pub token_sha256: [u8; 32],
    /// The network that it was opened from, in whatever form the caller compares by.
    pub network: String,
    /// The address it was opened from.
    pub ip: Option<String>,
    /// The program it was opened with.
    pub user_agent: Option<String>,
    /// The organization through whose provider it was opened, and to which it is confined; none: with a password.
    pub sso_org: Option<OrgId>,
    /// Unix ms.
    pub created_ms: i64,
    /// Unix ms of a recent use, within a minute or so.
    pub seen_ms: i64,
    /// It ends then at the latest, Unix ms.
    pub expires_ms: i64,
    /// Taken back by hand or with a password, Unix ms. One that was signed out of has expired.
    pub revoked_ms: Option<i64>,
}

impl Session {
    /// Whether it is good at `now_ms` if it may rest for `idle_ms`.
    pub fn is_live(&self, now_ms: i64, idle_ms: i64) -> bool {
        self.revoked_ms.is_none() && now_ms < self.expires_ms && now_ms - self.seen_ms < idle_ms
    }
}

impl Catalog {
    /// Stores a new session and forgets those that ended long ago.
    pub async fn create_session(&self, session: &Session) -> Result<(), CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        users::in_tx(&mut tx, &session.user).await?;
        let long_ago = now - ENDED_KEPT_MS;
        let sql = "DELETE FROM sessions WHERE expires_ms < $1 OR revoked_ms < $1";
        tx.execute(sql, &[long_ago.into()]).await?;
        // Each way in has its own number: a provider must not be able to end what it has not opened.
        let way = session.sso_org.as_ref().map_or("", OrgId::as_str);
        let values = [session.user.as_str().into(), now.into(), way.into()];
        let live = tx.rows(SELECT_LIVE_OF_WAY, &values).await?;
        for row in live.iter().skip(SESSIONS_MAX - 1) {
            revoke(&mut tx, read(row)?.id.as_str(), now).await?;
        }
        insert(&mut tx, session).await?;
        let sql = "UPDATE users SET last_active_ms = $2 WHERE id = $1";
        tx.execute(sql, &[session.user.as_str().into(), now.into()]).await?;
        tx.commit().await
    }

    /// The session with this hash and whose it is, ended or not.
    pub async fn session_by_hash(&self, hash: &[u8; 32]) -> Result<Option<(Session, User)>, CatalogError> {
        let row = self.db.row(SELECT_BY_HASH, &[hash.as_slice().into()]).await?;
        row.map(|row| Ok((read_as(&row, "session_id", "opened_ms")?, users::read(&row)?))).transpose()
    }

    /// One session.
    pub async fn session(&self, id: &SessionId) -> Result<Session, CatalogError> {
        let row = self.db.row(SELECT_ONE, &[id.as_str().into()]).await?;
        row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id))
    }

    /// Somebody's sessions that are not over, seen last first. Whether one rested too long is for the caller to say.
    pub async fn list_sessions(&self, user: &UserId) -> Result<Vec<Session>, CatalogError> {
        let values = [user.as_str().into(), self.now_ms().into()];
        self.db.rows(SELECT_LIVE, &values).await?.iter().map(read).collect()
    }

    /// Whether somebody has lately had a session with a password from this network that was not revoked.
    pub async fn is_known_network(&self, user: &UserId, network: &str) -> Result<bool, CatalogError> {
        let sql = "SELECT id FROM sessions WHERE user_id = $1 AND network = $2 AND revoked_ms IS NULL \
                   AND sso_org IS NULL LIMIT 1";
        Ok(self.db.row(sql, &[user.as_str().into(), network.into()]).await?.is_some())
    }

    /// Records when sessions, by the SHA-256 of their tokens, were used, Unix ms. Earlier times than recorded and
    /// unknown sessions are ignored.
    pub async fn touch_sessions(&self, uses: &[([u8; 32], i64)]) -> Result<(), CatalogError> {
        if uses.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.change().await?;
        for (hash, seen_ms) in uses {
            let values: [Value<'_>; 2] = [hash.as_slice().into(), (*seen_ms).into()];
            let sql = "UPDATE sessions SET seen_ms = $2 WHERE token_sha256 = $1 AND seen_ms < $2";
            tx.execute(sql, &values).await?;
            let sql = "UPDATE users SET last_active_ms = $2 \
                       WHERE id = (SELECT user_id FROM sessions WHERE token_sha256 = $1) \
                       AND (last_active_ms IS NULL OR last_active_ms < $2)";
            tx.execute(sql, &values).await?;
        }
        tx.commit().await
    }

    /// Ends a session in order, as if its time were over: where it was opened stays a known address. False if it had
    /// ended.
    pub async fn end_session(&self, id: &SessionId) -> Result<bool, CatalogError> {
        let mut tx = self.db.change().await?;
        let sql =
            "UPDATE sessions SET expires_ms = $2 WHERE id = $1 AND revoked_ms IS NULL AND expires_ms > $2";
        let ended = tx.execute(sql, &[id.as_str().into(), self.now_ms().into()]).await?;
        tx.commit().await?;
        Ok(ended == 1)
    }

    /// Gives a session that has not ended another token, by its hash; false if it had ended. The former is good for
    /// nothing from now on.
    pub async fn renew_session(&self, id: &SessionId, token_sha256: &[u8; 32]) -> Result<bool, CatalogError> {
        let mut tx = self.db.change().await?;
        let sql =
            "UPDATE sessions SET token_sha256 = $2 WHERE id = $1 AND revoked_ms IS NULL AND expires_ms > $3";
        let values = [id.as_str().into(), token_sha256.as_slice().into(), self.now_ms().into()];
        let renewed = tx.execute(sql, &values).await?;
        tx.commit().await?;
        Ok(renewed == 1)
    }

    /// Takes a session back; false if it had ended.
    pub async fn revoke_session(&self, id: &SessionId) -> Result<bool, CatalogError> {
        let mut tx = self.db.change().await?;
        let ended = revoke(&mut tx, id.as_str(), self.now_ms()).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Ends all sessions of somebody but one; how many ended.
    pub async fn revoke_sessions(
        &self,
        user: &UserId,
        except: Option<&SessionId>,
    ) -> Result<u64, CatalogError> {
        let mut tx = self.db.change().await?;
        let ended = revoke_all(&mut tx, user, except, self.now_ms()).await?;
        tx.commit().await?;
        Ok(ended)
    }
}

pub(crate) async fn revoke_all(
    tx: &mut Tx,
    user: &UserId,
    except: Option<&SessionId>,
    now_ms: i64,
) -> Result<u64, CatalogError> {
    let sql = "UPDATE sessions SET revoked_ms = $2 \
               WHERE user_id = $1 AND id <> $3 AND revoked_ms IS NULL AND expires_ms > $2";
    let except = except.map_or("", SessionId::as_str);
    tx.execute(sql, &[user.as_str().into(), now_ms.into(), except.into()]).await
}

/// Ends all sessions that were opened through an organization's provider.
pub(crate) async fn revoke_of_provider(tx: &mut Tx, org: &OrgId, now_ms: i64) -> Result<u64, CatalogError> {
    let sql = "UPDATE sessions SET revoked_ms = $2 \
               WHERE sso_org = $1 AND revoked_ms IS NULL AND expires_ms > $2";
    tx.execute(sql, &[org.as_str().into(), now_ms.into()]).await
}

async fn revoke(tx: &mut Tx, id: &str, now_ms: i64) -> Result<bool, CatalogError> {
    let sql = "UPDATE sessions SET revoked_ms = $2 WHERE id = $1 AND revoked_ms IS NULL AND expires_ms > $2";
    Ok(tx.execute(sql, &[id.into(), now_ms.into()]).await? == 1)
}

async fn insert(tx: &mut Tx, session: &Session) -> Result<(), CatalogError> {
    let values: [Value<'_>; 10] = [
        session.id.as_str().into(),
        session.user.as_str().into(),
        session.token_sha256.as_slice().into(),
        session.network.as_str().into(),
        session.ip.as_deref().into(),
        session.user_agent.as_deref().into(),
        session.sso_org.as_ref().map(OrgId::as_str).into(),
        session.created_ms.into(),
        session.seen_ms.into(),
        session.expires_ms.into(),
    ];
    let sql = "INSERT INTO sessions (id, user_id, token_sha256, network, ip, user_agent, sso_org, created_ms, \
               seen_ms, expires_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    tx.execute(sql, &values).await.map(drop)
}

fn not_found(id: &SessionId) -> CatalogError {
    CatalogError::NotFound { kind: "session", id: id.to_string() }
}

fn read(row: &Row) -> Result<Session, CatalogError> {
    read_as(row, "id", "created_ms")
}

/// A session whose id and time have these names in the row.
fn read_as(row: &Row, id: &'static str, created_ms: &'static str) -> Result<Session, CatalogError> {
    Ok(Session {
        id: row.parsed(TABLE, id)?,
        user: row.parsed(TABLE, "user_id")?,
        token_sha256: row.array(TABLE, "token_sha256")?,
        network: row.text("network")?,
        ip: row.opt_text("ip")?,
        user_agent: row.opt_text("user_agent")?,
        sso_org: match row.opt_text("sso_org")? {
            None => None,
            Some(_) => Some(row.parsed(TABLE, "sso_org")?),
        },
        created_ms: row.int(created_ms)?,
        seen_ms: row.int("seen_ms")?,
        expires_ms: row.int("expires_ms")?,
        revoked_ms: row.opt_int("revoked_ms")?,
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, user_id, token_sha256, network, ip, user_agent, sso_org, created_ms, seen_ms, expires_ms, ",
            "revoked_ms FROM sessions ",
            $rest
        )
    };
}
const SELECT_ONE: &str = select!("WHERE id = $1");
const SELECT_BY_HASH: &str = "SELECT s.id AS session_id, s.user_id, s.token_sha256, s.network, s.ip, s.user_agent, \
     s.sso_org, s.created_ms AS opened_ms, s.seen_ms, s.expires_ms, s.revoked_ms, u.id, u.email, u.name, u.time_zone, \
     u.is_operator, u.password_hash, u.created_ms, u.last_active_ms, u.suspended_ms \
     FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_sha256 = $1";
const SELECT_LIVE: &str =
    select!("WHERE user_id = $1 AND revoked_ms IS NULL AND expires_ms > $2 ORDER BY seen_ms DESC, id");
const SELECT_LIVE_OF_WAY: &str = select!(
    "WHERE user_id = $1 AND revoked_ms IS NULL AND expires_ms > $2 AND COALESCE(sso_org, '') = $3 \
     ORDER BY seen_ms DESC, id"
);
