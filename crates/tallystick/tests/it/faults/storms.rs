//! Receivers that are too busy, not there for a moment, take nothing large, and lose connections before and after they
//! have answered.

use std::{thread::sleep, time::Duration};

use tallystick_receivers::{Gate, Passing};

use super::{
    proxy::{Proxy, Tally},
    targets::{Target, quick, start},
    world::{ORG, Writer, check, make_streams, resume, serve, settle, settle_within},
};

/// How long it storms.
const STORM: Duration = Duration::from_secs(25);
/// How long streams have to get through by themselves when it is over.
const BY_THEMSELVES: Duration = Duration::from_secs(15);
/// Longest body that passes, bytes: a few events, so that batches have to be cut again and again.
const BODY_BYTES_MAX: usize = 12_000;
/// Events that are written at a time, and the pause after them.
const EVENTS: usize = 10;
const PAUSE: Duration = Duration::from_millis(100);
/// Of connections without HTTP, one of so many is cut.
const CUT_ONE_OF: usize = 2;

#[test]
fn through_storms_everything_arrives() {
    let dir = tempfile::tempdir().unwrap();
    let mut targets = start(dir.path(), |name| name != "lake/folder");
    let (proxies, gates) = expose(&mut targets);
    let server = serve(dir.path());
    let api = &server.api;
    api.make_org(ORG);
    let writer = Writer::new(EVENTS, PAUSE);
    make_streams(api, &mut targets);
    writer.while_writing(api, || {
        proxies.iter().for_each(|proxy| proxy.storm(true));
        sleep(STORM);
        proxies.iter().for_each(|proxy| proxy.storm(false));
        for gate in targets.iter().filter_map(|target| target.receiver.gate()).chain(&gates) {
            gate.pass(Passing::Freely);
        }
        sleep(Duration::from_secs(2));
    });
    if !settle_within(api, &targets, BY_THEMSELVES) {
        println!("not by themselves: {:?}", resume(api, &targets));
    }
    settle(api, &targets);
    let repeated = check(api, &targets, |_| Vec::new());
    assert!(repeated > 0, "no answer was lost, so nothing was tested");
    let mut total = Tally::default();
    for proxy in &proxies {
        let tally = proxy.tally();
        assert_eq!(
            tally.too_soon, 0,
            "who says when it wants to be asked again is not asked before: {tally:?}"
        );
        total.too_many += tally.too_many;
        total.unavailable += tally.unavailable;
        total.too_large += tally.too_large;
        total.lost_before += tally.lost_before;
        total.lost_after += tally.lost_after;
    }
    println!("{total:?}");
    let all = [total.too_many, total.unavailable, total.too_large, total.lost_before, total.lost_after];
    assert!(all.iter().all(|count| *count >= proxies.len()), "hardly a storm: {total:?}");
    let cuts: usize =
        targets.iter().filter_map(|target| target.receiver.gate()).chain(&gates).map(Gate::cuts).sum();
    assert!(cuts > 0, "no connection without HTTP was cut");
    server.stop();
}

/// Puts what speaks HTTP behind a proxy, and everything else behind a gate that cuts connections.
fn expose(targets: &mut [Target]) -> (Vec<Proxy>, Vec<Gate>) {
    let (mut proxies, mut gates) = (Vec::new(), Vec::new());
    for (number, target) in targets.iter_mut().enumerate() {
        let kind = target.receiver.kind();
        // Answers of a connection that get through before it is cut: those that open it, not those to what is sent.
        let answers = match kind {
            "kafka" => 4,
            "nats" | "syslog" => 2,
            _ => {
                let proxy = Proxy::start(target.receiver.port(), BODY_BYTES_MAX, number as u64);
                target.settings = quick(target.receiver.settings_by(proxy.port), kind);
                proxies.push(proxy);
                continue;
            }
        };
        let passing = Passing::LosingAnswers { one_of: CUT_ONE_OF, answers };
        if let Some(gate) = target.receiver.gate() {
            gate.pass(passing);
            continue;
        }
        let gate = Gate::to(target.receiver.port());
        gate.pass(passing);
        target.settings = target.receiver.settings_by(gate.port());
        gates.push(gate);
    }
    (proxies, gates)
}
