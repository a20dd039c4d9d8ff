//! Writes drawn events as JSON, straight into the buffer. It exists because the generator shares two cores with the
//! server that it measures: a serializer would cost more than the server's own parser.

use super::draw::{Drawn, Draws, NOTE_WORDS};
use super::vocabulary::{COUNTRIES, FIRST_NAMES, LAST_NAMES, ORIGINS, REGIONS, ROLES, TEAMS, Vocabulary};
use crate::seeded::mix;

const HEX: &[u8; 16] = b"0123456789abcdef";
const DAY_MS: i64 = 86_400_000;

/// Everything that formatting needs besides the event's choices.
pub(super) struct Formatter {
    pub(super) seed: u64,
    pub(super) vocabulary: Vocabulary,
    pub(super) actions: Vec<String>,
    /// The day of the date below, so that it is computed once a day and not once an event.
    day: i64,
    date: [u8; 11],
}

impl Formatter {
    pub(super) fn new(seed: u64, vocabulary: Vocabulary, actions: Vec<String>) -> Self {
        Self { seed, vocabulary, actions, day: i64::MIN, date: *b"1970-01-01T" }
    }

    /// Appends one event, without a line break.
    pub(super) fn write(&mut self, out: &mut Vec<u8>, drawn: &Drawn) {
        self.turn_to_day(drawn.occurred_ms.div_euclid(DAY_MS));
        out.extend_from_slice(br#"{"org":"#);
        quoted_id(out, b"org_", u64::from(drawn.org), 4);
        out.extend_from_slice(br#","action":""#);
        let action = self.actions[usize::from(drawn.action)].as_bytes();
        out.extend_from_slice(action);
        out.extend_from_slice(br#"","occurred_at":""#);
        self.time(out, drawn.occurred_ms);
        out.extend_from_slice(br#"","actor":"#);
        actor(out, drawn);
        out.extend_from_slice(br#","targets":[{"type":""#);
        let resource = action.split(|&byte| byte == b'.').next().unwrap_or(action);
        out.extend_from_slice(resource);
        out.extend_from_slice(br#"","id":"#);
        quoted_id(out, b"t_", u64::from(drawn.target), 7);
        out.extend_from_slice(br#","name":""#);
        self.target_name(out, drawn.target);
        out.extend_from_slice(br#""}],"context":"#);
        self.context(out, drawn);
        self.outcome(out, drawn);
        if drawn.bits % 100 < 15 {
            changes(out, drawn);
        }
        self.metadata(out, drawn);
        out.push(b'}');
    }

    fn turn_to_day(&mut self, day: i64) {
        if day != self.day {
            self.day = day;
            let (year, month, of_month) = civil(day);
            let mut date = Vec::with_capacity(11);
            padded(&mut date, year as u64, 4);
            date.push(b'-');
            padded(&mut date, month as u64, 2);
            date.push(b'-');
            padded(&mut date, of_month as u64, 2);
            date.push(b'T');
            self.date.copy_from_slice(&date);
        }
    }

    /// `2026-11-20T10:00:00.123Z`, on the day turned to.
    fn time(&self, out: &mut Vec<u8>, ms: i64) {
        let rest = ms.rem_euclid(DAY_MS) as u64;
        out.extend_from_slice(&self.date);
        padded(out, rest / 3_600_000, 2);
        out.push(b':');
        padded(out, rest / 60_000 % 60, 2);
        out.push(b':');
        padded(out, rest / 1000 % 60, 2);
        out.push(b'.');
        padded(out, rest % 1000, 3);
        out.push(b'Z');
    }

    /// A target keeps its name: two words that follow from its number.
    fn target_name(&self, out: &mut Vec<u8>, target: u32) {
        let bits = mix(u64::from(target) ^ 0x7a);
        let words = &self.vocabulary.words;
        out.extend_from_slice(words[bits as usize % words.len()].as_bytes());
        out.push(b' ');
        out.extend_from_slice(words[(bits >> 32) as usize % words.len()].as_bytes());
    }

    fn context(&self, out: &mut Vec<u8>, drawn: &Drawn) {
        let of_actor = mix(u64::from(drawn.actor) ^ 0x51ed);
        out.extend_from_slice(br#"{"ip":""#);
        address(out, drawn);
        out.extend_from_slice(br#"","country":""#);
        out.extend_from_slice(pick(COUNTRIES, of_actor).as_bytes());
        out.extend_from_slice(br#"","user_agent":""#);
        let agents = &self.vocabulary.user_agents;
        out.extend_from_slice(agents[(of_actor >> 20) as usize % agents.len()].as_bytes());
        out.extend_from_slice(br#"","origin":""#);
        out.extend_from_slice(pick(ORIGINS, drawn.bits >> 7).as_bytes());
        out.extend_from_slice(br#"","request_id":"req_"#);
        hex(out, drawn.request(self.seed));
        out.extend_from_slice(br#"","session_id":"ses_"#);
        hex(out, drawn.session_bits(self.seed));
        out.extend_from_slice(br#""}"#);
    }

    fn outcome(&self, out: &mut Vec<u8>, drawn: &Drawn) {
        let outcome: &[u8] = match drawn.bits >> 10 & 0x7f {
            0..=4 => br#"failure","reason":""#,
            5..=7 => br#"denied","reason":""#,
            _ => return out.extend_from_slice(br#","outcome":"success""#),
        };
        out.extend_from_slice(br#","outcome":""#);
        out.extend_from_slice(outcome);
        self.words(out, &drawn.note[..4]);
        out.push(b'"');
    }

    fn words(&self, out: &mut Vec<u8>, note: &[u16]) {
        for (at, &word) in note.iter().enumerate() {
            if at > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(self.vocabulary.words[usize::from(word)].as_bytes());
        }
    }

    fn metadata(&self, out: &mut Vec<u8>, drawn: &Drawn) {
        out.extend_from_slice(br#","metadata":{"note":""#);
        let count = NOTE_WORDS - (drawn.bits >> 40) as usize % 3;
        self.words(out, &drawn.note[..count]);
        out.extend_from_slice(br#"","region":""#);
        out.extend_from_slice(pick(REGIONS, drawn.bits >> 17).as_bytes());
        out.extend_from_slice(br#"","duration_ms":"#);
        decimal(out, drawn.bits >> 20 & 0xfff);
        out.extend_from_slice(br#","request":{"bytes":"#);
        decimal(out, drawn.bits >> 32 & 0xffff);
        out.extend_from_slice(br#","service":""#);
        out.extend_from_slice(pick(TEAMS, drawn.bits >> 50).as_bytes());
        out.extend_from_slice(br#"-api"}}"#);
    }
}

/// The next `count` events, each followed by `separator`.
pub(super) fn fill(
    formatter: &mut Formatter,
    draws: &mut Draws,
    out: &mut Vec<u8>,
    count: usize,
    separator: u8,
) {
    // One reservation a batch: growth inside the loop would copy what is already written.
    out.reserve(count * 900);
    for _ in 0..count {
        let drawn = draws.next();
        formatter.write(out, &drawn);
        out.push(separator);
    }
}

fn actor(out: &mut Vec<u8>, drawn: &Drawn) {
    let bits = mix(u64::from(drawn.actor));
    let (first, last) = (pick(FIRST_NAMES, bits), pick(LAST_NAMES, bits >> 16));
    out.extend_from_slice(br#"{"type":"user","id":"#);
    quoted_id(out, b"u_", u64::from(drawn.actor), 6);
    out.extend_from_slice(br#","name":""#);
    out.extend_from_slice(first.as_bytes());
    out.push(b' ');
    out.extend_from_slice(last.as_bytes());
    out.extend_from_slice(br#"","email":""#);
    out.extend(first.bytes().map(|byte| byte.to_ascii_lowercase()));
    out.push(b'.');
    decimal(out, u64::from(drawn.actor));
    out.extend_from_slice(b"@org");
    decimal(out, u64::from(drawn.org));
    out.extend_from_slice(br#".example","metadata":{"role":""#);
    out.extend_from_slice(pick(ROLES, bits >> 24).as_bytes());
    out.extend_from_slice(br#""}}"#);
}

/// One of three addresses of the actor; one actor in eight has IPv6.
fn address(out: &mut Vec<u8>, drawn: &Drawn) {
    let bits = mix(u64::from(drawn.actor) << 2 | u64::from(drawn.session % 3));
    if drawn.actor % 8 == 3 {
        out.extend_from_slice(b"2001:db8:");
        hex4(out, (bits >> 48) as u16 | 0x1000);
        out.extend_from_slice(b"::");
        hex4(out, bits as u16 | 0x1000);
        return;
    }
    for (at, shift) in [0, 8, 16].into_iter().enumerate() {
        out.extend_from_slice(if at == 0 { b"10." } else { b"." });
        decimal(out, bits >> shift & 0xff);
    }
}

/// One or two changed values.
fn changes(out: &mut Vec<u8>, drawn: &Drawn) {
    let old = drawn.bits >> 33 & 0x3f;
    out.extend_from_slice(br#","changes":[{"path":"/levels/0/timeout","op":"replace","old":"#);
    decimal(out, old);
    out.extend_from_slice(br#","new":"#);
    decimal(out, old + 5);
    out.push(b'}');
    if drawn.bits >> 39 & 1 == 1 {
        out.extend_from_slice(br#",{"path":"/owner","op":"replace","old":""#);
        out.extend_from_slice(pick(TEAMS, drawn.bits >> 42).as_bytes());
        out.extend_from_slice(br#"","new":""#);
        out.extend_from_slice(pick(TEAMS, drawn.bits >> 45).as_bytes());
        out.extend_from_slice(br#""}"#);
    }
    out.push(b']');
}

#[inline]
fn pick(items: &'static [&'static str], bits: u64) -> &'static str {
    items[(bits & 0xffff) as usize % items.len()]
}

/// A quoted id: prefix and a number with leading zeros.
fn quoted_id(out: &mut Vec<u8>, prefix: &[u8], number: u64, width: usize) {
    out.push(b'"');
    out.extend_from_slice(prefix);
    padded(out, number, width);
    out.push(b'"');
}

/// A number with leading zeros; longer than `width` if it has to be.
#[inline]
fn padded(out: &mut Vec<u8>, number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut at = 20;
    let mut rest = number;
    while rest > 0 || at > 20 - width {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits[at..]);
}

#[inline]
fn decimal(out: &mut Vec<u8>, number: u64) {
    padded(out, number, 1);
}

#[inline]
fn hex(out: &mut Vec<u8>, bits: u64) {
    let digits: [u8; 16] = std::array::from_fn(|at| HEX[(bits >> (60 - 4 * at) & 15) as usize]);
    out.extend_from_slice(&digits);
}

#[inline]
fn hex4(out: &mut Vec<u8>, bits: u16) {
    let digits: [u8; 4] = std::array::from_fn(|at| HEX[usize::from(bits >> (12 - 4 * at) & 15)]);
    out.extend_from_slice(&digits);
}

/// Year, month and day of a day since 1970-01-01 (Howard Hinnant's algorithm, years after 1970 only).
fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * of_year + 2) / 153;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    (
        shifted / 146_097 * 400 + year_of_era + i64::from(month <= 2),
        month,
        of_year - (153 * month_index + 2) / 5 + 1,
    )
}
