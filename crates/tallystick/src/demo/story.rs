//! What the demonstration prints: how to talk to it, and what there is to find. Every line can be copied and works.

use std::{fmt::Write as _, net::SocketAddr, path::Path};

use serde_json::Value;

use super::{owner::Owner, sim};
use crate::{
    client::{Call, Client},
    output::{Style, thousands},
};

/// Where the story begins, and a few other ways in; docs/demo.md tells it to the end.
const QUERIES: &[(&str, &str)] = &[
    ("action:audit_stream.paused", "somebody stopped the audit stream on a Sunday night: who?"),
    ("actor:ci-metrics", "what that key did in its two hours"),
    ("target:ci-metrics action:api_key.created", "who made the key, from where, at what hour"),
    ("metadata.rows:>10000 action:record.exported", "what was taken"),
    ("target:\"Security SOC\" has:diff", "why nobody woke up"),
    ("actor.type:agent outcome:denied", "what an assistant asked for and did not get"),
];

/// The text.
pub(crate) async fn tell(
    client: &Client,
    address: SocketAddr,
    key: &str,
    owner: &Owner,
    folder: &Path,
    is_temporary: bool,
) -> anyhow::Result<String> {
    let count: Value = client.json(&Call::get("/v1/count").query("org", sim::ORG_ID)).await?;
    let style = Style::of_stdout();
    let program = program();
    let kept =
        if is_temporary { "removed when the demo ends" } else { "kept; the next demo goes on from here" };
    let mut text = String::new();
    let _ = write!(
        text,
        "
{title}: {events} events of organization {org}
  service   http://{address}   (API: http://{address}/docs)
  data      {folder} ({kept})
  root key  {folder}/keys/root.key
  sign in   http://{address}/sign-in as {email} with the password {password}

{in_shell}
  export TALLYSTICK_SERVER=http://{address} TALLYSTICK_KEY={key}

{look}
",
        title = style.bold(sim::ORG_NAME),
        events = thousands(count["count"].as_u64().unwrap_or_default()),
        org = sim::ORG_ID,
        folder = folder.display(),
        email = owner.email,
        password = owner.password,
        in_shell = style.bold("In another terminal:"),
        look = style.bold("Something happened in the last two weeks. Follow it:"),
    );
    for (query, about) in QUERIES {
        let quoted = format!("'{query}'");
        let _ = writeln!(text, "  {program} search {quoted:<46} {}", style.dim(&format!("# {about}")));
    }
    let _ = write!(
        text,
        "
{more}
  {program} tail
  {program} count --by action
  {program} send --action policy.viewed --actor user:u_me --target policy:p_1
  {program} export outcome:denied > denied.ndjson
  curl -sG http://{address}/v1/events {bearer} --data-urlencode 'q=outcome:denied' -d limit=5
  curl -sG http://{address}/v1/histogram {bearer} -d by=outcome -d from=now-7d
  curl -sN http://{address}/v1/tail {bearer}

docs/demo.md tells the whole story. Ctrl-C ends the demo.
",
        more = style.bold("More:"),
        bearer = "-H \"Authorization: Bearer $TALLYSTICK_KEY\"",
    );
    Ok(text)
}

/// The command as it was typed, so that the printed lines work where it is not installed.
fn program() -> String {
    let typed = std::env::args_os().next().map(|name| name.to_string_lossy().into_owned());
    typed
        .filter(|name| !name.is_empty() && !name.contains(char::is_whitespace))
        .unwrap_or_else(|| "tallystick".to_owned())
}
