//! `tallystick streams`: events that the service sends on to other systems as they arrive.

mod create;
mod history;
mod place;
mod show;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    client::{Call, Client, Connection},
    exit::Exit,
    output::{print, say},
};
use create::CreateArgs;
pub(crate) use create::settings_of;
use history::HistoryArgs;

const EXAMPLES: &str = "\
Examples:
  tallystick streams kinds
  tallystick streams create webhook --org acme --name siem --set url=https://siem.example.com/in \\
      --secret secret=siem.key
  tallystick streams create s3 --instance --name archive --set bucket=audit --set region=eu-central-1 \\
      --set access_key_id=AKIA... --secret secret_access_key=- --from beginning < s3.key
  tallystick streams list --org acme
  tallystick streams test stream_0199a8b2c3d4
  tallystick streams attempts stream_0199a8b2c3d4 --limit 20
  tallystick streams dead-letters stream_0199a8b2c3d4
  tallystick streams replay stream_0199a8b2c3d4 --all
  tallystick streams rewind stream_0199a8b2c3d4 --to 2026-11-01T00:00:00Z

A stream never skips an event silently: what cannot be delivered is sent again, or is a dead letter that is listed.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct StreamsArgs {
    #[command(subcommand)]
    command: StreamsCommand,
}

#[derive(Debug, clap::Subcommand)]
enum StreamsCommand {
    /// List what events can be sent to, or what one kind has to be told.
    Kinds {
        /// Only this kind, with its settings.
        kind: Option<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Make a stream. Its id is printed.
    Create(Box<CreateArgs>),
    /// List streams with how they get on.
    List {
        /// Only those of this organization.
        #[arg(long)]
        org: Option<String>,
        /// Whole objects, one a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Show a stream: how it gets on, what failed last, how far each log is there.
    Show {
        /// Its id.
        id: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Send one event that says it is a test, and show what the other side answers.
    Test {
        /// Its id.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Hold a stream. Events wait in the log.
    Pause {
        /// Its id.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Let a stream go on where it was.
    Resume {
        /// Its id.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Let a stream go on from another place: back, and events arrive again; forward, and a gap is noted.
    Rewind {
        /// Its id.
        id: String,
        /// beginning, now, a time (RFC 3339), or seq:N.
        #[arg(long, value_name = "PLACE")]
        to: String,
        /// Only in the log of this organization.
        #[arg(long)]
        org: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// List what was tried, the newest first.
    Attempts(HistoryArgs),
    /// List events that were refused for good.
    DeadLetters(HistoryArgs),
    /// List ranges of a log that the stream has left out, and why.
    Gaps(HistoryArgs),
    /// Send dead letters again.
    Replay {
        /// The stream.
        id: String,
        /// Ids of dead letters.
        #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "LETTER")]
        letters: Vec<String>,
        /// All that have not arrived yet.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Delete a stream. What has arrived stays where it is.
    Delete {
        /// Its id.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
}

/// What the service lists.
#[derive(Deserialize)]
struct Listed {
    data: Vec<Value>,
    next_cursor: Option<String>,
}

/// Makes, lists, tests, holds.
pub(crate) async fn run(args: StreamsArgs) -> anyhow::Result<Exit> {
    match args.command {
        StreamsCommand::Create(args) => create::run(*args).await,
        StreamsCommand::Kinds { kind, json, connection } => {
            show::kinds(&Client::new(&connection)?, kind.as_deref(), json).await
        }
        StreamsCommand::List { org, json, connection } => {
            show::list(&Client::new(&connection)?, org.as_deref(), json).await
        }
        StreamsCommand::Show { id, json, connection } => {
            show::one(&Client::new(&connection)?, &id, json).await
        }
        StreamsCommand::Test { id, connection } => test(&Client::new(&connection)?, &id).await,
        StreamsCommand::Pause { id, connection } => {
            act(&connection, &id, "pause", json!({})).await?;
            Ok(done(format!("{id} is paused; events wait in the log")))
        }
        StreamsCommand::Resume { id, connection } => {
            act(&connection, &id, "resume", json!({})).await?;
            Ok(done(format!("{id} goes on")))
        }
        StreamsCommand::Rewind { id, to, org, connection } => {
            let mut body = json!({ "to": place::parse(&to)? });
            if let Some(org) = org {
                body["organization_id"] = json!(org);
            }
            act(&connection, &id, "rewind", body).await?;
            Ok(done(format!("{id} goes on from {to}")))
        }
        StreamsCommand::Attempts(args) => history::attempts(args).await,
        StreamsCommand::DeadLetters(args) => history::dead_letters(args).await,
        StreamsCommand::Gaps(args) => history::gaps(args).await,
        StreamsCommand::Replay { id, letters, all, connection } => {
            let body = if all { json!({ "all": true }) } else { json!({ "ids": letters }) };
            act(&connection, &id, "dead_letters/replay", body).await?;
            Ok(done("they are sent again"))
        }
        StreamsCommand::Delete { id, connection } => {
            Client::new(&connection)?.bytes(&Call::delete(format!("/v1/streams/{id}"))).await?;
            Ok(done(format!("{id} is deleted; what has arrived stays where it is")))
        }
    }
}

fn done(line: impl std::fmt::Display) -> Exit {
    say(line);
    Exit::Done
}

async fn act(connection: &Connection, id: &str, act: &str, body: Value) -> anyhow::Result<()> {
    let call = Call::post(format!("/v1/streams/{id}/{act}"), body.to_string());
    Client::new(connection)?.bytes(&call).await?;
    Ok(())
}

/// What came of a test.
#[derive(Deserialize)]
struct Tested {
    ok: bool,
    outcome: String,
    status: Option<u16>,
    took_ms: u64,
    response: String,
    meaning: String,
}

async fn test(client: &Client, id: &str) -> anyhow::Result<Exit> {
    use crate::output::safe;
    let tested: Tested = client.json(&Call::post(format!("/v1/streams/{id}/test"), "{}")).await?;
    let status = tested.status.map_or_else(|| "no answer".to_owned(), |status| format!("status {status}"));
    print(format!("{}: {status} after {} ms", safe(&tested.outcome), tested.took_ms))?;
    print(safe(&tested.meaning))?;
    if !tested.response.is_empty() {
        print(format!("answer: {}", safe(&tested.response)))?;
    }
    Ok(if tested.ok { Exit::Done } else { Exit::Failed })
}
