//! Values against the type of their field: what may be compared, ranged over and starred, and whether they read as
//! what they must be.

use super::Parser;
use super::term::can_exist;
use crate::addr::Network;
use crate::ast::{Op, Test, Value};
use crate::diagnostic::Code;
use crate::fields::{FieldRef, Kind, nearest};
use crate::format::quoted;
use crate::lexer::Atom;
use crate::number;
use crate::time::{TimeExpr, ends_before_it_starts};

impl Parser<'_> {
    /// The test that one value with its operator makes.
    pub(super) fn check(&mut self, field: &FieldRef, op: Op, atom: &Atom) -> Option<Test> {
        let kind = field.field.def().kind;
        let place = (atom.start, atom.end);
        let ordered = matches!(kind, Kind::Number | Kind::Time | Kind::Open);
        if !matches!(op, Op::Eq | Op::Is) && !ordered {
            let message = format!("{field} cannot be compared with > or <");
            self.lexer.report(Code::NoOrder, place, message, None);
            return None;
        }
        if atom.pattern.as_literal().is_none() {
            return self.starred(field, op, atom);
        }
        let value = self.value(field, atom)?;
        // `=` says nothing more where equality is exact anyway; dropped, so that equal queries have equal texts.
        let always_exact = matches!(
            kind,
            Kind::Number | Kind::Time | Kind::Ip | Kind::Enum(..) | Kind::EventId | Kind::Opaque
        );
        let op = if op == Op::Is && always_exact { Op::Eq } else { op };
        Some(Test::Compare { op, value })
    }

    fn starred(&mut self, field: &FieldRef, op: Op, atom: &Atom) -> Option<Test> {
        let kind = field.field.def().kind;
        let place = (atom.start, atom.end);
        let exists = atom.pattern.is_any();
        if op != Op::Eq {
            self.lexer.report(Code::OpWithWildcard, place, "use either a comparison or *, not both", None);
            return None;
        }
        if exists && can_exist(field.field) {
            return Some(Test::Exists);
        }
        let reason = match kind {
            Kind::Ip => {
                "write a network as 10.0.0.0/8 or a range as 10.0.0.1..10.0.0.9 instead of *".to_owned()
            }
            Kind::Opaque | Kind::EventId => {
                format!("{field} is found by its whole value, so it does not take *")
            }
            Kind::Number | Kind::Time | Kind::Enum(..) => format!("{field} does not take *"),
            _ => {
                self.warn_leading_star(atom);
                return Some(Test::Glob { pattern: atom.pattern.clone() });
            }
        };
        self.lexer.report(Code::NoWildcard, place, reason, None);
        None
    }

    /// The test that a range makes; at least one end is there.
    pub(super) fn check_range(
        &mut self,
        field: &FieldRef,
        place: (usize, usize),
        from: Option<&Atom>,
        to: Option<&Atom>,
    ) -> Option<Test> {
        let kind = field.field.def().kind;
        if !matches!(kind, Kind::Number | Kind::Time | Kind::Ip | Kind::Open) {
            let message = format!("{field} has no order; ranges work on numbers, times and addresses");
            let fix = self.lexer.fix(place.0, place.1, quoted(&self.lexer.text[place.0..place.1]));
            self.lexer.report(Code::NoRanges, place, message, fix);
            return None;
        }
        let low = self.end_of_range(field, from);
        let high = self.end_of_range(field, to);
        let (low, high) = (low?, high?);
        if let (Some(low), Some(high), Some(from), Some(to)) = (&low, &high, from, to) {
            self.check_order(place, (low, from), (high, to))?;
        }
        Some(Test::Range { from: low, to: high })
    }

    /// `Some(None)` if the end is not written, `None` if it is wrong.
    #[expect(clippy::option_option, reason = "three outcomes: wrong, not written, a value")]
    fn end_of_range(&mut self, field: &FieldRef, atom: Option<&Atom>) -> Option<Option<Value>> {
        let Some(atom) = atom else { return Some(None) };
        let place = (atom.start, atom.end);
        if atom.pattern.as_literal().is_none() {
            let message = "an end of a range cannot have a *; leave it out for an open range";
            self.lexer.report(Code::NoWildcard, place, message, None);
            return None;
        }
        self.value(field, atom).map(Some)
    }

    fn check_order(
        &mut self,
        place: (usize, usize),
        low: (&Value, &Atom),
        high: (&Value, &Atom),
    ) -> Option<()> {
        let reversed = match (low.0, high.0) {
            (Value::Number(low), Value::Number(high)) => low > high,
            (Value::Time(low), Value::Time(high)) => ends_before_it_starts(low, high),
            (Value::Ip(low), Value::Ip(high)) if low.is_v4() != high.is_v4() => {
                let message = "both ends of a range must be IPv4, or both IPv6";
                self.lexer.report(Code::BadIp, place, message, None);
                return None;
            }
            (Value::Ip(low), Value::Ip(high)) => low.first() > high.last(),
            (Value::Text(first), Value::Text(second)) => {
                match (number::parse(first), number::parse(second)) {
                    (Some(low), Some(high)) => low > high,
                    (None, None) => number::text_reversed(first, second),
                    (low_number, _) => {
                        let (text, atom) =
                            if low_number.is_none() { (first, low.1) } else { (second, high.1) };
                        let message = format!("“{text}” is not a number, but the other end of the range is");
                        self.lexer.report(Code::BadNumber, (atom.start, atom.end), message, None);
                        return None;
                    }
                }
            }
            _ => false,
        };
        if reversed {
            let text = self.lexer.text;
            let swapped = format!("{}..{}", &text[high.1.start..high.1.end], &text[low.1.start..low.1.end]);
            let fix = self.lexer.fix(place.0, place.1, swapped);
            self.lexer.report(Code::ReversedRange, place, "the range ends before it starts", fix);
            return None;
        }
        Some(())
    }

    /// The value, read as the field's type.
    fn value(&mut self, field: &FieldRef, atom: &Atom) -> Option<Value> {
        let text = atom.pattern.as_literal().expect("callers have turned patterns with stars away");
        let place = (atom.start, atom.end);
        let fix_with = |parser: &Self, with: &str| parser.lexer.fix(place.0, place.1, with);
        let (code, message, fix) = match field.field.def().kind {
            Kind::Enum(words, short) => {
                let lower = text.to_lowercase();
                let long =
                    short.iter().find(|(short, _)| *short == lower).map_or(lower.as_str(), |(_, long)| long);
                if let Some(word) = words.iter().find(|word| **word == long) {
                    return Some(Value::Word(word));
                }
                let fix = nearest(&lower, words.iter().copied()).and_then(|near| fix_with(self, near));
                (Code::BadEnum, format!("{field} is one of {}", words.join(", ")), fix)
            }
            Kind::Number => match text.parse() {
                Ok(number) if text.bytes().all(|b| b.is_ascii_digit()) => return Some(Value::Number(number)),
                _ if number::parse(text).is_some() => {
                    (Code::BadNumber, format!("{field} is a whole number from 0 on, not “{text}”"), None)
                }
                _ => (Code::BadNumber, format!("“{text}” is not a number"), None),
            },
            Kind::Ip => match Network::parse(text) {
                Ok(network) => return Some(Value::Ip(network)),
                Err(message) => {
                    let network = message.rsplit(' ').next().filter(|_| message.starts_with("incomplete"));
                    let fix = network.and_then(|network| fix_with(self, network));
                    (Code::BadIp, message, fix)
                }
            },
            Kind::Time => match TimeExpr::parse(text) {
                Ok(time) => return Some(Value::Time(time)),
                Err(message) => (Code::BadTime, message, None),
            },
            Kind::EventId => {
                if text.parse::<tallystick_event::EventId>().is_err() {
                    let message =
                        format!("“{text}” is not an event id, so no event has it; ids look like evt_0199…");
                    self.lexer.report(Code::BadId, place, message, None);
                }
                return Some(Value::Text(text.to_owned()));
            }
            _ => return Some(Value::Text(text.to_owned())),
        };
        self.lexer.report(code, place, message, fix);
        None
    }
}
