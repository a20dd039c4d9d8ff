//! `kill -9` at random moments under load, again and again on the same directory. TALLYSTICK_KILL_ROUNDS sets how
//! often, TALLYSTICK_KILL_SEED repeats a run.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tallystick::seeded::Rng;

use crate::{
    journal::{Sent, Writer, check},
    server::Server,
};

const ROUNDS: u64 = 20;
/// Reading everything back takes longer the more rounds there were; in between the number of events is checked.
const ROUNDS_BETWEEN_FULL_CHECKS: u64 = 20;
const WRITERS: usize = 3;

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_there_twice() {
    let rounds = number("TALLYSTICK_KILL_ROUNDS").unwrap_or(ROUNDS);
    let seed = number("TALLYSTICK_KILL_SEED").unwrap_or(1);
    println!("{rounds} rounds, seed {seed}");
    let mut rng = Rng::new(seed);
    let dir = tempfile::tempdir().unwrap();
    let small = [("TALLYSTICK_LOG__TAIL_EVENTS_MAX", "200"), ("TALLYSTICK_LOG__TAIL_AGE_S", "1")];
    let mut writers: Vec<_> = (0..WRITERS).map(|n| Writer::new("acme", &format!("w{n}"))).collect();
    let mut server = Server::try_start(dir.path(), &small).unwrap();
    server.api.make_org("acme");
    for round in 0..rounds {
        let alive_ms = rng.between(20, 600) as u64;
        load_until_killed(&mut writers, server, &mut rng, alive_ms);
        server = Server::try_start(dir.path(), &small)
            .unwrap_or_else(|output| panic!("round {round} of seed {seed}: {output}"));
        if (round + 1) % ROUNDS_BETWEEN_FULL_CHECKS == 0 || round + 1 == rounds {
            check(&server.api, "acme", &writers.iter().collect::<Vec<_>>());
        } else {
            let least: usize = writers.iter().map(|writer| writer.acknowledged.len()).sum();
            let most = least + writers.iter().map(Writer::unanswered).sum::<usize>();
            let stored = server.api.get("/v1/count?org=acme").body["count"].as_u64().unwrap() as usize;
            assert!((least..=most).contains(&stored), "round {round}: {stored} of {least} to {most}");
        }
    }
    let sum: usize = writers.iter().map(|writer| writer.acknowledged.len()).sum();
    println!("{sum} events acknowledged over {rounds} kills");
    assert!(sum as u64 > rounds, "hardly anything was written, so hardly anything was tested");
}

fn load_until_killed(writers: &mut [Writer], server: Server, rng: &mut Rng, alive_ms: u64) {
    let dead = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for writer in writers {
            let (api, mut rng, dead) = (server.api.again(), Rng::new(rng.bits()), &dead);
            scope.spawn(move || {
                while !dead.load(Ordering::Relaxed) {
                    let padding = rng.hex(rng.clone().between(0, 800) as usize);
                    match writer.send(&api, rng.between(1, 40) as u64, &padding) {
                        Sent::Acknowledged => {}
                        Sent::Unknown => std::thread::sleep(Duration::from_millis(1)),
                        Sent::Refused(503, _) => std::thread::sleep(Duration::from_millis(5)),
                        Sent::Refused(status, code) => panic!("{status} {code}"),
                    }
                }
            });
        }
        std::thread::sleep(Duration::from_millis(alive_ms));
        server.kill();
        dead.store(true, Ordering::Relaxed);
    });
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var_os(variable)?;
    Some(
        text.to_str()
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(|| panic!("{variable} is not a number")),
    )
}
