//! `tallystick bench`: what the service can do on this machine, and how other engines compare.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::{
    bench::{self, Peer, Plan},
    exit::{Advice, Exit},
    output::{print, say},
};

const EXAMPLES: &str = "\
Examples:
  tallystick bench
  tallystick bench --events 2000000 --compare postgres,sqlite,duckdb,clickhouse --output markdown
  tallystick bench --server http://127.0.0.1:8440 --key \"$(cat data/keys/root.key)\"

Without --server it starts a service of its own on a temporary directory and removes it at the end. As root it also
measures searches with an empty page cache. The peers need `cargo xtask bench-setup`. The machine should be quiet.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BenchArgs {
    /// Events to write and to search.
    #[arg(long, default_value_t = 200_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1_000..))]
    events: u64,
    /// Connections that send batches.
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    connections: u16,
    /// Events in one batch.
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    batch: u64,
    /// Events written one a call.
    #[arg(long, default_value_t = 20_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    single_events: u64,
    /// Connections that write one event a call.
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    single_connections: u16,
    /// Restarts for each cold search; 0 leaves cold searches out.
    #[arg(long, default_value_t = 3, value_name = "N")]
    cold_rounds: usize,
    /// Seed of everything that is generated.
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    seed: u64,
    /// Address of a running service to measure instead; it gets 200 organizations and all the events.
    #[arg(long, value_name = "URL", requires = "key", conflicts_with = "compare")]
    server: Option<String>,
    /// A key of that service that may make organizations, write and read.
    #[arg(long, value_name = "KEY", requires = "server")]
    key: Option<String>,
    /// Engines to run through the same work, with commas.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "ENGINES")]
    compare: Vec<Peer>,
    /// Python that has the packages of the peers.
    #[arg(long, default_value = "target/bench-venv/bin/python", value_name = "FILE")]
    python: PathBuf,
    /// How the report is written.
    #[arg(long, value_enum, default_value = "table", value_name = "FORMAT")]
    output: ReportOutput,
    /// Keep the service's data and the events in this directory, which must be empty.
    #[arg(long, value_name = "DIR")]
    keep_data: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportOutput {
    /// Columns, for people.
    Table,
    /// Everything that was measured.
    Json,
    /// A table for a document.
    Markdown,
}

/// Measures, and prints the report.
pub(crate) async fn run(args: BenchArgs) -> anyhow::Result<Exit> {
    if let Some(folder) = &args.keep_data
        && std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
    {
        return Err(Advice::usage(
            format!("{} is not empty", folder.display()),
            "name a new directory: what is in it would be measured too",
        ));
    }
    let output = args.output;
    let report = bench::run(&plan(args)).await?;
    match output {
        ReportOutput::Table => print(report.table().trim_end())?,
        ReportOutput::Json => print(serde_json::to_string_pretty(&report)?)?,
        ReportOutput::Markdown => print(report.markdown().trim_end())?,
    }
    let mut exit = Exit::Done;
    for mismatch in report.mismatches() {
        say(format!("warning: {mismatch}"));
        exit = Exit::Findings;
    }
    Ok(exit)
}

fn plan(args: BenchArgs) -> Plan {
    Plan {
        events: args.events,
        seed: args.seed,
        connections: args.connections.into(),
        batch: args.batch,
        single_events: args.single_events,
        single_connections: args.single_connections.into(),
        cold_rounds: args.cold_rounds,
        elsewhere: args.server.zip(args.key),
        peers: args.compare,
        python: args.python,
        keep_data: args.keep_data,
    }
}
