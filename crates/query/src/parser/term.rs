//! One term: free text, `field:value,value`, `field:( ... )`, and plain values inside such a group.

use super::{Context, Parser};
use crate::ast::{Item, Node, Op, Term};
use crate::diagnostic::Code;
use crate::fields::{Field, FieldRef, Kind, Lookup, entity_fields, lookup, nearest_name};
use crate::format::quoted;
use crate::lexer::{Atom, Name, Place};
use crate::limits::{LIST_VALUES_MAX, QUERY_TERMS_MAX};
use crate::phrase;

impl Parser<'_> {
    pub(super) fn term(&mut self, context: &Context) -> Option<Node> {
        let start = self.lexer.pos;
        self.terms += 1;
        if self.terms > QUERY_TERMS_MAX {
            let end = self.lexer.text.len();
            self.lexer.report(
                Code::TooManyTerms,
                (start, end),
                format!("more than {QUERY_TERMS_MAX} terms"),
                None,
            );
            self.lexer.stop();
            return None;
        }
        let name = self.lexer.name();
        match (context, name) {
            (Context::Top, Some(name)) => {
                let field = self.top_field(&name);
                self.field_term(&name, field)
            }
            (Context::Top, None) => Some(self.text()),
            (Context::Group(group), Some(name)) if group.field.def().kind == Kind::Entity => {
                let field = self.sub_field(group, &name);
                self.field_term(&name, field)
            }
            (Context::Group(group), Some(name)) if lookup(&name.segments) != Lookup::Unknown => {
                self.foreign_field(group, &name);
                None
            }
            (Context::Group(group), _) => self.values(Some(group), start),
            (Context::Unknown, _) => self.values(None, start),
        }
    }

    fn text(&mut self) -> Node {
        let atom = self.lexer.atom(Place::Text);
        let place = (atom.start, atom.end);
        let raw = &self.lexer.text[atom.start..atom.end];
        let operator = ["AND", "OR", "NOT"].into_iter().find(|operator| operator.eq_ignore_ascii_case(raw));
        if let Some(operator) = operator {
            let fix = self.lexer.fix(atom.start, atom.end, operator);
            let message = format!("“{raw}” is searched as a word; operators are written in capitals");
            self.lexer.report(Code::LowercaseOperator, place, message, fix);
        }
        if !atom.pattern.is_any() && phrase::words_of(&atom.pattern).is_empty() {
            let message = "there is no letter or digit in this, so no event matches it";
            self.lexer.report(Code::NoWords, place, message, None);
        }
        self.warn_leading_star(&atom);
        Node::Text { pattern: atom.pattern, span: self.lexer.map.span(place.0, place.1) }
    }

    pub(super) fn warn_leading_star(&mut self, atom: &Atom) {
        if atom.pattern.prefix().is_empty() && atom.pattern.parts.len() > 1 && !atom.pattern.is_any() {
            let message = "a leading * reads every distinct value; it can be slow";
            self.lexer.report(Code::LeadingWildcard, (atom.start, atom.end), message, None);
        }
    }

    fn top_field(&mut self, name: &Name) -> Option<FieldRef> {
        let start = self.lexer.pos;
        match lookup(&name.segments) {
            Lookup::Found(field) => return Some(field),
            Lookup::KeyMissing(def) => {
                let message = format!("{} needs a key, as in {}.plan:x", def.name, def.name);
                self.lexer.report(Code::UnknownField, (start, name.colon), message, None);
                return None;
            }
            Lookup::Unknown => {}
        }
        let written = &self.lexer.text[start..name.colon];
        if let Some(near) = nearest_name(written) {
            let message = format!("no field “{written}”; did you mean “{near}”?");
            let fix = self.lexer.fix(start, name.colon, near);
            self.lexer.report(Code::UnknownField, (start, name.colon), message, fix);
        } else {
            let message = format!("no field “{written}”; to search this text, put it in quotes");
            let fix = self.quote_word(start);
            self.lexer.report(Code::UnknownField, (start, name.colon), message, fix);
        }
        None
    }

    fn sub_field(&mut self, group: &FieldRef, name: &Name) -> Option<FieldRef> {
        let start = self.lexer.pos;
        let entity = group.field.def().name;
        let segments: Vec<String> =
            std::iter::once(entity.to_owned()).chain(name.segments.iter().cloned()).collect();
        match lookup(&segments) {
            Lookup::Found(field) => return Some(field),
            Lookup::KeyMissing(_) => {
                let message = "metadata needs a key, as in metadata.plan:x";
                self.lexer.report(Code::UnknownField, (start, name.colon), message, None);
            }
            Lookup::Unknown => {
                let written = &self.lexer.text[start..name.colon];
                let known = entity_fields(group.field);
                let message = format!("“{written}” is not a field of {entity}; use {known} or metadata.*");
                let fix = self.quote_word(start);
                self.lexer.report(Code::UnknownField, (start, name.colon), message, fix);
            }
        }
        None
    }

    /// Another field inside a group of values: `action:(a OR outcome:failure)`.
    fn foreign_field(&mut self, group: &FieldRef, name: &Name) {
        let start = self.lexer.pos;
        let written = &self.lexer.text[start..name.colon];
        let message =
            format!("inside {group}:( ) stand only its values, not “{written}:”; quote it if it is one");
        let fix = self.quote_word(start);
        self.lexer.report(Code::UnknownField, (start, name.colon), message, fix);
        self.lexer.pos = name.colon + 1;
        if !self.lexer.at_term_end() {
            self.lexer.atom(Place::Text);
        }
    }

    /// Puts the whole word at `start` in quotes.
    fn quote_word(&self, start: usize) -> Option<crate::Fix> {
        let word = self.lexer.text[start..]
            .split(|c| crate::lexer::is_space(c) || c == ')')
            .next()
            .unwrap_or_default();
        self.lexer.fix(start, start + word.len(), quoted(word))
    }

    /// What follows `name:`. A field that does not exist is read all the same, to find its end.
    fn field_term(&mut self, name: &Name, field: Option<FieldRef>) -> Option<Node> {
        let start = self.lexer.pos;
        self.lexer.pos = name.colon + 1;
        if self.lexer.at_term_end() {
            let written = &self.lexer.text[start..name.colon];
            let message = format!("“{written}:” needs a value right after the colon (no space)");
            self.lexer.report(Code::MissingValue, (name.colon, name.colon + 1), message, None);
            return None;
        }
        if self.lexer.peek() != Some('(') {
            return self.values(field.as_ref(), start);
        }
        let context = field.clone().map_or(Context::Unknown, Context::Group);
        let child = self.parentheses(&context)?;
        let span = self.lexer.map.span(start, self.lexer.pos);
        Some(Node::Group { field: field?, child: Box::new(child), span })
    }

    /// A comma list of values; `start` is where its term starts.
    fn values(&mut self, field: Option<&FieldRef>, start: usize) -> Option<Node> {
        let mut items = Vec::new();
        let mut count = 0;
        loop {
            count += 1;
            items.extend(self.item(field));
            let comma = self.lexer.pos;
            if !self.lexer.eat(",") {
                break;
            }
            if self.lexer.at_term_end() {
                self.lexer.report(
                    Code::MissingValue,
                    (comma, comma + 1),
                    "a value is missing after the comma",
                    None,
                );
                break;
            }
            if count == LIST_VALUES_MAX {
                let end = self.lexer.text.len();
                let message = format!("more than {LIST_VALUES_MAX} values in one list");
                self.lexer.report(Code::ListTooLong, (comma, end), message, None);
                self.lexer.stop();
                break;
            }
        }
        let field = field?.clone();
        if items.is_empty() {
            return None;
        }
        Some(Node::Term(Term { field, items, span: self.lexer.map.span(start, self.lexer.pos) }))
    }

    fn item(&mut self, field: Option<&FieldRef>) -> Option<Item> {
        let start = self.lexer.pos;
        let op = self.operator();
        let op_place = (start, self.lexer.pos);
        if op != Op::Eq && (self.lexer.at_term_end() || self.lexer.rest().starts_with(',')) {
            let message = format!("“{}” needs a value after it", op.as_str());
            self.lexer.report(Code::MissingValue, op_place, message, None);
            return None;
        }
        let value_start = self.lexer.pos;
        let from = (!self.lexer.rest().starts_with("..")).then(|| self.lexer.atom(Place::Value));
        if self.lexer.eat("..") {
            let ends_here = self.lexer.at_term_end() || self.lexer.rest().starts_with(',');
            let to = (!ends_here).then(|| self.lexer.atom(Place::Value));
            if self.lexer.rest().starts_with("..") {
                while !self.lexer.at_term_end() {
                    self.lexer.bump();
                }
                let message = "a range has two dots and one value on each side, as in 10..20";
                self.lexer.report(Code::EmptyRange, (value_start, self.lexer.pos), message, None);
                return None;
            }
            return self.range(
                field,
                (value_start, self.lexer.pos),
                (op, op_place),
                from.as_ref(),
                to.as_ref(),
            );
        }
        let atom = from?;
        if atom.start == atom.end {
            let next = atom.end + self.lexer.peek().map_or(0, char::len_utf8);
            self.lexer.report(Code::MissingValue, (atom.start, next), "empty value in the list", None);
            return None;
        }
        let test = self.check(field?, op, &atom)?;
        Some(Item { test, span: self.lexer.map.span(start, self.lexer.pos) })
    }

    fn operator(&mut self) -> Op {
        let ops = [Op::Ge, Op::Le, Op::Gt, Op::Lt, Op::Is];
        ops.into_iter().find(|op| self.lexer.eat(op.as_str())).unwrap_or(Op::Eq)
    }

    fn range(
        &mut self,
        field: Option<&FieldRef>,
        place: (usize, usize),
        (op, op_place): (Op, (usize, usize)),
        from: Option<&Atom>,
        to: Option<&Atom>,
    ) -> Option<Item> {
        if from.is_none() && to.is_none() {
            let message = "a range needs at least one end, as in 10..20, 10.. or ..20";
            self.lexer.report(Code::EmptyRange, place, message, None);
            return None;
        }
        if op != Op::Eq {
            self.lexer.report(
                Code::OpWithRange,
                op_place,
                "use either a comparison or a range, not both",
                None,
            );
            return None;
        }
        let test = self.check_range(field?, place, from, to)?;
        Some(Item { test, span: self.lexer.map.span(place.0, place.1) })
    }
}

/// Whether a field can be asked for with `*` alone.
pub(super) fn can_exist(field: Field) -> bool {
    !matches!(field, Field::Is | Field::Has)
}
