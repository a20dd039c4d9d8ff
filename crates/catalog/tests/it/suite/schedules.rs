//! Schedules of exports: what they are, and runs that are made together with their exports.

use tallystick_catalog::{
    Catalog, CatalogError, Conflict, Covers, EXPORT_SCHEDULES_MAX, EXPORTS_WAITING_MAX, ExportState,
    NewExport, NewRun, NewSchedule, NextDue, RunReason, RunState, SCHEDULE_RUNS_KEPT, Schedule,
    ScheduleOwner, ScheduleParts,
};

use super::people::conflict;
use super::{Case, new_org, org};
use crate::doubles::START_MS;

const DAY_MS: i64 = 86_400_000;

fn parts(name: &str) -> ScheduleParts {
    ScheduleParts {
        name: name.into(),
        query: "outcome:denied".into(),
        format: "csv".into(),
        spec: "{}".into(),
        keep_ms: 1_000,
        timing: r#"{"repeat":"daily"}"#.into(),
        covers: Covers::Received,
        targets: "{}".into(),
        store_sealed: vec![1, 2, 3],
        owner: ScheduleOwner { id: "usr_1".into(), name: "Ana".into(), by_sso: true },
    }
}

async fn made(catalog: &Catalog, whose: &str, name: &str) -> Schedule {
    let new = NewSchedule {
        id: catalog.new_schedule_id(),
        org: org(whose),
        parts: parts(name),
        is_paused: false,
        covered_ms: START_MS - DAY_MS,
        due_ms: Some(START_MS + DAY_MS),
    };
    catalog.create_schedule(new).await.unwrap()
}

fn new_run(schedule: &Schedule, first_seq: Option<u64>, end_seq: u64) -> NewRun {
    NewRun {
        export: NewExport {
            org: schedule.org.clone(),
            name: schedule.parts.name.clone(),
            query: String::new(),
            format: "csv".into(),
            spec: "{}".into(),
            end_seq,
            created_by: "usr_1".into(),
            created_by_name: "Ana".into(),
            keep_ms: 1_000,
        },
        why: RunReason::Due,
        due_ms: START_MS + DAY_MS,
        first_seq,
        deliveries: "{}".into(),
        next_due_ms: Some(START_MS + 2 * DAY_MS),
    }
}

pub(crate) async fn are_made_changed_and_deleted(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "acme").await;
    new_org(&catalog, "other").await;
    let first = made(&catalog, "acme", " Weekly ").await;
    case.clock.advance(1);
    let second = made(&catalog, "acme", "daily").await;
    made(&catalog, "other", "theirs").await;
    assert_eq!(
        (first.parts.name.as_str(), first.version, first.due_ms),
        ("Weekly", 1, Some(START_MS + DAY_MS))
    );
    assert_eq!(catalog.schedule(&first.id).await.unwrap(), first);
    let listed = catalog.list_schedules(&org("acme")).await.unwrap();
    assert_eq!(listed, [first.clone(), second.clone()]);

    let owner = ScheduleOwner { id: "ak_1".into(), name: "CI".into(), by_sso: false };
    let other =
        ScheduleParts { covers: Covers::Occurred, store_sealed: Vec::new(), owner, ..parts("monthly") };
    let changed =
        catalog.update_schedule(&first.id, 1, other.clone(), false, NextDue::Is(Some(7))).await.unwrap();
    assert_eq!(changed.before, first);
    assert_eq!((changed.after.version, changed.after.due_ms, &changed.after.parts), (2, Some(7), &other));
    assert_eq!(catalog.schedule(&first.id).await.unwrap(), changed.after);
    assert_eq!(changed.after.created_by, "usr_1", "who made it stays");
    let late = catalog.update_schedule(&first.id, 1, parts("late"), false, NextDue::Stays).await;
    assert_eq!(conflict(late), Conflict::ScheduleChanged { version: 2 });
    let paused =
        catalog.update_schedule(&first.id, 2, other, true, NextDue::Is(Some(7))).await.unwrap().after;
    assert_eq!((paused.is_paused, paused.due_ms), (true, None), "what is paused is not due");
    let bad = catalog.update_schedule(&second.id, 1, parts(" "), false, NextDue::Stays).await;
    assert!(matches!(bad, Err(CatalogError::Invalid { what: "name", .. })));

    assert_eq!(catalog.delete_schedule(&first.id).await.unwrap(), paused);
    assert!(matches!(catalog.schedule(&first.id).await, Err(CatalogError::NotFound { .. })));
    for number in 1..EXPORT_SCHEDULES_MAX {
        made(&catalog, "acme", &format!("s{number}")).await;
    }
    let new = NewSchedule {
        id: catalog.new_schedule_id(),
        org: org("acme"),
        parts: parts("one more"),
        is_paused: true,
        covered_ms: 0,
        due_ms: None,
    };
    let what = "schedules of exports";
    let too_many = Conflict::TooMany { what, max: EXPORT_SCHEDULES_MAX };
    assert_eq!(conflict(catalog.create_schedule(new).await), too_many);
    catalog.delete_organization(&org("acme")).await.unwrap();
    assert!(catalog.list_schedules(&org("acme")).await.unwrap().is_empty());
    assert_eq!(catalog.list_schedules(&org("other")).await.unwrap().len(), 1);
}

