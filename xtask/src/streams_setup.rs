//! `cargo xtask streams-setup`: the servers and libraries of others that the tests of streams talk to, at fixed versions:
//! receivers of logs, stores, brokers, a verifier of webhooks.

use std::path::Path;

use anyhow::Result;

use crate::{anchors_setup, interop_setup};

/// From the repository's root; not moved by `CARGO_TARGET_DIR`, so that the tests find it.
const VENV: &str = "target/streams-venv";
/// Where the packages for Node are.
const NODE: &str = "target/streams-node";

/// One a line, by what they stand in for.
const PYTHON_PACKAGES: &[&str] = &[
    // Splunk's collector, and other receivers of logs.
    "tenzir==6.20.0",
    // OpenSearch.
    "osmem-server==0.1.6",
    // ClickHouse.
    "chdb==4.4.0",
    // Receivers of webhooks.
    "standardwebhooks==1.1.0",
];

/// One a line, with `@` and the version.
const NODE_PACKAGES: &[&str] = &[];

pub(crate) fn run(root: &Path) -> Result<()> {
    anchors_setup::python_packages(&root.join(VENV), PYTHON_PACKAGES)?;
    interop_setup::node_packages(&root.join(NODE), NODE_PACKAGES)?;
    println!("ready: {VENV} and {NODE}");
    Ok(())
}
