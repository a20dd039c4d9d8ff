//! Test doubles and builders shared by the tests of several crates.

mod authenticator;
mod clock;
mod events;
mod random;

pub use authenticator::Authenticator;
pub use clock::{FixedClock, StepClock};
pub use events::{EventBuilder, Profile, events, hostile_events, org_id};
pub use random::SeededRandom;

/// 2026-11-20T10:00:00.000Z: the present of tests that need one, Unix ms.
pub const NOW_MS: i64 = 1_795_168_800_000;
