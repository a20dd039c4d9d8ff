//! The crate through its public interface: shared vectors, meaning, properties.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod documentation;
mod matching;
mod properties;
mod rendering;
mod vectors;
