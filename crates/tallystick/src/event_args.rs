//! Arguments that several commands share: a query with its bounds.

use std::{convert::Infallible, ffi::OsString};

use clap::{ArgAction, Args, ValueEnum};

use crate::client::Call;

/// Commands whose words may begin with `-`, as `-outcome:failure` does.
const QUERY_COMMANDS: &[&str] = &["search", "tail", "count", "export"];
/// Put in front of such a word while the command line is parsed, so that it is not taken for a flag. Nobody types it.
const WORD_MARK: char = '\u{1}';

/// Protects the words of a query that begin with one `-` from being taken for flags: the commands with a query have
/// long flags only. `-h` alone still asks for help.
pub(crate) fn protect(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<_> = arguments.collect();
    let has_query =
        arguments.get(1).and_then(|name| name.to_str()).is_some_and(|name| QUERY_COMMANDS.contains(&name));
    if !has_query {
        return arguments;
    }
    if arguments.len() == 3 && arguments[2] == "-h" {
        arguments[2] = "--help".into();
    }
    for argument in arguments.iter_mut().skip(2) {
        if let Some(text) = argument.to_str().filter(|text| is_word(text)) {
            *argument = format!("{WORD_MARK}{text}").into();
        }
    }
    arguments
}

fn is_word(text: &str) -> bool {
    text.len() > 1 && text.starts_with('-') && !text.starts_with("--")
}

/// A text argument of a command with a query, without the mark.
#[expect(clippy::unnecessary_wraps, reason = "the parser of the command line wants a result")]
pub(crate) fn plain(text: &str) -> Result<String, Infallible> {
    Ok(text.strip_prefix(WORD_MARK).unwrap_or(text).to_owned())
}

/// What to look for. Long flags only, and no `-h`: a word of the query may begin with `-`.
#[derive(Debug, Clone, Args)]
pub(crate) struct QueryArgs {
    /// The query (docs/query-language.md); several words are joined. Without it everything matches.
    #[arg(value_name = "QUERY", value_parser = plain)]
    query: Vec<String>,
    /// Organization, or several with commas. An organization's own key needs none.
    #[arg(long, env = "TALLYSTICK_ORG", value_name = "ORG", value_parser = plain)]
    pub(crate) org: Option<String>,
    /// From this time on: 2026-11-20, 2026-11-20T10:00, now-7d, …
    #[arg(long, value_name = "TIME", value_parser = plain)]
    from: Option<String>,
    /// Up to this time.
    #[arg(long, value_name = "TIME", value_parser = plain)]
    to: Option<String>,
    /// Time zone of days and hours without one, e.g. Europe/Berlin.
    #[arg(long, value_name = "ZONE", value_parser = plain)]
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    #[command(disable_help_flag = true)]
    struct Line {
        #[command(flatten)]
        query: QueryArgs,
        #[arg(long)]
        limit: Option<u32>,
    }

    fn parse(line: &[&str]) -> Line {
        let line = ["tallystick", "search"].iter().chain(line).map(OsString::from);
        // The name of the command takes the place of the program's.
        Line::parse_from(protect(line).into_iter().skip(1))
    }

    #[test]
    fn words_may_begin_with_a_dash_and_flags_may_stand_anywhere() {
        let line = parse(&["role", "-outcome:failure", "--limit", "5", "-has:diff", "--from", "-7d"]);
        assert_eq!(line.query.text(), "role -outcome:failure -has:diff");
        assert_eq!((line.limit, line.query.from.as_deref()), (Some(5), Some("-7d")));
        assert_eq!(parse(&["--limit", "5", "-h", "x"]).query.text(), "-h x");
    }

    #[test]
    fn other_commands_are_left_alone() {
        let line = ["tallystick", "import", "-h", "-"].map(OsString::from);
        assert_eq!(protect(line.clone().into_iter()), line);
        let help = protect(["tallystick", "tail", "-h"].map(OsString::from).into_iter());
        assert_eq!(help[2], "--help");
    }
}
