//! `tallystick search`: the newest (or oldest) events that match.

use std::io::Write as _;

use clap::ValueEnum;
use serde_json::value::RawValue;

use crate::{
    client::{Call, Client, Connection, Page},
    event_args::{EventOutput, QueryArgs, plain},
    event_table::{EventLine, EventTable},
    exit::Exit,
    output::{self, Style, say},
};

/// Events of one page at most, as the API has it.
const PAGE_EVENTS_MAX: usize = 1_000;

const EXAMPLES: &str = "\
Examples:
  tallystick search --org acme 'action:role.* -outcome:success'
  tallystick search --org acme actor:ana@acme.example --from now-7d --limit 200
  tallystick search --org acme 'ip:203.0.113.0/24' --output ndjson --follow-pages | jq .action";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, disable_help_flag = true)]
pub(crate) struct SearchArgs {
    #[command(flatten)]
    query: QueryArgs,
    /// Events at most; as many pages as needed are read.
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: usize,
    /// Read all pages, however many.
    #[arg(long, conflicts_with = "limit")]
    follow_pages: bool,
    /// Which come first: desc (newest) or asc (oldest).
    #[arg(long, value_enum, default_value = "desc")]
    order: Order,
    /// Go on where an earlier search ended.
    #[arg(long, value_name = "CURSOR", value_parser = plain)]
    cursor: Option<String>,
    /// How events are shown.
    #[arg(long, value_enum, default_value = "table")]
    output: EventOutput,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Order {
    Desc,
    Asc,
}

/// Prints the events.
pub(crate) async fn run(args: SearchArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.connection)?;
    let mut left = if args.follow_pages { usize::MAX } else { args.limit.max(1) };
    let mut cursor = args.cursor.clone();
    let mut writer = PageWriter::new(args.output, &args.query);
    loop {
        let limit = left.min(PAGE_EVENTS_MAX);
        let order = if matches!(args.order, Order::Asc) { "asc" } else { "desc" };
        let call =
            args.query.apply(Call::get("/v1/events")).query("order", order).query("limit", limit.to_string());
        let page: Page = client.json(&call.maybe("cursor", cursor.as_deref())).await?;
        writer.page(&page)?;
        left -= page.events.len().min(left);
        cursor = page.next_cursor;
        if left == 0 || cursor.is_none() {
            break;
        }
        if let Some(until) = page.searched_until {
            say(format!("still searching: at {until}"));
        }
    }
    writer.end(cursor.as_deref())?;
    Ok(Exit::Done)
}

/// Writes page after page, so that the first lines are there before the last page is read.
struct PageWriter {
    output: EventOutput,
    table: EventTable,
    query_text: String,
    count: usize,
}

impl PageWriter {
    fn new(output: EventOutput, query: &QueryArgs) -> Self {
        let shows_org = query.org.as_ref().is_none_or(|org| org.contains(','));
        let table = EventTable::new(Style::of_stdout(), shows_org);
        Self { output, table, query_text: query.text(), count: 0 }
    }

    fn page(&mut self, page: &Page) -> anyhow::Result<()> {
        if self.count == 0 {
            for warning in &page.warnings {
                say(warning.drawing(&self.query_text).unwrap_or_else(|| format!("warning: {warning}")));
            }
        }
        let mut out = output::stdout();
        match self.output {
            EventOutput::Table => {
                let lines: Vec<_> = page.events.iter().map(|event| EventLine::of(event.get())).collect();
                for line in &lines {
                    self.table.widen(line);
                }
                for line in &lines {
                    writeln!(out, "{}", self.table.render(line))?;
                }
            }
            EventOutput::Json => {
                for (at, event) in page.events.iter().enumerate() {
                    out.write_all(if self.count + at == 0 { b"{\"events\":[\n" } else { b",\n" })?;
                    out.write_all(event.get().as_bytes())?;
                }
            }
            EventOutput::Ndjson => write_lines(&mut out, &page.events)?,
        }
        self.count += page.events.len();
        out.flush()?;
        Ok(())
    }

    fn end(&self, cursor: Option<&str>) -> anyhow::Result<()> {
        let mut out = output::stdout();
        if self.output == EventOutput::Json {
            let start = if self.count == 0 { "{\"events\":[" } else { "" };
            writeln!(out, "{start}\n],\"next_cursor\":{}}}", serde_json::to_string(&cursor)?)?;
            out.flush()?;
        }
        match cursor {
            Some(cursor) if self.output != EventOutput::Json => {
                say(format!("there may be more: --limit, --follow-pages, or go on with --cursor {cursor}"));
            }
            _ if self.count == 0 && self.output == EventOutput::Table => say("nothing matches"),
            _ => {}
        }
        Ok(())
    }
}

/// Events, one a line, as the service wrote them. They have no line breaks: inside JSON texts these are escaped.
pub(super) fn write_lines(out: &mut impl std::io::Write, events: &[Box<RawValue>]) -> std::io::Result<()> {
    for event in events {
        debug_assert!(!event.get().contains('\n'), "the service writes events without line breaks");
        out.write_all(event.get().as_bytes())?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
