//! `tallystick exports schedules create`: what is exported, when, and where files go.

use serde_json::{Map, Value, json};

use crate::{
    client::{Call, Client, Connection},
    commands::streams::settings_of,
    exit::{Advice, Exit},
    output::{print, say},
};

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[command(group(clap::ArgGroup::new("when").required(true).args(["daily", "weekly", "monthly", "cron"])))]
pub(in crate::commands::exports) struct CreateArgs {
    /// The query, as one text; without it, every event.
    #[arg(allow_hyphen_values = true)]
    query: Option<String>,
    /// The organization; needed if the key is good for several.
    #[arg(long)]
    org: Option<String>,
    /// What the schedule and its exports are called.
    #[arg(long)]
    name: String,
    /// What the files are: csv, json, ndjson, parquet, or evidence.
    #[arg(long, default_value = "csv")]
    format: String,
    /// Every day.
    #[arg(long)]
    daily: bool,
    /// Every week, on this day: monday, tuesday, ...
    #[arg(long, value_name = "WEEKDAY")]
    weekly: Option<String>,
    /// Every month, on this day: 1 to 28, or last.
    #[arg(long, value_name = "DAY")]
    monthly: Option<String>,
    /// As a cron expression says: minute, hour, day of month, month, day of week.
    #[arg(long, value_name = "FIELDS", conflicts_with = "at")]
    cron: Option<String>,
    /// Time of day, HH:MM; 06:00 without it.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Zone of these times and of dates, and of a column with the local time, such as Europe/Madrid.
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// received: each run has what was taken in since the one before; occurred: what occurred since then.
    #[arg(long, value_name = "TIME")]
    covers: Option<String>,
    /// desc: newest first; asc: oldest first.
    #[arg(long, value_name = "ORDER")]
    order: Option<String>,
    /// Columns of a CSV, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    columns: Vec<String>,
    /// none, gzip or zstd.
    #[arg(long, value_name = "HOW")]
    compression: Option<String>,
    /// Leave cells that a spreadsheet would run as they are: for programs.
    #[arg(long)]
    no_formula_guard: bool,
    /// How long the service keeps each file, days.
    #[arg(long, value_name = "DAYS")]
    keep_days: Option<u32>,
    /// Whom to write to when a file is there, separated by commas. They get a link.
    #[arg(long, value_delimiter = ',', value_name = "ADDRESSES")]
    email: Vec<String>,
    /// Send the file with the message.
    #[arg(long, requires = "email")]
    attach: bool,
    /// Put each file into a store, too: s3, gcs or azure_blob.
    #[arg(long, value_name = "KIND")]
    store: Option<String>,
    /// The key of each file there: a pattern with {name}, {date}, {run}, ...
    #[arg(long, value_name = "PATTERN", requires = "store")]
    key_pattern: Option<String>,
    /// A setting of the store; several times (`tallystick streams kinds KIND`).
    #[arg(long = "set", value_name = "NAME=VALUE", requires = "store")]
    settings: Vec<String>,
    /// A secret setting and the file that holds it; - is standard input.
    #[arg(long = "secret", value_name = "NAME=FILE", requires = "store")]
    secrets: Vec<String>,
    /// Make it without letting it begin.
    #[arg(long)]
    paused: bool,
    #[command(flatten)]
    connection: Connection,
}

impl CreateArgs {
    fn timing(&self) -> anyhow::Result<Value> {
        let mut timing = Map::new();
        let mut put = |name: &str, value: Value| timing.insert(name.to_owned(), value);
        if let Some(weekday) = &self.weekly {
            put("repeat", json!("weekly"));
            put("weekday", json!(weekday));
        } else if let Some(day) = &self.monthly {
            put("repeat", json!("monthly"));
            put("day", day.parse::<u64>().map_or_else(|_| json!(day), |day| json!(day)));
        } else if let Some(cron) = &self.cron {
            put("repeat", json!("cron"));
            put("cron", json!(cron));
        } else if self.daily {
            put("repeat", json!("daily"));
        } else {
            return Err(Advice::usage(
                "it is not said when it is due",
                "say --daily, --weekly, --monthly or --cron",
            ));
        }
        if let Some(at) = &self.at {
            put("at", json!(at));
        }
        Ok(Value::Object(timing))
    }

    fn body(&self) -> anyhow::Result<Value> {
        let mut body = json!({ "name": self.name, "format": self.format, "timing": self.timing()? });
        let texts = [
            ("org", &self.org),
            ("query", &self.query),
            ("order", &self.order),
            ("time_zone", &self.time_zone),
            ("covers", &self.covers),
            ("compression", &self.compression),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                body[name] = json!(value);
            }
        }
        if !self.columns.is_empty() {
            body["columns"] = json!(self.columns);
        }
        if self.no_formula_guard {
            body["formula_guard"] = json!(false);
        }
        if let Some(days) = self.keep_days {
            body["keep_days"] = json!(days);
        }
        if !self.email.is_empty() {
            body["email"] = json!({ "to": self.email, "attach": self.attach });
        }
        if let Some(kind) = &self.store {
            let settings = settings_of(&self.settings, &self.secrets)?;
            body["store"] = json!({ "kind": kind, "key": self.key_pattern, "settings": settings });
        }
        if self.paused {
            body["paused"] = json!(true);
        }
        Ok(body)
    }
}

/// Makes it.
pub(super) async fn run(args: CreateArgs) -> anyhow::Result<Exit> {
    let body = args.body()?;
    let call = Call::post("/v1/export-schedules", body.to_string());
    let made: Value = Client::new(&args.connection)?.json(&call).await?;
    let id = made["id"].as_str().unwrap_or_default();
    print(id)?;
    if let Some(next) = made["next_run_at"].as_str() {
        say(format!(
            "it is due next at {next}; `tallystick exports schedules run {id}` does not wait for that"
        ));
    }
    Ok(Exit::Done)
}
