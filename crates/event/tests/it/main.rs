//! The public interface of `event`, as its callers use it.

mod errors;
mod laws;
mod masking;
mod prepared;
mod terms;

use std::sync::Arc;

use serde_json::Value;
use tallystick_event::{
    EventError, Limits, MaskRules, PrepareContext, Prepared, Preparer, Unit, render_value,
};
use tallystick_testkit::{FixedClock, SeededRandom};

fn preparer() -> Preparer {
    let clock = Arc::new(FixedClock::default());
    Preparer::new(Limits::default(), &MaskRules::default(), clock, Arc::new(SeededRandom::new(1)))
}

fn context() -> PrepareContext<'static> {
    PrepareContext { org: None, source: "key:ak_1", default_idempotency: None }
}

fn prepare(json: &str) -> Result<Prepared, EventError> {
    preparer().prepare(json.as_bytes(), &context())
}

/// The event as the API would give it as the first of its log.
fn rendered(prepared: &Prepared) -> Value {
    render_value(&prepared.id, 0, tallystick_testkit::NOW_MS, &prepared.units).expect("canonical")
}

fn unit(prepared: &Prepared, unit: Unit) -> &str {
    prepared.units.get(unit).map_or("", |bytes| std::str::from_utf8(bytes).expect("canonical"))
}

/// The smallest event with these further members.
fn with(members: &str) -> String {
    let comma = if members.is_empty() { "" } else { "," };
    format!(r#"{{"org":"o","action":"a.b","actor":{{"type":"user","id":"u"}}{comma}{members}}}"#)
}
