//! Parsers of CEF and LEEF that read character by character, as their documents say: slow, and of no use but to be
//! right.

use std::collections::BTreeMap;

/// A parsed line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) header: Vec<String>,
    pub(crate) pairs: BTreeMap<String, String>,
}

/// `CEF:1|…|key=value key=value`. A key begins where a space is followed by letters and digits and an unescaped `=`.
pub(crate) fn cef(line: &str) -> Line {
    let mut header = vec![String::new()];
    let mut chars = line.chars();
    while header.len() < 8 {
        match chars.next().expect("a header has seven bars") {
            '\\' => header.last_mut().unwrap().push(chars.next().unwrap()),
            '|' => header.push(String::new()),
            c => header.last_mut().unwrap().push(c),
        }
    }
    header.pop();
    let rest: Vec<char> = chars.collect();
    // Where an unescaped `=` stands, the word before it is a key.
    let mut equals = Vec::new();
    let mut at = 0;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 1,
            '=' => equals.push(at),
            _ => {}
        }
        at += 1;
    }
    let starts: Vec<usize> = equals
        .iter()
        .map(|equal| rest[..*equal].iter().rposition(|c| *c == ' ').map_or(0, |space| space + 1))
        .collect();
    let mut pairs = BTreeMap::new();
    for (index, (start, equal)) in starts.iter().zip(&equals).enumerate() {
        let end = starts.get(index + 1).map_or(rest.len(), |next| next - 1);
        let key: String = rest[*start..*equal].iter().collect();
        assert!(!key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric()), "{key:?} in {line}");
        let mut value = String::new();
        let mut raw = rest[equal + 1..end].iter();
        while let Some(c) = raw.next() {
            value.push(match c {
                '\\' => match raw.next().expect("an escape escapes something") {
                    'n' => '\n',
                    'r' => '\r',
                    c @ ('\\' | '=') => *c,
                    c => panic!("\\{c} is no escape"),
                },
                c => *c,
            });
        }
        assert!(pairs.insert(key.clone(), value).is_none(), "{key} twice in {line}");
    }
    Line { header, pairs }
}

/// `LEEF:2.0|…|x09|key=value<TAB>key=value`.
pub(crate) fn leef(line: &str) -> Line {
    let mut parts = line.splitn(7, '|');
    let header: Vec<String> = parts.by_ref().take(6).map(str::to_owned).collect();
    assert_eq!(header[5], "x09");
    let mut pairs = BTreeMap::new();
    for pair in parts.next().unwrap().split('\t') {
        let (key, value) = pair.split_once('=').expect("a pair has an =");
        assert!(!key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric()), "{key:?} in {line}");
        assert!(pairs.insert(key.to_owned(), value.to_owned()).is_none(), "{key} twice in {line}");
    }
    Line { header, pairs }
}
