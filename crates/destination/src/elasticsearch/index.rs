//! The name of the index, which may depend on the event: on when it happened and whose it is.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::BadSettings;

/// Longest name of an index, bytes (Elasticsearch and OpenSearch alike).
const NAME_BYTES_MAX: usize = 255;

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// For `strftime`.
    Date(String),
    Org,
}

/// The name of an index with what is to be put into it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Index(Vec<Part>);

impl Index {
    /// # Errors
    /// If no index can be called so.
    pub(super) fn parse(text: &str) -> Result<Self, BadSettings> {
        let bad = |why: &str| Err(BadSettings::new("index", why));
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { return bad("has a { without a }") };
            parts.push(Part::Literal(literal.to_owned()));
            parts.push(match (name, date_form(name)) {
                ("org", _) => Part::Org,
                (_, Some(form)) => Part::Date(form),
                _ => return bad("knows {org} and dates such as {yyyy.MM} and {yyyy.MM.dd}"),
            });
            rest = after;
        }
        parts.push(Part::Literal(rest.to_owned()));
        parts.retain(|part| *part != Part::Literal(String::new()));
        let literals = parts
            .iter()
            .filter_map(|part| if let Part::Literal(text) = part { Some(text.as_str()) } else { None });
        if literals.clone().any(|text| !text.bytes().all(is_fine)) {
            return bad("has characters that no index has: lower-case letters, digits, - _ and . are fine");
        }
        if text.starts_with(['-', '_', '+', '.']) || text.len() > NAME_BYTES_MAX {
            return bad("may not begin with - _ + or . nor have more than 255 bytes");
        }
        Ok(Self(parts))
    }

    /// The name for an event.
    pub(super) fn name(&self, org: &str, occurred_ms: i64) -> Cow<'_, str> {
        if let [Part::Literal(text)] = self.0.as_slice() {
            return Cow::Borrowed(text);
        }
        let date = Timestamp::from_millisecond(occurred_ms).unwrap_or_default().to_zoned(TimeZone::UTC);
        let mut name = String::new();
        for part in &self.0 {
            match part {
                Part::Literal(text) => name.push_str(text),
                Part::Date(form) => name.push_str(&date.strftime(form).to_string()),
                // Ids of organizations may have what no index has.
                Part::Org => {
                    name.extend(
                        org.to_ascii_lowercase().bytes().map(|b| if is_fine(b) { b as char } else { '_' }),
                    );
                }
            }
        }
        Cow::Owned(name)
    }
}

/// What any index may be called by any version.
fn is_fine(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte)
}

/// `yyyy.MM.dd` for `strftime`; none if it is no date.
fn date_form(name: &str) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    let parts = name.split_inclusive(['.', '-', '_']).map(|part| {
        let word = part.trim_end_matches(['.', '-', '_']);
        let form = match word {
            "yyyy" => "%Y",
            "MM" => "%m",
            "dd" => "%d",
            _ => return None,
        };
        Some(format!("{form}{}", &part[word.len()..]))
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::tests::HAPPENED_MS;

    #[test]
    fn names_follow_the_event() {
        let name = |text: &str| Index::parse(text).unwrap().name("Acme/EU", HAPPENED_MS).into_owned();
        assert_eq!(name("logs-tallystick.audit-default"), "logs-tallystick.audit-default");
        assert_eq!(name("audit-{yyyy.MM}"), "audit-2026.11");
        assert_eq!(name("audit-{yyyy-MM-dd}-{org}"), "audit-2026-11-22-acme_eu");
        assert_eq!(name("{yyyy}x"), "2026x");
    }

    #[test]
    fn what_no_index_is_called_is_not_taken() {
        for text in
            ["Audit", "a b", "a/b", "a*", "_audit", "-a", ".a", "a{", "a{x}", "a{yy}", "{}", &"a".repeat(256)]
        {
            assert_eq!(Index::parse(text).unwrap_err().field, "index", "{text}");
        }
    }
}
