//! Which events are in which run: each in one, whatever happens in between.

use tallystick_catalog::{Covers, RunReason, ScheduleOwner};
use tallystick_delivery::schedules::ScheduleEdit;
use tallystick_event::Clock as _;

use super::rig::{DAY_MS, Rig};

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_in_one_run_however_late_it_comes_and_whoever_asks() {
    let mut rig = Rig::new(None).await;
    // It is 10:00. The period before the first run began yesterday at noon.
    rig.harness.clock.advance(-2 * DAY_MS);
    rig.event(0, 0).await;
    rig.harness.clock.advance(2 * DAY_MS);
    rig.event(1, 0).await;
    let schedule = rig.make(Rig::edit()).await;
    rig.start();
    rig.later(2 * HOUR_MS);
    assert_eq!(rig.done(&schedule, 1).await, [1], "what came since it would have been due last");
    rig.later(HOUR_MS);
    rig.event(2, 0).await;
    // It occurred in the range of the first run, and came after it.
    rig.event(3, 12 * HOUR_MS).await;
    rig.later(1);
    rig.schedules.ask(&schedule.id).await.unwrap();
    assert_eq!(rig.done(&schedule, 2).await, [3, 2]);
    rig.event(4, 0).await;
    rig.later(22 * HOUR_MS);
    rig.event(5, 0).await;
    rig.later(HOUR_MS);
    assert_eq!(rig.done(&schedule, 3).await, [4, 5], "it begins where what somebody asked for has ended");
    let runs = rig.runs(&schedule).await;
    let reasons: Vec<_> = runs.iter().map(|run| run.why).collect();
    assert_eq!(reasons, [RunReason::Due, RunReason::Asked, RunReason::Due]);
    for pair in runs.windows(2) {
        assert_eq!((pair[0].due_ms, Some(pair[0].end_seq)), (pair[1].from_ms, pair[1].first_seq));
    }
    let export = rig.harness.engine.catalog().export(&runs[2].export).await.unwrap();
    let spec = tallystick_delivery::Spec::from_text(&export.spec).unwrap();
    let statement = tallystick_delivery::statement(&export, &spec);
    assert_eq!(statement["schedule"]["run"], 3);
    assert_eq!(statement["schedule"]["first_seq"], runs[2].first_seq.unwrap());
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_is_made_up_for_once() {
    let mut rig = Rig::new(None).await;
    let schedule = rig.make(Rig::edit()).await;
    for day in 0..5 {
        rig.event(day, 0).await;
        rig.harness.clock.advance(DAY_MS);
    }
    // Five days with nothing running: the last time it was due was at noon the day before.
    rig.start();
    assert_eq!(rig.done(&schedule, 1).await, [0, 1, 2, 3, 4]);
    let run = rig.over(&schedule, 1).await;
    assert_eq!(run.why, RunReason::Late);
    let now_ms = rig.harness.clock.now_ms();
    assert_eq!(run.due_ms, now_ms - 22 * HOUR_MS, "the range ends at a time that it was due");
    rig.event(5, 0).await;
    rig.later(2 * HOUR_MS);
    assert_eq!(rig.done(&schedule, 2).await, [5], "one run, and then the next that is due");
    rig.stop().await;
    // A restart makes nothing twice.
    rig.start();
    rig.schedules.look();
    rig.event(6, 0).await;
    rig.later(DAY_MS);
    assert_eq!(rig.done(&schedule, 3).await, [6]);
    assert_eq!(rig.runs(&schedule).await.len(), 3);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_times_of_occurrence_nothing_is_twice_and_what_is_late_is_not_there() {
    let mut rig = Rig::new(None).await;
    let schedule = rig.make(ScheduleEdit { covers: Covers::Occurred, ..Rig::edit() }).await;
    rig.start();
    // Stored five minutes before it is due, by a clock that is ten minutes ahead.
    rig.harness.clock.advance(2 * HOUR_MS - 5 * MINUTE_MS);
    rig.event(1, -10 * MINUTE_MS).await;
    rig.event(2, HOUR_MS).await;
    rig.later(5 * MINUTE_MS);
    assert_eq!(rig.done(&schedule, 1).await, [2]);
    rig.later(2 * HOUR_MS);
    rig.event(3, 10 * HOUR_MS).await;
    rig.later(22 * HOUR_MS);
    assert_eq!(rig.done(&schedule, 2).await, [1]);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_leaves_nothing_out_and_a_change_neither() {
    let mut rig = Rig::new(None).await;
    let schedule = rig.make(Rig::edit()).await;
    rig.start();
    let paused = rig.schedules.pause(&schedule).await.unwrap().after;
    rig.event(1, 0).await;
    rig.later(3 * DAY_MS);
    rig.schedules.look();
    assert!(rig.runs(&schedule).await.is_empty() && paused.due_ms.is_none());
    // Every hour from now on: still from where it has come to.
    let mut edit = Rig::edit();
    edit.timing.repeat = "cron".to_owned();
    edit.timing.at = None;
    edit.timing.cron = Some("0 * * * *".to_owned());
    let changed = rig.schedules.update(&paused, edit).await.unwrap().after;
    let owner = ScheduleOwner { id: "usr_ben".to_owned(), name: "Ben".to_owned(), by_sso: false };
    let resumed = rig.schedules.resume(&changed, owner).await.unwrap().after;
    assert_eq!((resumed.parts.owner.name.as_str(), resumed.is_paused), ("Ben", false));
    rig.event(2, 0).await;
    rig.later(HOUR_MS);
    assert_eq!(rig.done(&schedule, 1).await, [1, 2]);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_owner_it_pauses_and_says_why() {
    let mut rig = Rig::new(None).await;
    let schedule = rig.make(Rig::edit()).await;
    rig.event(1, 0).await;
    rig.host.refused.lock().insert("usr_ana".to_owned());
    rig.start();
    rig.later(2 * HOUR_MS);
    rig.until_happened("held not_allowed").await;
    let held = rig.schedules.get(&schedule.id).await.unwrap();
    let error = held.error.clone().unwrap();
    assert!(held.is_paused && error.message.starts_with("Ana may no longer"), "{error:?}");
    assert!(rig.runs(&schedule).await.is_empty());
    let owner = ScheduleOwner { id: "usr_ben".to_owned(), name: "Ben".to_owned(), by_sso: false };
    rig.schedules.resume(&held, owner).await.unwrap();
    rig.later(DAY_MS);
    assert_eq!(rig.done(&schedule, 1).await, [1], "what it could not export then is in the next run");
    rig.stop().await;
}
