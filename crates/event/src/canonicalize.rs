//! A checked event into its units: canonical bytes written straight into one buffer, members in canonical order
//! because the order is written down here.

use crate::check::Checked;
use crate::json::canonical;
use crate::model::{ActorInput, ChangeInput, ContextInput, Input, Object, PrincipalInput, TargetInput, Text};
use crate::units::{UNIT_COUNT, Unit, Units};

/// Writes the units. `scratch` is only a buffer to reuse.
pub(crate) fn units(input: &Input<'_>, checked: &Checked, source: &str, scratch: &mut Vec<u8>) -> Units {
    scratch.clear();
    let mut ends = [0u32; UNIT_COUNT];
    for (unit, end) in Unit::ALL.into_iter().zip(&mut ends) {
        match unit {
            Unit::Actor => input.actor.iter().for_each(|actor| write_actor(scratch, actor)),
            Unit::Changes => list(scratch, input.changes.as_deref(), write_change),
            Unit::Context => input.context.iter().for_each(|context| write_context(scratch, context)),
            Unit::Event => write_event(scratch, input, checked, source),
            Unit::Metadata => input.metadata.iter().for_each(|m| canonical::object(scratch, &m.0)),
            Unit::Targets => list(scratch, input.targets.as_deref(), write_target),
        }
        *end = scratch.len() as u32;
    }
    Units::from_buffer(scratch.as_slice().into(), ends)
}

/// Writes the members of one object and the commas between them.
struct ObjectWriter<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
}

impl<'o> ObjectWriter<'o> {
    fn open(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        ObjectWriter { start: out.len(), out }
    }

    /// `quoted` is the member name with its quotes and colon, so that it is copied in one go.
    fn name(&mut self, quoted: &str) -> &mut Vec<u8> {
        if self.out.len() > self.start {
            self.out.push(b',');
        }
        self.out.extend_from_slice(quoted.as_bytes());
        self.out
    }

    fn text(&mut self, quoted: &str, text: Option<&Text<'_>>) {
        if let Some(text) = text {
            canonical::string(self.name(quoted), text);
        }
    }

    fn object(&mut self, quoted: &str, object: Option<&Object<'_>>) {
        if let Some(object) = object {
            canonical::object(self.name(quoted), &object.0);
        }
    }

    fn close(self) {
        self.out.push(b'}');
    }
}

/// An array; nothing at all if there are no elements.
fn list<T>(out: &mut Vec<u8>, elements: Option<&[T]>, write: impl Fn(&mut Vec<u8>, &T)) {
    let Some(elements) = elements.filter(|e| !e.is_empty()) else { return };
    out.push(b'[');
    for (i, element) in elements.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write(out, element);
    }
    out.push(b']');
}

fn write_actor(out: &mut Vec<u8>, actor: &ActorInput<'_>) {
    let mut o = ObjectWriter::open(out);
    o.text("\"email\":", actor.email.as_ref());
    o.text("\"id\":", actor.id.as_ref());
    o.object("\"metadata\":", actor.metadata.as_ref());
    o.text("\"name\":", actor.name.as_ref());
    if actor.on_behalf_of.as_ref().is_some_and(|l| !l.is_empty()) {
        list(o.name("\"on_behalf_of\":"), actor.on_behalf_of.as_deref(), write_principal);
    }
    o.text("\"type\":", actor.kind.as_ref());
    o.close();
}

fn write_principal(out: &mut Vec<u8>, principal: &PrincipalInput<'_>) {
    let mut o = ObjectWriter::open(out);
    o.text("\"email\":", principal.email.as_ref());
    o.text("\"id\":", principal.id.as_ref());
    o.object("\"metadata\":", principal.metadata.as_ref());
    o.text("\"name\":", principal.name.as_ref());
    o.text("\"type\":", principal.kind.as_ref());
    o.close();
}

fn write_target(out: &mut Vec<u8>, target: &TargetInput<'_>) {
    let mut o = ObjectWriter::open(out);
    o.text("\"id\":", target.id.as_ref());
    o.object("\"metadata\":", target.metadata.as_ref());
    o.text("\"name\":", target.name.as_ref());
    o.text("\"type\":", target.kind.as_ref());
    o.close();
}

fn write_change(out: &mut Vec<u8>, change: &ChangeInput<'_>) {
    let mut o = ObjectWriter::open(out);
    if let Some(new) = &change.new {
        canonical::value(o.name("\"new\":"), &new.0);
    }
    if let Some(old) = &change.old {
        canonical::value(o.name("\"old\":"), &old.0);
    }
    o.text("\"op\":", change.op.as_ref());
    o.text("\"path\":", change.path.as_ref());
    o.close();
}

fn write_context(out: &mut Vec<u8>, context: &ContextInput<'_>) {
    let before = out.len();
    let mut o = ObjectWriter::open(out);
    o.text("\"country\":", context.country.as_ref());
    o.text("\"ip\":", context.ip.as_ref());
    o.text("\"origin\":", context.origin.as_ref());
    o.text("\"request_id\":", context.request_id.as_ref());
    o.text("\"session_id\":", context.session_id.as_ref());
    o.text("\"trace_id\":", context.trace_id.as_ref());
    o.text("\"user_agent\":", context.user_agent.as_ref());
    let is_empty = o.out.len() == o.start;
    o.close();
    if is_empty {
        out.truncate(before);
    }
}

fn write_event(out: &mut Vec<u8>, input: &Input<'_>, checked: &Checked, source: &str) {
    let mut o = ObjectWriter::open(out);
    o.text("\"action\":", input.action.as_ref());
    o.text("\"idempotency_key\":", input.idempotency_key.as_ref());
    o.name("\"occurred_at\":\"");
    checked.occurred.write_to(o.out);
    o.out.push(b'"');
    canonical::string(o.name("\"org\":"), checked.org.as_str());
    canonical::string(o.name("\"outcome\":"), checked.outcome.as_str());
    o.text("\"reason\":", input.reason.as_ref());
    canonical::string(o.name("\"source\":"), source);
    if let Some(version) = checked.version {
        canonical::integer(o.name("\"version\":"), i64::from(version));
    }
    o.close();
}
