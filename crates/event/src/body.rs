//! Splitting a request body into single events without parsing any of them.
//!
//! Not with the lazy iterator of the JSON library: it recurses without a limit, and a body of brackets would end the
//! process.

use crate::error::{BodyError, Errors};
use crate::json::{special, strict};
use crate::limits::Limits;

/// What the content type says of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// `application/json`: one object, or an array of objects.
    Json,
    /// `application/x-ndjson`: one object a line; blank lines do not count.
    Ndjson,
}

/// The events of a body, each as its slice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body<'a> {
    /// In the order of the body.
    pub events: Vec<&'a [u8]>,
    /// The body is one object and not a list of one.
    pub is_single: bool,
}

/// Splits a body. What is wrong inside an event is found when that event is parsed; an array whose brackets or strings
/// do not close is refused as a whole.
pub fn split_body<'a>(body: &'a [u8], kind: BodyKind, limits: &Limits) -> Result<Body<'a>, BodyError> {
    if body.len() > limits.batch_bytes_max {
        return Err(BodyError::TooLarge { bytes: body.len(), max: limits.batch_bytes_max });
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let trimmed = body.trim_ascii();
    let events = match (kind, trimmed.first()) {
        (_, None) => return Err(BodyError::Empty),
        (BodyKind::Ndjson, _) => lines(body, limits)?,
        (BodyKind::Json, Some(b'[')) => elements(body, limits)?,
        (BodyKind::Json, _) => return Ok(Body { events: vec![trimmed], is_single: true }),
    };
    if events.is_empty() { Err(BodyError::Empty) } else { Ok(Body { events, is_single: false }) }
}

fn lines<'a>(body: &'a [u8], limits: &Limits) -> Result<Vec<&'a [u8]>, BodyError> {
    let mut events = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest[..end].trim_ascii();
        rest = rest.get(end + 1..).unwrap_or_default();
        if !line.is_empty() {
            push(&mut events, line, limits)?;
        }
    }
    Ok(events)
}

fn push<'a>(events: &mut Vec<&'a [u8]>, event: &'a [u8], limits: &Limits) -> Result<(), BodyError> {
    if events.len() == limits.batch_events_max {
        return Err(BodyError::TooManyEvents { max: limits.batch_events_max });
    }
    events.push(event);
    Ok(())
}

/// Finds the elements of an array by their brackets and strings only. It does not recurse, so no nesting can exhaust
/// the stack; whether an element is JSON is for its parser to say.
fn elements<'a>(body: &'a [u8], limits: &Limits) -> Result<Vec<&'a [u8]>, BodyError> {
    let mut events = Vec::new();
    let mut at = skip_space(body, 0) + 1;
    loop {
        at = skip_space(body, at);
        if events.is_empty() && body.get(at) == Some(&b']') {
            break;
        }
        let end = element_end(body, at).filter(|end| *end > at).ok_or_else(|| explain(body))?;
        push(&mut events, &body[at..end], limits)?;
        at = skip_space(body, end);
        match body.get(at) {
            Some(b',') => at += 1,
            Some(b']') => break,
            _ => return Err(explain(body)),
        }
    }
    if skip_space(body, at + 1) == body.len() { Ok(events) } else { Err(explain(body)) }
}

fn skip_space(body: &[u8], at: usize) -> usize {
    let rest = body.get(at..).unwrap_or_default();
    at + rest.iter().position(|b| !is_space(*b)).unwrap_or(rest.len())
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Where the value that starts at `at` ends; `None` if the body ends first.
fn element_end(body: &[u8], at: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut i = at;
    loop {
        match body.get(i)? {
            b'"' => {
                i = string_end(body, i + 1)?;
                if depth == 0 {
                    return Some(i);
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return Some(i + depth),
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return Some(i),
            b if depth == 0 && is_space(*b) => return Some(i),
            _ => {}
        }
        i += 1;
    }
}

/// Where the string ends whose first character is at `at`.
fn string_end(body: &[u8], at: usize) -> Option<usize> {
    let mut i = at;
    loop {
        i += special::find(body.get(i..)?)?;
        match body[i] {
            b'"' => return Some(i + 1),
            b'\\' => i += 2,
            _ => i += 1,
        }
    }
}

fn explain(body: &[u8]) -> BodyError {
    match strict::parse(body, &mut Errors::default()) {
        Err(error) => BodyError::BadJson { offset: error.offset, message: error.message },
        Ok(_) => BodyError::BadJson { offset: 0, message: "an array of events is expected".into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(body: &str, kind: BodyKind) -> Result<Vec<String>, BodyError> {
        let limits = Limits { batch_events_max: 3, ..Limits::default() };
        let events = split_body(body.as_bytes(), kind, &limits)?.events;
        Ok(events.iter().map(|e| String::from_utf8(e.to_vec()).unwrap()).collect())
    }

    #[test]
    fn arrays() {
        assert_eq!(
            split(" [ {\"a\":[1,\"]\\\"\"]} , 7 ]\n", BodyKind::Json).unwrap(),
            ["{\"a\":[1,\"]\\\"\"]}", "7"]
        );
        for (body, offset) in
            [("[{}", 3), ("[{},]", 4), ("[{} {}]", 4), ("[{}] x", 5), ("[{\"a\":]", 6), ("[1", 2), ("[", 1)]
        {
            match split(body, BodyKind::Json) {
                Err(BodyError::BadJson { offset: found, .. }) => assert_eq!(found, offset, "{body}"),
                other => panic!("{body}: {other:?}"),
            }
        }
    }

    #[test]
    fn lines_and_blank_lines() {
        let body = "\u{feff}{\"a\":1}\r\n\n  \n{bad\n{\"b\":2}";
        assert_eq!(split(body, BodyKind::Ndjson).unwrap(), ["{\"a\":1}", "{bad", "{\"b\":2}"]);
    }

    #[test]
    fn nothing_and_too_much() {
        for (body, kind) in [("", BodyKind::Json), (" \n", BodyKind::Ndjson), (" [ ] ", BodyKind::Json)] {
            assert_eq!(split(body, kind), Err(BodyError::Empty), "{body:?}");
        }
        assert_eq!(split("[1,2,3,4]", BodyKind::Json), Err(BodyError::TooManyEvents { max: 3 }));
        assert_eq!(split("1\n2\n3\n4\n", BodyKind::Ndjson), Err(BodyError::TooManyEvents { max: 3 }));
        let limits = Limits { batch_bytes_max: 3, ..Limits::default() };
        assert_eq!(
            split_body(b"[{}]", BodyKind::Json, &limits),
            Err(BodyError::TooLarge { bytes: 4, max: 3 })
        );
    }
}
