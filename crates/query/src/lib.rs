//! The query language: parser, diagnostics, canonical form, and a matcher for one event.
