//! `tallystick import`: audit records of other products, from files or standard input.
//!
//! ```text
//! read_files (a thread: decompress, parse, map, batch) ──► Batch ──► upload (a few calls at a time) ──► Report
//! ```

mod batch;
mod document;
mod read;
mod report;
mod upload;

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use clap::builder::PossibleValuesParser;
use indicatif::{ProgressBar, ProgressStyle};
use tallystick_mapping::Mapping;

use self::report::Report;
use crate::{
    client::{Client, Connection},
    exit::{Advice, Exit},
    output::say,
};

const EXAMPLES: &str = "\
Examples:
  tallystick import --org acme --format cloudtrail logs/*.json.gz
  kubectl get --raw /audit.log | tallystick import --org acme --format kubernetes -
  tallystick import --org acme --mapping door.toml door.ndjson

Importing again is harmless: records that are there already are skipped. So is starting over after an import was cut
short. docs/importing.md says what becomes of a record, and how to write a mapping.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ImportArgs {
    /// Files, gzipped or not; - is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The product that the records come from.
    #[arg(long, required_unless_present = "mapping")]
    #[arg(value_parser = PossibleValuesParser::new(Mapping::builtin_names()))]
    format: Option<String>,
    /// A mapping of your own.
    #[arg(long, value_name = "FILE", conflicts_with = "format")]
    mapping: Option<PathBuf>,
    /// The organization that the events are for; an organization's own key needs none.
    #[arg(long, env = "TALLYSTICK_ORG")]
    org: Option<String>,
    /// Stop at the first record that cannot be imported, instead of listing it and going on.
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Imports all files, in the order given.
pub(crate) async fn run(args: ImportArgs) -> anyhow::Result<Exit> {
    let mapping = Arc::new(mapping(&args)?);
    let client = Client::new(&args.connection)?;
    let bytes = total_bytes(&args.files)?;
    let bar = progress_bar(bytes);
    let report = Arc::new(Report::new(bar.clone(), args.strict));
    let (batches, waiting) = tokio::sync::mpsc::channel(upload::BATCHES_WAITING_MAX);
    let reader = {
        let input =
            read::Input { files: args.files.clone(), mapping: Arc::clone(&mapping), org: args.org.clone() };
        let report = Arc::clone(&report);
        tokio::task::spawn_blocking(move || read::read_files(&input, &report, &batches))
    };
    let uploaded = upload::upload(&client, waiting, &report).await;
    reader.await.context("reading stopped unexpectedly")?;
    bar.finish_and_clear();
    say(report.summary());
    uploaded?;
    Ok(if report.has_bad_records() { Exit::Findings } else { Exit::Done })
}

fn mapping(args: &ImportArgs) -> anyhow::Result<Mapping> {
    match (&args.mapping, &args.format) {
        (Some(path), _) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the mapping {}", path.display()))?;
            Mapping::from_toml(&text).map_err(|error| {
                Advice::usage(
                    format!("{}: {error}", path.display()),
                    "docs/formats/mapping.md lists all that can be written",
                )
            })
        }
        (None, Some(name)) => Ok(Mapping::builtin(name).expect("the parser knows the names").clone()),
        (None, None) => Err(Advice::usage("no format", "name one with --format or --mapping")),
    }
}

/// Bytes of all files as they lie on the disk; none if standard input is among them. A file that cannot be read is
/// noticed here, before anything is sent.
fn total_bytes(files: &[PathBuf]) -> anyhow::Result<Option<u64>> {
    let mut sum = Some(0);
    for file in files {
        if file.as_os_str() == "-" {
            sum = None;
            continue;
        }
        let opened = std::fs::File::open(file).and_then(|file| file.metadata());
        let metadata = opened.with_context(|| format!("cannot read {}", file.display()))?;
        if metadata.is_dir() {
            return Err(Advice::usage(
                format!("{} is a folder", file.display()),
                format!("name the files in it: {}/*", file.display()),
            ));
        }
        sum = sum.map(|sum| sum + metadata.len());
    }
    Ok(sum)
}

fn progress_bar(bytes: Option<u64>) -> ProgressBar {
    let (bar, template) = match bytes {
        Some(bytes) => {
            (ProgressBar::new(bytes), "{bar:30} {bytes} of {total_bytes}, {msg}, {elapsed}, {eta} left")
        }
        None => (ProgressBar::new_spinner(), "{spinner} {bytes}, {msg}, {elapsed}"),
    };
    bar.with_style(ProgressStyle::with_template(template).expect("the template is well formed"))
}
