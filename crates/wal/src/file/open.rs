//! Opening a log: check every byte of every file, cut off what was never acknowledged, make durable what is kept.
//!
//! Dying anywhere in here changes nothing that matters: the same steps come to the same log again.

use std::io::{self, IoSlice};
use std::path::Path;
use std::sync::Arc;

use super::create::{CreateError, create_file};
use super::scan::{Scan, Tail, scan};
use super::walk::{WalkError, Walker, corrupt};
use super::{Current, Dropped, FileLog, Options, Recovered};
use crate::disk::{Disk, ShortWrite, is_no_space, write_all, write_zeros};
use crate::error::{Damage, OpenError};
use crate::format::{FileHeader, file_name, parse_file_name};
use crate::limits::{FILE_BYTES_MAX, FILE_BYTES_MIN, SECTOR_BYTES};
use crate::log::Position;

impl FileLog {
    /// Opens the log in `dir`, making directory and log if there is none. Only one `FileLog` may be open on a
    /// directory;
    /// [`lock`](crate::lock) is there to see to that.
    ///
    /// A record that was being written when the process or the machine stopped is cut off and reported; any other
    /// deviation from the format is [`Corrupt`](crate::Corrupt), and then nothing was written.
    pub fn open(dir: &Path, disk: Arc<dyn Disk>, options: Options) -> Result<(Self, Recovered), OpenError> {
        check_options(&options)?;
        let io = |source| OpenError::Io { path: dir.to_owned(), source };
        disk.create_dir(dir).map_err(io)?;
        let names = disk.list(dir).map_err(io)?;
        let mut firsts: Vec<_> = names.iter().filter_map(|name| parse_file_name(name)).collect();
        firsts.sort_unstable();
        if firsts.is_empty() && options.must_hold.is_none() {
            remove_leftovers(&*disk, dir, &names)?;
            return create_log(dir, disk, &options);
        }
        let (mut scans, newest) = scan_files(&*disk, dir, &firsts, &options)?;
        remove_leftovers(&*disk, dir, &names)?;
        let last = scans.pop().expect("there is at least one file");
        let mut recovered = summary(&scans, &last);
        recovered.dropped = dropped(&last, &newest);
        let current = settle(&*disk, dir, newest, &last)?;
        let closed = scans.iter().map(|scan| scan.span).collect();
        let log =
            Self { disk, dir: dir.to_owned(), file_bytes: options.file_bytes, closed, current, poison: None };
        Ok((log, recovered))
    }
}

fn check_options(options: &Options) -> Result<(), OpenError> {
    let (given, min, max, step) = (options.file_bytes, FILE_BYTES_MIN, FILE_BYTES_MAX, SECTOR_BYTES);
    if !(min..=max).contains(&given) || !given.is_multiple_of(step) {
        return Err(OpenError::Option { option: "file_bytes", given, min, max, step });
    }
    Ok(())
}

/// Removes files whose making was interrupted: they never had a log file's name.
fn remove_leftovers(disk: &dyn Disk, dir: &Path, names: &[String]) -> Result<(), OpenError> {
    for name in names {
        if name.strip_suffix(".tmp").and_then(parse_file_name).is_some() {
            let path = dir.join(name);
            disk.remove(&path).map_err(|source| OpenError::Io { path, source })?;
        }
    }
    Ok(())
}

fn create_log(dir: &Path, disk: Arc<dyn Disk>, options: &Options) -> Result<(FileLog, Recovered), OpenError> {
    let start = options.start;
    let header = FileHeader { first_position: start, capacity: options.file_bytes, previous: 0 };
    let path = dir.join(file_name(start));
    let (file, crc) = create_file(&*disk, dir, &header).map_err(|error| match error {
        CreateError::NoSpace(source) => OpenError::NoSpace { path, source },
        CreateError::NotBegun(source) | CreateError::Fatal(_, source) => OpenError::Io { path, source },
    })?;
    let current = Current::empty(file, &header, crc);
    let file_bytes = options.file_bytes;
    let log = FileLog { disk, dir: dir.to_owned(), file_bytes, closed: Vec::new(), current, poison: None };
    let recovered = Recovered {
        first_position: start,
        next_position: start,
        created: true,
        files: 1,
        records: 0,
        payload_bytes: 0,
        dropped: None,
    };
    Ok((log, recovered))
}

/// Reads all files and checks that they follow each other. Returns the last one's walker too.
fn scan_files(
    disk: &dyn Disk,
    dir: &Path,
    firsts: &[Position],
    options: &Options,
) -> Result<(Vec<Scan>, Walker), OpenError> {
    let mut scans: Vec<Scan> = Vec::with_capacity(firsts.len());
    let mut newest = None;
    for first in firsts {
        let mut walker = Walker::open(disk, dir, *first)?;
        if let Some(before) = scans.last() {
            check_joint(dir, before, &walker)?;
        }
        scans.push(scan(&mut walker)?);
        newest = Some(walker);
    }
    check_must_hold(dir, &scans, options)?;
    let (Some(walker), Some(last)) = (newest, scans.last()) else {
        unreachable!("without files there is nothing that holds a position");
    };
    if last.ended {
        let missing = dir.join(file_name(last.span.next));
        return Err(corrupt(
            &missing,
            Damage::MissingFile,
            0,
            "the file in which the log goes on",
            "no file",
        )
        .into());
    }
    if let Tail::Damaged { corrupt, .. } = &last.tail
        && !options.drop_damaged_last_record
    {
        return Err(corrupt.clone().into());
    }
    Ok((scans, walker))
}

