//! One record of a copy against what the log has in its place. The event is rendered anew, as the stream did it, and
//! both must be the same: so everything in a record is compared, in every format.

use std::borrow::Cow;

use serde_json::Value;
use tallystick_delivery::streams::{Mask, MaskMethod};
use tallystick_format::{FormatName, Media, Place, render, render_native};

use super::{
    copied::{Copied, Form},
    expected::Expected,
    recognize,
};

/// Members that are named of one record at most.
const NAMED_MAX: usize = 8;
/// What a mask puts before what it has hashed, and how many digits follow.
const HASHED: &str = "hmac-sha256:";
const HASH_DIGITS: usize = 64;
/// What Elasticsearch is given besides formats that have none.
const TIMESTAMP: &str = "@timestamp";
/// Where OCSF 1.9 has a hash over the record: over what the stream has hashed as well.
const FINGERPRINT: &str = "attestation_list.fingerprint.value";

/// How far a record was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Check {
    /// All of it.
    Whole,
    /// All but what the stream has hashed, or what was not to be compared.
    Part,
    /// Only id and leaf hash: parts of the event are not in the log any more.
    LeafHash,
}

/// What a record is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The log has the same.
    Same(Check),
    /// The log has this event at this place, but not so: the members that differ.
    Changed(Vec<String>),
    /// The log has no such event: why.
    Unknown(String),
}

/// What is not compared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    /// What the stream masks.
    pub(crate) mask: Mask,
    /// Members of records that are not to be compared, by their path.
    pub(crate) except: Mask,
}

impl Rules {
    /// `except` are paths, such as `actor.email`.
    pub(crate) fn new(mask: Mask, except: &[String]) -> Self {
        Self { mask, except: Mask { fields: except.to_vec(), method: MaskMethod::Drop } }
    }

    fn check(&self) -> Check {
        if self.has_hashes() || !self.except.is_empty() { Check::Part } else { Check::Whole }
    }

    fn has_hashes(&self) -> bool {
        !self.mask.is_empty() && self.mask.method == MaskMethod::Hash
    }

    /// Compares a record with what the log has at its place.
    pub(crate) fn verdict(&self, copied: &Copied, expected: &Expected, origin: &str, org: &str) -> Verdict {
        let is_same_leaf = copied.leaf_hash.is_none_or(|hash| hash == expected.leaf_hash);
        let claims_leaf = copied.leaf_hash.is_some() && is_same_leaf;
        if copied.id != expected.id && !claims_leaf {
            return Verdict::Unknown(format!("the log has {} at seq {}", expected.id, expected.seq));
        }
        if expected.is_erased {
            let is_same = copied.id == expected.id && is_same_leaf;
            let named = if copied.id == expected.id { "leaf hash" } else { "id" };
            return if is_same {
                Verdict::Same(Check::LeafHash)
            } else {
                Verdict::Changed(vec![named.to_owned()])
            };
        }
        let rendered = match self.rendered(copied, expected, origin, org) {
            Ok(rendered) => rendered,
            Err(why) => return Verdict::Changed(vec![why]),
        };
        if *rendered == *copied.bytes {
            return Verdict::Same(self.check());
        }
        let differing = match copied.form {
            Form::Stream(format) if format.media() == Media::Line => {
                self.lines(format, &rendered, &copied.bytes)
            }
            _ => self.values(&rendered, &copied.bytes),
        };
        if differing.is_empty() { Verdict::Same(self.check()) } else { Verdict::Changed(differing) }
    }

