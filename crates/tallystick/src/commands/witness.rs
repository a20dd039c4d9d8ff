//! `tallystick witness`: a witness of logs, ours and others'.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use serde_json::json;
use tallystick_event::{Clock as _, Random as _};
use tallystick_merkle::{CosigningKey, VerifierKey};
use tallystick_witness::{Holder, LogState, State, Witness, add_log, create, inspect};
use tokio::net::TcpListener;

use crate::{
    config,
    exit::{Advice, Exit},
    files,
    output::{self, print, safe, say, thousands},
    signals::StopSignals,
    system::{OsRandom, SystemClock},
    telemetry,
};

const EXAMPLES: &str = "\
Examples:
  tallystick witness init --name witness.example/w1 --state-dir /var/lib/witness
  tallystick witness add-log 'audit.example.com/directory+315172d2+AQOh...' --state-dir /var/lib/witness
  tallystick witness serve --state-dir /var/lib/witness --listen 127.0.0.1:8450
  tallystick witness show --state-dir /var/lib/witness

Run it where whoever runs the log cannot reach it, and never restore its directory from a backup.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct WitnessArgs {
    #[command(subcommand)]
    command: WitnessCommand,
}

#[derive(Debug, clap::Subcommand)]
enum WitnessCommand {
    /// Make a witness: its directory and its key. Prints the public key.
    Init {
        /// Its name, as others will know it, such as witness.example/w1.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        state: StateDir,
    },
    /// Cosign this log from now on; a running witness takes it up by itself.
    AddLog {
        /// The log's public key; its name is the log's origin.
        vkey: String,
        #[command(flatten)]
        state: StateDir,
    },
    /// Answer logs until told to stop.
    Serve {
        /// Address and port.
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8450")]
        listen: String,
        /// Make the directory with a witness of this name if it is not there.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        state: StateDir,
    },
    /// Show key, logs with their latest sizes, and evidence of forks.
    Show {
        /// One JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        state: StateDir,
    },
}

#[derive(Debug, clap::Args)]
struct StateDir {
    /// The witness's directory.
    #[arg(long = "state-dir", value_name = "DIR", default_value = "witness")]
    dir: PathBuf,
}

/// Makes, feeds, runs or shows one.
pub(crate) async fn run(args: WitnessArgs) -> anyhow::Result<Exit> {
    match args.command {
        WitnessCommand::Init { name, state } => {
            init(&state.dir, &name)?;
            Ok(Exit::Done)
        }
        WitnessCommand::AddLog { vkey, state } => add(&state.dir, &vkey),
        WitnessCommand::Serve { listen, name, state } => serve(&state.dir, &listen, name.as_deref()).await,
        WitnessCommand::Show { json, state } => show(&open_state(&state.dir)?, json),
    }
}

fn init(dir: &Path, name: &str) -> anyhow::Result<()> {
    let mut seed = [0; 32];
    OsRandom.fill(&mut seed);
    let key = CosigningKey::new(name, &seed).map_err(|error| {
        Advice::usage(
            format!("\"{name}\" cannot name a witness: {error}"),
            "use something like witness.example/w1",
        )
    })?;
    create(dir, &key).with_context(|| format!("cannot make a witness in {}", dir.display()))?;
    print(key.verifier_key())?;
    say(format!("made the witness in {}; above is its public key", dir.display()));
    Ok(())
}

fn add(dir: &Path, vkey: &str) -> anyhow::Result<Exit> {
    let key: VerifierKey = vkey.trim().parse().map_err(|error| {
        Advice::usage(format!("this is not the key of a log: {error}"), "it looks like name+1a2b3c4d+AQOh...")
    })?;
    let is_new = add_log(dir, &key).with_context(|| format!("cannot add a log in {}", dir.display()))?;
    let told = if is_new { "is cosigned from now on" } else { "was there already" };
    say(format!("{} {told}", safe(key.name())));
    Ok(Exit::Done)
}

async fn serve(dir: &Path, listen: &str, name: Option<&str>) -> anyhow::Result<Exit> {
    let loaded = config::load(None, &[])?;
    telemetry::start(&loaded.config)?;
    let signals = StopSignals::catch()?;
    if let Some(name) = name {
        match inspect(dir) {
            Err(_) if !dir.join("witness.key").exists() => init(dir, name)?,
            Ok(known) if known.key.name() != name => {
                return Err(Advice::usage(
                    format!("{} is a witness named {}", dir.display(), known.key.name()),
                    "leave --name away, or take another directory",
                ));
            }
            _ => {}
        }
    }
    let since = jiff::Timestamp::from_millisecond(SystemClock.now_ms())?;
    let opening = Witness::open(dir, Holder::this_process(&since.to_string(), ""));
    let witness = Arc::new(opening.with_context(|| format!("cannot open the witness in {}", dir.display()))?);
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr()?;
    witness.set_listen(&address.to_string())?;
    let key_file = dir.join("witness.key");
    if files::is_readable_by_others(&key_file)? {
        say(format!(
            "warning: others can read {}; whoever has it can sign as this witness",
            key_file.display()
        ));
    }
    let known = witness.state()?;
    print(format!("witness {}", known.key))?;
    print(format!("{} logs, state in {}", known.logs.len(), dir.display()))?;
    print(format!("listening on http://{address}"))?;
    tallystick_server::witness::serve(witness, Arc::new(SystemClock), listener, signals.first()).await?;
    say("stopped");
    Ok(Exit::Done)
}

fn open_state(dir: &Path) -> anyhow::Result<State> {
    inspect(dir).with_context(|| format!("cannot look at the witness in {}", dir.display()))
}

fn show(known: &State, as_json: bool) -> anyhow::Result<Exit> {
    let mut out = output::stdout();
    if as_json {
        let logs: Vec<_> = known.logs.iter().map(log_json).collect();
        let evidence = json!({"forks": known.evidence.forks, "unproven": known.evidence.unproven});
        let key = known.key.to_string();
        writeln!(out, "{}", json!({"vkey": key, "logs": logs, "evidence": evidence}))?;
    } else {
        writeln!(out, "{}", known.key)?;
        for log in &known.logs {
            writeln!(out, "{}", log_line(log))?;
        }
        let evidence = known.evidence;
        writeln!(out, "evidence: {} forks, {} unproven", evidence.forks, evidence.unproven)?;
    }
    out.flush()?;
    Ok(if known.evidence.forks > 0 { Exit::Findings } else { Exit::Done })
}

fn log_json(log: &LogState) -> serde_json::Value {
    json!({
        "origin": log.key.name(),
        "vkey": log.key.to_string(),
        "size": log.size,
        "cosigned_at": log.time.and_then(time),
    })
}

fn log_line(log: &LogState) -> String {
    let state = match (log.size, log.time.and_then(time)) {
        (Some(size), Some(time)) => format!("size {}, cosigned {time}", thousands(size)),
        _ => "nothing cosigned yet".to_owned(),
    };
    format!("{}  {state}", safe(log.key.name()))
}

/// Unix seconds as RFC 3339.
fn time(seconds: u64) -> Option<String> {
    let seconds = i64::try_from(seconds).ok()?;
    jiff::Timestamp::from_second(seconds).ok().map(|time| time.to_string())
}
