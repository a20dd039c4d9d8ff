//! Calls and sockets against real servers on this machine, with certificates made for the test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod addresses;
mod calls;
mod certificates;
mod servers;
mod sockets;
