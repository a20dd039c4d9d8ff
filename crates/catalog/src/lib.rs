//! The catalog: the database of everything that is not an event.
