//! From a key back to what a person can read.

use std::borrow::Cow;
use std::net::IpAddr;

use super::field::{Coding, Field};
use super::key::{
    CUT, CUT_TAIL, Side, TYPE_BOOL, TYPE_NUMBER, TYPE_TEXT, ip_of, part_len, source_in_key, unorder_f64,
    value_at,
};
use super::{Source, WordsSource};

/// A key taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded<'a> {
    /// The field.
    pub field: Field,
    /// The folded dotted path of a metadata or change value, the folded type of a `type/id` target.
    pub path: Option<Cow<'a, str>>,
    /// Before or after, for a change value.
    pub side: Option<Side>,
    /// The value.
    pub value: DecodedValue<'a>,
    /// The value is only the start of a longer one.
    pub cut: bool,
}

/// The value in a key.
#[derive(Debug, Clone, PartialEq)]
pub enum DecodedValue<'a> {
    /// A string, folded if the field is.
    Text(&'a str),
    /// A number.
    Number(f64),
    /// A boolean.
    Bool(bool),
    /// An address, v4-mapped ones as v4.
    Ip(IpAddr),
    /// The code of an outcome, of `has` or of `crud`.
    Code(u8),
}

impl DecodedValue<'_> {
    /// The value as text, numbers as JSON writes them, codes by their name (which needs the field).
    pub fn display(&self, field: Field) -> String {
        match self {
            DecodedValue::Text(text) => (*text).to_owned(),
            DecodedValue::Number(number) => crate::json::canonical::number_text(*number),
            DecodedValue::Bool(value) => value.to_string(),
            DecodedValue::Ip(ip) => ip.to_string(),
            DecodedValue::Code(code) => code_name(field, *code).map_or(code.to_string(), str::to_owned),
        }
    }
}

fn code_name(field: Field, code: u8) -> Option<&'static str> {
    match field {
        Field::Outcome => crate::Outcome::from_u8(code).map(crate::Outcome::as_str),
        Field::Crud => crate::crud::Crud::from_u8(code).map(crate::crud::Crud::name),
        Field::Has => super::Has::ALL.get(usize::from(code)).map(|h| h.name()),
        _ => None,
    }
}

/// Takes a key apart; `None` if the bytes are not a key.
pub fn decode_value(key: &[u8]) -> Option<Decoded<'_>> {
    let field = Field::from_tag(*key.first()?)?;
    let at = value_at(field, key)?;
    let raw = key.get(at..)?;
    let path = match field.coding() {
        Coding::PathValue | Coding::PathSideValue | Coding::TypeId => {
            let (path, _) = text_and_cut(&key[1..part_len(&key[1..])?])?;
            Some(Cow::Borrowed(path))
        }
        _ => None,
    };
    let side = match (field.coding(), key.get(at.wrapping_sub(2))) {
        (Coding::PathSideValue, Some(b'b')) => Some(Side::Before),
        (Coding::PathSideValue, Some(b'a')) => Some(Side::After),
        (Coding::PathSideValue, _) => return None,
        _ => None,
    };
    let (value, cut) = match field.coding() {
        Coding::Code => (DecodedValue::Code(*raw.first()?), false),
        Coding::Ip => (DecodedValue::Ip(ip_of(raw)?), false),
        Coding::PathValue | Coding::PathSideValue => typed(raw)?,
        Coding::Exact | Coding::Folded | Coding::Upper | Coding::TypeId => {
            let (text, cut) = text_and_cut(raw)?;
            (DecodedValue::Text(text), cut)
        }
    };
    Some(Decoded { field, path, side, value, cut })
}

/// What free text finds in a key, and whether that is only the start of a longer text (then the words of the whole
/// are known only to the event itself). `None` for values without text.
pub fn text_of_key(key: &[u8]) -> Option<(Cow<'_, str>, bool)> {
    let field = Field::from_tag(*key.first()?)?;
    if !field.is_text() {
        return None;
    }
    match source_in_key(key) {
        Source::Text(bytes) => text_and_cut(bytes).map(|(text, cut)| (Cow::Borrowed(text), cut)),
        other => WordsSource(other).text().map(|text| (text, false)),
    }
}

fn typed(raw: &[u8]) -> Option<(DecodedValue<'_>, bool)> {
    let (kind, value) = raw.split_first()?;
    match *kind {
        TYPE_BOOL => Some((DecodedValue::Bool(*value.first()? == 1), false)),
        TYPE_NUMBER => Some((DecodedValue::Number(unorder_f64(value.try_into().ok()?)), false)),
        TYPE_TEXT => text_and_cut(value).map(|(text, cut)| (DecodedValue::Text(text), cut)),
        _ => None,
    }
}

/// The text of a value or part and whether it is cut. Only the last bytes can tell, because a hash may have any byte.
fn text_and_cut(bytes: &[u8]) -> Option<(&str, bool)> {
    let start = bytes.len().checked_sub(CUT_TAIL).filter(|at| bytes[*at] == CUT);
    let text = std::str::from_utf8(&bytes[..start.unwrap_or(bytes.len())]).ok()?;
    Some((text, start.is_some()))
}
