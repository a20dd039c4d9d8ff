//! Streams: what they are, how far they are, and what became of what they have sent.

use tallystick_catalog::{
    Catalog, CatalogError, Conflict, NewDeadLetter, NewStream, Replay, ReplayEnd, STREAM_ATTEMPTS_KEPT,
    STREAMS_MAX, Stepped, Stream, StreamChange, StreamCursor, StreamFault, StreamGap, StreamHealthChange,
    StreamState, StreamStep, StreamsOf, TriedBatch,
};
use tallystick_event::OrgId;

use super::people::conflict;
use super::{Case, new_org, org};
use crate::doubles::START_MS;

fn new_stream(catalog: &Catalog, whose: Option<&str>, cursors: &[(&str, u64)]) -> NewStream {
    NewStream {
        id: catalog.new_stream_id(),
        org: whose.map(org),
        name: " to the SIEM ".into(),
        kind: "webhook".into(),
        format: "native".into(),
        query: "outcome:denied".into(),
        mask: r#"{"fields":[],"method":"drop"}"#.into(),
        settings_sealed: vec![1, 2, 3],
        settings_shown: r#"{"url":"https://siem.example"}"#.into(),
        start: "now".into(),
        is_paused: false,
        created_by: "usr_1".into(),
        created_by_name: "Ana".into(),
        cursors: cursors.iter().map(|(whose, next)| (org(whose), *next)).collect(),
    }
}

async fn made(catalog: &Catalog, whose: Option<&str>, cursors: &[(&str, u64)]) -> Stream {
    catalog.create_stream(new_stream(catalog, whose, cursors)).await.unwrap()
}

fn step<'a>(stream: &'a Stream, whose: &'a OrgId, from: u64, to: u64, last: Option<u64>) -> StreamStep<'a> {
    StreamStep {
        stream: &stream.id,
        generation: stream.generation,
        org: whose,
        from_seq: from,
        next_seq: to,
        in_flight_last: last,
        attempt: None,
        delivered: 0,
        dead_letters: Vec::new(),
        gaps: Vec::new(),
        health: None,
    }
}

fn tried(first_seq: u64, last_seq: u64, outcome: &str) -> TriedBatch {
    TriedBatch {
        batch_id: "ab".repeat(16),
        first_seq,
        last_seq,
        events: last_seq - first_seq + 1,
        bytes: 90,
        started_ms: START_MS,
        took_ms: 7,
        status: Some(200),
        outcome: outcome.into(),
        detail: "fine\0 and more".into(),
    }
}

fn letter(seq: u64, reason: &str) -> NewDeadLetter {
    NewDeadLetter {
        seq,
        event_id: format!("evt_{seq}"),
        reason: reason.into(),
        status: Some(400),
        excerpt: "bad".into(),
    }
}

fn fault(code: &str) -> StreamFault {
    StreamFault { code: code.into(), status: Some(503), detail: "later".into(), at_ms: START_MS }
}

async fn cursor(catalog: &Catalog, stream: &Stream, whose: &str) -> Option<(u64, Option<u64>)> {
    let cursors = catalog.stream_cursors(&stream.id).await.unwrap();
    let found = cursors.into_iter().find(|cursor: &StreamCursor| cursor.org == org(whose));
    found.map(|cursor| (cursor.next_seq, cursor.in_flight_last))
}