    /// The event as the record should be.
    fn rendered<'e>(
        &self,
        copied: &Copied,
        expected: &'e Expected,
        origin: &str,
        org: &str,
    ) -> Result<Cow<'e, [u8]>, String> {
        let place = Place {
            org,
            org_name: copied.said.org_name.as_deref(),
            log: origin,
            seq: expected.seq,
            event_id: &expected.id,
            leaf_hash: &expected.leaf_hash,
            received_ms: expected.received_ms,
            product: &copied.said.product,
            version: &copied.said.version,
        };
        let format = match copied.form {
            Form::Export => return Ok(Cow::Borrowed(&expected.event)),
            Form::Stream(format) => format,
        };
        let mut out = Vec::with_capacity(expected.event.len() + 512);
        let rendered = if format == FormatName::Native && self.mask.is_empty() {
            render_native(&expected.event, &place, &mut out)
        } else {
            let mut event: Value =
                serde_json::from_slice(&expected.event).map_err(|error| error.to_string())?;
            // The key of the hashes stays in the service: that a hash stands there is all that is compared.
            self.mask.apply(&mut event, b"");
            render(format, &event, &place, &mut out)
        };
        rendered.map(|()| Cow::Owned(out)).map_err(|error| error.to_string())
    }

    fn values(&self, rendered: &[u8], copied: &[u8]) -> Vec<String> {
        let parsed = |bytes| serde_json::from_slice::<Value>(bytes);
        let (Ok(mut wanted), Ok(mut found)) = (parsed(rendered), parsed(copied)) else {
            return vec!["all of it".to_owned()];
        };
        let hashes = Mask { fields: vec![FINGERPRINT.to_owned()], method: MaskMethod::Drop };
        for value in [&mut wanted, &mut found] {
            self.except.apply(value, b"");
            if self.has_hashes() {
                hashes.apply(value, b"");
            }
        }
        if wanted.get(TIMESTAMP).is_none()
            && let Some(members) = found.as_object_mut()
        {
            members.remove(TIMESTAMP);
        }
        let mut differences = Differences { has_hashes: self.has_hashes(), named: Vec::new() };
        differences.note("", &wanted, &found);
        differences.named
    }

    fn lines(&self, format: FormatName, rendered: &[u8], copied: &[u8]) -> Vec<String> {
        let pairs = |bytes| {
            let text = std::str::from_utf8(bytes).ok()?;
            let mut pairs = recognize::pairs(format, text)?;
            pairs.retain(|(key, _)| !self.except.fields.contains(key));
            Some(pairs)
        };
        let (Some(wanted), Some(found)) = (pairs(rendered), pairs(copied)) else {
            return vec!["all of it".to_owned()];
        };
        let of = |pairs: &[(String, String)], key: &str| -> Vec<String> {
            let of_key = pairs.iter().filter(|(known, _)| known == key);
            let value = |value| if self.has_hashes() { unhashed(value) } else { Cow::Borrowed(value) };
            of_key.map(|(_, of_key)| value(of_key).into_owned()).collect()
        };
        let mut named: Vec<String> = Vec::new();
        for (key, _) in wanted.iter().chain(&found) {
            if !named.contains(key) && of(&wanted, key) != of(&found, key) && named.len() < NAMED_MAX {
                named.push(key.clone());
            }
        }
        named
    }
}

/// The members in which two values differ.
struct Differences {
    /// Whether the stream has put hashes where the log has texts.
    has_hashes: bool,
    named: Vec<String>,
}

impl Differences {
    fn note(&mut self, path: &str, wanted: &Value, found: &Value) {
        if self.named.len() >= NAMED_MAX || self.is_same(wanted, found) {
            return;
        }
        let within = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match (wanted, found) {
            (Value::Object(wanted), Value::Object(found)) => {
                for (name, value) in wanted {
                    self.note(&within(name), value, found.get(name).unwrap_or(&Value::Null));
                    if value.is_null() && !found.contains_key(name) {
                        self.named.push(within(name));
                    }
                }
                for name in found.keys().filter(|name| !wanted.contains_key(*name)) {
                    if self.named.len() < NAMED_MAX {
                        self.named.push(format!("{} (added)", within(name)));
                    }
                }
            }
            (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
                for (number, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                    self.note(&format!("{path}[{number}]"), wanted, found);
                }
            }
            _ => self.named.push(if path.is_empty() { "all of it".to_owned() } else { path.to_owned() }),
        }
    }

    /// Whether two values mean the same: other programs write numbers in their own way.
    fn is_same(&self, wanted: &Value, found: &Value) -> bool {
        match (wanted, found) {
            (Value::Number(wanted), Value::Number(found)) => {
                wanted == found || (!wanted.is_u64() && wanted.as_f64() == found.as_f64())
            }
            (Value::String(wanted), Value::String(found)) => {
                wanted == found
                    || (self.has_hashes && wanted.contains(HASHED) && unhashed(wanted) == unhashed(found))
            }
            (wanted, found) => wanted == found,
        }
    }
}

/// A text with `*` in the place of the digits of each hash.
fn unhashed(text: &str) -> Cow<'_, str> {
    if !text.contains(HASHED) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(HASHED) {
        let (before, after) = rest.split_at(at + HASHED.len());
        out.push_str(before);
        let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
        let digits = after.bytes().take(HASH_DIGITS).take_while(is_digit).count();
        if digits == HASH_DIGITS {
            out.push('*');
        }
        rest = &after[if digits == HASH_DIGITS { HASH_DIGITS } else { 0 }..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
