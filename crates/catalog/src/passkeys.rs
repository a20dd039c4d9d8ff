//! Passkeys, and the challenges that were answered with them. What a credential is made of means nothing here; `auth`
//! knows it.

use crate::db::{Row, Tx, Value};
use crate::organizations::check_name;
use crate::{Catalog, CatalogError, Changed, Conflict, PasskeyId, UserId, users};

const TABLE: &str = "passkeys";
/// Most passkeys of one account.
pub const PASSKEYS_MAX: u64 = 20;

/// Somebody's passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Its id here, which is no secret.
    pub id: PasskeyId,
    /// Whose it is.
    pub user: UserId,
    /// Its id at the authenticator that made it; no two passkeys have the same.
    pub credential_id: Vec<u8>,
    /// For people.
    pub name: String,
    /// Public key and policy, in whatever form the caller reads.
    pub credential: String,
    /// What the authenticator's counter of signatures said last; 0 if it has none.
    pub sign_count: u32,
    /// Whether it was kept in more places than one when it was last used.
    pub is_synced: bool,
    /// Unix ms.
    pub created_ms: i64,
    /// When somebody last signed in with it, Unix ms.
    pub used_ms: Option<i64>,
}

/// What a passkey is made of.
#[derive(Debug, Clone)]
pub struct NewPasskey {
    /// See [`Passkey`].
    pub user: UserId,
    /// See [`Passkey`].
    pub credential_id: Vec<u8>,
    /// See [`Passkey`].
    pub name: String,
    /// See [`Passkey`].
    pub credential: String,
    /// See [`Passkey`].
    pub sign_count: u32,
    /// See [`Passkey`].
    pub is_synced: bool,
}

impl Catalog {
    /// Stores a passkey. [`Conflict::PasskeyExists`] if an account has it, [`Conflict::TooMany`] beyond
    /// [`PASSKEYS_MAX`].
    pub async fn create_passkey(&self, new: NewPasskey) -> Result<Passkey, CatalogError> {
        check_name(&new.name)?;
        let passkey = Passkey {
            id: PasskeyId::generate(&*self.random),
            user: new.user,
            credential_id: new.credential_id,
            name: new.name,
            credential: new.credential,
            sign_count: new.sign_count,
            is_synced: new.is_synced,
            created_ms: self.now_ms(),
            used_ms: None,
        };
        let mut tx = self.db.change().await?;
        users::in_tx(&mut tx, &passkey.user).await?;
        if tx.rows(SELECT_OF_USER, &[passkey.user.as_str().into()]).await?.len() as u64 >= PASSKEYS_MAX {
            return Err(CatalogError::Conflict(Conflict::TooMany { what: "passkeys", max: PASSKEYS_MAX }));
        }
        if tx.row(SELECT_BY_CREDENTIAL, &[passkey.credential_id.as_slice().into()]).await?.is_some() {
            return Err(CatalogError::Conflict(Conflict::PasskeyExists));
        }
        insert(&mut tx, &passkey).await?;
        tx.commit().await?;
        Ok(passkey)
    }

    /// Somebody's passkeys, in the order in which they were added.
    pub async fn list_passkeys(&self, user: &UserId) -> Result<Vec<Passkey>, CatalogError> {
        self.db.rows(SELECT_OF_USER, &[user.as_str().into()]).await?.iter().map(read).collect()
    }

    /// The passkey with this id at its authenticator, whoever has it.
    pub async fn passkey_by_credential(&self, id: &[u8]) -> Result<Option<Passkey>, CatalogError> {
        let row = self.db.row(SELECT_BY_CREDENTIAL, &[id.into()]).await?;
        row.map(|row| read(&row)).transpose()
    }

    /// Gives somebody's passkey another name.
    pub async fn rename_passkey(
        &self,
        user: &UserId,
        id: &PasskeyId,
        name: &str,
    ) -> Result<Changed<Passkey>, CatalogError> {
        check_name(name)?;
        let mut tx = self.db.change().await?;
        let before = in_tx(&mut tx, user, id).await?;
        tx.execute("UPDATE passkeys SET name = $2 WHERE id = $1", &[id.as_str().into(), name.into()]).await?;
        tx.commit().await?;
        Ok(Changed { after: Passkey { name: name.to_owned(), ..before.clone() }, before })
    }

    /// Removes somebody's passkey; what it was.
    pub async fn remove_passkey(&self, user: &UserId, id: &PasskeyId) -> Result<Passkey, CatalogError> {
        let mut tx = self.db.change().await?;
        let passkey = in_tx(&mut tx, user, id).await?;
        tx.execute("DELETE FROM passkeys WHERE id = $1", &[id.as_str().into()]).await?;
        tx.commit().await?;
        Ok(passkey)
    }

