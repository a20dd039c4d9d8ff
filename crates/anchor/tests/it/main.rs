//! The clients against servers that others have written, each in a process of its own on loopback.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]
#![expect(clippy::print_stdout, reason = "a test that is skipped says so, in its helpers too")]

mod answers;
mod components;
mod http;
mod object_lock;
mod rounds;
mod timestamps;
mod witnesses;
