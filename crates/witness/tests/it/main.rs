//! A witness as its users see it: what it signs, in whatever order it is asked, and what it still knows after a crash.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod crash;
mod directory;
mod history;
mod model;
