//! What is sent for long while others ask as well: ranges and evidence packs, and what a pack carries.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tallystick_catalog::{Anchor, AnchorKind};
use tallystick_merkle::{Policy, TlogProof};

use crate::harness::{PATIENCE, ROOT, Server, event};

/// As many reads as may wait, and more, until they are let go.
struct Crowd {
    gate: Arc<AtomicBool>,
    begun: Arc<AtomicUsize>,
}

impl Crowd {
    fn new() -> Self {
        Self { gate: Arc::default(), begun: Arc::default() }
    }

    /// Reads that each take a thread, or wait for one.
    fn join(&self, server: &Server, count: usize) {
        for _ in 0..count {
            let (state, gate) = (Arc::clone(&server.state), Arc::clone(&self.gate));
            let begun = Arc::clone(&self.begun);
            tokio::spawn(async move {
                let read = state.read(move |_| {
                    begun.fetch_add(1, Ordering::SeqCst);
                    while !gate.load(Ordering::SeqCst) {
                        std::thread::sleep(Duration::from_millis(2));
                    }
                    Ok(())
                });
                drop(read.await);
            });
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_range_that_has_begun_is_not_cut_off_when_the_service_becomes_busy() {
    let server = Server::start().await;
    server.org("acme").await;
    server.fill("acme", 0, 20).await;
    server.publish("acme").await;
    let (first, rest) = (Crowd::new(), Crowd::new());
    let threads = std::thread::available_parallelism().map_or(2, usize::from) * 4;
    first.join(&server, threads);
    while first.begun.load(Ordering::SeqCst) < threads {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let request = server.request(Method::GET, "/v1/logs/acme/range?from=0", ROOT);
    let answer = tokio::spawn(request.send());
    // It waits for a thread now. Those who come behind it fill the queue, and stay when the first ones go.
    tokio::time::sleep(Duration::from_millis(200)).await;
    rest.join(&server, 300);
    tokio::time::sleep(Duration::from_millis(200)).await;
    first.gate.store(true, Ordering::SeqCst);
    let answer = answer.await.unwrap().unwrap();
    assert_eq!(answer.status(), 200);
    tokio::time::sleep(Duration::from_millis(200)).await;
    rest.gate.store(true, Ordering::SeqCst);
    let text = tokio::time::timeout(PATIENCE, answer.text()).await.unwrap().unwrap();
    assert_eq!(text.lines().count(), 1 + 20, "the header and each event");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn packs_at_the_same_time_are_limited_and_say_so() {
    let server = Server::start().await;
    server.org("acme").await;
    server.fill("acme", 0, 3).await;
    server.publish("acme").await;
    let limits = server.get("/v1/limits").await.ok();
    let max = limits["evidence_packs_max"].as_u64().unwrap();
    assert!(limits["evidence_pause_ms_max"].as_u64().unwrap() > 0);
    let places: Vec<_> = (0..max).map(|_| server.state.pack_place().unwrap()).collect();
    let path = "/v1/evidence?org=acme";
    assert_eq!(server.get(path).await.problem(), (503, "overloaded"));
    drop(places);
    for _ in 0..=max {
        let answer = server.request(Method::GET, path, ROOT).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let pack = answer.bytes().await.unwrap();
        assert!(pack.len() > 1_024 && pack.ends_with(&[0; 1_024]), "a whole tar file");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pack_carries_the_anchors_of_its_directory_checkpoint() {
    let server = Server::start().await;
    server.org("acme").await;
    server.fill("acme", 0, 3).await;
    server.publish("acme").await;
    let proofs = server.state.engine.proofs();
    let first = proofs.directory_newest().unwrap().edge.size();
    // The checkpoint behind it is the one with the timestamp.
    server.fill("acme", 3, 1).await;
    server.publish("acme").await;
    let stamped = proofs.directory_newest().unwrap();
    assert!(stamped.edge.size() > first);
    let text = &stamped.note[..=stamped.note.find("\n\n").unwrap()];
    let token = tallystick_event::checkpoint_digest(text).to_vec();
    for (kind, receipt) in
        [(AnchorKind::Rfc3161, token), (AnchorKind::ObjectLock, b"s3://audit/copy".to_vec())]
    {
        let (name, size) = ("elsewhere".to_owned(), stamped.edge.size());
        proofs.add_anchor(&Anchor { kind, name, size, time_ms: 0, receipt }).await.unwrap();
    }
    let request = server.request(Method::GET, "/v1/evidence?org=acme&first_seq=0&end_seq=3", ROOT);
    let pack = request.send().await.unwrap().bytes().await.unwrap();
    let policy = policy(&server, "acme");
    let options = tallystick_verify::Options { needs_anchor: true, ..tallystick_verify::Options::default() };
    let report = tallystick_verify::verify_pack(&pack[..], &policy, &options).unwrap().report;
    let anchors: Vec<_> =
        report.anchors.iter().map(|anchor| (anchor.name.as_str(), anchor.names_checkpoint)).collect();
    assert_eq!(anchors, [("object-lock-01.txt", false), ("rfc3161-00.tst", true)], "{report}");
    assert!(!report.to_string().contains("no anchor"), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_of_a_call_gets_its_own_proof_and_receipt() {
    let server = Server::start().await;
    server.org("acme").await;
    server.org("other").await;
    server.fill("acme", 0, 5).await;
    let orgs = ["acme", "other", "acme", "acme", "other"];
    let events: Vec<_> = (0..).zip(orgs).map(|(n, org)| event(org, n)).collect();
    let path = "/v1/events?wait=proof&receipt=true";
    let stored = server.send(Method::POST, path, &json!(events)).await.ok();
    let origin = |org| server.state.engine.proofs().log(org).unwrap().origin;
    for (number, (org, index)) in orgs.into_iter().zip([5, 0, 6, 7, 1]).enumerate() {
        let one = &stored["events"][number];
        let proof: TlogProof = one["proof"].as_str().unwrap().parse().unwrap();
        assert_eq!(proof.index, index, "{one}");
        let key = &server.state.engine.proofs().keys().public(&origin(org))[0].verifier_key;
        let leaf = hex::decode(one["leaf_hash"].as_str().unwrap()).unwrap();
        proof.verify(&leaf.try_into().unwrap(), key).unwrap();
        let receipt = one["receipt"].as_str().unwrap();
        let id = one["id"].as_str().unwrap();
        let text = format!("tallystick-receipt/v1\n{}\n{id}\n{index}\n", origin(org));
        assert!(receipt.starts_with(&text), "{receipt}");
    }
}

/// Believes the service's own keys.
fn policy(server: &Server, org: &str) -> Policy {
    let proofs = server.state.engine.proofs();
    let origins = [proofs.log(org).unwrap().origin, proofs.directory_origin()];
    let keys = origins.map(|origin| format!("log {}\n", proofs.keys().public(&origin)[0].verifier_key));
    Policy::parse(format!("{}quorum none\n", keys.concat()).as_bytes()).unwrap()
}
