//! From canonical unit bytes to terms. It reads what is stored, so an index built at ingest and one rebuilt later
//! are the same by construction.

use std::net::IpAddr;

use super::Terms;
use super::field::{Coding, Field, Has, Opaque};
use super::key::{
    SEPARATOR, Side, TYPE_BOOL, TYPE_NUMBER, TYPE_TEXT, key_ip, opaque_hash, order_f64, push_cut, push_part,
};
use crate::crud::Crud;
use crate::json::scan::{CorruptBytes, Next, Scanner};
use crate::outcome::Outcome;
use crate::text;
use crate::units::Unit;

/// Where terms are collected. Reuse one: it keeps its buffers.
#[derive(Debug, Default)]
pub struct TermSink {
    terms: Terms,
    key: Vec<u8>,
    folded: String,
    path: String,
}

impl TermSink {
    /// An empty sink.
    pub fn new() -> TermSink {
        TermSink::default()
    }

    /// What was collected so far.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Forgets the terms and keeps the buffers.
    pub fn clear(&mut self) {
        self.terms.clear();
    }

    /// Hands out the terms and starts again.
    pub fn take(&mut self) -> Terms {
        let size = self.terms.bytes();
        let taken = std::mem::take(&mut self.terms);
        self.terms.buffer.reserve(size);
        taken
    }

    fn text(&mut self, field: Field, value: &str) {
        self.key.clear();
        self.key.push(field.tag());
        let cut = match field.coding() {
            Coding::Exact => push_cut(&mut self.key, value),
            Coding::Upper => push_cut(&mut self.key, &value.to_ascii_uppercase()),
            _ => {
                self.folded.clear();
                text::fold_into(value, &mut self.folded);
                push_cut(&mut self.key, &self.folded)
            }
        };
        let whole = (cut && field.is_text()).then_some(value);
        self.terms.push_key(&self.key, field.is_text(), whole);
    }

    fn code(&mut self, field: Field, code: u8) {
        self.terms.push_key(&[field.tag(), code], false, None);
    }

    fn has(&mut self, has: Has) {
        self.code(Field::Has, has as u8);
    }

    fn opaque(&mut self, kind: Opaque, value: &str) {
        self.terms.push_opaque(opaque_hash(kind, value.as_bytes()));
    }

    fn ip(&mut self, ip: IpAddr) {
        self.terms.push_key(&key_ip(ip), true, None);
    }

    fn target(&mut self, kind: &str, id: &str) {
        self.key.clear();
        self.key.push(Field::TargetTypeId.tag());
        push_part(&mut self.key, &text::fold(kind));
        push_cut(&mut self.key, id);
        self.terms.push_key(&self.key, false, None);
    }

    fn schema(&mut self, action: &str, version: i64) {
        self.folded.clear();
        self.folded.push_str(action);
        self.folded.push('@');
        if version == 1 {
            self.folded.push('1');
        } else {
            self.folded.push_str(&version.to_string());
        }
        self.key.clear();
        self.key.push(Field::Schema.tag());
        push_cut(&mut self.key, &self.folded);
        self.terms.push_key(&self.key, false, None);
    }

    fn start_typed(&mut self, field: Field, side: Option<Side>, kind: u8) {
        self.key.clear();
        self.key.push(field.tag());
        push_part(&mut self.key, &self.path);
        if let Some(side) = side {
            self.key.extend_from_slice(&[side.byte(), SEPARATOR]);
        }
        self.key.push(kind);
    }

    fn typed_text(&mut self, field: Field, side: Option<Side>, value: &str) {
        self.start_typed(field, side, TYPE_TEXT);
        self.folded.clear();
        text::fold_into(value, &mut self.folded);
        let cut = push_cut(&mut self.key, &self.folded);
        self.terms.push_key(&self.key, true, cut.then_some(value));
    }