pub(crate) async fn are_made_changed_and_deleted(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "acme").await;
    new_org(&catalog, "other").await;
    let one = made(&catalog, Some("acme"), &[("acme", 5)]).await;
    case.clock.advance(1);
    let all = made(&catalog, None, &[("acme", 0), ("other", 2)]).await;
    assert_eq!((one.name.as_str(), one.state, one.version), ("to the SIEM", StreamState::Active, 1));
    assert_eq!(catalog.stream(&one.id).await.unwrap(), one);
    assert_eq!(catalog.list_streams(StreamsOf::Everybody).await.unwrap(), [one.clone(), all.clone()]);
    assert_eq!(catalog.list_streams(StreamsOf::Instance).await.unwrap(), std::slice::from_ref(&all));
    assert_eq!(catalog.list_streams(StreamsOf::Org(&org("acme"))).await.unwrap(), std::slice::from_ref(&one));
    assert_eq!(catalog.list_streams(StreamsOf::Org(&org("other"))).await.unwrap(), []);

    let unknown = catalog.create_stream(new_stream(&catalog, Some("nobody"), &[])).await;
    assert!(matches!(unknown, Err(CatalogError::NotFound { kind: "organization", .. })), "{unknown:?}");
    let nameless = NewStream { name: "\n".into(), ..new_stream(&catalog, None, &[]) };
    assert!(matches!(catalog.create_stream(nameless).await, Err(CatalogError::Invalid { .. })));

    let change = StreamChange { query: Some(String::new()), ..StreamChange::default() };
    let seen = catalog.update_stream(&one.id, Some(2), change.clone()).await;
    assert_eq!(conflict(seen), Conflict::StreamChanged { version: 1 });
    case.clock.advance(1);
    let changed = catalog.update_stream(&one.id, Some(1), change.clone()).await.unwrap();
    assert_eq!((changed.after.version, changed.after.query.as_str()), (2, ""));
    assert_eq!(changed.after.updated_ms, START_MS + 2);
    assert_eq!(catalog.stream(&one.id).await.unwrap(), changed.after);
    let same = catalog.update_stream(&one.id, None, change).await.unwrap();
    assert_eq!(same.before, same.after, "nothing is different");
    let settings = Some((vec![9], "{}".to_owned()));
    let change = StreamChange { settings, ..StreamChange::default() };
    let changed = catalog.update_stream(&one.id, None, change).await.unwrap();
    assert_eq!((changed.after.settings_sealed, changed.after.version), (vec![9], 3));

    let paused = catalog.pause_stream(&one.id).await.unwrap().after;
    assert_eq!((paused.state, paused.version), (StreamState::Paused, 3));
    let again = catalog.pause_stream(&one.id).await.unwrap().after;
    assert_eq!(again.generation, paused.generation);
    assert_eq!(catalog.resume_stream(&one.id).await.unwrap().after.state, StreamState::Active);

    assert_eq!(catalog.delete_stream(&all.id).await.unwrap(), all);
    let gone = catalog.stream(&all.id).await;
    assert!(matches!(gone, Err(CatalogError::NotFound { kind: "stream", .. })));
    for _ in 1..STREAMS_MAX {
        made(&catalog, Some("acme"), &[]).await;
    }
    let full = catalog.create_stream(new_stream(&catalog, Some("acme"), &[])).await;
    assert_eq!(conflict(full), Conflict::TooMany { what: "streams", max: STREAMS_MAX });
    made(&catalog, Some("other"), &[]).await;
}

pub(crate) async fn move_on_by_steps_that_are_whole_or_refused(case: &Case) {
    let catalog = case.open().await;
    let acme = new_org(&catalog, "acme").await.id;
    let stream = made(&catalog, None, &[("acme", 5)]).await;
    let advance = async |step: StreamStep<'_>| catalog.advance_stream(&step).await.unwrap();
    assert_eq!(advance(step(&stream, &acme, 5, 5, Some(9))).await, Stepped::Done);
    assert_eq!(cursor(&catalog, &stream, "acme").await, Some((5, Some(9))));
    let whole = StreamStep {
        attempt: Some(tried(5, 9, "partial")),
        delivered: 4,
        dead_letters: vec![letter(7, "refused")],
        health: Some(StreamHealthChange::Well),
        ..step(&stream, &acme, 5, 10, Some(19))
    };
    assert_eq!(advance(whole.clone()).await, Stepped::Done);
    assert_eq!(advance(whole).await, Stepped::Stale, "it is done");
    assert_eq!(cursor(&catalog, &stream, "acme").await, Some((10, Some(19))));
    let now = catalog.stream(&stream.id).await.unwrap();
    let health = &now.health;
    assert_eq!((health.delivered, health.rejected, health.dead_letters), (4, 1, 1));
    assert_eq!(health.last_ok_ms, Some(START_MS));
    let attempts = catalog.stream_attempts(&stream.id, None, 10).await.unwrap();
    assert_eq!((attempts.len(), attempts[0].attempt_no, attempts[0].tried.detail.as_str()), (1, 1, "fine"));

    let back = catalog.advance_stream(&step(&stream, &acme, 10, 9, None)).await;
    assert!(back.unwrap_err().is_damage());
    let later = new_org(&catalog, "later").await.id;
    assert_eq!(advance(step(&stream, &later, 3, 4, None)).await, Stepped::Stale, "it begins at 0");
    assert_eq!(advance(step(&stream, &later, 0, 4, None)).await, Stepped::Done);
    assert_eq!(cursor(&catalog, &stream, "later").await, Some((4, None)));
    let nobody = org("nobody");
    assert_eq!(advance(step(&stream, &nobody, 0, 4, None)).await, Stepped::Stale);

    let failed = StreamHealthChange::Failed {
        state: StreamState::Error,
        fault: fault("retry"),
        failures: 3,
        next_attempt_ms: Some(START_MS + 60),
    };
    assert!(catalog.note_stream_health(&stream.id, stream.generation, &failed).await.unwrap());
    let now = catalog.stream(&stream.id).await.unwrap();
    assert_eq!((now.state, now.generation), (StreamState::Error, stream.generation));
    assert_eq!((now.health.failures, now.health.next_attempt_ms), (3, Some(START_MS + 60)));
    assert_eq!(now.health.last_error, Some(fault("retry")));
    let noted = StreamHealthChange::Noted(fault("log_unreadable"));
    assert!(catalog.note_stream_health(&stream.id, stream.generation, &noted).await.unwrap());
    let resumed = catalog.resume_stream(&stream.id).await.unwrap().after;
    assert_eq!((resumed.state, resumed.health.next_attempt_ms), (StreamState::Active, None));
    assert_eq!(resumed.health.last_error, Some(fault("log_unreadable")), "it is history");

    // What was under way when somebody changed something has no effect.
    assert_eq!(advance(step(&stream, &acme, 10, 20, None)).await, Stepped::Stale);
    assert!(!catalog.note_stream_health(&stream.id, stream.generation, &failed).await.unwrap());
    let paused = catalog.pause_stream(&stream.id).await.unwrap().after;
    assert_eq!(advance(step(&paused, &acme, 10, 20, None)).await, Stepped::Stale);
    assert_eq!(
        cursor(&catalog, &stream, "acme").await,
        Some((10, Some(19))),
        "the same range goes out again"
    );
}

