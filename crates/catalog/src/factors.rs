//! Second factors: the sealed secret of an authenticator, and recovery codes by their hashes.

use crate::db::Tx;
use crate::{Catalog, CatalogError, UserId};

const TABLE: &str = "totp_factors";

/// Somebody's authenticator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotpFactor {
    /// Its secret, sealed with the instance's key.
    pub sealed: Vec<u8>,
    /// When its first code was accepted, Unix ms; none: it is not in use yet.
    pub confirmed_ms: Option<i64>,
    /// The newest time step whose code was accepted: no code works twice.
    pub last_step: i64,
}

impl Catalog {
    /// Somebody's authenticator.
    pub async fn totp(&self, user: &UserId) -> Result<Option<TotpFactor>, CatalogError> {
        let sql = "SELECT sealed, confirmed_ms, last_step FROM totp_factors WHERE user_id = $1";
        let row = self.db.row(sql, &[user.as_str().into()]).await?;
        row.map(|row| {
            Ok(TotpFactor {
                sealed: row.bytes("sealed")?,
                confirmed_ms: row.opt_int("confirmed_ms")?,
                last_step: row.int("last_step")?,
            })
        })
        .transpose()
    }

    /// Stores an authenticator that is still to be confirmed, in place of another such; false, and nothing stored, if
    /// one is in use.
    pub async fn begin_totp(&self, user: &UserId, sealed: &[u8]) -> Result<bool, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let sql = "DELETE FROM totp_factors WHERE user_id = $1 AND confirmed_ms IS NULL";
        tx.execute(sql, &[user.as_str().into()]).await?;
        let sql = "SELECT last_step FROM totp_factors WHERE user_id = $1";
        if tx.row(sql, &[user.as_str().into()]).await?.is_some() {
            return Ok(false);
        }
        let sql = "INSERT INTO totp_factors (user_id, sealed, created_ms, last_step) VALUES ($1, $2, $3, 0)";
        tx.execute(sql, &[user.as_str().into(), sealed.into(), now.into()]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Puts the authenticator in use, with the step of its first code and new recovery codes; false if there is none
    /// to confirm.
    pub async fn confirm_totp(
        &self,
        user: &UserId,
        step: i64,
        codes: &[[u8; 32]],
    ) -> Result<bool, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let sql = "UPDATE totp_factors SET confirmed_ms = $2, last_step = $3 \
                   WHERE user_id = $1 AND confirmed_ms IS NULL";
        if tx.execute(sql, &[user.as_str().into(), now.into(), step.into()]).await? != 1 {
            return Ok(false);
        }
        forget_codes(&mut tx, user).await?;
        for code in codes {
            let sql = "INSERT INTO recovery_codes (user_id, code_sha256) VALUES ($1, $2)";
            tx.execute(sql, &[user.as_str().into(), code.as_slice().into()]).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Uses the code of a time step; false if it, or a later one, was used before.
    pub async fn use_totp_step(&self, user: &UserId, step: i64) -> Result<bool, CatalogError> {
        let mut tx = self.db.change().await?;
        let sql = "UPDATE totp_factors SET last_step = $2 \
                   WHERE user_id = $1 AND last_step < $2 AND confirmed_ms IS NOT NULL";
        let used = tx.execute(sql, &[user.as_str().into(), step.into()]).await?;
        tx.commit().await?;
        Ok(used == 1)
    }

    /// Uses a recovery code; false if there is none such, or it was used before.
    pub async fn use_recovery_code(&self, user: &UserId, code: &[u8; 32]) -> Result<bool, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let sql = "UPDATE recovery_codes SET used_ms = $3 \
                   WHERE user_id = $1 AND code_sha256 = $2 AND used_ms IS NULL";
        let used = tx.execute(sql, &[user.as_str().into(), code.as_slice().into(), now.into()]).await?;
        tx.commit().await?;
        Ok(used == 1)
    }

    /// How many recovery codes are left.
    pub async fn recovery_codes_left(&self, user: &UserId) -> Result<u64, CatalogError> {
        let sql = "SELECT COUNT(*) AS n FROM recovery_codes WHERE user_id = $1 AND used_ms IS NULL";
        let row = self.db.row(sql, &[user.as_str().into()]).await?;
        row.ok_or_else(|| CatalogError::corrupt(TABLE, "a count without a row"))?.count(TABLE, "n")
    }

    /// Removes the authenticator and the recovery codes; false if there was none.
    pub async fn remove_totp(&self, user: &UserId) -> Result<bool, CatalogError> {
        let mut tx = self.db.change().await?;
        forget_codes(&mut tx, user).await?;
        let removed =
            tx.execute("DELETE FROM totp_factors WHERE user_id = $1", &[user.as_str().into()]).await?;
        tx.commit().await?;
        Ok(removed == 1)
    }
}

async fn forget_codes(tx: &mut Tx, user: &UserId) -> Result<(), CatalogError> {
    tx.execute("DELETE FROM recovery_codes WHERE user_id = $1", &[user.as_str().into()]).await.map(drop)
}
