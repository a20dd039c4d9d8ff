//! The HTTP edge: native API, OpenAPI, metrics, pages for people; and the HTTP of a witness.
//!
//! Invariants:
//! - Nothing is decided here that a layer below decides: events are checked by `event`, rights by `auth`, order by
//!   `engine`. This crate carries questions down and answers up.
//! - Every error leaves through [`error::ApiError`], so that each has a code of the one list.
//! - Nothing that blocks or computes for long runs on the async threads; see [`AppState::read`] and
//!   [`AppState::compute`].

#![forbid(unsafe_code)]

pub mod admin_events;
pub mod error;
pub mod exports;
pub mod http;
pub mod people_events;
pub mod reads;
pub mod schedules;
mod serve;
pub mod sso;
pub mod state;
pub mod streams;
pub mod telemetry;
pub mod ui;
pub mod witness;

pub use self::serve::{CONNECTIONS_MAX, serve};
pub use self::state::{AppState, ServerOptions};