pub(crate) async fn are_rewound_with_a_note_of_what_they_leave_out(case: &Case) {
    let catalog = case.open().await;
    let acme = new_org(&catalog, "acme").await.id;
    let stream = made(&catalog, Some("acme"), &[("acme", 5)]).await;
    assert_eq!(catalog.advance_stream(&step(&stream, &acme, 5, 5, Some(9))).await.unwrap(), Stepped::Done);
    let (changed, were) = catalog.rewind_stream(&stream.id, &[(acme.clone(), 2)]).await.unwrap();
    assert_eq!((were, changed.after.generation), (vec![(acme.clone(), 5)], stream.generation + 1));
    assert_eq!(cursor(&catalog, &stream, "acme").await, Some((2, None)));
    assert_eq!(catalog.stream_gaps(&stream.id, 10).await.unwrap(), []);
    assert_eq!(catalog.advance_stream(&step(&stream, &acme, 5, 10, None)).await.unwrap(), Stepped::Stale);
    catalog.rewind_stream(&stream.id, &[(acme.clone(), 12)]).await.unwrap();
    let gap = StreamGap {
        org: acme.clone(),
        first_seq: 2,
        last_seq: 11,
        reason: "rewound_forward".into(),
        at_ms: START_MS,
    };
    assert_eq!(catalog.stream_gaps(&stream.id, 10).await.unwrap(), std::slice::from_ref(&gap));
    let stream = catalog.stream(&stream.id).await.unwrap();
    let lost = StreamGap { first_seq: 12, last_seq: 14, reason: "retention".into(), ..gap.clone() };
    let step = StreamStep { gaps: vec![lost.clone()], ..step(&stream, &acme, 12, 15, None) };
    assert_eq!(catalog.advance_stream(&step).await.unwrap(), Stepped::Done);
    assert_eq!(catalog.stream_gaps(&stream.id, 10).await.unwrap(), [lost, gap]);
}

pub(crate) async fn keep_the_newest_attempts(case: &Case) {
    let catalog = case.open().await;
    let acme = new_org(&catalog, "acme").await.id;
    let stream = made(&catalog, Some("acme"), &[("acme", 0)]).await;
    let other = made(&catalog, Some("acme"), &[("acme", 0)]).await;
    for at in 0..STREAM_ATTEMPTS_KEPT + 5 {
        let attempt = Some(tried(at, at, "delivered"));
        let one = StreamStep { attempt, delivered: 1, ..step(&stream, &acme, at, at + 1, None) };
        assert_eq!(catalog.advance_stream(&one).await.unwrap(), Stepped::Done);
    }
    let attempt = Some(tried(0, 0, "delivered"));
    let one = StreamStep { attempt, ..step(&other, &acme, 0, 1, None) };
    assert_eq!(catalog.advance_stream(&one).await.unwrap(), Stepped::Done);
    let mut before = None;
    let mut all = Vec::new();
    loop {
        let page = catalog.stream_attempts(&stream.id, before, 300).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.attempt_no);
        all.extend(page.into_iter().map(|attempt| attempt.tried.first_seq));
    }
    let expected: Vec<u64> = (5..STREAM_ATTEMPTS_KEPT + 5).rev().collect();
    assert_eq!(all, expected);
    assert_eq!(catalog.stream_attempts(&other.id, None, 10).await.unwrap().len(), 1);
}

