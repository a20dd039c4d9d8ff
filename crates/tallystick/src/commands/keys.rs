//! `tallystick keys`: API keys.

use std::io::Write as _;

use serde::Deserialize;
use serde_json::json;

use crate::{
    client::{Call, Client, Connection, Cursor},
    exit::Exit,
    output::{self, safe, say},
};

const EXAMPLES: &str = "\
Examples:
  tallystick keys create 'billing service' --org acme --scope events:write
  tallystick keys create dashboard --scope events:read --scope orgs:read --expires-at 2027-01-01T00:00:00Z
  tallystick keys list
  tallystick keys revoke ak_0123456789abcdefghij
  tallystick keys rotate-log-keys

Scopes: events:write, events:read, orgs:read, orgs:write, keys:read, keys:write, integrity:read, metrics:read,
admin.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, clap::Subcommand)]
enum KeysCommand {
    /// Make a key. It is printed once, alone on standard output, and cannot be shown again.
    Create {
        /// What it is for.
        name: String,
        /// The only organization it can touch; without it, all of them.
        #[arg(long)]
        org: Option<String>,
        /// What it may do; may be given several times.
        #[arg(long = "scope", required = true, value_name = "SCOPE")]
        scopes: Vec<String>,
        /// When it stops working, RFC 3339.
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// List keys, revoked ones included.
    List {
        /// Only those bound to this organization.
        #[arg(long)]
        org: Option<String>,
        /// Whole objects, one a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Replace the keys that logs are signed with; the ones before sign beside them for 30 days.
    RotateLogKeys {
        #[command(flatten)]
        connection: Connection,
    },
    /// Make a key unusable at once.
    Revoke {
        /// Its id, as `list` shows it.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
}

#[derive(Deserialize)]
struct Created {
    id: String,
    token: String,
}

#[derive(Deserialize)]
struct Rotated {
    vkey: String,
    previous_until: Option<String>,
    logs: usize,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<serde_json::Value>,
    #[serde(flatten)]
    cursor: Cursor,
}

#[derive(Deserialize)]
struct Key {
    id: String,
    #[serde(default)]
    org: Option<String>,
    name: String,
    scopes: Vec<String>,
    token_prefix: String,
    #[serde(default)]
    last_used_at: Option<String>,
    #[serde(default)]
    expires_at: Option<String>,
    #[serde(default)]
    revoked_at: Option<String>,
}

/// Makes, lists or revokes.
pub(crate) async fn run(args: KeysArgs) -> anyhow::Result<Exit> {
    match args.command {
        KeysCommand::Create { name, org, scopes, expires_at, connection } => {
            let mut body = json!({"name": name, "scopes": scopes});
            for (key, value) in [("org", org), ("expires_at", expires_at)] {
                if let Some(value) = value {
                    body[key] = json!(value);
                }
            }
            let client = Client::new(&connection)?;
            let made: Created = client.json(&Call::post("/v1/keys", body.to_string())).await?;
            output::print(&made.token)?;
            say(format!("made {}; this is the only time that the key is shown", made.id));
        }
        KeysCommand::List { org, json, connection } => {
            list(&Client::new(&connection)?, org.as_deref(), json).await?;
        }
        KeysCommand::RotateLogKeys { connection } => {
            let client = Client::new(&connection)?;
            let rotated: Rotated = client.json(&Call::post("/v1/log-keys/rotate", String::new())).await?;
            output::print(&rotated.vkey)?;
            let until = rotated.previous_until.unwrap_or_default();
            say(format!(
                "the directory's new key; the one before signs beside it until {until}. Recorded in {} logs; hand the \
                 new keys out as you did the old ones (/.well-known/tallystick-keys.json?log=ID has each)",
                rotated.logs
            ));
        }
        KeysCommand::Revoke { id, connection } => {
            Client::new(&connection)?.bytes(&Call::delete(format!("/v1/keys/{id}"))).await?;
            say(format!("{id} is revoked"));
        }
    }
    Ok(Exit::Done)
}

async fn list(client: &Client, org: Option<&str>, as_json: bool) -> anyhow::Result<()> {
    let mut out = output::stdout();
    let mut cursor: Option<String> = None;
    loop {
        let call =
            Call::get("/v1/keys").query("limit", "1000").maybe("org", org).maybe("cursor", cursor.as_deref());
        let page: Keys = client.json(&call).await?;
        for value in page.keys {
            if as_json {
                writeln!(out, "{value}")?;
            } else {
                writeln!(out, "{}", line(&serde_json::from_value(value)?))?;
            }
        }
        cursor = page.cursor.next_cursor;
        if cursor.is_none() {
            out.flush()?;
            return Ok(());
        }
    }
}

fn line(key: &Key) -> String {
    let state = match (&key.revoked_at, &key.expires_at) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) => format!("until {at}"),
        (None, None) => "no expiry".to_owned(),
    };
    let used = key.last_used_at.as_deref().map_or("never used".to_owned(), |at| format!("used {at}"));
    format!(
        "{}  {}…  {:<16}  {:<20}  {}  {state}  {used}",
        safe(&key.id),
        safe(&key.token_prefix),
        safe(key.org.as_deref().unwrap_or("(all)")),
        safe(&key.name),
        key.scopes.join(",")
    )
}
