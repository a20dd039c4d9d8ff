//! The segment files: all there, every byte as its checksum says, nothing beside them.

use std::{collections::BTreeSet, path::Path};

use tallystick_catalog::{Loaded, SegmentRow};
use tallystick_segment::{IndexState, Rows as _, Segment};

use super::finding::Findings;
use crate::output::{bytes, print, thousands};

/// Reads every segment that the catalog names.
pub(super) fn check(
    folder: &Path,
    loaded: &Loaded,
    verbose: bool,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let (mut rows, mut size) = (0, 0);
    let mut known = BTreeSet::new();
    let mut all_good = true;
    for row in &loaded.segments {
        let file = format!("{}.seg", row.id);
        let path = folder.join(&file);
        known.insert(file.clone());
        all_good &= segment(&path, &file, row, verbose, findings)?;
        rows += row.rows;
        size += row.bytes;
    }
    if all_good {
        let count = thousands(loaded.segments.len() as u64);
        let per_event = size.checked_div(rows).unwrap_or(0);
        findings.ok(
            "segments",
            format!("{count} with {} events, {}, {per_event} bytes an event", thousands(rows), bytes(size)),
        )?;
    }
    let others: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !known.contains(name))
        .collect();
    if let Some(first) = others.first() {
        let count = others.len();
        findings.warn(
            "segments",
            format!("{count} files that the catalog does not name, such as {first}; a start removes them"),
        )?;
    }
    Ok(())
}

fn segment(
    path: &Path,
    file: &str,
    row: &SegmentRow,
    verbose: bool,
    findings: &mut Findings,
) -> anyhow::Result<bool> {
    if !path.exists() {
        findings.fail("segments", format!("{file} is missing; it holds {} events", thousands(row.rows)))?;
        return Ok(false);
    }
    let segment = match Segment::open(path) {
        Ok(segment) => segment,
        Err(error) => {
            findings.fail_with(&format!("segment {file}"), &error)?;
            return Ok(false);
        }
    };
    let mut is_good = true;
    for damage in segment.verify() {
        is_good = false;
        let (section, at, what) = (damage.section, damage.offset, damage.what);
        if section.is_index() {
            // A start opens an index, it does not read all of it.
            let who = match segment.index_state() {
                IndexState::Damaged { .. } => "the next start rebuilds the index",
                IndexState::Usable => "tallystick doctor --deep rebuilds the index",
            };
            findings.warn("segments", format!("{file}: {section} at byte {at}: {what}; {who}"))?;
        } else {
            findings.fail(
                "segments",
                format!("{file}: {section} at byte {at}: {what}; restore this file from a backup"),
            )?;
        }
    }
    if u64::from(segment.len()) != row.rows {
        is_good = false;
        let (found, expected) = (segment.len(), row.rows);
        findings.fail("segments", format!("{file} holds {found} events, the catalog says {expected}"))?;
    }
    if verbose {
        let info = segment.info();
        print(format!("      {file}: {} events, {}", thousands(row.rows), bytes(info.file_bytes)))?;
        for (section, size) in info.sections.iter().filter(|(_, size)| *size > 0) {
            let per_event = *size as f64 / f64::from(info.rows.max(1));
            print(format!(
                "        {:<20} {:>12}  {per_event:7.2} bytes an event",
                section.to_string(),
                bytes(*size)
            ))?;
        }
    }
    Ok(is_good)
}
