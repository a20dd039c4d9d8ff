//! A data directory: lock, rights, room, catalog, segments, commit log, streams.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use tallystick_catalog::{Catalog, CatalogError, CatalogUrl, Loaded, Organization};
use tallystick_engine::events_by_org;
use tallystick_event::OrgId;
use tallystick_wal::{
    CommitLog as _, FileLog, Options, Position, RealDisk,
    lock::{DataLock, Holder, LOCK_FILE, LockError},
};

use super::{finding::Findings, segments, streams};
use crate::{
    files,
    output::{bytes, thousands},
    system::{OsRandom, SystemClock},
};

/// Free room below which writes will soon be refused.
const FREE_BYTES_FAIL: u64 = 128 << 20;
/// Free room below which somebody should make some.
const FREE_BYTES_WARN: u64 = 2 << 30;

/// Looks at everything that is there. What cannot be looked at because of an earlier failure is left out.
pub(super) async fn check(
    folder: &Path,
    catalog_url: Option<&str>,
    verbose: bool,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    if !folder.is_dir() {
        return findings.fail("directory", format!("{} is not a directory", folder.display()));
    }
    let lock = lock(folder, findings)?;
    rights(folder, findings)?;
    room(folder, findings)?;
    let Some(loaded) = catalog(folder, catalog_url, findings).await? else { return Ok(()) };
    segments::check(&folder.join("segments"), &loaded, verbose, findings)?;
    let replayed = match &lock {
        Lock::Ours(_held) => commit_log(&folder.join("log"), &loaded, findings)?,
        Lock::InUse => {
            findings.ok("commit log", "not looked at: the service that runs is writing it")?;
            None
        }
        Lock::Broken => None,
    };
    // How long logs are is only known if what is not sealed was counted.
    let sizes = replayed.map(|replayed| sizes(&loaded, &replayed));
    streams::check(folder, &place(folder, catalog_url)?, sizes.as_ref(), findings).await
}

/// Behind the last event of each log.
fn sizes(loaded: &Loaded, replayed: &BTreeMap<OrgId, u64>) -> BTreeMap<OrgId, u64> {
    let size = |org: &Organization| {
        let sealed = loaded.heads.iter().find(|head| head.org == org.id).map_or(0, |head| head.size);
        org.log_base + sealed + replayed.get(&org.id).copied().unwrap_or(0)
    };
    loaded.organizations.iter().map(|org| (org.id.clone(), size(org))).collect()
}

/// Where the catalog is.
fn place(folder: &Path, url: Option<&str>) -> Result<CatalogUrl, CatalogError> {
    let parsed = url.filter(|url| !url.is_empty()).map(CatalogUrl::parse).transpose()?;
    Ok(parsed.unwrap_or_else(|| CatalogUrl::Sqlite(folder.join("catalog.db"))))
}

enum Lock {
    /// Held while we look, so that no service starts in the middle. None where there is no lock file to take.
    Ours(Option<DataLock>),
    InUse,
    Broken,
}

fn lock(folder: &Path, findings: &mut Findings) -> anyhow::Result<Lock> {
    if !folder.join(LOCK_FILE).exists() {
        findings.warn("lock", "there is no lock file: no service has ever run here")?;
        return Ok(Lock::Ours(None));
    }
    match DataLock::take(folder, Holder::this_process("", "")) {
        Ok(lock) => {
            findings.ok("lock", "free: no service runs here")?;
            Ok(Lock::Ours(Some(lock)))
        }
        Err(held @ LockError::Held { .. }) => {
            findings.ok("lock", held)?;
            Ok(Lock::InUse)
        }
        Err(error) => {
            findings.fail_with("lock", &error)?;
            Ok(Lock::Broken)
        }
    }
}

