//! The audit event: model, strict parsing, canonical JSON, units, leaf.
