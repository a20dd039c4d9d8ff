//! What the server tells about itself: counters for `/metrics` and a log line for each request.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use tallystick_engine::Status;

use crate::{http::request_id, state::AppState};

const REQUESTS: &str = "tallystick_http_requests_total";
const REQUEST_SECONDS: &str = "tallystick_http_request_seconds";
const INGEST_EVENTS: &str = "tallystick_ingest_events_total";
const INGEST_BYTES: &str = "tallystick_ingest_body_bytes_total";
const PASSWORD_HASHES: &str = "tallystick_password_hashes_total";
const TAILS: &str = "tallystick_tail_connections";
const TAIL_GAPS: &str = "tallystick_tail_gaps_total";

/// Upper bounds of the latency buckets, seconds.
const LATENCY_BUCKETS: &[f64] = &[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];
/// The route of requests that match none: their paths are made up by others and would fill the memory.
const NO_ROUTE: &str = "none";

/// The counters. Not global, so that two servers in one process do not count for each other.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All counters at zero.
    pub fn new() -> Self {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full(REQUEST_SECONDS.to_owned()), LATENCY_BUCKETS)
            .expect("there are buckets");
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        let metrics = Self { recorder, handle };
        metrics.with(describe);
        metrics
    }

    fn with<T>(&self, f: impl FnOnce() -> T) -> T {
        metrics::with_local_recorder(&self.recorder, f)
    }

    /// Counts events of a write by what became of them.
    pub fn ingested(&self, stored: u64, duplicate: u64, rejected: u64, body_bytes: usize) {
        self.with(|| {
            for (result, count) in [("stored", stored), ("duplicate", duplicate), ("rejected", rejected)] {
                if count > 0 {
                    counter!(INGEST_EVENTS, "result" => result).increment(count);
                }
            }
            counter!(INGEST_BYTES).increment(body_bytes as u64);
        });
    }

    /// Counts a live tail in; it counts itself out when it is dropped.
    pub fn tail_opened(state: &Arc<AppState>) -> OpenTail {
        state.metrics.with(|| gauge!(TAILS).increment(1.0));
        OpenTail(Arc::clone(state))
    }

    /// Counts a gap that a slow reader was told of.
    pub fn tail_gap(&self) {
        self.with(|| counter!(TAIL_GAPS).increment(1));
    }

    /// Sums up what was measured since the last time.
    pub fn keep_up(&self) {
        self.handle.run_upkeep();
    }

    /// All counters in the Prometheus text format, the engine's among them.
    pub fn render(&self, engine: &Status, password_hashes: u64) -> String {
        self.with(|| {
            record_engine(engine);
            counter!(PASSWORD_HASHES).absolute(password_hashes);
        });
        self.handle.render()
    }

    fn answered(&self, method: &str, route: &str, status: u16, seconds: f64) {
        self.with(|| {
            counter!(
                REQUESTS,
                "method" => method.to_owned(), "route" => route.to_owned(), "status" => status.to_string()
            )
            .increment(1);
            histogram!(REQUEST_SECONDS, "route" => route.to_owned()).record(seconds);
        });
    }
}

/// An open live tail in the count of them.
#[derive(Debug)]
pub struct OpenTail(Arc<AppState>);

impl Drop for OpenTail {
    fn drop(&mut self) {
        self.0.metrics.with(|| gauge!(TAILS).decrement(1.0));
    }
}

fn describe() {
    describe_counter!(REQUESTS, "Requests answered.");
    describe_histogram!(REQUEST_SECONDS, "Time to the head of the answer.");
    describe_counter!(INGEST_EVENTS, "Events written, by what became of them.");
    describe_counter!(INGEST_BYTES, "Bytes of the bodies of writes, as they arrived.");
    describe_counter!(PASSWORD_HASHES, "Passwords hashed since start, to sign in or for a new one.");
    describe_gauge!(TAILS, "Live tails that are open.");
    describe_counter!(TAIL_GAPS, "Gaps that slow readers of live tails were told of.");
    describe_counter!("tallystick_log_events_total", "Events acknowledged since start.");
    describe_counter!("tallystick_log_batches_total", "Batches written to the commit log since start.");
    describe_counter!("tallystick_log_bytes_total", "Bytes written to the commit log since start.");
    describe_counter!("tallystick_log_append_micros_total", "Time spent in appends to the commit log.");
    describe_counter!("tallystick_seals_total", "Tails sealed to segments since start.");
    describe_counter!("tallystick_seal_failures_total", "Seals that failed and were tried again.");
    describe_counter!("tallystick_compactions_total", "Compactions since start.");
    describe_counter!("tallystick_compaction_failures_total", "Compactions that failed.");
    describe_counter!("tallystick_checkpoints_total", "Sizes of logs published since start.");
    describe_counter!("tallystick_self_audits_total", "Complete rounds of the self-audit since start.");
    describe_gauge!(
        "tallystick_self_audit_findings",
        "What the last self-audit found. Alarm on anything but 0."
    );
    describe_gauge!(
        "tallystick_logs_rolled_back",
        "Logs that are not what was signed before. Alarm on anything but 0."
    );
    describe_gauge!(
        "tallystick_unwitnessed_since_seconds",
        "Unix time since when witnesses are missing; 0 for none."
    );
    describe_gauge!("tallystick_queue_bytes", "Bytes that wait for the sequencer.");
    describe_gauge!("tallystick_tail_events", "Events in the growing tail.");
    describe_gauge!("tallystick_tail_bytes", "Bytes of the events in the growing tail.");
    describe_gauge!("tallystick_frozen_tails", "Tails that wait for the sealer.");
    describe_gauge!("tallystick_segments", "Sealed segments.");
    describe_gauge!("tallystick_segment_events", "Events in sealed segments.");
    describe_gauge!("tallystick_segment_bytes", "Size of the sealed segments on disk.");
    describe_gauge!("tallystick_halted", "1 after the commit log stopped because of a disk error.");
    describe_gauge!("tallystick_out_of_space", "1 while the disk is full.");
}

