//! The formats from outside: one binary for all integration tests.
