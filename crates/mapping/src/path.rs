//! Paths into a record: `a.b[0].c`, `annotations."a.dotted/name"`, `$alias.member`, `^.member` for the
//! whole record inside `each`, and `.` for the element itself.

use std::fmt;

use serde_json::Value;

/// A parsed path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) root: Root,
    pub(crate) segments: Vec<Segment>,
    text: String,
}

/// Where a path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    /// The element of `each` or `members`; the record outside of them.
    Current,
    /// The record.
    Record,
    /// The alias with this number.
    Alias(usize),
}

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    Member(String),
    Index(usize),
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Path {
    /// Reads a path; `aliases` are the names that `$name` may use. The error is a sentence.
    pub(crate) fn parse(text: &str, aliases: &[String]) -> Result<Path, String> {
        let (root, rest) = parse_root(text, aliases)?;
        let segments = parse_segments(rest, text)?;
        if segments.is_empty() && root == Root::Current && text != "." {
            return Err("an empty path".to_owned());
        }
        Ok(Path { root, segments, text: text.to_owned() })
    }

    /// The element itself.
    pub(crate) fn current() -> Path {
        Path { root: Root::Current, segments: Vec::new(), text: ".".to_owned() }
    }

    /// Follows the segments from `start`.
    pub(crate) fn follow<'v>(&self, start: &'v Value) -> Option<&'v Value> {
        let mut at = start;
        for segment in &self.segments {
            at = match segment {
                Segment::Member(name) => at.as_object()?.get(name.as_str())?,
                Segment::Index(index) => at.as_array()?.get(*index)?,
            };
        }
        Some(at)
    }

    /// The path as a JSON pointer from its root.
    pub(crate) fn pointer(&self) -> String {
        let mut out = String::new();
        for segment in &self.segments {
            out.push('/');
            match segment {
                Segment::Member(name) => push_escaped(&mut out, name),
                Segment::Index(index) => out.push_str(&index.to_string()),
            }
        }
        out
    }
}

/// Appends one JSON pointer token (RFC 6901).
pub(crate) fn push_escaped(out: &mut String, token: &str) {
    for c in token.chars() {
        match c {
            '~' => out.push_str("~0"),
            '/' => out.push_str("~1"),
            c => out.push(c),
        }
    }
}

fn parse_root<'t>(text: &'t str, aliases: &[String]) -> Result<(Root, &'t str), String> {
    if text == "." {
        return Ok((Root::Current, ""));
    }
    if let Some(rest) = text.strip_prefix('^') {
        return match rest.strip_prefix('.') {
            Some(rest) => Ok((Root::Record, rest)),
            None if rest.is_empty() => Ok((Root::Record, "")),
            None => Err("after `^` comes a `.`".to_owned()),
        };
    }
    let Some(rest) = text.strip_prefix('$') else { return Ok((Root::Current, text)) };
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    let number = aliases.iter().position(|alias| alias == name);
    let number = number.ok_or_else(|| format!("no alias `{name}` is defined under [alias]"))?;
    Ok((Root::Alias(number), rest.strip_prefix('.').unwrap_or(rest)))
}

fn parse_segments(mut rest: &str, whole: &str) -> Result<Vec<Segment>, String> {
    let mut segments = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let (number, after) =
                after.split_once(']').ok_or_else(|| format!("`[` without `]` in `{whole}`"))?;
            let index = number.parse().map_err(|_| format!("`[{number}]` is not an index in `{whole}`"))?;
            segments.push(Segment::Index(index));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('"') {
            let (name, after) =
                after.split_once('"').ok_or_else(|| format!("`\"` is not closed in `{whole}`"))?;
            segments.push(Segment::Member(name.to_owned()));
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            if name.is_empty() || name.contains('"') {
                return Err(format!("a member name is missing or half quoted in `{whole}`"));
            }
            segments.push(Segment::Member(name.to_owned()));
            rest = after;
        }
        if let Some(after) = rest.strip_prefix('.') {
            if after.is_empty() {
                return Err(format!("`{whole}` ends with a `.`"));
            }
            rest = after;
        } else if !rest.is_empty() && !rest.starts_with('[') {
            return Err(format!("a `.` is missing in `{whole}`"));
        }
    }
    Ok(segments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn get(path: &str, value: &Value) -> Option<Value> {
        Path::parse(path, &["p".to_owned()]).unwrap().follow(value).cloned()
    }

    #[test]
    fn follows_members_indexes_and_quoted_names() {
        let value = json!({"a": {"b": [{"c": 1}, {"c": 2}], "x.y/z": {"k": true}}});
        assert_eq!(get("a.b[1].c", &value), Some(json!(2)));
        assert_eq!(get("a.\"x.y/z\".k", &value), Some(json!(true)));
        assert_eq!(get("a.b[2].c", &value), None);
        assert_eq!(get("a.b.c", &value), None);
        assert_eq!(get(".", &value), Some(value));
    }

    #[test]
    fn names_its_root() {
        let aliases = ["p".to_owned()];
        assert_eq!(Path::parse("$p.m", &aliases).unwrap().root, Root::Alias(0));
        assert_eq!(Path::parse("^.m", &aliases).unwrap().root, Root::Record);
        assert_eq!(Path::parse("^.m[0].\"a/b\"", &aliases).unwrap().pointer(), "/m/0/a~1b");
    }

    #[test]
    fn refuses_what_is_not_a_path() {
        for bad in ["", "a.", "a..b", "a[x]", "a[0", "a\"b\"", "\"a", "$q.x", "^x", "a[0]b", ".a"] {
            assert!(Path::parse(bad, &["p".to_owned()]).is_err(), "{bad}");
        }
    }
}