    /// Records that somebody signed in with a passkey: what is stored of it becomes `used`. False, and nothing changed,
    /// if it was removed in the meantime, or its counter of signatures has got as far already.
    pub async fn use_passkey(&self, used: &Passkey) -> Result<bool, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let sql = "UPDATE passkeys SET credential = $2, sign_count = $3, is_synced = $4, used_ms = $5 \
                   WHERE id = $1 AND (sign_count < $3 OR (sign_count = 0 AND $3 = 0))";
        let values: [Value<'_>; 5] = [
            used.id.as_str().into(),
            used.credential.as_str().into(),
            i64::from(used.sign_count).into(),
            i64::from(used.is_synced).into(),
            now.into(),
        ];
        let changed = tx.execute(sql, &values).await?;
        tx.commit().await?;
        Ok(changed == 1)
    }

    /// Uses a challenge up, by its hash; false if it was before. It is remembered until `forget_ms`, Unix ms, which
    /// must be later than it can be answered.
    pub async fn spend_challenge(&self, sha256: &[u8; 32], forget_ms: i64) -> Result<bool, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        tx.execute("DELETE FROM spent_challenges WHERE forget_ms < $1", &[now.into()]).await?;
        let sql = "SELECT forget_ms FROM spent_challenges WHERE challenge_sha256 = $1";
        if tx.row(sql, &[sha256.as_slice().into()]).await?.is_some() {
            return Ok(false);
        }
        let sql = "INSERT INTO spent_challenges (challenge_sha256, forget_ms) VALUES ($1, $2)";
        tx.execute(sql, &[sha256.as_slice().into(), forget_ms.into()]).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Removes all passkeys of somebody; what they were.
pub(crate) async fn remove_all(tx: &mut Tx, user: &UserId) -> Result<Vec<Passkey>, CatalogError> {
    let rows = tx.rows(SELECT_OF_USER, &[user.as_str().into()]).await?;
    let removed = rows.iter().map(read).collect::<Result<_, _>>()?;
    tx.execute("DELETE FROM passkeys WHERE user_id = $1", &[user.as_str().into()]).await?;
    Ok(removed)
}

/// A passkey of somebody: one of somebody else is as unknown as one that does not exist.
async fn in_tx(tx: &mut Tx, user: &UserId, id: &PasskeyId) -> Result<Passkey, CatalogError> {
    let row = tx.row(SELECT_ONE, &[id.as_str().into(), user.as_str().into()]).await?;
    let passkey = row.map(|row| read(&row)).transpose()?;
    passkey.ok_or_else(|| CatalogError::NotFound { kind: "passkey", id: id.to_string() })
}

async fn insert(tx: &mut Tx, passkey: &Passkey) -> Result<(), CatalogError> {
    let sql = "INSERT INTO passkeys (id, user_id, credential_id, name, credential, sign_count, is_synced, created_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values: [Value<'_>; 8] = [
        passkey.id.as_str().into(),
        passkey.user.as_str().into(),
        passkey.credential_id.as_slice().into(),
        passkey.name.as_str().into(),
        passkey.credential.as_str().into(),
        i64::from(passkey.sign_count).into(),
        i64::from(passkey.is_synced).into(),
        passkey.created_ms.into(),
    ];
    tx.execute(sql, &values).await.map(drop)
}

fn read(row: &Row) -> Result<Passkey, CatalogError> {
    let sign_count = u32::try_from(row.int("sign_count")?);
    Ok(Passkey {
        id: row.parsed(TABLE, "id")?,
        user: row.parsed(TABLE, "user_id")?,
        credential_id: row.bytes("credential_id")?,
        name: row.text("name")?,
        credential: row.text("credential")?,
        sign_count: sign_count.map_err(|_| CatalogError::corrupt(TABLE, "a counter of more than 32 bits"))?,
        is_synced: row.int("is_synced")? == 1,
        created_ms: row.int("created_ms")?,
        used_ms: row.opt_int("used_ms")?,
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, user_id, credential_id, name, credential, sign_count, is_synced, created_ms, used_ms ",
            "FROM passkeys ",
            $rest
        )
    };
}

const SELECT_ONE: &str = select!("WHERE id = $1 AND user_id = $2");
const SELECT_OF_USER: &str = select!("WHERE user_id = $1 ORDER BY created_ms, id");
const SELECT_BY_CREDENTIAL: &str = select!("WHERE credential_id = $1");
