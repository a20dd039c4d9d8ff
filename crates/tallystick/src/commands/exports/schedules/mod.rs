//! `tallystick exports schedules`: exports that the service makes again and again.

mod create;

use std::io::Write as _;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    client::{Call, Client, Connection},
    exit::Exit,
    output::{self, safe, say},
};
use create::CreateArgs;

const EXAMPLES: &str = "\
Examples:
  tallystick exports schedules create --org acme --name all --format parquet --daily --at 02:00
  tallystick exports schedules create '-outcome:success' --org acme --name failures --weekly monday \\
      --time-zone Europe/Madrid --email audit@example.com
  tallystick exports schedules create --org acme --name archive --format ndjson --compression zstd \\
      --cron '0 */6 * * *' --store s3 --set bucket=audit --set region=eu-central-1 \\
      --set access_key_id=AKIA… --secret secret_access_key=s3.key
  tallystick exports schedules list --org acme
  tallystick exports schedules run sch_0123456789abcdefghjk
  tallystick exports schedules runs sch_0123456789abcdefghjk";

#[derive(Debug, clap::Subcommand)]
#[command(after_help = EXAMPLES)]
pub(super) enum SchedulesCommand {
    /// Make a schedule; its id is printed.
    #[command(after_help = EXAMPLES)]
    Create(Box<CreateArgs>),
    /// List schedules: when they are due, and what became of the last run.
    List {
        /// The organization; needed if the key is good for several.
        #[arg(long)]
        org: Option<String>,
        /// Whole objects, one a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Show a schedule as JSON.
    Show(OneArgs),
    /// Show the last runs of a schedule and what became of them.
    Runs(OneArgs),
    /// Have a schedule run now, of what came since the last run.
    Run(OneArgs),
    /// Stop a schedule where it is.
    Pause(OneArgs),
    /// Have a schedule run again when it is due, with the rights of whoever resumes it.
    Resume(OneArgs),
    /// Deliver again what of a run has not arrived.
    Deliver {
        /// The schedule's id.
        id: String,
        /// The run's number.
        run: u64,
        #[command(flatten)]
        connection: Connection,
    },
    /// Delete a schedule; its exports stay.
    Delete(OneArgs),
}

/// One schedule.
#[derive(Debug, clap::Args)]
pub(super) struct OneArgs {
    /// Its id.
    id: String,
    #[command(flatten)]
    connection: Connection,
}

impl OneArgs {
    fn path(&self, act: &str) -> String {
        format!("/v1/export-schedules/{}{act}", self.id)
    }

    async fn post(&self, act: &str, said: &str) -> anyhow::Result<()> {
        let call = Call::post(self.path(act), String::new());
        Client::new(&self.connection)?.bytes(&call).await?;
        say(format!("{} {said}", self.id));
        Ok(())
    }
}

#[derive(Deserialize)]
struct Schedules {
    schedules: Vec<Value>,
}

#[derive(Deserialize)]
struct Runs {
    runs: Vec<Value>,
}

/// Makes, lists, runs, pauses, deletes.
pub(super) async fn run(command: SchedulesCommand) -> anyhow::Result<Exit> {
    match command {
        SchedulesCommand::Create(args) => return create::run(*args).await,
        SchedulesCommand::List { org, json, connection } => {
            let call = Call::get("/v1/export-schedules").maybe("org", org.as_deref());
            let found: Schedules = Client::new(&connection)?.json(&call).await?;
            lines(&found.schedules, json, schedule_line)?;
        }
        SchedulesCommand::Show(args) => {
            let found: Value = Client::new(&args.connection)?.json(&Call::get(args.path(""))).await?;
            output::print(serde_json::to_string_pretty(&found)?)?;
        }
        SchedulesCommand::Runs(args) => {
            let found: Runs = Client::new(&args.connection)?.json(&Call::get(args.path("/runs"))).await?;
            lines(&found.runs, false, run_line)?;
        }
        SchedulesCommand::Run(args) => args.post("/run", "runs as soon as it can").await?,
        SchedulesCommand::Pause(args) => args.post("/pause", "is paused").await?,
        SchedulesCommand::Resume(args) => args.post("/resume", "goes on").await?,
        SchedulesCommand::Deliver { id, run, connection } => {
            let path = format!("/v1/export-schedules/{id}/deliver");
            let call = Call::post(path, json!({ "run": run }).to_string());
            Client::new(&connection)?.bytes(&call).await?;
            say(format!("run {run} of {id} is delivered again"));
        }
        SchedulesCommand::Delete(args) => {
            Client::new(&args.connection)?.bytes(&Call::delete(args.path(""))).await?;
            say(format!("{} is deleted", args.id));
        }
    }
    Ok(Exit::Done)
}

fn lines(values: &[Value], as_json: bool, line: impl Fn(&Value) -> String) -> anyhow::Result<()> {
    let mut out = output::stdout();
    for value in values {
        if as_json {
            writeln!(out, "{value}")?;
        } else {
            writeln!(out, "{}", line(value))?;
        }
    }
    out.flush()?;
    Ok(())
}

fn text<'a>(value: &'a Value, name: &str) -> std::borrow::Cow<'a, str> {
    safe(value[name].as_str().unwrap_or("-"))
}

fn schedule_line(schedule: &Value) -> String {
    let timing = &schedule["timing"];
    let when = match timing["cron"].as_str() {
        Some(cron) => safe(cron).into_owned(),
        None => format!("{} {}", text(timing, "repeat"), text(timing, "at")),
    };
    let state = match (schedule["status"].as_str(), schedule["error"]["message"].as_str()) {
        (Some("paused"), Some(why)) => format!("paused: {}", safe(why)),
        (Some("paused"), None) => "paused".to_owned(),
        (_, Some(why)) => format!("waits: {}", safe(why)),
        (_, None) => format!("next {}", text(schedule, "next_run_at")),
    };
    let last = match &schedule["last_run"] {
        Value::Null => "no run yet".to_owned(),
        run => format!("run {} {}", run["number"], text(run, "status")),
    };
    format!(
        "{}  {:<24}  {:<8}  {when:<20}  {state}  {last}",
        text(schedule, "id"),
        text(schedule, "name"),
        text(schedule, "format"),
    )
}

fn run_line(run: &Value) -> String {
    let mut line = format!(
        "{:>4}  {}  {} to {}  {}",
        run["number"],
        text(run, "export_id"),
        text(run, "from"),
        text(run, "to"),
        text(run, "status"),
    );
    if let Some(why) = run["error"]["message"].as_str() {
        line = format!("{line}  {}", safe(why));
    }
    for target in ["email", "store"] {
        let delivery = &run[target];
        if !delivery.is_null() {
            line = format!("{line}  {target} {}: {}", text(delivery, "status"), text(delivery, "detail"));
        }
    }
    line
}
