//! The server as its callers see it: a real one on a port of its own, driven over HTTP.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod accounts;
mod admin;
mod authorization;
mod bad_input;
mod evidence;
mod exports;
mod finding;
mod harness;
mod ingest;
mod masking;
mod pages;
mod passkeys;
mod people;
mod receiver;
mod roles;
mod schedules;
mod search;
mod security;
mod sessions;
mod streams;
mod surface;
mod tail;
mod viewers;
mod witness;
