//! The functions of `apply`: each takes a text and gives a text, or nothing, in which case the next
//! alternative of the field is tried.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::glob;
use crate::time;

/// One function with its arguments. `docs/formats/mapping.md` describes each.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Lower,
    Upper,
    /// Words in lower case joined by `_`: `AppInstance` becomes `app_instance`.
    Snake,
    Trim,
    /// A time in any known form as RFC 3339 UTC.
    Time,
    StripPrefix(String),
    StripSuffix(String),
    Prefix(String),
    Suffix(String),
    Replace(String, String),
    /// The part with this number between separators; negative numbers count from the end.
    Split(String, i64),
    /// What comes after the first occurrence; the whole text when there is none.
    After(String),
    /// What comes before the first occurrence; the whole text when there is none.
    Before(String),
    /// An exact table; `*` is the entry for everything else.
    Map(BTreeMap<String, String>),
    /// Patterns in order.
    Glob(Vec<(String, String)>),
    /// Number ranges in order, both ends included.
    Ranges(Vec<(f64, f64, String)>),
    /// The elements of an array of texts and numbers, joined. Only as the first step.
    Join(String),
}

impl Step {
    /// Runs the function.
    pub(crate) fn run<'t>(&'t self, text: Cow<'t, str>) -> Option<Cow<'t, str>> {
        match self {
            Step::Lower => Some(text.to_lowercase().into()),
            Step::Upper => Some(text.to_uppercase().into()),
            Step::Snake => Some(snake(&text).into()),
            Step::Trim => Some(narrow(text, str::trim)),
            Step::Time => time::rfc3339(&text).map(Cow::Owned),
            Step::StripPrefix(prefix) => Some(narrow(text, |t| t.strip_prefix(prefix.as_str()).unwrap_or(t))),
            Step::StripSuffix(suffix) => Some(narrow(text, |t| t.strip_suffix(suffix.as_str()).unwrap_or(t))),
            Step::Prefix(prefix) => Some(format!("{prefix}{text}").into()),
            Step::Suffix(suffix) => Some(format!("{text}{suffix}").into()),
            Step::Replace(from, to) => Some(text.replace(from.as_str(), to).into()),
            Step::Split(separator, number) => {
                part(&text, separator, *number).map(str::to_owned).map(Cow::Owned)
            }
            Step::After(mark) => Some(narrow(text, |t| t.split_once(mark.as_str()).map_or(t, |(_, t)| t))),
            Step::Before(mark) => Some(narrow(text, |t| t.split_once(mark.as_str()).map_or(t, |(t, _)| t))),
            Step::Map(table) => {
                table.get(text.as_ref()).or_else(|| table.get("*")).map(|to| to.as_str().into())
            }
            Step::Glob(patterns) => patterns
                .iter()
                .find(|(pattern, _)| glob::matches(pattern, &text))
                .map(|(_, to)| to.as_str().into()),
            Step::Ranges(ranges) => {
                let number: f64 = text.trim().parse().ok()?;
                let range = ranges.iter().find(|(from, to, _)| (*from..=*to).contains(&number));
                range.map(|(_, _, to)| to.as_str().into())
            }
            // A text is what an array of one element would join to.
            Step::Join(_) => Some(text),
        }
    }
}

/// A scalar as text. Null and the empty text count as absent.
pub(crate) fn scalar_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) if !text.is_empty() => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(truth) => Some(Cow::Borrowed(if *truth { "true" } else { "false" })),
        _ => None,
    }
}

/// The elements of an array of scalars joined; `None` when there is nothing to join, or when an element
/// is itself an array or object.
pub(crate) fn join(value: &Value, separator: &str) -> Option<String> {
    let parts: Option<Vec<_>> = value.as_array()?.iter().map(scalar_text).collect();
    parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join(separator))
}

