//! `tallystick send`: one event from flags, or events as JSON.

use std::io::{Read as _, Write as _};

use anyhow::Context as _;
use clap::ValueEnum;
use serde_json::{Map, Value, json};

use crate::{
    client::{Accepted, Call, Client, Connection},
    exit::{Advice, Exit},
    output,
    system::random_hex,
};

/// Bytes that are read from standard input at most: more than any service takes in one call.
const STDIN_BYTES_MAX: u64 = 256 << 20;

const EXAMPLES: &str = "\
Examples:
  tallystick send --org acme --action role.granted --actor user:u_1 --target user:u_2 --metadata ticket=OPS-1
  tallystick send '{\"org\": \"acme\", \"action\": \"user.created\", \"actor\": {\"type\": \"user\", \"id\": \"u_1\"}}'
  tallystick send - < events.ndjson

The answer comes when the events are durable. A call that is repeated after a broken connection stores nothing twice.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SendArgs {
    /// Events as JSON objects, or - for standard input (an object, an array, or one object a line).
    #[arg(value_name = "EVENT", conflicts_with_all = ["action", "actor"])]
    events: Vec<String>,
    #[command(flatten)]
    fields: FieldArgs,
    /// What to print: a line an event, or the service's answer.
    #[arg(long, value_enum, default_value = "table")]
    output: SendOutput,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SendOutput {
    Table,
    Json,
}

/// An event in flags.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Event")]
struct FieldArgs {
    /// Organization; an organization's own key needs none.
    #[arg(long, env = "TALLYSTICK_ORG")]
    org: Option<String>,
    /// What was done, e.g. role.granted.
    #[arg(long, required_unless_present = "events", requires = "actor")]
    action: Option<String>,
    /// Who did it, as type:id.
    #[arg(long, value_name = "TYPE:ID")]
    actor: Option<String>,
    /// The actor's name.
    #[arg(long, value_name = "NAME", requires = "action")]
    actor_name: Option<String>,
    /// The actor's e-mail address.
    #[arg(long, value_name = "EMAIL", requires = "action")]
    actor_email: Option<String>,
    /// To what, as type:id; may be given several times.
    #[arg(long, value_name = "TYPE:ID", requires = "action")]
    target: Vec<String>,
    /// success, failure, denied or unknown.
    #[arg(long, requires = "action")]
    outcome: Option<String>,
    /// Why.
    #[arg(long, requires = "action")]
    reason: Option<String>,
    /// When, RFC 3339; now if absent.
    #[arg(long, value_name = "TIME", requires = "action")]
    occurred_at: Option<String>,
    /// Address it came from.
    #[arg(long, requires = "action")]
    ip: Option<String>,
    /// More about it, as key=value; the value may be JSON. May be given several times.
    #[arg(long, value_name = "KEY=VALUE", requires = "action")]
    metadata: Vec<String>,
    /// Taken at most once with this key.
    #[arg(long, value_name = "KEY", requires = "action")]
    idempotency_key: Option<String>,
}

/// Sends and prints what the service says.
pub(crate) async fn run(args: SendArgs) -> anyhow::Result<Exit> {
    let body = body(&args)?;
    let client = Client::new(&args.connection)?;
    let is_list = args.events.len() == 1 && args.events[0] == "-";
    let mut call =
        Call::post("/v1/events", body).header("idempotency-key", format!("cli-{}", random_hex(16)));
    if is_list {
        // An object, an array, or one object a line.
        call = call.untyped();
    }
    let bytes = client.bytes(&call.repeatable()).await?;
    let mut out = output::stdout();
    if args.output == SendOutput::Json {
        out.write_all(&bytes)?;
        out.write_all(b"\n")?;
    } else {
        let accepted: Accepted =
            serde_json::from_slice(&bytes).context("the service's answer is not understood")?;
        for event in &accepted.events {
            let (Some(id), Some(seq)) = (&event.id, event.seq) else { continue };
            writeln!(out, "{id}  seq {seq}{}", if event.duplicate { "  (was there already)" } else { "" })?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn body(args: &SendArgs) -> anyhow::Result<String> {
    match args.events.as_slice() {
        [] => Ok(args.fields.event()?.to_string()),
        [one] if one == "-" => {
            let mut text = String::new();
            std::io::stdin()
                .take(STDIN_BYTES_MAX)
                .read_to_string(&mut text)
                .context("cannot read standard input")?;
            Ok(text)
        }
        // Not parsed here: the service's parser is stricter and says more.
        [one] => Ok(one.clone()),
        several => Ok(format!("[{}]", several.join(","))),
    }
}

impl FieldArgs {
    fn event(&self) -> anyhow::Result<Value> {
        let mut event = Map::new();
        let texts = [
            ("org", &self.org),
            ("action", &self.action),
            ("outcome", &self.outcome),
            ("reason", &self.reason),
            ("occurred_at", &self.occurred_at),
            ("idempotency_key", &self.idempotency_key),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                event.insert(name.to_owned(), text.clone().into());
            }
        }
        let mut actor = thing("--actor", self.actor.as_deref().unwrap_or_default())?;
        for (name, text) in [("name", &self.actor_name), ("email", &self.actor_email)] {
            if let Some(text) = text {
                actor[name] = text.clone().into();
            }
        }
        event.insert("actor".to_owned(), actor);
        let targets =
            self.target.iter().map(|text| thing("--target", text)).collect::<Result<Vec<_>, _>>()?;
        if !targets.is_empty() {
            event.insert("targets".to_owned(), targets.into());
        }
        if let Some(ip) = &self.ip {
            event.insert("context".to_owned(), json!({"ip": ip}));
        }
        let mut metadata = Map::new();
        for pair in &self.metadata {
            let (key, text) = pair
                .split_once('=')
                .ok_or_else(|| Advice::usage(format!("--metadata {pair:?} has no ="), "write key=value"))?;
            let value = serde_json::from_str(text).unwrap_or_else(|_| text.into());
            if metadata.insert(key.to_owned(), value).is_some() {
                return Err(Advice::usage(
                    format!("--metadata {key} is given twice"),
                    "write a list as JSON: key='[1, 2]'",
                ));
            }
        }
        if !metadata.is_empty() {
            event.insert("metadata".to_owned(), metadata.into());
        }
        Ok(event.into())
    }
}

/// `type:id`; the id may have colons of its own.
fn thing(flag: &str, text: &str) -> anyhow::Result<Value> {
    match text.split_once(':') {
        Some((kind, id)) if !kind.is_empty() && !id.is_empty() => Ok(json!({"type": kind, "id": id})),
        _ => {
            Err(Advice::usage(format!("{flag} {text:?} is not of the form type:id"), "for example user:u_1"))
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        send: SendArgs,
    }

    fn event(line: &[&str]) -> anyhow::Result<Value> {
        let line = Line::try_parse_from(["send"].iter().chain(line)).unwrap();
        Ok(serde_json::from_str(&body(&line.send)?).unwrap())
    }

    #[test]
    fn flags_become_an_event() {
        let made = event(&[
            "--action",
            "a.b",
            "--actor",
            "user:urn:x:1",
            "--target",
            "t:1",
            "--target",
            "t:2",
            "--metadata",
            "n=5",
            "--metadata",
            "s=five",
            "--ip",
            "203.0.113.9",
        ]);
        let expected = json!({"action": "a.b", "actor": {"type": "user", "id": "urn:x:1"},
            "context": {"ip": "203.0.113.9"},
            "targets": [{"type": "t", "id": "1"}, {"type": "t", "id": "2"}], "metadata": {"n": 5, "s": "five"}});
        assert_eq!(made.unwrap(), expected);
    }

    #[test]
    fn mistakes_are_named_and_several_events_are_a_list() {
        assert!(event(&["--action", "a", "--actor", "u_1"]).unwrap_err().to_string().contains("type:id"));
        assert!(event(&["--action", "a", "--actor", "u:1", "--metadata", "x"]).is_err());
        assert_eq!(event(&["{\"a\":1}", "{\"a\":2}"]).unwrap(), json!([{"a": 1}, {"a": 2}]));
        assert!(Line::try_parse_from(["send"]).is_err());
        assert!(Line::try_parse_from(["send", "{}", "--action", "a"]).is_err());
    }
}
