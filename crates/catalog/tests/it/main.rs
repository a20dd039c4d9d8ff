//! The conformance suite of the catalog, on a SQLite file and on a real PostgreSQL.

mod doubles;
mod postgres;
mod sqlite;
mod suite;