fn record_engine(status: &Status) {
    counter!("tallystick_log_events_total").absolute(status.events);
    counter!("tallystick_log_batches_total").absolute(status.batches);
    counter!("tallystick_log_bytes_total").absolute(status.log_bytes);
    counter!("tallystick_log_append_micros_total").absolute(status.log_micros);
    counter!("tallystick_seals_total").absolute(status.seals);
    counter!("tallystick_seal_failures_total").absolute(status.seal_failures);
    counter!("tallystick_compactions_total").absolute(status.compactions);
    counter!("tallystick_compaction_failures_total").absolute(status.compaction_failures);
    counter!("tallystick_checkpoints_total").absolute(status.checkpoints);
    counter!("tallystick_self_audits_total").absolute(status.audit_rounds);
    gauge!("tallystick_self_audit_findings").set(status.audit_findings as f64);
    gauge!("tallystick_logs_rolled_back").set(status.rolled_back as f64);
    let unwitnessed = status.unwitnessed_since_ms.map_or(0.0, |since| since as f64 / 1_000.0);
    gauge!("tallystick_unwitnessed_since_seconds").set(unwitnessed);
    gauge!("tallystick_queue_bytes").set(status.queue_bytes as f64);
    gauge!("tallystick_tail_events").set(status.tail_events as f64);
    gauge!("tallystick_tail_bytes").set(status.tail_bytes as f64);
    gauge!("tallystick_frozen_tails").set(status.frozen_tails as f64);
    gauge!("tallystick_segments").set(status.segments.len() as f64);
    let events: u64 = status.segments.iter().map(|segment| segment.events).sum();
    let bytes: u64 = status.segments.iter().map(|segment| segment.bytes).sum();
    gauge!("tallystick_segment_events").set(events as f64);
    gauge!("tallystick_segment_bytes").set(bytes as f64);
    gauge!("tallystick_halted").set(f64::from(u8::from(status.halted)));
    gauge!("tallystick_out_of_space").set(f64::from(u8::from(status.out_of_space)));
}

/// Measures and logs each request. The query string is left out of the log: it says whom somebody looked for.
pub async fn layer(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let path = shown_path(request.uri().path());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let took = started.elapsed();
    let status = response.status().as_u16();
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    let method = known(&method);
    state.metrics.answered(method, route, status, took.as_secs_f64());
    let request_id = request_id::current();
    let micros = took.as_micros() as u64;
    if status >= 500 {
        tracing::warn!(%request_id, method, path, status, micros, "request failed");
    } else {
        tracing::info!(%request_id, method, path, status, micros, "request");
    }
    response
}

/// The path as the log shows it. What stands in a link that works once is a secret until it is used.
fn shown_path(path: &str) -> String {
    let secret = ["/setup/", "/invite/", "/reset/"].into_iter().find(|page| path.starts_with(page));
    secret.map_or_else(|| path.to_owned(), |page| format!("{page}..."))
}

/// The method's name; one that nobody knows is as made up as a path.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> Status {
        Status {
            halted: true,
            out_of_space: false,
            events: 7,
            batches: 2,
            log_bytes: 1_000,
            log_micros: 300,
            checkpoints: 3,
            rolled_back: 0,
            audit_rounds: 1,
            audit_findings: 0,
            unwitnessed_since_ms: None,
            seals: 1,
            seal_failures: 0,
            compactions: 0,
            compaction_failures: 0,
            queue_bytes: 5,
            tail_events: 3,
            tail_bytes: 400,
            frozen_tails: 0,
            segments: Vec::new(),
        }
    }

    #[test]
    fn links_that_work_once_are_not_logged() {
        assert_eq!(shown_path("/setup/3fGh_x"), "/setup/...");
        assert_eq!(shown_path("/invite/3fGh_x"), "/invite/...");
        assert_eq!(shown_path("/reset/3fGh_x"), "/reset/...");
        assert_eq!(shown_path("/v1/events"), "/v1/events");
    }

    #[test]
    fn counters_appear_with_their_labels_and_only_in_their_own_server() {
        let metrics = Metrics::new();
        metrics.answered("GET", "/v1/count", 200, 0.003);
        metrics.ingested(5, 1, 0, 99);
        let text = metrics.render(&status(), 7);
        for line in [
            r#"tallystick_http_requests_total{method="GET",route="/v1/count",status="200"} 1"#,
            r#"tallystick_ingest_events_total{result="stored"} 5"#,
            r#"tallystick_http_request_seconds_bucket{route="/v1/count",le="0.005"} 1"#,
            "tallystick_ingest_body_bytes_total 99",
            "tallystick_log_events_total 7",
            "tallystick_halted 1",
            "tallystick_password_hashes_total 7",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(!Metrics::new().render(&status(), 7).contains("/v1/count"));
    }
}
