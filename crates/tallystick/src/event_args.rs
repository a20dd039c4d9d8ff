//! Arguments that several commands share: a query with its bounds.

use clap::{ArgAction, Args, ValueEnum};

use crate::client::Call;

/// What to look for. Long flags only, and no `-h`: a word of the query may begin with `-`.
#[derive(Debug, Clone, Args)]
pub(crate) struct QueryArgs {
    /// The query (docs/query-language.md); several words are joined. Without it everything matches.
    #[arg(value_name = "QUERY", allow_hyphen_values = true)]
    query: Vec<String>,
    /// Organization, or several with commas. An organization's own key needs none.
    #[arg(long, env = "TALLYSTICK_ORG", value_name = "ORG")]
    pub(crate) org: Option<String>,
    /// From this time on: 2026-11-20, 2026-11-20T10:00, now-7d, …
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Up to this time.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Time zone of days and hours without one, e.g. Europe/Berlin.
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
    /// Print help.
    #[arg(long, action = ArgAction::HelpLong)]
    help: Option<bool>,
}

impl QueryArgs {
    /// The query as one text.
    pub(crate) fn text(&self) -> String {
        self.query.join(" ")
    }

    /// Adds query and bounds to a call.
    pub(crate) fn apply(&self, call: Call) -> Call {
        let text = self.text();
        call.maybe("org", self.org.as_deref())
            .maybe("q", (!text.is_empty()).then_some(text.as_str()))
            .maybe("from", self.from.as_deref())
            .maybe("to", self.to.as_deref())
            .maybe("tz", self.tz.as_deref())
    }
}

/// How events are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EventOutput {
    /// One line an event, for people.
    Table,
    /// Whole events; a search gives one JSON document, a tail one event a line.
    Json,
    /// Whole events, one a line.
    Ndjson,
}
