//! Events with the sentence that they read as.

use serde::Serialize;
use tallystick_engine::{ReadError, search::StoredEvent};
use tallystick_event::sentence::{Part, sentence};
use utoipa::ToSchema;

/// A part of a sentence; joined, the texts of all parts are the sentence.
#[derive(Debug, Serialize, ToSchema)]
pub struct SentencePart {
    /// Characters that hide or reorder others are written out, as `⟨U+202E⟩`; long names are cut.
    #[schema(example = "Chen Wei")]
    pub text: String,
    /// `actor` or `target`, if the part names somebody or something.
    pub side: Option<String>,
    /// The type of whom it names.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The id of whom it names.
    pub id: Option<String>,
}

/// Appends the event's JSON, with `sentence` as its last member if it is wanted.
pub fn render(event: &StoredEvent, with_sentence: bool, out: &mut Vec<u8>) -> Result<(), ReadError> {
    let start = out.len();
    event.render(out)?;
    if with_sentence { tell(event, start, out) } else { Ok(()) }
}

/// Adds the sentence to the event's JSON, which begins at `start`.
pub fn tell(event: &StoredEvent, start: usize, out: &mut Vec<u8>) -> Result<(), ReadError> {
    let parts: Vec<Part> = sentence(&out[start..]);
    // The closing brace of the event comes last.
    out.pop();
    out.extend_from_slice(b",\"sentence\":");
    serde_json::to_writer(&mut *out, &parts)
        .map_err(|error| ReadError::Corrupt(format!("event {}: {error}", event.meta.id)))?;
    out.push(b'}');
    Ok(())
}
