//! People's accounts. An account belongs to the instance; what it may do is in its memberships.

use crate::db::{Row, Tx, Value};
use crate::organizations::check_name;
use crate::{
    Catalog, CatalogError, Changed, Conflict, LIST_MAX, SessionId, UserId, links, memberships, sessions,
};

const TABLE: &str = "users";
/// Longest e-mail address, in bytes (RFC 5321 4.5.3.1).
pub const EMAIL_BYTES_MAX: usize = 254;
/// Most accounts in one installation.
pub const USERS_MAX: u64 = 100_000;

/// A person's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// No other account has it, whatever the case of its letters.
    pub email: String,
    /// For people.
    pub name: String,
    /// Name of a time zone, as in `Europe/Madrid`.
    pub time_zone: String,
    /// Runs the installation, which is something else than being in an organization.
    pub is_operator: bool,
    /// PHC string of the password; none: nobody can sign in with one.
    pub password_hash: Option<String>,
    /// Unix ms.
    pub created_ms: i64,
    /// Unix ms of a recent use, within a minute or so.
    pub last_active_ms: Option<i64>,
    /// Must not sign in since then, Unix ms.
    pub suspended_ms: Option<i64>,
}

/// What an account is made of.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// See [`User`].
    pub id: UserId,
    /// See [`User`].
    pub email: String,
    /// See [`User`].
    pub name: String,
    /// See [`User`].
    pub time_zone: String,
    /// See [`User`].
    pub is_operator: bool,
    /// See [`User`].
    pub password_hash: Option<String>,
}

impl Catalog {
    /// Makes an account. [`Conflict::EmailTaken`] if there is one with the address.
    pub async fn create_user(&self, new: NewUser) -> Result<User, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let user = create(&mut tx, new, now).await?;
        tx.commit().await?;
        Ok(user)
    }

    /// The account `id`.
    pub async fn user(&self, id: &UserId) -> Result<User, CatalogError> {
        let row = self.db.row(SELECT_ONE, &[id.as_str().into()]).await?;
        row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id.as_str()))
    }

    /// The account with this e-mail address, in any case, if there is one.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<User>, CatalogError> {
        let folded = fold(email);
        let row = self.db.row(SELECT_BY_EMAIL, &[folded.as_str().into()]).await?;
        row.map(|row| read(&row)).transpose()
    }

    /// Accounts in order of their ids, those after `after` only, at most `limit` (capped at [`LIST_MAX`]).
    pub async fn list_users(&self, after: Option<&UserId>, limit: u32) -> Result<Vec<User>, CatalogError> {
        let values = [after.map_or("", UserId::as_str).into(), i64::from(limit.min(LIST_MAX)).into()];
        self.db.rows(SELECT_PAGE, &values).await?.iter().map(read).collect()
    }

    /// Whether anybody runs the installation yet.
    pub async fn has_operator(&self) -> Result<bool, CatalogError> {
        let sql = "SELECT id FROM users WHERE is_operator = 1 LIMIT 1";
        Ok(self.db.row(sql, &[]).await?.is_some())
    }

    /// Gives an account another password. All its sessions but one end, and links to choose a password stop working;
    /// how many sessions ended.
    pub async fn change_password(
        &self,
        id: &UserId,
        hash: &str,
        except: Option<&SessionId>,
    ) -> Result<u64, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        set_password(&mut tx, id, hash).await?;
        let ended = sessions::revoke_all(&mut tx, id, except, now).await?;
        links::revoke_resets(&mut tx, id, now).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Changes how a person is called and which time zone they see; `None` leaves as it is.
    pub async fn update_user(
        &self,
        id: &UserId,
        name: Option<&str>,
        time_zone: Option<&str>,
    ) -> Result<Changed<User>, CatalogError> {
        name.map(check_name).transpose()?;
        let mut tx = self.db.change().await?;
        let before = in_tx(&mut tx, id).await?;
        let mut after = before.clone();
        after.name = name.map_or(after.name, str::to_owned);
        after.time_zone = time_zone.map_or(after.time_zone, str::to_owned);
        let sql = "UPDATE users SET name = $2, time_zone = $3 WHERE id = $1";
        let values = [id.as_str().into(), after.name.as_str().into(), after.time_zone.as_str().into()];
        tx.execute(sql, &values).await?;
        tx.commit().await?;
        Ok(Changed { before, after })
    }

    /// Gives an account another address to sign in with. [`Conflict::EmailTaken`] if another account has it.
    pub async fn set_email(&self, id: &UserId, email: &str) -> Result<Changed<User>, CatalogError> {
        let email = email.trim();
        check_email(email)?;
        let folded = fold(email);
        let mut tx = self.db.change().await?;
        let before = in_tx(&mut tx, id).await?;
        let holder = tx.row(SELECT_BY_EMAIL, &[folded.as_str().into()]).await?;
        if holder.map(|row| read(&row)).transpose()?.is_some_and(|holder| holder.id != *id) {
            return Err(CatalogError::Conflict(Conflict::EmailTaken));
        }
        let sql = "UPDATE users SET email = $2, email_folded = $3 WHERE id = $1";
        tx.execute(sql, &[id.as_str().into(), email.into(), folded.as_str().into()]).await?;
        tx.commit().await?;
        Ok(Changed { after: User { email: email.to_owned(), ..before.clone() }, before })
    }

    /// Keeps an account from signing in, and ends its sessions; how many those were, none if it is suspended already.
    /// [`Conflict::LastOwner`] if an organization would have no owner who can sign in.
    pub async fn suspend_user(&self, id: &UserId) -> Result<Option<u64>, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        if in_tx(&mut tx, id).await?.suspended_ms.is_some() {
            return Ok(None);
        }
        memberships::keep_owners_without(&mut tx, id).await?;
        let sql = "UPDATE users SET suspended_ms = $2 WHERE id = $1";
        tx.execute(sql, &[id.as_str().into(), now.into()]).await?;
        let ended = sessions::revoke_all(&mut tx, id, None, now).await?;
        tx.commit().await?;
        Ok(Some(ended))
    }

    /// Lets a suspended account sign in again; false if it may.
    pub async fn resume_user(&self, id: &UserId) -> Result<bool, CatalogError> {
        let mut tx = self.db.change().await?;
        in_tx(&mut tx, id).await?;
        let sql = "UPDATE users SET suspended_ms = NULL WHERE id = $1 AND suspended_ms IS NOT NULL";
        let resumed = tx.execute(sql, &[id.as_str().into()]).await?;
        tx.commit().await?;
        Ok(resumed == 1)
    }
}

