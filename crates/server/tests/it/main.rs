//! The server as its callers see it: a real one on a port of its own, driven over HTTP.

mod admin;
mod authorization;
mod bad_input;
mod harness;
mod ingest;
mod search;
mod surface;
mod tail;
