//! `tallystick exports download`: the file, from where it broke off, with its SHA-256 checked.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use futures::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest as _, Sha256};
use tallystick_wal::durable;

use super::Export;
use crate::{
    client::{Call, Client},
    exit::{Advice, Exit},
    output::say,
};

/// Bytes that are read at once of what is there.
const PIECE_BYTES: usize = 1 << 20;
/// Times that a download is gone on with which brings nothing new.
const TRIES_MAX: u32 = 5;

/// Refuses to overwrite.
pub(super) fn must_not_exist(path: &Path) -> anyhow::Result<()> {
    if path.exists() {
        return Err(Advice::usage(
            format!("{} is there already", path.display()),
            "choose another name with --output",
        ));
    }
    Ok(())
}

/// What is there of a file, and its hash so far.
struct Part {
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl Part {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let opened = OpenOptions::new().read(true).append(true).create(true).open(path);
        let mut file = opened.with_context(|| format!("cannot write {}", path.display()))?;
        let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE_BYTES]);
        loop {
            let read = file.read(&mut piece).with_context(|| format!("cannot read {}", path.display()))?;
            if read == 0 {
                return Ok(Self { file, hash, bytes });
            }
            hash.update(&piece[..read]);
            bytes += read as u64;
        }
    }

    fn add(&mut self, piece: &[u8]) -> std::io::Result<()> {
        self.file.write_all(piece)?;
        self.hash.update(piece);
        self.bytes += piece.len() as u64;
        Ok(())
    }
}

/// Downloads the file of a completed export.
pub(super) async fn run(client: &Client, export: &Export, output: Option<PathBuf>) -> anyhow::Result<()> {
    // The name is the service's: it must not lead anywhere else.
    let named = || Path::new(&export.file_name).file_name().map(PathBuf::from);
    let path = output.or_else(named).context("the service gives the file no name; give one with --output")?;
    must_not_exist(&path)?;
    let part_path = PathBuf::from(format!("{}.part", path.display()));
    let mut part = Part::open(&part_path)?;
    if part.bytes > export.bytes {
        anyhow::bail!("{} is longer than the file; remove it", part_path.display());
    }
    let bar = ProgressBar::new(export.bytes).with_position(part.bytes);
    let template = "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
    bar.set_style(ProgressStyle::with_template(template).expect("the template is well formed"));
    let mut tries = 0;
    while part.bytes < export.bytes {
        let before = part.bytes;
        let taken = take(client, export, &mut part, &bar).await;
        tries = if part.bytes > before { 0 } else { tries + 1 };
        match taken {
            Err(error) if tries >= TRIES_MAX || error.downcast_ref::<std::io::Error>().is_some() => {
                return Err(error);
            }
            Err(_) => tokio::time::sleep(std::time::Duration::from_secs(1)).await,
            Ok(()) => {}
        }
    }
    bar.finish_and_clear();
    let found = hex::encode(part.hash.finalize());
    if export.sha256.as_deref() != Some(found.as_str()) {
        return Err(Advice {
            message: format!("{} is not what the service has written: SHA-256 {found}", part_path.display()),
            help: "remove it, and download the file again".to_owned(),
            exit: Exit::Failed,
        }
        .into());
    }
    part.file.sync_all()?;
    durable::rename(&part_path, &path).with_context(|| format!("cannot write {}", path.display()))?;
    say(format!("{} is complete, SHA-256 {found}", path.display()));
    Ok(())
}

/// Takes what is missing, or as much of it as comes.
async fn take(client: &Client, export: &Export, part: &mut Part, bar: &ProgressBar) -> anyhow::Result<()> {
    let mut call = Call::get(format!("/v1/exports/{}/download", export.id));
    if part.bytes > 0 {
        let tag = export.sha256.as_deref().unwrap_or_default();
        call =
            call.header("range", format!("bytes={}-", part.bytes)).header("if-range", format!("\"{tag}\""));
    }
    let answer = client.once(&call, None).await?;
    if part.bytes > 0 && answer.status() != reqwest::StatusCode::PARTIAL_CONTENT {
        anyhow::bail!("the service does not go on where the download broke off; remove the part");
    }
    let mut pieces = answer.bytes_stream();
    while let Some(piece) = pieces.next().await {
        part.add(&piece?)?;
        bar.set_position(part.bytes);
    }
    Ok(())
}
