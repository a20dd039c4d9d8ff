//! `tallystick export`: all events that match, oldest first, one JSON object a line.

use std::{
    fs::OpenOptions,
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;

use super::{
    evidence::{self, EvidenceArgs},
    search::write_lines,
};
use crate::{
    client::{Call, Client, Connection, Page},
    event_args::{QueryArgs, plain},
    exit::{Advice, Exit},
    output::{say, thousands},
};

/// Events of one page, as many as the API gives at once.
const PAGE_EVENTS: &str = "1000";

const EXAMPLES: &str = "\
Examples:
  tallystick export --org acme --from 2026-10-01 --to 2026-11-01 --output october.ndjson
  tallystick export --org acme 'action:role.*' | gzip > roles.ndjson.gz
  tallystick export --org acme --evidence --output acme.tallystick-pack.tar
  tallystick export --org acme 'actor:u_1' --evidence --redact context --output u_1.tallystick-pack.tar
  tallystick export --org acme --cursor CURSOR --output october.ndjson --append

Events that arrive while it runs are in it if they happened later than what is already written. The output is what
`tallystick import --format ndjson` reads.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, disable_help_flag = true)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    query: QueryArgs,
    /// File to write, or - for standard output. A file that is there is not overwritten.
    #[arg(long, default_value = "-", value_name = "FILE")]
    output: PathBuf,
    /// Go on where an export ended that was cut short.
    #[arg(long, value_name = "CURSOR", value_parser = plain)]
    cursor: Option<String>,
    /// Write to the end of a file that is there.
    #[arg(long)]
    append: bool,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Deserialize)]
struct Count {
    count: u64,
}

/// Writes all pages.
pub(crate) async fn run(args: ExportArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.connection)?;
    if args.evidence.evidence {
        if args.cursor.is_some() || args.append {
            return Err(Advice::usage("a pack is written at once", "leave --cursor and --append out"));
        }
        let mut out = open(&args)?;
        return evidence::run(&client, &args.query, &args.evidence, &mut *out, &args.output).await;
    }
    // The first page before the file: a mistyped query must not leave an empty file.
    let first = page(&client, &args, args.cursor.as_deref()).await?;
    let mut out = open(&args)?;
    let total = match args.cursor {
        None => client
            .json::<Count>(&args.query.apply(Call::get("/v1/count")))
            .await
            .ok()
            .map(|count| count.count),
        Some(_) => None,
    };
    let bar = progress(total);
    let mut cursor = args.cursor.clone();
    let outcome = pages(&client, &args, first, &mut out, &bar, &mut cursor).await;
    bar.finish_and_clear();
    match (&outcome, &cursor) {
        (Ok(count), _) => say(format!("{} events written", thousands(*count))),
        (Err(_), Some(cursor)) => say(format!("cut short; go on with --cursor {cursor} --append")),
        (Err(_), None) => {}
    }
    outcome.map(|_| Exit::Done)
}

/// Writes page after page. `cursor` is where to go on from: it moves when a page is safely written.
async fn pages(
    client: &Client,
    args: &ExportArgs,
    first: Page,
    out: &mut dyn Write,
    bar: &ProgressBar,
    cursor: &mut Option<String>,
) -> anyhow::Result<u64> {
    let mut count = 0;
    let mut current = first;
    loop {
        let write = write_lines(&mut &mut *out, &current.events).and_then(|()| out.flush());
        write.with_context(|| format!("cannot write {}", args.output.display()))?;
        count += current.events.len() as u64;
        bar.inc(current.events.len() as u64);
        match current.next_cursor {
            None => return Ok(count),
            Some(next) => *cursor = Some(next),
        }
        current = page(client, args, cursor.as_deref()).await?;
    }
}

async fn page(client: &Client, args: &ExportArgs, cursor: Option<&str>) -> anyhow::Result<Page> {
    let call = args.query.apply(Call::get("/v1/events")).query("order", "asc").query("limit", PAGE_EVENTS);
    Ok(client.json(&call.maybe("cursor", cursor)).await?)
}

fn open(args: &ExportArgs) -> anyhow::Result<Box<dyn Write>> {
    if args.output.as_os_str() == "-" {
        return Ok(Box::new(BufWriter::new(io::stdout())));
    }
    let mut options = OpenOptions::new();
    if args.append {
        options.append(true).create(true)
    } else {
        options.write(true).create_new(true)
    };
    let file =
        options.open(&args.output).with_context(|| format!("cannot write {}", args.output.display()))?;
    Ok(Box::new(BufWriter::new(file)))
}

fn progress(total: Option<u64>) -> ProgressBar {
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let template = match total {
        Some(_) => "{bar:30} {human_pos} of {human_len} events, {per_sec}, {eta} left",
        None => "{spinner} {human_pos} events, {per_sec}",
    };
    bar.with_style(ProgressStyle::with_template(template).expect("the template is well formed"))
}
