//! `tallystick tail`: events as they arrive. A lost connection is made again and goes on where it was.

use std::time::Duration;

use serde::Deserialize;

use crate::{
    client::{Call, Client, ClientError, Connection, Message, Messages},
    event_args::{EventOutput, QueryArgs},
    event_table::{EventLine, EventTable},
    exit::Exit,
    output::{Style, print, say},
};

/// A service that sends nothing for this long is gone: heartbeats come every 15 seconds.
const SILENCE_MAX: Duration = Duration::from_secs(45);
/// Waits between attempts to connect again.
const WAIT_MIN: Duration = Duration::from_millis(250);
const WAIT_MAX: Duration = Duration::from_secs(10);

const EXAMPLES: &str = "\
Examples:
  tallystick tail --org acme
  tallystick tail --org acme 'outcome:denied' --output ndjson
  tallystick tail --org acme --after 41700 --count 10";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, disable_help_flag = true)]
pub(crate) struct TailArgs {
    #[command(flatten)]
    query: QueryArgs,
    /// Begin after the event with this seq instead of now.
    #[arg(long, value_name = "SEQ")]
    after: Option<u64>,
    /// End after this many events.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// How events are shown.
    #[arg(long, value_enum, default_value = "table")]
    output: EventOutput,
    #[command(flatten)]
    connection: Connection,
}

/// Events that a slow reader missed, by seq.
#[derive(Deserialize)]
struct Gap {
    from_seq: u64,
    to_seq: u64,
    #[serde(default)]
    count: Option<u64>,
}

/// Prints events until it is stopped, or has printed enough.
pub(crate) async fn run(args: TailArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.connection)?;
    let mut tail = Tail {
        call: args.query.apply(Call::get("/v1/tail")).header("accept", "text/event-stream"),
        last_id: args.after.map(|seq| seq.to_string()),
        left: args.count.unwrap_or(u64::MAX),
        output: args.output,
        table: EventTable::new(Style::of_stdout(), false),
    };
    let mut wait = WAIT_MIN;
    let mut was_connected = false;
    while tail.left > 0 {
        match tail.follow(&client, &mut was_connected, &mut wait).await? {
            Ended::Enough => break,
            Ended::Lost(why) => {
                say(format!("{why}; connecting again"));
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(WAIT_MAX);
            }
        }
    }
    Ok(Exit::Done)
}

enum Ended {
    Enough,
    Lost(String),
}

struct Tail {
    call: Call,
    /// The last id seen: what a new connection goes on after.
    last_id: Option<String>,
    left: u64,
    output: EventOutput,
    table: EventTable,
}

impl Tail {
    /// One connection from its start to its end. A refusal ends the command; so does failing to connect at first, when
    /// the address is more likely wrong than the service restarting.
    async fn follow(
        &mut self,
        client: &Client,
        was_connected: &mut bool,
        wait: &mut Duration,
    ) -> anyhow::Result<Ended> {
        let mut call = self.call.clone();
        if let Some(id) = &self.last_id {
            call = call.header("last-event-id", id);
        }
        let response = match client.once(&call, None).await {
            Ok(response) => response,
            Err(error) if *was_connected && is_passing(&error) => return Ok(Ended::Lost(error.to_string())),
            Err(error) => return Err(error.into()),
        };
        *was_connected = true;
        let mut messages = Messages::new(response.bytes_stream());
        loop {
            let message = match tokio::time::timeout(SILENCE_MAX, messages.next()).await {
                Ok(Ok(Some(message))) => message,
                Ok(Ok(None)) => return Ok(Ended::Lost("the service has closed the connection".to_owned())),
                Ok(Err(error)) => return Ok(Ended::Lost(error.to_string())),
                Err(_) => return Ok(Ended::Lost("the service has gone silent".to_owned())),
            };
            *wait = WAIT_MIN;
            self.show(&message)?;
            if message.id.is_some() {
                self.last_id = message.id;
            }
            if self.left == 0 {
                return Ok(Ended::Enough);
            }
        }
    }

    fn show(&mut self, message: &Message) -> anyhow::Result<()> {
        match message.kind.as_str() {
            "event" => {
                self.left -= 1;
                match self.output {
                    EventOutput::Table => print(self.table.render(&EventLine::of(&message.data)))?,
                    EventOutput::Json | EventOutput::Ndjson => print(&message.data)?,
                }
            }
            "gap" => match serde_json::from_str::<Gap>(&message.data) {
                Ok(Gap { from_seq, to_seq, count }) => say(format!(
                    "gap: too slow for {} events, seq {from_seq} to {to_seq}; search and export have them",
                    count.unwrap_or(to_seq - from_seq + 1)
                )),
                Err(_) => say(format!("gap: {}", message.data)),
            },
            "error" => say(format!("the service reports: {}", message.data)),
            _ => {}
        }
        Ok(())
    }
}

/// Whether waiting may help.
fn is_passing(error: &ClientError) -> bool {
    match error {
        ClientError::Unreachable { .. } => true,
        ClientError::Refused(problem) => matches!(problem.status, 408 | 429 | 500..),
        ClientError::Foreign { status, .. } => status.is_server_error(),
        ClientError::Answer { .. } => false,
    }
}
