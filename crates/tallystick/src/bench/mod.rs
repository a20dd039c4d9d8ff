//! The benchmark: what the service can do, measured through its API and compared with other engines.

pub mod generate;
