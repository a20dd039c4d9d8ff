//! Records that are lines of text, CEF and LEEF, with or without what syslog puts before them.

use tallystick_format::FormatName;

use super::{Found, leaf_hash};
use crate::reconcile::copied::{Form, Said};

const CEF: &str = "CEF:1|";
const LEEF: &str = "LEEF:2.0|";
/// Parts of the header of CEF before the extension, and of LEEF before the attributes.
const CEF_PARTS: usize = 7;
const LEEF_PARTS: usize = 6;

/// What a line says of its event, and the line without what stands before it.
pub(super) fn of_line(text: &str) -> Option<(Form, Found, &str)> {
    let (format, at) = match (text.find(CEF), text.find(LEEF)) {
        (Some(at), None) => (FormatName::Cef, at),
        (None, Some(at)) => (FormatName::Leef, at),
        (Some(cef), Some(leef)) if cef < leef => (FormatName::Cef, cef),
        (Some(_), Some(leef)) => (FormatName::Leef, leef),
        (None, None) => return None,
    };
    let line = &text[at..];
    let (header, pairs) = split(format, line)?;
    let value = |key: &str| pairs.iter().find(|(known, _)| *known == key).map(|(_, value)| value.as_str());
    let [id, seq, log, hash, org] = match format {
        FormatName::Cef => ["externalId", "cn1", "cs1", "cs2", "deviceExternalId"],
        _ => ["eventId", "seq", "log", "leafHash", "realm"],
    };
    let found = Found {
        id: value(id)?.to_owned(),
        seq: value(seq)?.parse().ok()?,
        log: Some(value(log)?.to_owned()),
        org: value(org).map(str::to_owned),
        leaf_hash: Some(leaf_hash(value(hash).unwrap_or_default())),
        said: Said { product: header[1].clone(), version: header[3].clone(), org_name: None },
    };
    Some((Form::Stream(format), found, line))
}

/// The keys and values of a line, the parts of its header under their numbers.
pub(crate) fn pairs(format: FormatName, line: &str) -> Option<Vec<(String, String)>> {
    let (header, pairs) = split(format, line)?;
    let header = header.into_iter().enumerate().map(|(number, part)| (format!("header {number}"), part));
    Some(header.chain(pairs.into_iter().map(|(key, value)| (key.to_owned(), value))).collect())
}

/// The parts of a header, and keys with their values.
type Split<'a> = (Vec<String>, Vec<(&'a str, String)>);

fn split(format: FormatName, line: &str) -> Option<Split<'_>> {
    let parts = if format == FormatName::Cef { CEF_PARTS } else { LEEF_PARTS };
    let (header, rest) = header(line, parts, format == FormatName::Cef)?;
    let pairs = if format == FormatName::Cef { extension(rest) } else { attributes(rest) };
    Some((header, pairs))
}

/// The parts before the last `|` of the header, and what stands behind it.
fn header(line: &str, parts: usize, is_escaped: bool) -> Option<(Vec<String>, &str)> {
    let mut found = Vec::with_capacity(parts);
    let mut part = String::new();
    let mut chars = line.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if is_escaped => part.push(chars.next()?.1),
            '|' => {
                found.push(std::mem::take(&mut part));
                if found.len() == parts {
                    return Some((found, &line[at + 1..]));
                }
            }
            c => part.push(c),
        }
    }
    None
}

/// `key=value key=value`: a value goes on until the blank before the next key.
fn extension(text: &str) -> Vec<(&str, String)> {
    let is_escaped = |at: usize| text[..at].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
    let signs: Vec<usize> = text.match_indices('=').map(|(at, _)| at).filter(|at| !is_escaped(*at)).collect();
    let key_of = |sign: usize| text[..sign].rfind(' ').map_or(0, |blank| blank + 1);
    let mut found = Vec::with_capacity(signs.len());
    for (number, sign) in signs.iter().enumerate() {
        let end = signs.get(number + 1).map_or(text.len(), |next| key_of(*next).saturating_sub(1));
        let value = text.get(sign + 1..end).unwrap_or_default();
        found.push((&text[key_of(*sign)..*sign], unescaped(value)));
    }
    found
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let meant = if c == '\\' { chars.next() } else { Some(c) };
        match (c, meant) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('r')) => out.push('\r'),
            (_, meant) => out.extend(meant),
        }
    }
    out
}

fn attributes(text: &str) -> Vec<(&str, String)> {
    text.split('\t')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key, value.to_owned()))
        .collect()
}
