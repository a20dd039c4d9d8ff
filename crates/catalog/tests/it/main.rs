//! The conformance suite of the catalog, on a SQLite file and on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod doubles;
mod postgres;
mod sqlite;
mod suite;
