//! One stored event as other systems read it: OCSF, ECS, CEF, LEEF, CloudEvents, and the event itself with its place in
//! the log.
//!
//! What goes in is the event as `GET /v1/events/{id}` shows it, and where it stands in its log; what comes out is one
//! line. The same event gives the same bytes every time, so that a batch that is sent again is the batch that was sent
//! before. Nothing is invented to fill a field, and what a format has no field for goes where it keeps such things.
//! For users: `docs/streams/formats.md`.
//!
//! The crate is pure: no files, no clock, no randomness.

#![forbid(unsafe_code)]

mod cloudevents;
mod ecs;
mod json;
mod kind;
mod line;
mod meaning;
mod name;
mod native;
mod ocsf;
mod place;
mod render;
mod severity;
mod view;
mod workos;

pub use name::{FormatName, Media, UnknownFormat};
pub use native::render_native;
pub use place::Place;
pub use render::{Unrenderable, render};
