//! `tallystick orgs`: organizations.

use std::io::Write as _;

use serde::Deserialize;
use serde_json::json;

use crate::{
    client::{Call, Client, Connection, Cursor},
    exit::Exit,
    output::{self, safe, thousands},
};

const EXAMPLES: &str = "\
Examples:
  tallystick orgs create acme --name 'Acme Inc.'
  tallystick orgs list";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct OrgsArgs {
    #[command(subcommand)]
    command: OrgsCommand,
}

#[derive(Debug, clap::Subcommand)]
enum OrgsCommand {
    /// Make an organization and its log.
    Create {
        /// Its id; made by the service if absent.
        id: Option<String>,
        /// Its name, for people.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// List organizations.
    List {
        /// Whole objects, one a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: Connection,
    },
}

#[derive(Deserialize)]
struct Organization {
    id: String,
    #[serde(default)]
    name: Option<String>,
    state: String,
    created_at: String,
    #[serde(default)]
    events: u64,
}

#[derive(Deserialize)]
struct Organizations {
    orgs: Vec<serde_json::Value>,
    #[serde(flatten)]
    cursor: Cursor,
}

/// Makes or lists.
pub(crate) async fn run(args: OrgsArgs) -> anyhow::Result<Exit> {
    match args.command {
        OrgsCommand::Create { id, name, connection } => create(&Client::new(&connection)?, id, name).await,
        OrgsCommand::List { json, connection } => list(&Client::new(&connection)?, json).await,
    }
}

async fn create(client: &Client, id: Option<String>, name: Option<String>) -> anyhow::Result<Exit> {
    let mut body = serde_json::Map::new();
    for (key, value) in [("id", id), ("name", name)] {
        if let Some(value) = value {
            body.insert(key.to_owned(), json!(value));
        }
    }
    let made: Organization = client.json(&Call::post("/v1/orgs", serde_json::to_vec(&body)?)).await?;
    output::print(&made.id)?;
    Ok(Exit::Done)
}

async fn list(client: &Client, as_json: bool) -> anyhow::Result<Exit> {
    let mut out = output::stdout();
    let mut cursor: Option<String> = None;
    loop {
        let call = Call::get("/v1/orgs").query("limit", "1000").maybe("cursor", cursor.as_deref());
        let page: Organizations = client.json(&call).await?;
        for value in page.orgs {
            if as_json {
                writeln!(out, "{value}")?;
                continue;
            }
            let org: Organization = serde_json::from_value(value)?;
            let name = org.name.unwrap_or_default();
            writeln!(
                out,
                "{:<24}  {:<8}  {:>14} events  since {}  {}",
                safe(&org.id),
                safe(&org.state),
                thousands(org.events),
                safe(&org.created_at),
                safe(&name)
            )?;
        }
        cursor = page.cursor.next_cursor;
        if cursor.is_none() {
            out.flush()?;
            return Ok(Exit::Done);
        }
    }
}
