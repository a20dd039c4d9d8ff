//! Segments: immutable files of events with their index, and the in-memory tail with the same read interface.
