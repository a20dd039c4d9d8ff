//! Building keys, the same way for the index and for a query.

use std::net::IpAddr;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::field::{Coding, Field, Has, Opaque};
use super::{Source, ip_from_bytes};
use crate::text;

/// Stands between the parts of a key. Parts other than the last cannot contain it (see [`push_part`]).
pub const SEPARATOR: u8 = 0x1f;
/// A value longer than this (after folding) is stored cut, bytes.
pub const LONG_KEY_BYTES: usize = 200;
/// No UTF-8 text has this byte: it marks a cut value, and the eight bytes of the whole value's hash follow.
pub(super) const CUT: u8 = 0xff;
pub(super) const CUT_TAIL: usize = 9;

pub(super) const TYPE_BOOL: u8 = 1;
pub(super) const TYPE_NUMBER: u8 = 2;
pub(super) const TYPE_TEXT: u8 = 3;

/// A scalar as metadata and changes hold it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TypedValue<'a> {
    /// JSON true or false.
    Bool(bool),
    /// A finite JSON number.
    Number(f64),
    /// A JSON string, folded by the functions that take it.
    Text(&'a str),
}

/// Before or after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// `old`
    Before,
    /// `new`
    After,
}

impl Side {
    pub(super) const fn byte(self) -> u8 {
        match self {
            Side::Before => b'b',
            Side::After => b'a',
        }
    }
}

/// Key of a text value of a field coded exact, folded or upper-case; long values are cut.
pub fn key_text(field: Field, value: &str) -> Vec<u8> {
    let mut key = vec![field.tag()];
    match field.coding() {
        Coding::Exact => push_cut(&mut key, value),
        Coding::Upper => push_cut(&mut key, &value.to_ascii_uppercase()),
        _ => push_cut(&mut key, &text::fold(value)),
    };
    key
}

/// Start of the keys of all values that start with `value`, for a scan. The result can be too wide (a value longer
/// than [`LONG_KEY_BYTES`] is only known by its start), so check the text of each hit.
pub fn text_prefix(field: Field, value: &str) -> Vec<u8> {
    let mut key = vec![field.tag()];
    let start = match field.coding() {
        Coding::Exact => value.into(),
        Coding::Upper => value.to_ascii_uppercase().into(),
        _ => text::fold(value),
    };
    key.extend_from_slice(start_of(&start).as_bytes());
    key
}

/// Key of an address.
pub fn key_ip(ip: IpAddr) -> Vec<u8> {
    let v6 = match ip {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    let mut key = vec![Field::Ip.tag()];
    key.extend_from_slice(&v6.octets());
    key
}

/// Key of a field with a one-byte code (`outcome`, `crud`).
pub fn key_code(field: Field, code: u8) -> Vec<u8> {
    vec![field.tag(), code]
}

/// Key of `has:`.
pub fn key_has(has: Has) -> Vec<u8> {
    key_code(Field::Has, has as u8)
}

/// Key of `schema:action@version`.
pub fn key_schema(action: &str, version: u32) -> Vec<u8> {
    key_text(Field::Schema, &format!("{action}@{version}"))
}

/// Key of `target:type/id`.
pub fn key_target(kind: &str, id: &str) -> Vec<u8> {
    let mut key = type_prefix(kind);
    push_cut(&mut key, id);
    key
}

/// Start of the keys of all targets of a type.
pub fn type_prefix(kind: &str) -> Vec<u8> {
    let mut key = vec![Field::TargetTypeId.tag()];
    push_part(&mut key, &text::fold(kind));
    key
}

/// Start of the keys of all targets of a type whose id starts with `id`.
pub fn target_prefix(kind: &str, id: &str) -> Vec<u8> {
    let mut key = type_prefix(kind);
    key.extend_from_slice(start_of(id).as_bytes());
    key
}

/// Key of a value at a dotted path of a metadata field.
pub fn key_path(field: Field, path: &str, value: TypedValue<'_>) -> Vec<u8> {
    let mut key = path_prefix(field, path);
    push_typed(&mut key, value);
    key
}

/// Start of the keys of all values at a dotted path of a metadata field or of `changes`.
pub fn path_prefix(field: Field, path: &str) -> Vec<u8> {
    let mut key = vec![field.tag()];
    push_part(&mut key, &text::fold(path));
    key
}

/// Key of a value before or after a change at a dotted path.
pub fn key_change(path: &str, side: Side, value: TypedValue<'_>) -> Vec<u8> {
    let mut key = side_prefix(path, side);
    push_typed(&mut key, value);
    key
}

/// Start of the keys of all values before or after a change at a dotted path.
pub fn side_prefix(path: &str, side: Side) -> Vec<u8> {
    let mut key = path_prefix(Field::ChangeValue, path);
    key.extend_from_slice(&[side.byte(), SEPARATOR]);
    key
}

/// The first key after all keys that start with `prefix`; `None` if there is no upper bound.
pub fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|b| *b != 0xff)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

