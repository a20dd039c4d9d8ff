//! Programs that nobody here wrote check what the service publishes: they accept all of it, and refuse every forgery.
//! `cargo xtask interop-setup` installs them.

mod cases;
mod log;
mod oracle;
mod tiles;
mod verifiers;
mod witnessed;
