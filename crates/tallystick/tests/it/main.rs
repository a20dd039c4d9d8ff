//! The real binary, as its users run it: started, fed, killed, damaged, and asked again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]
#![expect(clippy::print_stdout, reason = "a test that is skipped says so, in its helpers too")]

mod bench;
mod config;
mod crash;
mod damage;
mod disk_full;
mod doctor;
mod exports;
mod faults;
mod import;
mod interop;
mod journal;
mod kill;
mod lake;
mod locking;
mod proof;
mod receiver;
mod reconcile;
mod round_trip;
mod schedules;
mod server;
mod streams;
mod tampering;
mod witness;
