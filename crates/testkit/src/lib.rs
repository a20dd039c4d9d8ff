//! Test doubles and builders shared by the tests of several crates.
