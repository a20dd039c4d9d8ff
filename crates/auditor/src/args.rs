//! The command line as typed.

use std::path::PathBuf;

use clap::Subcommand;

use crate::age;

/// What to verify, and whom to believe.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to verify.
    #[command(subcommand)]
    pub what: What,
    /// Policy file (C2SP tlog-policy): the keys of the log and of the directory, witnesses, the quorum. Get the keys
    /// from somewhere else than the file you verify.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Trust")]
    pub policy: Option<PathBuf>,
    /// A key to believe, instead of a policy: of a log or a witness; several if need be. All witnesses given must have
    /// cosigned.
    #[arg(long, global = true, value_name = "VKEY", conflicts_with = "policy", help_heading = "Trust")]
    pub key: Vec<String>,
    /// How old the newest proof of time may be: 90s, 10m, 24h, 7d.
    #[arg(long, global = true, value_name = "AGE", value_parser = age::parse, help_heading = "Trust")]
    pub max_age: Option<u64>,
    /// File that holds the API key, for logs that are not public.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Connection")]
    pub bearer_file: Option<PathBuf>,
    /// API key. Other users of the machine can see flags: prefer TALLYSTICK_KEY or --bearer-file.
    #[arg(
        long,
        global = true,
        env = "TALLYSTICK_KEY",
        hide_env_values = true,
        value_name = "KEY",
        help_heading = "Connection"
    )]
    pub bearer: Option<String>,
    /// Print the report as JSON.
    #[arg(long, global = true, help_heading = "Output")]
    pub json: bool,
    /// Records to list; those that are not well are listed in any case.
    #[arg(long, global = true, value_name = "N", default_value_t = 20, help_heading = "Output")]
    pub list: usize,
}

/// Which log is meant, and what is remembered of it.
#[derive(Debug, Default, clap::Args)]
pub struct Meant {
    /// Origin of the log that is meant: the first line of its checkpoint, as you know it. Without it any log that you
    /// have a key for will do, and whoever answers at the address chooses which.
    #[arg(long, value_name = "ORIGIN", help_heading = "Trust")]
    pub origin: Option<String>,
    /// Folder that keeps the largest verified checkpoint of each log, so that a log that is forked or rolled back later
    /// is noticed, and which log each address had, so that another one there is refused.
    #[arg(long, value_name = "DIR", help_heading = "Trust")]
    pub state: Option<PathBuf>,
}

/// What to verify.
#[derive(Debug, Subcommand)]
pub enum What {
    /// The proof of one event, as `GET /v1/events/{id}/proof` gives it.
    Event {
        /// The JSON document; `-` for standard input.
        file: PathBuf,
    },
    /// An evidence pack.
    Pack {
        /// The pack; `-` for standard input.
        file: PathBuf,
        /// Demand an anchor in the pack in which the hash of its checkpoint occurs. The anchor's own signature is
        /// not checked here: that takes the tools and the keys of whoever made it.
        #[arg(long, help_heading = "Trust")]
        need_anchor: bool,
    },
    /// A whole log: fetches every entry, rebuilds the tree, compares it with what the log has signed.
    Log {
        /// Address of the log (`https://host/v1/logs/<org>`), or a folder with the same files.
        log: String,
        /// Which log.
        #[command(flatten)]
        meant: Meant,
    },
    /// Print the page that verifies in a browser, one HTML file that needs no network.
    Page {
        /// Print its SHA-256 instead, to compare a copy with.
        #[arg(long)]
        sha256: bool,
    },
    /// That a log continues a checkpoint that you kept.
    Since {
        /// The checkpoint, a signed note.
        checkpoint: PathBuf,
        /// Address or folder of the log.
        #[arg(long, value_name = "URL|DIR")]
        log: String,
    },
    /// All events of a log from one seq up to another: as they are, and none missing.
    Range {
        /// Address of the log.
        log: String,
        /// First seq.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// The seq behind the last; without it, all there are.
        #[arg(long)]
        to: Option<u64>,
        /// Which log.
        #[command(flatten)]
        meant: Meant,
    },
}