/// Words in lower case joined by `_`. A new word starts at a capital after a small letter or digit, at
/// the last capital of a run (`IPAddress`), and after anything that is not a letter or digit.
pub(crate) fn snake(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len() + 4);
    for (at, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            if !out.is_empty() && !out.ends_with('_') {
                out.push('_');
            }
            continue;
        }
        let before = at.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(at + 1);
        let starts_word = c.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase()
                    || b.is_numeric()
                    || (b.is_uppercase() && after.is_some_and(|a| a.is_lowercase()))
            });
        if starts_word && !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out.truncate(out.trim_end_matches('_').len());
    out
}

fn part<'t>(text: &'t str, separator: &str, number: i64) -> Option<&'t str> {
    if number >= 0 {
        text.split(separator).nth(number as usize)
    } else {
        text.rsplit(separator).nth((-(number + 1)) as usize)
    }
}

fn narrow<'t>(text: Cow<'t, str>, cut: impl for<'x> Fn(&'x str) -> &'x str) -> Cow<'t, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(cut(text)),
        Cow::Owned(text) => {
            let cut = cut(&text);
            if cut.len() == text.len() { Cow::Owned(text) } else { Cow::Owned(cut.to_owned()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(step: &Step, text: &str) -> Option<String> {
        step.run(text.into()).map(Cow::into_owned)
    }

    #[test]
    fn changes_spelling() {
        assert_eq!(run(&Step::Lower, "ÄB"), Some("äb".into()));
        assert_eq!(run(&Step::Upper, "us"), Some("US".into()));
        for (text, expected) in [
            ("AppInstance", "app_instance"),
            ("IP address", "ip_address"),
            ("IPAddress", "ip_address"),
            ("KMS::Key", "kms_key"),
            ("SAML_2_0", "saml_2_0"),
            ("--x--", "x"),
            ("User", "user"),
        ] {
            assert_eq!(snake(text), expected, "{text}");
        }
    }

    #[test]
    fn cuts_and_adds() {
        assert_eq!(run(&Step::StripSuffix(".amazonaws.com".into()), "s3.amazonaws.com"), Some("s3".into()));
        assert_eq!(run(&Step::StripPrefix("x".into()), "abc"), Some("abc".into()));
        assert_eq!(run(&Step::Prefix("k8s.".into()), "get"), Some("k8s.get".into()));
        assert_eq!(run(&Step::Split(":".into(), 1), "a:b:c"), Some("b".into()));
        assert_eq!(run(&Step::Split(":".into(), -1), "a:b:c"), Some("c".into()));
        assert_eq!(run(&Step::Split(":".into(), 3), "a:b:c"), None);
        assert_eq!(run(&Step::Split(":".into(), i64::MIN), "a"), None);
        assert_eq!(run(&Step::After("/".into()), "role/x/y"), Some("x/y".into()));
        assert_eq!(run(&Step::Before("/".into()), "role/x/y"), Some("role".into()));
        assert_eq!(run(&Step::Replace("::".into(), "_".into()), "A::B"), Some("A_B".into()));
    }

    #[test]
    fn looks_up() {
        let table = Step::Map([("ALLOW".to_owned(), "success".to_owned())].into());
        assert_eq!(run(&table, "ALLOW"), Some("success".into()));
        assert_eq!(run(&table, "other"), None);
        let codes = Step::Ranges(vec![(401.0, 401.0, "denied".into()), (400.0, 599.0, "failure".into())]);
        assert_eq!(run(&codes, "401"), Some("denied".into()));
        assert_eq!(run(&codes, "500"), Some("failure".into()));
        assert_eq!(run(&codes, "200"), None);
        assert_eq!(run(&codes, "x"), None);
    }

    #[test]
    fn joins_scalars_only() {
        assert_eq!(join(&json!(["a", 1, true]), ", "), Some("a, 1, true".into()));
        assert_eq!(join(&json!(["a", {}]), ", "), None);
        assert_eq!(join(&json!([]), ", "), None);
    }
}