/// The file in `walker` proves that everything in the file before it was acknowledged.
fn check_joint(dir: &Path, before: &Scan, walker: &Walker) -> Result<(), WalkError> {
    let (next, first) = (before.span.next, walker.header.first_position);
    let file = dir.join(file_name(before.span.first));
    let why = format!("although the log goes on at position {first}");
    match &before.tail {
        Tail::Clean => {}
        Tail::Torn { .. } => {
            let expected = format!("the record at position {next}, {why}");
            return Err(corrupt(&file, Damage::Record, before.span.end, expected, "an unfinished one"));
        }
        Tail::Damaged { corrupt: damage, .. } => {
            let mut damage = damage.clone();
            damage.damage = Damage::Record;
            return Err(WalkError::Corrupt(damage));
        }
    }
    if next != first {
        let missing = if next < first { dir.join(file_name(next)) } else { walker.path.clone() };
        let expected = format!("a file that begins at position {next}");
        return Err(corrupt(
            &missing,
            Damage::MissingFile,
            0,
            expected,
            format_args!("one that begins at {first}"),
        ));
    }
    if walker.header.previous != before.chain {
        let expected = format!("a file that follows checksum {:08x}", before.chain);
        let found = format!("one that follows {:08x}", walker.header.previous);
        return Err(corrupt(&walker.path, Damage::Sequence, 32, expected, found));
    }
    Ok(())
}

fn check_must_hold(dir: &Path, scans: &[Scan], options: &Options) -> Result<(), WalkError> {
    let Some(position) = options.must_hold else { return Ok(()) };
    let missing = |from: Position, found: String| {
        let expected = format!("a log that reaches position {position}");
        Err(corrupt(&dir.join(file_name(from)), Damage::MissingFile, 0, expected, found))
    };
    match (scans.first(), scans.last()) {
        (Some(first), Some(_)) if first.span.first > position => {
            missing(position, format!("one that begins at {}", first.span.first))
        }
        (Some(_), Some(last)) if last.span.next < position => {
            missing(last.span.next, format!("one that ends at {}", last.span.next))
        }
        (Some(_), Some(_)) => Ok(()),
        _ => missing(position, "no files".into()),
    }
}

fn summary(closed: &[Scan], last: &Scan) -> Recovered {
    let all = || closed.iter().chain([last]);
    Recovered {
        first_position: closed.first().unwrap_or(last).span.first,
        next_position: last.span.next,
        created: false,
        files: all().count(),
        records: all().map(|scan| scan.records).sum(),
        payload_bytes: all().map(|scan| scan.payload_bytes).sum(),
        dropped: None,
    }
}

fn dropped(last: &Scan, walker: &Walker) -> Option<Dropped> {
    let (to, damaged) = match &last.tail {
        Tail::Clean => return None,
        Tail::Torn { to } => (*to, false),
        Tail::Damaged { to, .. } => (*to, true),
    };
    let offset = last.span.end;
    Some(Dropped { file: walker.path.clone(), offset, bytes: to - offset, damaged })
}

/// Clears what is cut off and makes the rest durable.
///
/// What was read may so far exist in memory only: a process killed between write and sync leaves it so, and a failed
/// sync can even leave it marked as written. Therefore the last record, the only one for which this is possible, is
/// written again and synced before anybody is told that it is there.
fn settle(disk: &dyn Disk, dir: &Path, mut walker: Walker, last: &Scan) -> Result<Current, OpenError> {
    let path = walker.path.clone();
    let failed = |source: io::Error| {
        let path = path.clone();
        if is_no_space(&source) {
            OpenError::NoSpace { path, source }
        } else {
            OpenError::Io { path, source }
        }
    };
    let header = walker.header;
    let end = last.span.end;
    let again_from = last.last_batch.unwrap_or(0);
    let again = walker.bytes(again_from, (end - again_from) as usize)?.to_vec();
    let file = walker.into_file();
    let short = |error: ShortWrite| failed(error.source);
    match last.tail {
        Tail::Clean => {}
        Tail::Torn { to } | Tail::Damaged { to, .. } => write_zeros(&*file, end, to).map_err(short)?,
    }
    write_all(&*file, &mut [IoSlice::new(&again)], again_from).map_err(short)?;
    file.sync_data().map_err(failed)?;
    disk.sync_dir(dir).map_err(failed)?;
    let mut current =
        Current { file, span: last.span, previous: header.previous, chain: last.chain, marked: false };
    current.write_mark();
    Ok(current)
}
