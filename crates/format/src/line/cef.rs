//! Common Event Format, version 1: `CEF:1|vendor|product|version|class|name|severity|key=value key=value …`.
//!
//! In the header `\` and `|` are escaped, in values `\`, `=` and line ends (as `\n`, `\r`); other control characters
//! become spaces. Lengths are those of the implementation standard; what is longer is cut, in characters.

use std::net::IpAddr;

use super::text::{LONG_CHARS_MAX, VALUE_CHARS_MAX, breaks_lines, cut, member, targets};
use crate::kind::Kind;
use crate::place::Place;
use crate::severity;
use crate::view::{Party, View};

/// Characters of header fields.
const PRODUCT_CHARS_MAX: usize = 63;
const VERSION_CHARS_MAX: usize = 31;
const CLASS_CHARS_MAX: usize = 1_023;
const NAME_CHARS_MAX: usize = 512;
/// Characters of keys that have less than [`VALUE_CHARS_MAX`].
const EXTERNAL_ID_CHARS_MAX: usize = 40;
const ACT_CHARS_MAX: usize = 63;
const DEVICE_ID_CHARS_MAX: usize = 255;

/// Appends the event.
pub(crate) fn write(out: &mut Vec<u8>, view: &View<'_>, place: &Place<'_>) {
    out.extend_from_slice(b"CEF:1");
    let sentence = view.sentence();
    header(out, place.product, PRODUCT_CHARS_MAX);
    header(out, place.product, PRODUCT_CHARS_MAX);
    header(out, place.version, VERSION_CHARS_MAX);
    header(out, view.action, CLASS_CHARS_MAX);
    header(out, &sentence, NAME_CHARS_MAX);
    header(out, &severity::of_ten(view.outcome).to_string(), PRODUCT_CHARS_MAX);
    out.push(b'|');
    let mut pairs = Pairs { out, first: true };
    stands(&mut pairs, view, place);
    who(&mut pairs, view);
    pairs.add("msg", &sentence, VALUE_CHARS_MAX);
    what(&mut pairs, view);
}

/// When and where in the log: these are never cut off by a receiver that cuts lines.
fn stands(pairs: &mut Pairs<'_>, view: &View<'_>, place: &Place<'_>) {
    pairs.add("rt", &place.received_ms.to_string(), VALUE_CHARS_MAX);
    pairs.add("start", &view.occurred_ms.to_string(), VALUE_CHARS_MAX);
    pairs.add("externalId", place.event_id, EXTERNAL_ID_CHARS_MAX);
    pairs.labelled("cn1", "seq", &place.seq.to_string(), VALUE_CHARS_MAX);
    pairs.labelled("cs1", "log", place.log, LONG_CHARS_MAX);
    pairs.labelled("cs2", "leafHash", &hex::encode(place.leaf_hash), LONG_CHARS_MAX);
    pairs.add("deviceExternalId", place.org, DEVICE_ID_CHARS_MAX);
    pairs.add("act", view.action, ACT_CHARS_MAX);
    pairs.add("outcome", view.outcome.as_str(), VALUE_CHARS_MAX);
    pairs.add("reason", view.reason.unwrap_or(""), VALUE_CHARS_MAX);
}

/// Who, to whom, from where.
fn who(pairs: &mut Pairs<'_>, view: &View<'_>) {
    if let Some(actor) = &view.actor {
        pairs.add("suid", actor.id.unwrap_or(""), VALUE_CHARS_MAX);
        pairs.add("suser", actor.label().unwrap_or(""), VALUE_CHARS_MAX);
        pairs.labelled("cs3", "actorType", actor.kind, LONG_CHARS_MAX);
    }
    if let Some(target) = view.targets.iter().find(|target| Kind::of(target.kind).has_account()) {
        pairs.add("duid", target.id.unwrap_or(""), VALUE_CHARS_MAX);
        pairs.add("duser", target.label().unwrap_or(""), VALUE_CHARS_MAX);
    }
    if let Some(file) = view.targets.iter().find(|target| Kind::of(target.kind) == Kind::File) {
        pairs.add("fname", file.label().unwrap_or(""), VALUE_CHARS_MAX);
    }
    match view.ip.map(|text| (text, text.parse::<IpAddr>())) {
        Some((_, Ok(IpAddr::V4(ip)))) => {
            pairs.add("src", &ip.to_string(), VALUE_CHARS_MAX);
        }
        // `src` takes IPv4 only.
        Some((_, Ok(IpAddr::V6(ip)))) => {
            pairs.labelled("c6a2", "Source IPv6 Address", &ip.to_string(), VALUE_CHARS_MAX);
        }
        Some((text, Err(_))) => {
            pairs.add("shost", text, VALUE_CHARS_MAX);
        }
        None => {}
    }
    pairs.add("requestClientApplication", view.user_agent.unwrap_or(""), VALUE_CHARS_MAX);
    pairs.labelled("flexString1", "requestId", view.request_id.unwrap_or(""), VALUE_CHARS_MAX);
    pairs.labelled("flexString2", "sessionId", view.session_id.unwrap_or(""), VALUE_CHARS_MAX);
}

/// To what, and what changed.
fn what(pairs: &mut Pairs<'_>, view: &View<'_>) {
    pairs.labelled("cs4", "targets", &targets(&view.targets), LONG_CHARS_MAX);
    pairs.labelled("cs5", "changes", &member(view, "changes"), LONG_CHARS_MAX);
    pairs.labelled("cs6", "metadata", &member(view, "metadata"), LONG_CHARS_MAX);
    // Standard keys are used up: this one is ours, as the format allows.
    let behalf: Vec<&str> = view.on_behalf_of.iter().filter_map(Party::label).collect();
    pairs.add("tallystickOnBehalfOf", &behalf.join("; "), VALUE_CHARS_MAX);
}

fn header(out: &mut Vec<u8>, text: &str, chars_max: usize) {
    out.push(b'|');
    for c in cut(text, chars_max).chars() {
        match c {
            '\\' => out.extend_from_slice(b"\\\\"),
            '|' => out.extend_from_slice(b"\\|"),
            c if breaks_lines(c) => out.push(b' '),
            c => push(out, c),
        }
    }
}

/// The extension under construction.
struct Pairs<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl Pairs<'_> {
    /// A pair, if there is a value; whether there is.
    fn add(&mut self, key: &str, value: &str, chars_max: usize) -> bool {
        let safe = |c| if breaks_lines(c) && c != '\n' && c != '\r' { ' ' } else { c };
        let value: String = value.chars().map(safe).collect();
        let value = cut(value.trim(), chars_max).trim_end();
        if value.is_empty() {
            return false;
        }
        if !self.first {
            self.out.push(b' ');
        }
        self.first = false;
        self.out.extend_from_slice(key.as_bytes());
        self.out.push(b'=');
        for c in value.chars() {
            match c {
                '\\' => self.out.extend_from_slice(b"\\\\"),
                '=' => self.out.extend_from_slice(b"\\="),
                '\n' => self.out.extend_from_slice(b"\\n"),
                '\r' => self.out.extend_from_slice(b"\\r"),
                c => push(self.out, c),
            }
        }
        true
    }

    /// A pair whose key says nothing, with the label that does.
    fn labelled(&mut self, key: &str, label: &str, value: &str, chars_max: usize) {
        if self.add(key, value, chars_max) {
            self.add(&format!("{key}Label"), label, VALUE_CHARS_MAX);
        }
    }
}

fn push(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}
