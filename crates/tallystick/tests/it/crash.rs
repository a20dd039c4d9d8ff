//! Death at every named point of the write path: what was acknowledged is there once and in order.

use tallystick_engine::crash::POINTS;

use crate::{
    journal::{Sent, Writer, check},
    server::Server,
};

/// Batches after which a point must have been visited. Compaction comes last: it needs eight segments.
const BATCHES_MAX: usize = 3_000;

#[test]
fn every_acknowledged_event_survives_every_crash_point() {
    let can_crash = cfg!(debug_assertions);
    assert!(can_crash, "crash points exist in debug builds only: run the tests without --release");
    for point in POINTS {
        // The first visits leave something that a later one could damage.
        let visits = if point.starts_with("append") { 7 } else { 2 };
        survives(&format!("{point}:{visits}"));
        println!("survived {point}");
    }
}

fn survives(crash_at: &str) {
    let dir = tempfile::tempdir().unwrap();
    let small = [("TALLYSTICK_LOG__TAIL_EVENTS_MAX", "20"), ("TALLYSTICK_LOG__TAIL_AGE_S", "1")];
    let first = Server::try_start(dir.path(), &small).unwrap();
    first.api.make_org("acme");
    first.stop();

    let mut crashing = small.to_vec();
    crashing.push(("TALLYSTICK_TEST_CRASH_AT", crash_at));
    let server = Server::try_start(dir.path(), &crashing).unwrap();
    let mut writer = Writer::new("acme", "w");
    let died = (0..BATCHES_MAX).any(|_| match writer.send(&server.api, 5, "") {
        Sent::Unknown => true,
        Sent::Acknowledged => false,
        // Small tails fill up faster than they are sealed.
        Sent::Refused(503, _) => {
            std::thread::sleep(std::time::Duration::from_millis(20));
            false
        }
        other @ Sent::Refused(..) => panic!("{crash_at}: {other:?}"),
    });
    assert!(died, "{crash_at} was never reached");
    assert!(!server.wait().success());

    let server =
        Server::try_start(dir.path(), &small).unwrap_or_else(|output| panic!("{crash_at}: {output}"));
    check(&server.api, "acme", &[&writer]);
    for _ in 0..12 {
        while writer.send(&server.api, 5, "") != Sent::Acknowledged {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
    check(&server.api, "acme", &[&writer]);
    server.stop();
    let server = Server::start(dir.path());
    check(&server.api, "acme", &[&writer]);
}