pub(crate) async fn run_one_at_a_time_and_leave_nothing_out(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "acme").await;
    let schedule = made(&catalog, "acme", "daily").await;
    assert!(catalog.due_schedules().await.unwrap().is_empty());
    case.clock.advance(DAY_MS);
    let due = catalog.due_schedules().await.unwrap();
    assert_eq!(due, std::slice::from_ref(&schedule));

    // Two nodes find the same schedule due: one makes the run.
    let other_node = case.open().await;
    let run = new_run(&schedule, Some(0), 7);
    let (one, other) =
        tokio::join!(catalog.begin_run(&schedule, run.clone()), other_node.begin_run(&schedule, run.clone()));
    let begun: Vec<_> = [one.unwrap(), other.unwrap()].into_iter().flatten().collect();
    let [(begun, export)] = &begun[..] else { panic!("{begun:?}") };
    assert_eq!((begun.number, begun.first_seq, begun.end_seq), (1, Some(0), 7));
    assert_eq!((begun.from_ms, begun.due_ms), (START_MS - DAY_MS, START_MS + DAY_MS));
    assert_eq!((&begun.export, export.state), (&export.id, ExportState::Queued));
    let now = catalog.schedule(&schedule.id).await.unwrap();
    assert_eq!((now.covered_ms, now.covered_seq, now.runs), (START_MS + DAY_MS, Some(7), 1));
    assert_eq!((now.due_ms, now.version), (Some(START_MS + 2 * DAY_MS), 1));

    // Somebody who changes what was looked at before the run does not make it due once more.
    let renamed =
        catalog.update_schedule(&schedule.id, 1, parts("Daily"), false, NextDue::Stays).await.unwrap();
    assert_eq!((renamed.after.due_ms, renamed.after.covered_seq), (Some(START_MS + 2 * DAY_MS), Some(7)));

    // While it is under way there is no other, whatever somebody asks for.
    case.clock.advance(DAY_MS);
    let asked = catalog.ask_schedule(&schedule.id).await.unwrap();
    assert_eq!(asked.asked_ms, Some(START_MS + 2 * DAY_MS));
    assert!(catalog.due_schedules().await.unwrap().is_empty());
    assert!(catalog.begin_run(&asked, new_run(&asked, Some(7), 9)).await.unwrap().is_none());
    assert_eq!(catalog.open_runs().await.unwrap(), std::slice::from_ref(begun));

    let mut over = begun.clone();
    over.state = RunState::Failed;
    over.error = Some(("disk_full".into(), "no room".into()));
    assert!(catalog.note_run(&over).await.unwrap());
    assert!(!catalog.note_run(&over).await.unwrap(), "it is over");
    let read = catalog.run(&schedule.id, 1).await.unwrap();
    assert_eq!((read.finished_ms, &read.error), (Some(START_MS + 2 * DAY_MS), &over.error));
    assert!(catalog.begin_run(&schedule, run).await.unwrap().is_none(), "it is not as it was read");
    let (second, _) =
        catalog.begin_run(&asked, new_run(&asked, None, 9)).await.unwrap().expect("it is asked for");
    assert_eq!(
        (second.number, second.from_ms),
        (2, START_MS + DAY_MS),
        "it begins where the first has ended"
    );
    let now = catalog.schedule(&schedule.id).await.unwrap();
    assert_eq!((now.asked_ms, now.covered_seq), (None, None));
    let listed = catalog.list_runs(&schedule.id, None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|run| run.number).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(catalog.list_runs(&schedule.id, Some(2), 10).await.unwrap().len(), 1);

    let again = catalog.reopen_run(&schedule.id, 1, r#"{"again":true}"#).await.unwrap();
    assert_eq!((again.after.state, again.after.error), (RunState::Exporting, None));
    let open = catalog.reopen_run(&schedule.id, 2, "{}").await;
    assert_eq!(conflict(open), Conflict::RunState { state: "exporting" });
    assert!(matches!(catalog.run(&schedule.id, 9).await, Err(CatalogError::NotFound { kind: "run", .. })));
}

