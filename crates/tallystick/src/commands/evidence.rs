//! `tallystick export --evidence`: the pack that the service writes, into a file.

use std::{io::Write, path::Path};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    client::{Call, Client, ClientError},
    event_args::QueryArgs,
    exit::Exit,
    output::{bytes, say},
};

/// What a pack is of, beside the query.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct EvidenceArgs {
    /// Write an evidence pack instead: the events with all that proves them, for `tallystick verify pack`. Without a
    /// query and times it is the whole log, and proves that nothing is missing.
    #[arg(long)]
    pub(crate) evidence: bool,
    /// First event of a range of the log; with --evidence.
    #[arg(long, value_name = "SEQ", requires = "evidence")]
    first_seq: Option<u64>,
    /// The event behind the last of the range; with --evidence.
    #[arg(long, value_name = "SEQ", requires = "evidence")]
    end_seq: Option<u64>,
    /// Units to leave out, separated by commas: actor, changes, context, event, metadata, targets; with --evidence.
    #[arg(long, value_name = "UNITS", requires = "evidence")]
    redact: Option<String>,
}

/// Downloads the pack. A pack that is cut short is no pack, so an unfinished file is removed.
pub(crate) async fn run(
    client: &Client,
    query: &QueryArgs,
    args: &EvidenceArgs,
    out: &mut dyn Write,
    path: &Path,
) -> anyhow::Result<Exit> {
    let mut call = query.apply(Call::get("/v1/evidence"));
    for (name, value) in [("first_seq", args.first_seq), ("end_seq", args.end_seq)] {
        call = call.maybe(name, value.map(|seq| seq.to_string()).as_deref());
    }
    let call = call.maybe("redact", args.redact.as_deref());
    let downloaded = download(client, &call, out).await;
    if downloaded.is_err() && path.as_os_str() != "-" {
        let _ = std::fs::remove_file(path);
    }
    let written = downloaded.with_context(|| format!("the pack {} is not written", path.display()))?;
    say(format!(
        "{} written; check it: tallystick verify pack {} --policy POLICY",
        bytes(written),
        path.display()
    ));
    Ok(Exit::Done)
}

async fn download(client: &Client, call: &Call, out: &mut dyn Write) -> anyhow::Result<u64> {
    let mut response = client.once(call, None).await?;
    let bar = ProgressBar::new_spinner();
    bar.set_style(
        ProgressStyle::with_template("{spinner} {bytes}, {bytes_per_sec}")
            .expect("the template is well formed"),
    );
    let mut written = 0;
    loop {
        let chunk = response
            .chunk()
            .await
            .map_err(|source| ClientError::Unreachable { url: client.base().to_string(), source })?;
        let Some(chunk) = chunk else { break };
        out.write_all(&chunk)?;
        written += chunk.len() as u64;
        bar.set_position(written);
    }
    out.flush()?;
    bar.finish_and_clear();
    Ok(written)
}
