//! A full disk, a real one: a small file system of its own. Mounting needs root.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use tallystick::seeded::Rng;

use crate::{
    journal::{Sent, Writer, check},
    server::Server,
};

/// Room for the commit log's preallocated files, and little else.
const DISK_MIB: u64 = 208;
/// Batches of about 1 MiB after which the disk must have been full.
const BATCHES_MAX: usize = 400;
/// How soon after there is room again a write must succeed.
const RECOVERY_TIME_MAX: Duration = Duration::from_mins(1);
/// Longer than a round of the directory takes to come, so that one meets the full disk in the middle of its change.
const FULL_TIME: Duration = Duration::from_secs(6);

const SETTINGS: [(&str, &str); 2] =
    [("TALLYSTICK_LOG__TAIL_BYTES_MAX", "8000000"), ("TALLYSTICK_INTEGRITY__DIRECTORY_INTERVAL_S", "5")];

/// A small file system of its own.
pub(crate) struct Mount(pub(crate) PathBuf);

impl Mount {
    /// One of so many MiB; none where that cannot be.
    pub(crate) fn new(at: &Path, mib: u64) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            println!("SKIPPED: the test of a full disk mounts a tmpfs, and only root may. RUN IT AS ROOT.");
            return None;
        }
        std::fs::create_dir(at).unwrap();
        let size = format!("size={mib}m");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).output().unwrap();
        if !mounted.status.success() {
            // A container may have a root that must not mount; CI must not be one of them.
            let why = String::from_utf8_lossy(&mounted.stderr).into_owned();
            assert!(std::env::var_os("CI").is_none(), "cannot mount: {why}");
            println!("SKIPPED: the test of a full disk cannot mount a tmpfs here: {why}");
            return None;
        }
        Some(Self(at.to_owned()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Fills what room there is.
fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    let piece = vec![1; 64 << 10];
    while file.write_all(&piece).is_ok() {}
    // The last bits too.
    while file.write_all(&[1]).is_ok() {}
}

#[test]
fn writes_are_refused_reads_go_on_and_writes_work_again_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::new(&dir.path().join("disk"), DISK_MIB) else { return };
    let data = mount.0.join("data");
    let server = Server::try_start(&data, &SETTINGS).unwrap();
    server.api.make_org("acme");
    let mut rng = Rng::new(3);
    // Hexadecimal noise does not compress to nothing.
    let padding = rng.hex(100_000);
    let mut writer = Writer::new("acme", "w");
    assert_eq!(writer.send(&server.api, 10, &padding), Sent::Acknowledged);
    let ballast = mount.0.join("ballast");
    fill(&ballast);

    let mut refusal = None;
    for _ in 0..BATCHES_MAX {
        match writer.send(&server.api, 10, &padding) {
            Sent::Acknowledged => {}
            Sent::Refused(503, _) => std::thread::sleep(Duration::from_millis(50)),
            Sent::Refused(status, code) => {
                refusal = Some((status, code));
                break;
            }
            Sent::Unknown => panic!("the service died of a full disk"),
        }
    }
    assert_eq!(refusal, Some((507, "storage_full".to_owned())));
    check(&server.api, "acme", &[&writer]);
    assert_eq!(server.api.get("/healthz").status, 200);

    std::thread::sleep(FULL_TIME);
    std::fs::remove_file(&ballast).unwrap();
    let deadline = Instant::now() + RECOVERY_TIME_MAX;
    loop {
        let sent = writer.send(&server.api, 10, &padding);
        if sent == Sent::Acknowledged {
            break;
        }
        assert!(Instant::now() < deadline, "writes do not work again: {sent:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
    for _ in 0..3 {
        while writer.send(&server.api, 10, &padding) != Sent::Acknowledged {
            assert!(Instant::now() < deadline, "writes do not go on");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    check(&server.api, "acme", &[&writer]);
    server.stop();
    let server = Server::start(&data);
    check(&server.api, "acme", &[&writer]);
}
