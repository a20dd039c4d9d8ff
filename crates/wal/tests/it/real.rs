//! The operating system's own file system.

use std::path::Path;
use std::sync::Arc;

use tallystick_wal::{CommitLog, FileLog, OpenError, Options, Position, RealDisk, durable};

use crate::support::{options, payload, records};

fn open(dir: &Path, options: Options) -> Result<(FileLog, tallystick_wal::Recovered), OpenError> {
    FileLog::open(dir, Arc::new(RealDisk), options)
}

#[test]
fn a_log_lives_in_a_directory() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("data/log");
    let (mut log, recovered) = open(&dir, options(64 * 1024)).unwrap();
    assert!(recovered.created);
    for i in 0..100 {
        assert_eq!(log.append(&payload(i, i as usize * 50), 1).unwrap().0, i);
    }
    log.trim(Position(60)).unwrap();
    let before = records(&log);
    for path in log.files() {
        assert_eq!(std::fs::metadata(path).unwrap().len(), 64 * 1024);
    }
    drop(log);
    std::fs::write(dir.join("00000000000000000777.log.tmp"), "left behind by a crash").unwrap();
    std::fs::write(dir.join("README"), "not ours").unwrap();
    let (log, recovered) = open(&dir, options(64 * 1024)).unwrap();
    assert_eq!((recovered.dropped, records(&log)), (None, before));
    let mut names: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.retain(|name| Path::new(name).extension().is_none_or(|extension| extension != "log"));
    assert_eq!(names, ["README"]);
}

#[test]
fn a_new_file_has_its_room_reserved() {
    use std::os::unix::fs::MetadataExt;
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path(), options(1024 * 1024)).unwrap();
    let blocks = std::fs::metadata(&log.files()[0]).unwrap().blocks();
    assert!(blocks * 512 >= 1024 * 1024, "{blocks} blocks");
}

#[test]
fn a_path_that_is_no_directory_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    std::fs::write(&path, "x").unwrap();
    assert!(matches!(open(&path, options(4096)), Err(OpenError::Io { .. })));
}

#[test]
fn a_file_is_replaced_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("guard");
    durable::write_atomic(&path, b"one").unwrap();
    std::fs::write(dir.path().join("guard.tmp"), "left behind by a crash").unwrap();
    durable::write_atomic(&path, b"two").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"two");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    assert!(durable::write_atomic(&dir.path().join("absent/guard"), b"x").is_err());

    let other = dir.path().join("other");
    std::fs::create_dir(&other).unwrap();
    durable::sync(&path).unwrap();
    durable::rename(&path, &other.join("guard")).unwrap();
    assert_eq!(std::fs::read(other.join("guard")).unwrap(), b"two");
    durable::remove(&other.join("guard")).unwrap();
    assert_eq!(std::fs::read_dir(&other).unwrap().count(), 0);
}