/// What addresses are compared by. Only ASCII is folded: what else counts as equal is the mail server's matter.
pub(crate) fn fold(email: &str) -> String {
    email.trim().to_ascii_lowercase()
}

/// An address is something with one `@` inside, without white space: everything else only mail can tell.
/// [`CatalogError::Invalid`] otherwise.
pub fn check_email(email: &str) -> Result<(), CatalogError> {
    let invalid = |why: &str| Err(CatalogError::invalid("email", why));
    if email.len() > EMAIL_BYTES_MAX {
        return invalid("it is longer than 254 bytes");
    }
    let parts = email.split_once('@').filter(|(local, host)| !local.is_empty() && !host.is_empty());
    let is_clean = !email.chars().any(|c| c.is_whitespace() || c.is_control());
    match parts {
        Some((_, host)) if is_clean && !host.contains('@') => Ok(()),
        _ => invalid("it is not an e-mail address"),
    }
}

pub(crate) async fn create(tx: &mut Tx, new: NewUser, now_ms: i64) -> Result<User, CatalogError> {
    check_email(&new.email)?;
    check_name(&new.name)?;
    let folded = fold(&new.email);
    if tx.row(SELECT_BY_EMAIL, &[folded.as_str().into()]).await?.is_some() {
        return Err(CatalogError::Conflict(Conflict::EmailTaken));
    }
    let count = tx.row("SELECT COUNT(*) AS users FROM users", &[]).await?;
    let count = count.ok_or_else(|| CatalogError::corrupt(TABLE, "a count without a row"))?;
    if count.count(TABLE, "users")? >= USERS_MAX {
        return Err(CatalogError::Conflict(Conflict::TooMany { what: "accounts", max: USERS_MAX }));
    }
    let values: [Value<'_>; 8] = [
        new.id.as_str().into(),
        new.email.as_str().into(),
        folded.as_str().into(),
        new.name.as_str().into(),
        new.time_zone.as_str().into(),
        i64::from(new.is_operator).into(),
        new.password_hash.as_deref().into(),
        now_ms.into(),
    ];
    let sql = "INSERT INTO users (id, email, email_folded, name, time_zone, is_operator, password_hash, created_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    tx.execute(sql, &values).await?;
    Ok(User {
        id: new.id,
        email: new.email,
        name: new.name,
        time_zone: new.time_zone,
        is_operator: new.is_operator,
        password_hash: new.password_hash,
        created_ms: now_ms,
        last_active_ms: None,
        suspended_ms: None,
    })
}

pub(crate) async fn in_tx(tx: &mut Tx, id: &UserId) -> Result<User, CatalogError> {
    let row = tx.row(SELECT_ONE, &[id.as_str().into()]).await?;
    row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id.as_str()))
}

pub(crate) async fn by_email(tx: &mut Tx, email: &str) -> Result<Option<User>, CatalogError> {
    let row = tx.row(SELECT_BY_EMAIL, &[fold(email).as_str().into()]).await?;
    row.map(|row| read(&row)).transpose()
}

pub(crate) async fn set_password(tx: &mut Tx, id: &UserId, hash: &str) -> Result<(), CatalogError> {
    let sql = "UPDATE users SET password_hash = $2 WHERE id = $1";
    if tx.execute(sql, &[id.as_str().into(), hash.into()]).await? == 1 {
        return Ok(());
    }
    Err(not_found(id.as_str()))
}

pub(crate) fn not_found(id: &str) -> CatalogError {
    CatalogError::NotFound { kind: "user", id: id.to_owned() }
}

pub(crate) fn read(row: &Row) -> Result<User, CatalogError> {
    Ok(User {
        id: row.parsed(TABLE, "id")?,
        email: row.text("email")?,
        name: row.text("name")?,
        time_zone: row.text("time_zone")?,
        is_operator: row.int("is_operator")? == 1,
        password_hash: row.opt_text("password_hash")?,
        created_ms: row.int("created_ms")?,
        last_active_ms: row.opt_int("last_active_ms")?,
        suspended_ms: row.opt_int("suspended_ms")?,
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, email, name, time_zone, is_operator, password_hash, created_ms, last_active_ms, suspended_ms ",
            "FROM users ",
            $rest
        )
    };
}
const SELECT_ONE: &str = select!("WHERE id = $1");
const SELECT_BY_EMAIL: &str = select!("WHERE email_folded = $1");
const SELECT_PAGE: &str = select!("WHERE id > $1 ORDER BY id LIMIT $2");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_plausible() {
        for good in ["a@b", "Ana.Ruiz+x@acme.example", "ü@ö.example"] {
            assert!(check_email(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\n", &format!("{}@b", "a".repeat(253))] {
            assert!(check_email(bad).is_err(), "{bad:?}");
        }
        assert_eq!(fold(" Ana@ACME.example "), "ana@acme.example");
    }
}
