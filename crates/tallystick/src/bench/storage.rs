//! What is on disk, and when it has stopped changing.

use std::{
    collections::BTreeMap,
    os::unix::fs::MetadataExt as _,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use serde::Serialize;
use tallystick_segment::Segment;

use super::process;
use crate::client::{Call, Client};

/// Time between two looks.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);
/// Looks in a row that must find nothing going on.
const QUIET_LOOKS: u32 = 4;
/// Processor time between two looks that still counts as nothing going on.
const QUIET_CPU_MAX: Duration = Duration::from_millis(20);
/// How long sealing and compacting may go on.
const SETTLE_TIME_MAX: Duration = Duration::from_mins(10);

/// Sizes after everything is sealed and compacted, bytes.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Disk {
    /// Everything below the data directory, as allocated by the file system.
    pub(crate) total: u64,
    /// By first part of the path: `segments`, `log`, `catalog.db`.
    pub(crate) components: Vec<(String, u64)>,
    /// Of the segment files, by section.
    pub(crate) sections: Vec<(String, u64)>,
    /// Segment files.
    pub(crate) segments: usize,
}

/// Waits until the tail is sealed and nothing is compacted any more. Whether that was reached.
pub(crate) async fn settle(client: &Client, pid: Option<u32>) -> anyhow::Result<bool> {
    let started = Instant::now();
    let (mut quiet, mut before) = (0, None);
    while quiet < QUIET_LOOKS {
        if started.elapsed() > SETTLE_TIME_MAX {
            return Ok(false);
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
        let text = client.bytes(&Call::get("/metrics")).await.context("cannot read /metrics")?;
        let text = String::from_utf8_lossy(&text);
        let waiting =
            ["tail_events", "frozen_tails", "queue_bytes"].iter().any(|name| metric(&text, name) > 0.0);
        let cpu = pid.and_then(process::cpu);
        let state = (metric(&text, "seals_total"), metric(&text, "compactions_total"));
        let is_still = before.is_some_and(|(then, cpu_then): (_, Option<Duration>)| {
            let used = cpu.zip(cpu_then).map_or(Duration::ZERO, |(now, then)| now.saturating_sub(then));
            then == state && used <= QUIET_CPU_MAX
        });
        before = Some((state, cpu));
        quiet = if waiting || !is_still { 0 } else { quiet + 1 };
    }
    Ok(true)
}

/// The value of a metric without labels; 0 if it is not there.
fn metric(text: &str, name: &str) -> f64 {
    let value = text.lines().find_map(|line| {
        let (key, value) = line.split_once(' ')?;
        (key.strip_prefix("tallystick_") == Some(name)).then(|| value.parse().ok())?
    });
    value.unwrap_or(0.0)
}

impl Disk {
    /// Looks at a data directory, which may be in use.
    pub(crate) fn of(data_dir: &Path) -> anyhow::Result<Self> {
        let mut disk = Self::default();
        for entry in std::fs::read_dir(data_dir)? {
            let entry = entry?;
            let bytes = allocated(&entry.path())?;
            disk.total += bytes;
            disk.components.push((entry.file_name().to_string_lossy().into_owned(), bytes));
        }
        disk.components.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut sections: BTreeMap<String, u64> = BTreeMap::new();
        for entry in std::fs::read_dir(data_dir.join("segments"))? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "seg") {
                let segment =
                    Segment::open(&path).with_context(|| format!("cannot open {}", path.display()))?;
                disk.segments += 1;
                for (section, bytes) in &segment.info().sections {
                    *sections.entry(section.to_string()).or_default() += bytes;
                }
            }
        }
        disk.sections = sections.into_iter().filter(|(_, bytes)| *bytes > 0).collect();
        disk.sections.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Ok(disk)
    }
}

/// What a file or a folder with everything in it takes, as `du` counts.
fn allocated(path: &Path) -> std::io::Result<u64> {
    /// The unit of `st_blocks`, whatever the file system's own is.
    const BLOCK_BYTES: u64 = 512;
    let metadata = std::fs::symlink_metadata(path)?;
    let mut bytes = metadata.blocks() * BLOCK_BYTES;
    if metadata.is_dir() {
        for entry in std::fs::read_dir(path)? {
            bytes += allocated(&entry?.path())?;
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_found_by_their_whole_name() {
        let text =
            "# HELP tallystick_tail_events x\ntallystick_tail_events_max 3\ntallystick_tail_events 42\n";
        assert!((metric(text, "tail_events") - 42.0).abs() < f64::EPSILON);
        assert!(metric(text, "seals_total").abs() < f64::EPSILON);
    }

    #[test]
    fn folders_count_with_everything_in_them() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        let before = allocated(folder.path()).unwrap();
        std::fs::write(folder.path().join("a").join("b"), vec![1; 100_000]).unwrap();
        assert!(allocated(folder.path()).unwrap() >= before + 100_000);
    }
}
