//! What the parser has to say about a query: errors and warnings with a place, a stable code and, where one exists,
//! a fix.

use serde::Serialize;

use crate::span::{Span, byte_of};

/// Whether the query can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The query is not run.
    Error,
    /// The query runs, but perhaps not as meant.
    Warning,
}

/// The stable code of a diagnostic. Names are part of the API and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "docs/query-language.md lists every code with its meaning; the names say it")]
pub enum Code {
    MissingValue,
    UnknownField,
    BadEnum,
    BadNumber,
    BadTime,
    BadIp,
    NoWildcard,
    NoOrder,
    NoRanges,
    EmptyRange,
    ReversedRange,
    OpWithRange,
    OpWithWildcard,
    UnclosedQuote,
    JunkAfterQuote,
    BadEscape,
    DanglingEscape,
    UnclosedParen,
    UnmatchedParen,
    EmptyGroup,
    UnexpectedParen,
    MissingOperand,
    TooLong,
    TooManyTerms,
    TooDeep,
    ListTooLong,
    /// `actor:@me` asked by a caller that is not a person.
    NoMe,
    LowercaseOperator,
    LeadingWildcard,
    UnknownAction,
    TimeTwice,
    /// An id that cannot be the id of any event.
    BadId,
    /// A text without a letter or digit.
    NoWords,
}

impl Code {
    /// Whether diagnostics with this code are errors or warnings.
    pub fn severity(self) -> Severity {
        match self {
            Self::LowercaseOperator
            | Self::LeadingWildcard
            | Self::UnknownAction
            | Self::TimeTwice
            | Self::BadId
            | Self::NoWords => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

/// A replacement that repairs the query: put `with` in place of `replace`. An empty `replace` inserts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// The place to replace, in UTF-16 code units.
    pub replace: Span,
    /// The text to put there.
    pub with: String,
}

/// One error or warning about a query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// Stable code.
    pub code: Code,
    /// One sentence for a person, without a final period.
    pub message: String,
    /// The place, in UTF-16 code units; never outside the text, and empty only if the text is.
    pub span: Span,
    /// The repair, if there is an obvious one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
}

impl Diagnostic {
    pub(crate) fn new(code: Code, span: Span, message: impl Into<String>, fix: Option<Fix>) -> Self {
        Self { severity: code.severity(), code, message: message.into(), span, fix }
    }

    /// Whether the query cannot run.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Column at which the note about a fix starts, so that several diagnostics line up below each other.
const FIX_COLUMN: usize = 78;
/// A replacement longer than this is not repeated in the note.
const FIX_SHOWN_CHARS_MAX: usize = 12;

/// Two lines for a terminal or a monospaced box: the query, and carets under the place with the message.
pub fn render_diagnostic(text: &str, diagnostic: &Diagnostic) -> String {
    let (start, end) = (byte_of(text, diagnostic.span.start), byte_of(text, diagnostic.span.end));
    let shown: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let carets = columns(&text[start..end]).max(1);
    let line =
        format!("{}{} {}", " ".repeat(columns(&text[..start])), "^".repeat(carets), diagnostic.message);
    let note = note(diagnostic);
    if note.is_empty() {
        return format!("{shown}\n{line}");
    }
    let note_start =
        if diagnostic.severity == Severity::Warning { FIX_COLUMN - WARNING.len() } else { FIX_COLUMN };
    let gap = note_start.saturating_sub(columns(&line)).max(1);
    format!("{shown}\n{line}{}{note}", " ".repeat(gap))
}

const WARNING: &str = "(warning)";

fn note(diagnostic: &Diagnostic) -> String {
    let mut note = if diagnostic.severity == Severity::Warning { WARNING.to_owned() } else { String::new() };
    if let Some(fix) = &diagnostic.fix {
        let already_said = diagnostic.message.contains(&format!("“{}”", fix.with));
        if fix.with.is_empty() || already_said || fix.with.chars().count() > FIX_SHOWN_CHARS_MAX {
            note.push_str("[fix]");
        } else {
            note.push_str("[fix → ");
            note.push_str(&fix.with);
            note.push(']');
        }
    }
    note
}

/// Terminal columns of a text: two for East Asian wide characters and emoji, so that carets stand under what they
/// mean.
fn columns(text: &str) -> usize {
    text.chars()
        .map(|c| match u32::from(c) {
            0x1100..=0x115F
            | 0x2E80..=0xA4CF
            | 0xAC00..=0xD7A3
            | 0xF900..=0xFAFF
            | 0xFE30..=0xFE6F
            | 0xFF00..=0xFF60
            | 0xFFE0..=0xFFE6
            | 0x1F300..=0x1FAFF
            | 0x20000..=0x3FFFD => 2,
            _ => 1,
        })
        .sum()
}
