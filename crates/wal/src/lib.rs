//! The commit log: fsynced files that take events first.
