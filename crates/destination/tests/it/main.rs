//! Every kind of destination against a real server of its protocol, or, where none can be had, against a strict one of
//! our own that holds to the documents of the vendor.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod azure_blob;
mod batches;
mod certificates;
mod clickhouse;
mod components;
mod datadog;
mod elasticsearch;
mod fakes;
mod gcs;
mod kafka;
mod kinds;
mod nats;
mod objects;
mod otlp;
mod s3;
mod s3_fake;
mod sentinel;
mod splunk_hec;
mod sumo;
mod syslog;
mod tls;
mod webhook;
