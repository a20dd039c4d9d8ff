//! Replacing a file so that a crash leaves either the old or the new one, whole.

use std::fs::File;
use std::io::{self, IoSlice, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::disk::{Disk, DiskFile, RealDisk, ShortWrite, write_all};

/// Puts `bytes` into the file at `path`, durably and at once: writes `<path>.tmp`, syncs it, renames it, syncs the
/// directory. The caller sees to it that nobody else writes the same path at the same time.
///
/// After an error the old content is still there, unless the last step failed: then it is one or the other.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_atomic_on(&RealDisk, path, bytes)
}

/// [`write_atomic`] on a given disk.
pub fn write_atomic_on(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temp = temp_path(path)?;
    let written = write_new(disk, &temp, bytes).and_then(|()| disk.rename(&temp, path));
    if let Err(error) = written {
        // Best effort: the next write to the same path removes it as well.
        let _ = disk.remove(&temp);
        return Err(error);
    }
    disk.sync_dir(parent(path))
}

/// [`write_atomic`] for a secret: readable by its owner alone from its first byte on.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temp = temp_path(path)?;
    // One that a crash left may have other rights, and opening would keep them.
    match std::fs::remove_file(&temp) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(&temp)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    rename(&temp, path)
}

/// Renames a file, replacing what has the new name, and syncs the directory or directories. The file's content must be
/// synced already; [`sync`] does that.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    RealDisk.rename(from, to)?;
    RealDisk.sync_dir(parent(to))?;
    if parent(from) == parent(to) { Ok(()) } else { RealDisk.sync_dir(parent(from)) }
}

/// Writes all of `bytes` at an offset of an open file, and makes it durable. After an error nothing is known of what
/// the file has from there on, and it must not be written to again: a later sync of it may succeed without having
/// written what this one lost.
pub fn write_at(file: &dyn DiskFile, bytes: &[u8], at: u64) -> io::Result<()> {
    write_all(file, &mut [IoSlice::new(bytes)], at).map_err(|ShortWrite { source, .. }| source)?;
    file.sync_data()
}

/// All bytes of an open file.
pub fn read_all(file: &dyn DiskFile) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; file.size()? as usize];
    let mut at = 0;
    while at < bytes.len() {
        match file.read_at(&mut bytes[at..], at as u64) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => at += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(bytes)
}

/// Makes the content of a file durable.
pub fn sync(path: &Path) -> io::Result<()> {
    RealDisk.open(path)?.sync_data()
}

/// Deletes a file and syncs its directory.
pub fn remove(path: &Path) -> io::Result<()> {
    RealDisk.remove(path)?;
    RealDisk.sync_dir(parent(path))
}

fn write_new(disk: &dyn Disk, temp: &Path, bytes: &[u8]) -> io::Result<()> {
    match disk.remove(temp) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = disk.create(temp)?;
    write_at(&*file, bytes, 0)
}

fn temp_path(path: &Path) -> io::Result<PathBuf> {
    let Some(name) = path.file_name() else { return Err(io::ErrorKind::InvalidFilename.into()) };
    let mut temp = name.to_owned();
    temp.push(".tmp");
    Ok(path.with_file_name(temp))
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Effect, FaultDisk, PowerCut};

    /// The disk with the old content, and what one replacement on it does.
    fn replace(order: impl FnOnce(&FaultDisk)) -> (FaultDisk, io::Result<()>) {
        let disk = FaultDisk::new(7);
        disk.put(Path::new("/d/guard"), b"old".to_vec());
        order(&disk);
        let result = write_atomic_on(&disk, Path::new("/d/guard"), &[b'n'; 1500]);
        disk.restart();
        (disk, result)
    }

    #[test]
    fn a_replacement_is_all_or_nothing_wherever_it_stops() {
        let (disk, result) = replace(|_| {});
        result.unwrap();
        let steps = disk.operations();
        assert_eq!(steps, 5, "create, write, sync, rename, sync of the directory");
        for n in 0..steps {
            let orders: [&dyn Fn(&FaultDisk); 3] = [
                &|disk| disk.fail_in(n, Effect::Lost),
                &|disk| disk.fail_in(n, Effect::Persisted),
                &|disk| disk.kill_in(n),
            ];
            for order in orders {
                let (disk, result) = replace(order);
                assert!(result.is_err(), "step {n}");
                for seed in 0..20 {
                    let disk = disk.fork(seed);
                    disk.cut_power(if seed == 0 { PowerCut::KeepNone } else { PowerCut::KeepSome });
                    let bytes = disk.bytes(Path::new("/d/guard")).unwrap();
                    assert!(bytes == b"old" || bytes == [b'n'; 1500], "step {n}: {} bytes", bytes.len());
                    write_atomic_on(&disk, Path::new("/d/guard"), b"again").unwrap();
                }
            }
        }
    }

    #[test]
    fn what_was_replaced_survives_a_power_cut() {
        let (disk, result) = replace(|_| {});
        result.unwrap();
        disk.cut_power(PowerCut::KeepNone);
        assert_eq!(disk.bytes(Path::new("/d/guard")).unwrap(), [b'n'; 1500]);
    }

    #[test]
    fn a_secret_is_its_owners_alone_whatever_a_crash_left() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("root.key");
        let temp = temp_path(&path).unwrap();
        std::fs::write(&temp, "left").unwrap();
        std::fs::set_permissions(&temp, PermissionsExt::from_mode(0o644)).unwrap();
        for text in ["first", "second"] {
            write_private(&path, text.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            assert!(!temp.exists());
        }
    }

    #[test]
    fn a_path_without_a_name_is_refused() {
        assert_eq!(write_atomic(Path::new("/"), b"x").unwrap_err().kind(), io::ErrorKind::InvalidFilename);
    }
}