/// Hash of an id that is not in the dictionary.
pub fn opaque_hash(kind: Opaque, exact: &[u8]) -> u64 {
    xxh3_64_with_seed(exact, kind as u64)
}

/// The stored form of a value: itself, or if it is longer than [`LONG_KEY_BYTES`] its start, 0xFF and a hash of it.
pub fn long_key(value: &str) -> Vec<u8> {
    let mut out = Vec::new();
    push_cut(&mut out, value);
    out
}

/// Eight bytes that sort as the numbers do.
pub fn order_f64(number: f64) -> [u8; 8] {
    let number = if number == 0.0 { 0.0 } else { number };
    let bits = number.to_bits();
    let ordered = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    ordered.to_be_bytes()
}

pub(super) fn unorder_f64(bytes: [u8; 8]) -> f64 {
    let ordered = u64::from_be_bytes(bytes);
    f64::from_bits(if ordered >> 63 == 1 { ordered & !(1 << 63) } else { !ordered })
}

/// Appends a folded value, cut if it is long. Says whether it was cut.
pub(super) fn push_cut(key: &mut Vec<u8>, value: &str) -> bool {
    key.extend_from_slice(start_of(value).as_bytes());
    let cut = value.len() > LONG_KEY_BYTES;
    if cut {
        key.push(CUT);
        key.extend_from_slice(&xxh3_64(value.as_bytes()).to_be_bytes());
    }
    cut
}

/// Appends a folded path or type and the separator. Control characters become U+FFFD, so that no name can look like
/// a separator.
pub(super) fn push_part(key: &mut Vec<u8>, part: &str) {
    if part.bytes().any(|b| b < 0x20) {
        let clean: String =
            part.chars().map(|c| if c < ' ' { char::REPLACEMENT_CHARACTER } else { c }).collect();
        push_cut(key, &clean);
    } else {
        push_cut(key, part);
    }
    key.push(SEPARATOR);
}

fn push_typed(key: &mut Vec<u8>, value: TypedValue<'_>) {
    match value {
        TypedValue::Bool(value) => key.extend_from_slice(&[TYPE_BOOL, u8::from(value)]),
        TypedValue::Number(value) => {
            key.push(TYPE_NUMBER);
            key.extend_from_slice(&order_f64(value));
        }
        TypedValue::Text(value) => {
            key.push(TYPE_TEXT);
            push_cut(key, &text::fold(value));
        }
    }
}

fn start_of(value: &str) -> &str {
    &value[..value.floor_char_boundary(LONG_KEY_BYTES)]
}

/// Length of a part including its separator. A cut part's hash may contain the separator's byte.
pub(super) fn part_len(bytes: &[u8]) -> Option<usize> {
    let end = bytes.iter().position(|b| matches!(*b, SEPARATOR | CUT))?;
    let end = if bytes[end] == CUT { end + CUT_TAIL } else { end };
    (bytes.get(end) == Some(&SEPARATOR)).then_some(end + 1)
}

/// Offset of the (typed) value in a key of this field.
pub(super) fn value_at(field: Field, key: &[u8]) -> Option<usize> {
    match field.coding() {
        Coding::PathValue | Coding::TypeId => Some(1 + part_len(&key[1..])?),
        Coding::PathSideValue => Some(1 + part_len(&key[1..])? + 2),
        _ => Some(1),
    }
}

/// The text in a key that is not cut.
pub(super) fn source_in_key(key: &[u8]) -> Source<'_> {
    let Some(field) = key.first().and_then(|tag| Field::from_tag(*tag)) else { return Source::None };
    let Some(value) = value_at(field, key).and_then(|at| key.get(at..)) else { return Source::None };
    match field.coding() {
        Coding::Ip => value.try_into().map_or(Source::None, Source::Ip),
        Coding::PathValue | Coding::PathSideValue => match value.split_first() {
            Some((&TYPE_TEXT, text)) => Source::Text(text),
            _ => Source::None,
        },
        _ => Source::Text(value),
    }
}

/// The address of an `ip` key.
pub(super) fn ip_of(value: &[u8]) -> Option<IpAddr> {
    value.try_into().ok().map(ip_from_bytes)
}