    /// Every scalar in the next value, under the current path.
    fn free(&mut self, s: &mut Scanner<'_>, field: Field, side: Option<Side>) -> Result<(), CorruptBytes> {
        match s.peek()? {
            Next::Object => {
                s.enter_object()?;
                let first = &mut true;
                while let Some(name) = s.member(first)? {
                    let outer = self.path.len();
                    if outer > 0 {
                        self.path.push('.');
                    }
                    text::fold_into(&name, &mut self.path);
                    self.free(s, field, side)?;
                    self.path.truncate(outer);
                }
            }
            Next::Array => {
                s.enter_array()?;
                let first = &mut true;
                while s.element(first)? {
                    self.free(s, field, side)?;
                }
            }
            Next::String => {
                let value = s.string()?;
                self.typed_text(field, side, &value);
            }
            Next::Number => {
                let value = s.number()?;
                self.start_typed(field, side, TYPE_NUMBER);
                self.key.extend_from_slice(&order_f64(value));
                self.terms.push_key(&self.key, false, None);
            }
            Next::Bool(value) => {
                s.skip()?;
                self.start_typed(field, side, TYPE_BOOL);
                self.key.push(u8::from(value));
                self.terms.push_key(&self.key, false, None);
            }
            Next::Null => {
                s.skip()?;
            }
        }
        Ok(())
    }
}

/// Adds the terms of one unit.
pub fn of_unit(unit: Unit, canonical: &[u8], sink: &mut TermSink) -> Result<(), CorruptBytes> {
    let s = &mut Scanner::new(canonical)?;
    sink.path.clear();
    match unit {
        Unit::Actor => of_actor(s, sink)?,
        Unit::Changes => of_changes(s, sink)?,
        Unit::Context => of_context(s, sink)?,
        Unit::Event => of_event(s, sink)?,
        Unit::Metadata => sink.free(s, Field::Metadata, None)?,
        Unit::Targets => of_targets(s, sink)?,
    }
    s.finish()
}

fn of_actor(s: &mut Scanner<'_>, sink: &mut TermSink) -> Result<(), CorruptBytes> {
    s.enter_object()?;
    let first = &mut true;
    while let Some(name) = s.member(first)? {
        match name.as_ref() {
            "email" => sink.text(Field::ActorEmail, &s.string()?),
            "id" => sink.text(Field::ActorId, &s.string()?),
            "metadata" => sink.free(s, Field::ActorMetadata, None)?,
            "name" => sink.text(Field::ActorName, &s.string()?),
            "type" => sink.text(Field::ActorType, &s.string()?),
            "on_behalf_of" => of_on_behalf_of(s, sink)?,
            _ => return Err(s.corrupt()),
        }
    }
    Ok(())
}

fn of_on_behalf_of(s: &mut Scanner<'_>, sink: &mut TermSink) -> Result<(), CorruptBytes> {
    s.enter_array()?;
    let first = &mut true;
    while s.element(first)? {
        s.enter_object()?;
        let first = &mut true;
        while let Some(name) = s.member(first)? {
            if name == "id" {
                sink.text(Field::OnBehalfOf, &s.string()?);
            } else {
                s.skip()?;
            }
        }
    }
    Ok(())
}

fn of_targets(s: &mut Scanner<'_>, sink: &mut TermSink) -> Result<(), CorruptBytes> {
    sink.has(Has::Target);
    s.enter_array()?;
    let first = &mut true;
    while s.element(first)? {
        let mut id = None;
        s.enter_object()?;
        let first = &mut true;
        while let Some(name) = s.member(first)? {
            match name.as_ref() {
                "id" => id = Some(s.string()?),
                "metadata" => sink.free(s, Field::TargetMetadata, None)?,
                "name" => sink.text(Field::TargetName, &s.string()?),
                // Last in canonical order, so the id is known here.
                "type" => {
                    let kind = s.string()?;
                    let id = id.take().ok_or(s.corrupt())?;
                    sink.text(Field::TargetId, &id);
                    sink.text(Field::TargetType, &kind);
                    sink.target(&kind, &id);
                }
                _ => return Err(s.corrupt()),
            }
        }
    }
    Ok(())
}

fn of_changes(s: &mut Scanner<'_>, sink: &mut TermSink) -> Result<(), CorruptBytes> {
    sink.has(Has::Diff);
    s.enter_array()?;
    let first = &mut true;
    while s.element(first)? {
        of_change(s, sink)?;
    }
    Ok(())
}

