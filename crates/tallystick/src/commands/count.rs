//! `tallystick count`: how many events match, in all or by the values of a field.

use std::io::Write as _;

use serde::Deserialize;

use crate::{
    client::{Call, Client, Connection},
    event_args::QueryArgs,
    exit::Exit,
    output::{self, safe, say, thousands},
};

const EXAMPLES: &str = "\
Examples:
  tallystick count --org acme outcome:failure --from now-24h
  tallystick count --org acme --by action --limit 20";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, disable_help_flag = true)]
pub(crate) struct CountArgs {
    #[command(flatten)]
    query: QueryArgs,
    /// Count by the values of this field: action, actor, outcome, …
    #[arg(long, value_name = "FIELD")]
    by: Option<String>,
    /// Values at most, with --by.
    #[arg(long, default_value_t = 10, value_name = "N", requires = "by")]
    limit: usize,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Deserialize)]
struct Count {
    count: u64,
    exact: bool,
}

#[derive(Deserialize)]
struct Facets {
    values: Vec<FacetValue>,
    #[serde(default)]
    distinct: Option<u64>,
    exact: bool,
}

#[derive(Deserialize)]
struct FacetValue {
    value: serde_json::Value,
    #[serde(default)]
    label: Option<String>,
    count: u64,
}

/// Prints the number, or a line a value.
pub(crate) async fn run(args: CountArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.connection)?;
    let mut out = output::stdout();
    let exact = if let Some(field) = &args.by {
        let call = Call::get("/v1/facets").query("field", field).query("limit", args.limit.to_string());
        let facets: Facets = client.json(&args.query.apply(call)).await?;
        for FacetValue { value, label, count } in &facets.values {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let label =
                label.as_deref().filter(|label| *label != text).map(|label| format!("  {}", safe(label)));
            writeln!(out, "{:>12}  {}{}", thousands(*count), safe(&text), label.unwrap_or_default())?;
        }
        if let Some(more) =
            facets.distinct.map(|all| all.saturating_sub(facets.values.len() as u64)).filter(|n| *n > 0)
        {
            say(format!("and {} more values: raise --limit", thousands(more)));
        }
        facets.exact
    } else {
        let count: Count = client.json(&args.query.apply(Call::get("/v1/count"))).await?;
        writeln!(out, "{}", count.count)?;
        count.exact
    };
    out.flush()?;
    if !exact {
        say("this is an estimate: counting exactly would have taken too long");
    }
    Ok(Exit::Done)
}
