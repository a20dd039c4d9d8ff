//! Free JSON of an event (`metadata`, `old`, `new`) as a tree that borrows from the input.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::limits::{MEMBER_NAME_BYTES_MAX, SAFE_INTEGER_MAX};

/// Members of an object, sorted by name in canonical order once read.
pub(crate) type Members<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

/// A JSON value that passed the checks of I-JSON (RFC 7493).
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    /// Finite, never -0, and an integer only within ±(2^53-1) or printed with an exponent.
    Number(f64),
    String(Cow<'a, str>),
    Array(Vec<Value<'a>>),
    Object(Members<'a>),
}

impl Value<'_> {
    /// What JSON calls it, for messages.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }
}

/// Order of member names: by UTF-16 code units, which differs from byte order only above U+FFFF.
#[inline]
pub fn name_order(a: &str, b: &str) -> Ordering {
    /// The first byte of characters from U+E000 on, which are among or behind surrogates.
    const PRIVATE_USE: u8 = 0xee;
    match a.bytes().zip(b.bytes()).find(|(a, b)| a != b) {
        None => a.len().cmp(&b.len()),
        Some((a, b)) if a < PRIVATE_USE && b < PRIVATE_USE => a.cmp(&b),
        Some(_) => a.encode_utf16().cmp(b.encode_utf16()),
    }
}

/// Sorts members; `Err` has the index of the first of two with one name.
pub(crate) fn sort_members(members: &mut Members<'_>) -> Result<(), usize> {
    if members.is_sorted_by(|a, b| name_order(&a.0, &b.0) == Ordering::Less) {
        return Ok(());
    }
    members.sort_by(|a, b| name_order(&a.0, &b.0));
    members.windows(2).position(|pair| pair[0].0 == pair[1].0).map_or(Ok(()), Err)
}

/// Whether a number read from a literal with a fraction or an exponent is one that every reader reads back: its
/// canonical form must not be an integer beyond 2^53-1.
pub(crate) fn is_safe_float(number: f64) -> bool {
    /// From here on ECMAScript prints an exponent.
    const EXPONENT_FROM: f64 = 1e21;
    number.is_finite() && (number.abs() <= SAFE_INTEGER_MAX as f64 || number.abs() >= EXPONENT_FROM)
}

/// Reads a value whose arrays and objects nest at most so many levels. Whatever it refuses is read again by
/// [`super::strict`], which decides and explains, so the errors here are never seen.
#[derive(Clone, Copy)]
pub(crate) struct ValueSeed(pub(crate) usize);

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value<'de>, E> {
        if value > SAFE_INTEGER_MAX as u64 {
            return Err(E::custom("unsafe integer"));
        }
        Ok(Value::Number(value as f64))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value<'de>, E> {
        if value.unsigned_abs() > SAFE_INTEGER_MAX as u64 {
            return Err(E::custom("unsafe integer"));
        }
        Ok(Value::Number(value as f64))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value<'de>, E> {
        // Beyond, only the literal tells an integer from a float: left to the strict parser.
        if value.is_finite() && value.abs() <= SAFE_INTEGER_MAX as f64 {
            return Ok(Value::Number(if value == 0.0 { 0.0 } else { value }));
        }
        Err(E::custom("number needs a closer look"))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element_seed(inner)? {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value<'de>, A::Error> {
        self.members(map).map(Value::Object)
    }
}

impl ValueSeed {
    fn deeper<E: de::Error>(self) -> Result<ValueSeed, E> {
        self.0.checked_sub(1).map(ValueSeed).ok_or_else(|| E::custom("too deep"))
    }

    /// The members of an object, sorted.
    pub(crate) fn members<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut members = Vec::with_capacity(4);
        while let Some(name) = map.next_key_seed(NameSeed)? {
            members.push((name, map.next_value_seed(inner)?));
        }
        sort_members(&mut members).map_err(|_| de::Error::custom("duplicate member"))?;
        Ok(members)
    }
}

/// Reads a member's name without copying it unless it has escapes.
pub(crate) struct NameSeed;

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for NameSeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Cow<'de, str>, E> {
        fits(name)?;
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Cow<'de, str>, E> {
        fits(name)?;
        Ok(Cow::Owned(name.to_owned()))
    }
}

fn fits<E: de::Error>(name: &str) -> Result<(), E> {
    if name.len() <= MEMBER_NAME_BYTES_MAX { Ok(()) } else { Err(E::custom("member name too long")) }
}
