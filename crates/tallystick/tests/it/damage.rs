//! Bits that flip on the disk: found, named, repaired where they can be, and never a wrong answer.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tallystick_segment::{IndexState, Segment};

use crate::{
    journal::{Sent, Writer},
    server::{Server, copy_folder},
};

const EVENTS: u64 = 600;
/// Flipped places to try with a server.
const PLACES: usize = 14;

/// A directory with one sealed segment and the answers that it gives while it is whole.
struct Whole {
    dir: tempfile::TempDir,
    events: Vec<Value>,
}

impl Whole {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let variables = [("TALLYSTICK_LOG__TAIL_EVENTS_MAX", "600")];
        let server = Server::try_start(dir.path(), &variables).unwrap();
        server.api.make_org("acme");
        let mut writer = Writer::new("acme", "w");
        for _ in 0..EVENTS / 100 {
            assert_eq!(writer.send(&server.api, 100, "zig zag"), Sent::Acknowledged);
        }
        let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
        while segments(dir.path()).is_empty() {
            assert!(std::time::Instant::now() < deadline, "nothing is sealed");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let events = server.api.all_events("acme");
        assert_eq!(events.len() as u64, EVENTS);
        server.stop();
        Self { dir, events }
    }

    fn copy(&self) -> tempfile::TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(self.dir.path(), copy.path());
        copy
    }
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(dir.join("segments")).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "seg")).collect()
}

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 0x10;
    std::fs::write(path, bytes).unwrap();
}

/// Every answer is the right one, or says that stored data is damaged. Returns whether all were right.
fn is_never_wrong(server: &Server, events: &[Value], place: usize) -> bool {
    let mut all_right = true;
    let mut ask = |path: &str, right: &dyn Fn(&Value) -> bool| {
        let answer = server.api.get(path);
        if answer.status == 200 {
            assert!(right(&answer.body), "place {place}: {path} gives {answer:?}");
        } else {
            assert_eq!((answer.status, answer.code()), (500, "storage_corrupt"), "place {place}: {path}");
            all_right = false;
        }
    };
    let ids = |body: &Value| -> Vec<Value> {
        body["events"].as_array().unwrap().iter().map(|event| event["id"].clone()).collect()
    };
    let all: Vec<Value> = events.iter().map(|event| event["id"].clone()).collect();
    ask("/v1/events?org=acme&order=asc&limit=1000", &|body| {
        body["events"].as_array().unwrap() == events && ids(body) == all
    });
    ask("/v1/events?org=acme&order=asc&limit=1000&q=zig%20zag", &|body| ids(body) == all);
    ask("/v1/events?org=acme&order=asc&limit=1000&q=metadata.n%3A%3C100", &|body| ids(body) == all[..100]);
    ask("/v1/events?org=acme&q=actor%3Anobody", &|body| ids(body).is_empty());
    ask("/v1/count?org=acme&q=action%3Atest.written", &|body| body["count"] == EVENTS);
    for event in [0, 299, 599].map(|at| &events[at]) {
        // One event comes with its sentence, which is made when somebody asks.
        ask(&format!("/v1/events/{}", event["id"].as_str().unwrap()), &|body| {
            let mut body = body.clone();
            body.as_object_mut().unwrap().remove("sentence").is_some() && body == *event
        });
    }
    all_right
}

#[test]
fn a_flipped_bit_in_a_segment_is_never_answered_from() {
    let whole = Whole::new();
    let size = std::fs::metadata(&segments(whole.dir.path())[0]).unwrap().len() as usize;
    let (mut rebuilt, mut refused, mut told) = (0, 0, 0);
    for nth in 0..PLACES {
        let place = size * nth / PLACES + 17;
        let copy = whole.copy();
        let file = &segments(copy.path())[0];
        flip(file, place);
        let opened = Segment::open(file);
        let is_index_damage = opened
            .as_ref()
            .is_ok_and(|segment| segment.verify().iter().all(|damage| damage.section.is_index()));
        let is_rebuilt = opened.as_ref().is_ok_and(|segment| segment.index_state() != IndexState::Usable);
        drop(opened);
        match Server::try_start(copy.path(), &[]) {
            Err(output) => {
                assert!(!is_index_damage, "place {place}: an index can be rebuilt: {output}");
                let name = file.file_name().unwrap().to_str().unwrap();
                assert!(output.contains(name), "place {place}: the segment is not named: {output}");
                refused += 1;
            }
            Ok(server) => {
                let is_right = is_never_wrong(&server, &whole.events, place);
                if is_rebuilt {
                    assert!(
                        server.greeting.iter().any(|line| line.contains("rebuilt")),
                        "{:?}",
                        server.greeting
                    );
                    assert!(is_right, "place {place}: the index was rebuilt and must serve");
                    rebuilt += 1;
                } else if !is_right {
                    told += 1;
                }
            }
        }
    }
    println!("{rebuilt} rebuilt, {refused} starts refused, {told} told as damaged, of {PLACES}");
    assert!(rebuilt + refused + told > PLACES / 3, "the damage was hardly ever met");
}

#[test]
fn a_missing_segment_stops_the_start_by_name() {
    let whole = Whole::new();
    let file = segments(whole.dir.path()).remove(0);
    std::fs::remove_file(&file).unwrap();
    let Err(output) = Server::try_start(whole.dir.path(), &[]) else { panic!("it started") };
    assert!(output.contains(file.file_name().unwrap().to_str().unwrap()), "{output}");
}

#[test]
fn a_commit_log_that_was_cut_or_changed_stops_the_start_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    server.api.make_org("acme");
    let mut writer = Writer::new("acme", "w");
    for _ in 0..20 {
        assert_eq!(writer.send(&server.api, 10, &"x".repeat(1_000)), Sent::Acknowledged);
    }
    server.kill();
    let log: PathBuf =
        std::fs::read_dir(dir.path().join("log")).unwrap().map(|entry| entry.unwrap().path()).max().unwrap();
    let name = log.file_name().unwrap().to_str().unwrap().to_owned();
    let refuses = |damage: &dyn Fn(&Path)| {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(dir.path(), copy.path());
        damage(&copy.path().join("log").join(&name));
        let Err(output) = Server::try_start(copy.path(), &[]) else { panic!("it started") };
        assert!(output.contains(&name), "{output}");
    };
    refuses(&|log| std::fs::OpenOptions::new().write(true).open(log).unwrap().set_len(60_000).unwrap());
    refuses(&|log| flip(log, 30_000));
    // Untouched it opens, with everything.
    let server = Server::start(dir.path());
    crate::journal::check(&server.api, "acme", &[&writer]);
}
