//! `tallystick streams create`: settings from flags, secrets from files.

use std::io::Read as _;

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use super::place;
use crate::{
    client::{Call, Client, Connection},
    exit::{Advice, Exit},
    output::{print, say},
};

/// Longest secret that is read, bytes; the service takes none that is longer.
const SECRET_BYTES_MAX: u64 = 16_384;

#[derive(Debug, clap::Args)]
pub(super) struct CreateArgs {
    /// What it sends to: webhook, splunk_hec, s3, ... (`tallystick streams kinds`).
    kind: String,
    /// Events of this organization.
    #[arg(long, required_unless_present = "instance", conflicts_with = "instance")]
    org: Option<String>,
    /// Events of every organization: for whoever runs the service.
    #[arg(long)]
    instance: bool,
    /// What the stream is called.
    #[arg(long)]
    name: String,
    /// A setting; several times. true, false and whole numbers are taken as such.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
    /// A secret setting and the file that holds it; - is standard input. Flags are seen by others, files are not.
    #[arg(long = "secret", value_name = "NAME=FILE")]
    secrets: Vec<String>,
    /// native, ocsf_1_9, ecs, cef, leef, cloudevents, ...; without it the best that the kind takes.
    #[arg(long)]
    format: Option<String>,
    /// Only events that match, in the query language.
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    query: Option<String>,
    /// Where it begins: now, beginning, a time (RFC 3339), or seq:N.
    #[arg(long, value_name = "PLACE", default_value = "now")]
    from: String,
    /// Parts of events that do not go out, such as actor.email,metadata.card.
    #[arg(long, value_delimiter = ',', value_name = "FIELDS")]
    mask: Vec<String>,
    /// drop: they are left out; mask: *** stands there; hash: the same text for the same value.
    #[arg(long, value_name = "HOW", default_value = "drop")]
    mask_method: String,
    /// Make it without letting it begin.
    #[arg(long)]
    paused: bool,
    #[command(flatten)]
    connection: Connection,
}

impl CreateArgs {
    fn body(&self) -> anyhow::Result<Value> {
        let settings = settings_of(&self.settings, &self.secrets)?;
        let mut body = json!({
            "organization_id": self.org,
            "name": self.name,
            "kind": self.kind,
            "settings": settings,
            "start_from": place::parse(&self.from)?,
            "paused": self.paused,
        });
        if let Some(format) = &self.format {
            body["format"] = json!(format);
        }
        if let Some(query) = &self.query {
            body["query"] = json!(query);
        }
        if !self.mask.is_empty() {
            body["mask"] = json!({ "fields": self.mask, "method": self.mask_method });
        }
        Ok(body)
    }
}

/// Settings of flags `--set NAME=VALUE` and `--secret NAME=FILE`.
pub(crate) fn settings_of(given: &[String], secrets: &[String]) -> anyhow::Result<Map<String, Value>> {
    let mut settings = Map::new();
    for pair in given {
        let (name, value) = split(pair, "--set")?;
        settings.insert(name.to_owned(), typed(value));
    }
    for pair in secrets {
        let (name, file) = split(pair, "--secret")?;
        settings.insert(name.to_owned(), json!(secret(file)?));
    }
    Ok(settings)
}

fn split<'a>(pair: &'a str, flag: &str) -> anyhow::Result<(&'a str, &'a str)> {
    let help = "settings are written NAME=VALUE, secrets NAME=FILE";
    pair.split_once('=').ok_or_else(|| Advice::usage(format!("{flag} {pair} has no ="), help))
}

/// A switch or a number where it looks like one. What is all digits and a text is written with quotation marks.
fn typed(value: &str) -> Value {
    match value {
        "true" => return json!(true),
        "false" => return json!(false),
        _ => {}
    }
    if let Ok(number) = value.parse::<u64>()
        && number.to_string() == value
    {
        return json!(number);
    }
    let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    json!(quoted.unwrap_or(value))
}

/// A secret without the line break at its end; an object where it is one, such as headers.
fn secret(file: &str) -> anyhow::Result<Value> {
    let mut text = String::new();
    if file == "-" {
        std::io::stdin().take(SECRET_BYTES_MAX).read_to_string(&mut text).context("read standard input")?;
    } else {
        let opened =
            std::fs::File::open(file).with_context(|| format!("cannot read the secret in {file}"))?;
        opened.take(SECRET_BYTES_MAX).read_to_string(&mut text).with_context(|| format!("read {file}"))?;
    }
    let text = text.trim_end_matches(['\n', '\r']);
    match serde_json::from_str::<Map<String, Value>>(text) {
        // A service account is a secret text of JSON; a map of headers has texts only.
        Ok(map) if map.values().all(Value::is_string) && !map.contains_key("private_key") => {
            Ok(Value::Object(map))
        }
        _ => Ok(json!(text)),
    }
}

/// Makes it.
pub(super) async fn run(args: CreateArgs) -> anyhow::Result<Exit> {
    let body = args.body()?;
    let made: Value =
        Client::new(&args.connection)?.json(&Call::post("/v1/streams", body.to_string())).await?;
    let id = made["id"].as_str().unwrap_or_default();
    print(id)?;
    say(format!("`tallystick streams test {id}` sends one event to see whether it arrives"));
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_they_look_like() {
        assert_eq!(typed("true"), json!(true));
        assert_eq!(typed("514"), json!(514));
        assert_eq!(typed("007"), json!("007"));
        assert_eq!(typed("\"514\""), json!("514"));
        assert_eq!(typed("https://a.example/x=y"), json!("https://a.example/x=y"));
    }

    #[test]
    fn pairs_are_cut_at_the_first_sign() {
        assert_eq!(split("url=https://a/?b=c", "--set").unwrap(), ("url", "https://a/?b=c"));
        assert!(split("url", "--set").is_err());
    }
}
