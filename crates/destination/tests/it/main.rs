//! Every kind of destination against a real server of its protocol, or, where none can be had, against a strict one of
//! our own that holds to the documents of the vendor.

mod batches;
mod components;
mod datadog;
mod elasticsearch;
mod fakes;
mod kinds;
mod splunk_hec;
mod tls;
mod webhook;