pub(crate) async fn keep_dead_letters_until_they_arrive(case: &Case) {
    let catalog = case.open().await;
    let acme = new_org(&catalog, "acme").await.id;
    let stream = made(&catalog, Some("acme"), &[("acme", 0)]).await;
    let dead_letters = vec![letter(1, "refused"), letter(2, "too_large"), letter(4, "unrenderable")];
    let one = StreamStep { dead_letters, ..step(&stream, &acme, 0, 5, None) };
    assert_eq!(catalog.advance_stream(&one).await.unwrap(), Stepped::Done);
    let seqs = |letters: &[tallystick_catalog::DeadLetter]| -> Vec<u64> {
        letters.iter().map(|letter| letter.letter.seq).collect()
    };
    let page = catalog.dead_letters(&stream.id, None, 2).await.unwrap();
    let last = page.last().map(|letter| (letter.at_ms, letter.id.clone())).unwrap();
    let rest = catalog.dead_letters(&stream.id, Some((last.0, &last.1)), 2).await.unwrap();
    let mut all = [seqs(&page), seqs(&rest)].concat();
    all.sort_unstable();
    assert_eq!(all, [1, 2, 4]);
    assert_eq!(catalog.dead_letters_to_replay(&stream.id, 10).await.unwrap(), []);

    let ids = [page[0].id.clone()];
    assert_eq!(catalog.replay_dead_letters(&stream.id, Replay::Some(&ids)).await.unwrap(), 1);
    assert_eq!(catalog.dead_letters_to_replay(&stream.id, 10).await.unwrap().len(), 1);
    assert_eq!(catalog.replay_dead_letters(&stream.id, Replay::All).await.unwrap(), 3);
    let waiting = catalog.dead_letters_to_replay(&stream.id, 10).await.unwrap();
    assert_eq!(seqs(&waiting), [1, 2, 4], "in the order of the log");
    let end = ReplayEnd {
        stream: &stream.id,
        generation: stream.generation,
        org: &acme,
        attempt: tried(1, 2, "partial"),
        arrived: vec![1],
        refused: vec![letter(2, "refused again")],
        health: Some(StreamHealthChange::Well),
    };
    assert!(catalog.end_replay(&end).await.unwrap());
    assert_eq!(seqs(&catalog.dead_letters_to_replay(&stream.id, 10).await.unwrap()), [4]);
    let health = catalog.stream(&stream.id).await.unwrap().health;
    assert_eq!((health.delivered, health.rejected, health.dead_letters), (1, 4, 2));
    let letters = catalog.dead_letters(&stream.id, None, 10).await.unwrap();
    let of = |seq| letters.iter().find(|letter| letter.letter.seq == seq).unwrap();
    assert_eq!(of(1).replayed_ms, Some(START_MS));
    assert_eq!(of(2).letter.reason, "refused again");
    assert!(of(4).replay_ms.is_some());

    // One that has arrived and is refused after a rewind is a dead letter again.
    let again = StreamStep { dead_letters: vec![letter(1, "refused")], ..step(&stream, &acme, 5, 5, None) };
    assert_eq!(catalog.advance_stream(&again).await.unwrap(), Stepped::Done);
    assert_eq!(catalog.stream(&stream.id).await.unwrap().health.dead_letters, 3);
    assert_eq!(catalog.dead_letters(&stream.id, None, 10).await.unwrap().len(), 3);

    case.tamper("UPDATE streams SET dead_letters = 100000").await;
    let full = StreamStep { dead_letters: vec![letter(9, "refused")], ..step(&stream, &acme, 5, 10, None) };
    assert_eq!(catalog.advance_stream(&full).await.unwrap(), Stepped::Full);
    assert_eq!(cursor(&catalog, &stream, "acme").await, Some((5, None)), "nothing was done");
    let known = StreamStep { dead_letters: vec![letter(2, "refused")], ..step(&stream, &acme, 5, 10, None) };
    assert_eq!(catalog.advance_stream(&known).await.unwrap(), Stepped::Done, "it is no more of them");
}

pub(crate) async fn go_with_their_organization(case: &Case) {
    let catalog = case.open().await;
    let acme = new_org(&catalog, "acme").await.id;
    new_org(&catalog, "other").await;
    let own = made(&catalog, Some("acme"), &[("acme", 0)]).await;
    let all = made(&catalog, None, &[("acme", 0), ("other", 1)]).await;
    let key = catalog.init_mask_key(&acme, &[1]).await.unwrap();
    assert_eq!((key, catalog.init_mask_key(&acme, &[2]).await.unwrap()), (vec![1], vec![1]));
    catalog.delete_organization(&acme).await.unwrap();
    assert!(matches!(catalog.stream(&own.id).await, Err(CatalogError::NotFound { .. })));
    assert_eq!(cursor(&catalog, &all, "acme").await, None);
    assert_eq!(cursor(&catalog, &all, "other").await, Some((1, None)));
}
