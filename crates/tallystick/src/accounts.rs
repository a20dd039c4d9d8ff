//! What accounts need from the machine: the key that seals their secrets, and the settings of sessions.

use std::path::Path;

use anyhow::Context as _;
use tallystick_auth::{AccountOptions, PasswordCost, SealKey};
use tallystick_engine::INSTANCE_ORG;

use crate::{config::Config, files, system::random_hex};

/// Bytes of the key.
const SEAL_KEY_BYTES: usize = 32;

/// How accounts behave, as configured.
pub(crate) fn options(config: &Config) -> anyhow::Result<AccountOptions> {
    Ok(AccountOptions {
        seal_key: seal_key(&config.data_dir())?,
        instance_org: INSTANCE_ORG.parse().expect("a valid organization id"),
        session_idle_ms: config.accounts.session_idle_ms(),
        session_life_ms: config.accounts.session_life_ms(),
        password_cost: PasswordCost::default(),
    })
}

/// The key in `keys/seal.key`; made at the first start.
fn seal_key(data_dir: &Path) -> anyhow::Result<SealKey> {
    let folder = data_dir.join("keys");
    let path = folder.join("seal.key");
    if !path.exists() {
        files::create_private_folder(&folder)
            .and_then(|()| files::write_private(&path, &format!("{}\n", random_hex(SEAL_KEY_BYTES))))
            .with_context(|| format!("cannot make the key {}", path.display()))?;
    }
    read_seal_key(data_dir)
}

/// The key in `keys/seal.key`, which must be there.
pub(crate) fn read_seal_key(data_dir: &Path) -> anyhow::Result<SealKey> {
    let path = data_dir.join("keys").join("seal.key");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut bytes = [0; SEAL_KEY_BYTES];
    hex::decode_to_slice(text.trim(), &mut bytes)
        .ok()
        .with_context(|| format!("{} does not hold 64 hexadecimal digits", path.display()))?;
    Ok(SealKey::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_private_and_checked() {
        let dir = tempfile::tempdir().unwrap();
        seal_key(dir.path()).unwrap();
        let path = dir.path().join("keys").join("seal.key");
        let first = std::fs::read_to_string(&path).unwrap();
        seal_key(dir.path()).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), first);
        assert!(!files::is_readable_by_others(&path).unwrap());
        std::fs::write(&path, "short").unwrap();
        let error = seal_key(dir.path()).unwrap_err();
        assert!(error.to_string().contains("seal.key"), "{error:?}");
    }
}
