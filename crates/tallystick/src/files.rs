//! Files and folders that only their owner may read: keys, the catalog, the data directory.

use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::Path,
};

use tallystick_wal::durable;

/// Makes a folder and those above it for the owner alone; one that is there stays as it is.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes a file readable by the owner alone from its first byte on, durably and whole.
pub(crate) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    durable::write_private(path, text.as_bytes())
}

/// Takes others' rights to a file away.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    let mode = fs::metadata(path)?.permissions().mode();
    fs::set_permissions(path, Permissions::from_mode(mode & !0o077))
}

/// Whether others than the owner may read it.
pub(crate) fn is_readable_by_others(path: &Path) -> io::Result<bool> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o044 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_means_private() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a").join("keys");
        create_private_folder(&folder).unwrap();
        create_private_folder(&folder).unwrap();
        let file = folder.join("root.key");
        write_private(&file, "secret\n").unwrap();
        assert!(!is_readable_by_others(&folder).unwrap() && !is_readable_by_others(&file).unwrap());
        assert_eq!(fs::read_to_string(&file).unwrap(), "secret\n");
        fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        assert!(is_readable_by_others(&file).unwrap());
        make_private(&file).unwrap();
        assert!(!is_readable_by_others(&file).unwrap());
    }
}
