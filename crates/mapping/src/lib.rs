//! Declarative mappings from other products' audit records to events.
