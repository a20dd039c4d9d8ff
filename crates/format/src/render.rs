//! The one way in: a format, an event, its place.

use serde_json::Value;

use crate::json;
use crate::name::FormatName;
use crate::ocsf::Release;
use crate::place::Place;
use crate::view::View;
use crate::{cloudevents, ecs, line, native, ocsf, workos};

/// An event that has no rendering. No event that a log has taken in is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unrenderable {
    /// An event is a JSON object.
    #[error("the event is not a JSON object")]
    NotAnObject,
    /// What is spliced must be one line already.
    #[error("the event is not on one line")]
    NotOneLine,
}

/// Appends the event in the format: one line without its end. `event` is what `GET /v1/events/{id}` shows, perhaps
/// with parts masked or left out: whatever is missing or of an unexpected type is left out of fields that have a type,
/// and kept where the format has room for anything. The same arguments give the same bytes.
///
/// # Errors
/// Only an event that is not an object; `out` is as it was then.
pub fn render(
    format: FormatName,
    event: &Value,
    place: &Place<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Unrenderable> {
    let Value::Object(members) = event else { return Err(Unrenderable::NotAnObject) };
    let view = || View::of(members, place);
    match format {
        FormatName::Native => native::write(out, members, place),
        FormatName::Ocsf18 => json::write_object(out, &ocsf::record(&view(), place, Release::V18)),
        FormatName::Ocsf19 => json::write_object(out, &ocsf::record(&view(), place, Release::V19)),
        FormatName::Ecs => json::write_object(out, &ecs::document(&view(), place)),
        FormatName::Cef => line::cef(out, &view(), place),
        FormatName::Leef => line::leef(out, &view(), place),
        FormatName::CloudEvents => cloudevents::write(out, &view(), place),
        FormatName::Workos => workos::write(out, &view(), place),
    }
    Ok(())
}