pub(crate) async fn are_held_with_a_reason_and_forget_old_runs(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "acme").await;
    let schedule = made(&catalog, "acme", "daily").await;
    catalog.note_schedule(&schedule.id, "disk_full", "no room").await.unwrap();
    let noted = catalog.schedule(&schedule.id).await.unwrap();
    assert_eq!(noted.error.as_ref().map(|error| error.code.as_str()), Some("disk_full"));
    let asked = catalog.ask_schedule(&schedule.id).await.unwrap();
    let held = catalog.hold_schedule(&asked, "not_allowed", "Ana has left").await.unwrap().unwrap().after;
    assert_eq!((held.is_paused, held.due_ms, held.version), (true, None, 2));
    assert_eq!(catalog.schedule(&schedule.id).await.unwrap(), held);
    assert!(catalog.hold_schedule(&asked, "x", "y").await.unwrap().is_none(), "it is another one now");
    let resumed =
        catalog.update_schedule(&schedule.id, 2, parts("daily"), false, NextDue::Is(Some(START_MS))).await;
    assert_eq!(resumed.unwrap().after.error, None);

    let mut waiting = 0;
    for number in 1..=SCHEDULE_RUNS_KEPT + 2 {
        let now = catalog.ask_schedule(&schedule.id).await.unwrap();
        let (mut run, export) = catalog.begin_run(&now, new_run(&now, Some(0), 0)).await.unwrap().unwrap();
        assert_eq!(run.number, number);
        run.state = RunState::Done;
        assert!(catalog.note_run(&run).await.unwrap());
        waiting += 1;
        if waiting == EXPORTS_WAITING_MAX {
            // The queue is full: nothing of the change is done, neither the run nor the place where the next begins.
            let now = catalog.ask_schedule(&schedule.id).await.unwrap();
            let full = catalog.begin_run(&now, new_run(&now, Some(5), 9)).await;
            assert!(matches!(conflict(full), Conflict::TooMany { .. }));
            assert_eq!(catalog.schedule(&schedule.id).await.unwrap(), now);
            for waits in catalog.list_exports(&org("acme"), None, 100).await.unwrap() {
                catalog.delete_export(&waits.id).await.unwrap();
            }
            waiting = 0;
        }
        drop(export);
    }
    let kept = catalog.list_runs(&schedule.id, None, 1_000).await.unwrap();
    assert_eq!(kept.len() as u64, SCHEDULE_RUNS_KEPT);
    assert_eq!(kept.last().map(|run| run.number), Some(3));
}
