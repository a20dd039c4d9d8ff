//! Receivers that are too busy, not there for a moment, take nothing large, and lose connections before and after they
//! have answered.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use tallystick_receivers::{Gate, Passing};

use super::{
    proxy::{Proxy, Tally},
    targets::{Target, quick, start},
    world::{ORG, PATIENCE, Writer, check, make_streams, resume, serve, settle, settle_within},
};

/// How long it storms at least.
const STORM: Duration = Duration::from_secs(20);
/// How often it is looked whether everything has happened that is to happen in a storm.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);
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
    let gates = || targets.iter().filter_map(|target| target.receiver.gate()).chain(&gates);
    writer.while_writing(api, || {
        set_storm(&proxies, true);
        let started = Instant::now();
        while started.elapsed() < STORM || !has_stormed(&proxies, gates()) {
            assert!(started.elapsed() < PATIENCE, "hardly a storm: {:?}", total(&proxies));
            sleep(LOOK_INTERVAL);
        }
        set_storm(&proxies, false);
        gates().for_each(|gate| gate.pass(Passing::Freely));
    });
    if !settle_within(api, &targets, BY_THEMSELVES) {
        println!("not by themselves: {:?}", resume(api, &targets));
    }
    settle(api, &targets);
    println!("{:?}", total(&proxies));
    let repeated = check(api, &targets, |_| Vec::new());
    assert!(repeated > 0, "no answer was lost, so nothing was tested");
    let too_soon = total(&proxies).too_soon;
    assert_eq!(too_soon, 0, "who says when it wants to be asked again is not asked before");
    server.stop();
}

fn set_storm(proxies: &[Proxy], is_stormy: bool) {
    for proxy in proxies {
        proxy.storm(is_stormy);
    }
}

/// Whether every kind of trouble has been there often enough.
fn has_stormed<'a>(proxies: &[Proxy], mut gates: impl Iterator<Item = &'a Gate>) -> bool {
    let Tally { too_many, unavailable, too_large, lost_before, lost_after, .. } = total(proxies);
    let troubles = [too_many, unavailable, too_large, lost_before, lost_after];
    troubles.iter().all(|count| *count >= proxies.len()) && gates.any(|gate| gate.cuts() > 0)
}

fn total(proxies: &[Proxy]) -> Tally {
    proxies.iter().map(Proxy::tally).fold(Tally::default(), Tally::plus)
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