fn of_change(s: &mut Scanner<'_>, sink: &mut TermSink) -> Result<(), CorruptBytes> {
    // `new` and `old` stand before `path` in canonical order, and their keys need the path.
    let (mut new, mut old, mut path) = (None, None, None);
    s.enter_object()?;
    let first = &mut true;
    while let Some(name) = s.member(first)? {
        match name.as_ref() {
            "new" => new = Some(s.skip()?),
            "old" => old = Some(s.skip()?),
            "path" => path = Some(s.string()?),
            "op" => {
                s.skip()?;
            }
            _ => return Err(s.corrupt()),
        }
    }
    sink.path.clear();
    dotted_path(&path.ok_or(s.corrupt())?, &mut sink.path);
    let dotted = std::mem::take(&mut sink.path);
    sink.text(Field::Changed, &dotted);
    sink.path = dotted;
    for (value, side) in [(new, Side::After), (old, Side::Before)] {
        if let Some(value) = value {
            sink.free(&mut Scanner::new(value)?, Field::ChangeValue, Some(side))?;
        }
    }
    sink.path.clear();
    Ok(())
}

/// Appends the folded dotted form of a JSON pointer; a path that is not a pointer is taken as dotted already.
pub(crate) fn dotted_path(path: &str, out: &mut String) {
    let Some(pointer) = path.strip_prefix('/') else {
        text::fold_into(path, out);
        return;
    };
    for (i, segment) in pointer.split('/').enumerate() {
        if i > 0 {
            out.push('.');
        }
        if segment.contains('~') {
            text::fold_into(&segment.replace("~1", "/").replace("~0", "~"), out);
        } else {
            text::fold_into(segment, out);
        }
    }
}

fn of_context(s: &mut Scanner<'_>, sink: &mut TermSink) -> Result<(), CorruptBytes> {
    let mut correlated = false;
    s.enter_object()?;
    let first = &mut true;
    while let Some(name) = s.member(first)? {
        let value = s.string()?;
        match name.as_ref() {
            "country" => sink.text(Field::Country, &value),
            "ip" => {
                sink.ip(value.parse().map_err(|_| s.corrupt())?);
                sink.has(Has::Ip);
            }
            "origin" => sink.text(Field::Origin, &value),
            "request_id" => sink.opaque(Opaque::Request, &value),
            "session_id" => sink.opaque(Opaque::Session, &value),
            "trace_id" => sink.opaque(Opaque::Trace, &value),
            "user_agent" => sink.text(Field::UserAgent, &value),
            _ => return Err(s.corrupt()),
        }
        correlated |= name.ends_with("_id");
    }
    if correlated {
        sink.has(Has::Correlation);
    }
    Ok(())
}

fn of_event(s: &mut Scanner<'_>, sink: &mut TermSink) -> Result<(), CorruptBytes> {
    let (mut action, mut version) = (None, 1.0);
    s.enter_object()?;
    let first = &mut true;
    while let Some(name) = s.member(first)? {
        match name.as_ref() {
            "action" => action = Some(s.string()?),
            "idempotency_key" => {
                let key = s.string()?;
                sink.opaque(Opaque::IdempotencyKey, &key);
            }
            "occurred_at" | "org" => {
                s.skip()?;
            }
            "outcome" => {
                let outcome: Outcome = s.string()?.parse().map_err(|_| s.corrupt())?;
                sink.code(Field::Outcome, outcome as u8);
            }
            "reason" => {
                sink.text(Field::Reason, &s.string()?);
                sink.has(Has::Reason);
            }
            "source" => sink.text(Field::Source, &s.string()?),
            "version" => version = s.number()?,
            _ => return Err(s.corrupt()),
        }
    }
    let action = action.ok_or(s.corrupt())?;
    sink.text(Field::Action, &action);
    if let Some(crud) = Crud::of_action(&action) {
        sink.code(Field::Crud, crud as u8);
    }
    sink.schema(&action, version as i64);
    Ok(())
}
