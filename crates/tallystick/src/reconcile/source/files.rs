//! A copy in files. Those of a folder are read in the order of their names, as streams and exports number them.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::{Out, is_of_records};
use crate::reconcile::copied::Item;

/// Folders within folders.
const DEPTH_MAX: usize = 32;
/// Standard input.
const STDIN: &str = "-";

/// Reads files and folders, one after the other. Blocks.
pub(super) fn read(paths: &[PathBuf], out: &Out) -> anyhow::Result<()> {
    let mut files = Vec::new();
    let mut left_alone = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = files.len();
            collect(path, DEPTH_MAX, &mut files, &mut left_alone)?;
            files[before..].sort();
        } else {
            files.push(path.clone());
        }
    }
    if !left_alone.is_empty() && out.items.blocking_send(Ok(left_alone)).is_err() {
        return Ok(());
    }
    for path in files {
        let name = path.to_string_lossy();
        let read = if name == STDIN {
            out.piece(STDIN, std::io::stdin().lock())
        } else {
            let file = File::open(&path).with_context(|| format!("cannot read {name}"))?;
            out.piece(&name, file)
        };
        if read.is_break() {
            return Ok(());
        }
    }
    Ok(())
}

fn collect(
    folder: &Path,
    depth: usize,
    files: &mut Vec<PathBuf>,
    left_alone: &mut Vec<Item>,
) -> anyhow::Result<()> {
    let cannot = || format!("cannot read the folder {}", folder.display());
    anyhow::ensure!(depth > 0, "{} has too many folders within folders", folder.display());
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            collect(&path, depth - 1, files, left_alone)?;
        } else if is_of_records(&path.to_string_lossy()) && !name.starts_with('.') {
            files.push(path);
        } else {
            left_alone.push(Item::LeftAlone);
        }
    }
    Ok(())
}