fn rights(folder: &Path, findings: &mut Findings) -> anyhow::Result<()> {
    let mut open: Vec<PathBuf> = Vec::new();
    let keys = folder.join("keys");
    let in_keys = std::fs::read_dir(&keys).into_iter().flatten().flatten().map(|entry| entry.path());
    for path in [folder.join("catalog.db")].into_iter().chain(in_keys).filter(|path| path.exists()) {
        if files::is_readable_by_others(&path)? {
            open.push(path);
        }
    }
    let log = folder.join("log");
    let readonly = [folder, &log].into_iter().find(|path| {
        path.exists()
            && rustix::fs::access(*path, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_err()
    });
    match (readonly, open.first()) {
        (Some(path), _) => {
            findings.fail("rights", format!("{} cannot be written by this user", path.display()))
        }
        (None, Some(path)) => {
            findings.warn("rights", format!("{} can be read by others: chmod go= it", path.display()))
        }
        (None, None) => findings.ok("rights", "keys and catalog are for their owner alone"),
    }
}

fn room(folder: &Path, findings: &mut Findings) -> anyhow::Result<()> {
    let stat = match rustix::fs::statvfs(folder) {
        Ok(stat) => stat,
        Err(error) => return findings.fail("room", format!("cannot be determined: {error}")),
    };
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let text = format!("{} free", bytes(free));
    match free {
        0..FREE_BYTES_FAIL => findings.fail("room", format!("{text}: writes are or will be refused")),
        FREE_BYTES_FAIL..FREE_BYTES_WARN => findings.warn("room", text),
        _ if stat.f_favail == 0 && stat.f_files > 0 => {
            findings.fail("room", "no file can be made: no inodes are free")
        }
        _ => findings.ok("room", text),
    }
}

async fn catalog(
    folder: &Path,
    url: Option<&str>,
    findings: &mut Findings,
) -> anyhow::Result<Option<Loaded>> {
    let url = match place(folder, url) {
        Ok(url) => url,
        Err(error) => return findings.fail_with("catalog", &error).map(|()| None),
    };
    // Opening would make it, and a missing catalog must not look like an empty one.
    if let CatalogUrl::Sqlite(path) = &url
        && !path.exists()
    {
        return findings.fail("catalog", format!("{} is missing", path.display())).map(|()| None);
    }
    let loaded = async {
        let catalog = Catalog::open(&url, Arc::new(SystemClock), Arc::new(OsRandom)).await?;
        catalog.check_storage().await?;
        let loaded = catalog.load().await?;
        catalog.close().await;
        Ok::<_, CatalogError>(loaded)
    };
    match loaded.await {
        Ok(loaded) => {
            findings.ok(
                "catalog",
                format!(
                    "{url}: {} organizations, {} segments, sealed up to position {}",
                    thousands(loaded.organizations.len() as u64),
                    thousands(loaded.segments.len() as u64),
                    thousands(loaded.sealed_position)
                ),
            )?;
            Ok(Some(loaded))
        }
        Err(error) => findings.fail_with("catalog", &error).map(|()| None),
    }
}

/// Opens a copy, because opening the log itself would cut an unfinished write off. Gives what is not sealed: events by
/// organization; none if that is not known.
fn commit_log(
    folder: &Path,
    loaded: &Loaded,
    findings: &mut Findings,
) -> anyhow::Result<Option<BTreeMap<OrgId, u64>>> {
    if !folder.is_dir() {
        if loaded.sealed_position > 0 {
            return findings.fail("commit log", format!("{} is missing", folder.display())).map(|()| None);
        }
        return findings.warn("commit log", "there is none yet").map(|()| Some(BTreeMap::new()));
    }
    let copy = tempfile::tempdir()?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), copy.path().join(entry.file_name()))?;
        }
    }
    let sealed = Position(loaded.sealed_position);
    let options = Options { must_hold: Some(sealed), ..Options::default() };
    let (log, recovered) = match FileLog::open(copy.path(), Arc::new(RealDisk), options) {
        Err(error) => return findings.fail_with("commit log", &error).map(|()| None),
        Ok(opened) => opened,
    };
    let records = match log.read_from(sealed).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
        Err(error) => return findings.fail_with("commit log", &error).map(|()| None),
        Ok(records) => records,
    };
    let mut by_org = BTreeMap::new();
    for record in &records {
        match events_by_org(&record.payload) {
            Err(error) => return findings.fail_with("commit log", &error).map(|()| None),
            Ok(counts) => {
                for (org, count) in counts {
                    *by_org.entry(org).or_default() += count;
                }
            }
        }
    }
    let events = records.iter().map(|record| u64::from(record.count)).sum();
    let text = format!("{} files, {} events to replay at start", recovered.files, thousands(events));
    match recovered.dropped_bytes() {
        0 => findings.ok("commit log", text)?,
        torn => findings.warn(
            "commit log",
            format!("{text}; ends in {} of an unfinished write, which the next start drops", bytes(torn)),
        )?,
    }
    Ok(Some(by_org))
}
