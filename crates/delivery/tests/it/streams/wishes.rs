//! What people do with streams.

use serde_json::{Value, json};
use tallystick_catalog::{Conflict, StreamState};
use tallystick_delivery::streams::{Start, StreamPatch, StreamsError, TEST_ACTION};
use tallystick_destination::Outcome;

use super::rig::{Rig, draft, is_flat_order};

/// How a draft is spoiled.
type Change = &'static dyn Fn(&mut tallystick_delivery::streams::StreamDraft);

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_paused_resumed_and_moved() {
    let mut rig = Rig::new().await;
    let org = rig.org("acme").await;
    rig.append(&org, 0..20).await;
    let (stream, script) = rig.stream(Some(&org), |draft| draft.is_paused = true).await;
    rig.start();
    assert_eq!(stream.state, StreamState::Paused);
    rig.streams.resume(&stream.id).await.unwrap();
    rig.settled(&stream).await;
    let paused = rig.streams.pause(&stream.id).await.unwrap();
    assert_eq!((paused.before.state, paused.after.state), (StreamState::Active, StreamState::Paused));
    rig.append(&org, 20..40).await;
    let view = rig.until(&stream.id, |view| view.lag_events == 20).await;
    assert_eq!(view.cursors[0].next_seq, 20);

    // While it stands, it is moved on: what it leaves out is known.
    let (_, rewound) = rig.streams.rewind(&stream.id, Start::Seq(35), None).await.unwrap();
    assert_eq!((rewound[0].from_seq, rewound[0].to_seq), (20, 35));
    rig.streams.resume(&stream.id).await.unwrap();
    rig.settled(&stream).await;
    is_flat_order(&script.seqs(), (0..20).chain(35..40));
    let gaps = rig.engine.catalog().stream_gaps(&stream.id, 10).await.unwrap();
    assert_eq!(gaps.len(), 1);
    assert_eq!((gaps[0].first_seq, gaps[0].last_seq, gaps[0].reason.as_str()), (20, 34, "rewound_forward"));

    let sent = script.ids().len();
    rig.streams.rewind(&stream.id, Start::Seq(18), Some(&org)).await.unwrap();
    rig.until(&stream.id, |view| view.stream.health.delivered == 47).await;
    is_flat_order(&script.seqs()[sent..], 18..40);
    let other = rig.org("other").await;
    assert!(rig.streams.rewind(&stream.id, Start::Now, Some(&other)).await.is_err());
    assert_eq!(rig.streams.delete(&stream.id).await.unwrap().id, stream.id);
    assert!(rig.streams.get(&stream.id).await.is_err());
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_checked_and_secrets_stay_with_their_address() {
    let rig = Rig::new().await;
    let org = rig.org("acme").await;
    let (stream, _) = rig.stream(Some(&org), |_| {}).await;
    let (other, _) = draft(Some(&org), |_| {});
    let settings = |value: Value| value.as_object().unwrap().clone();
    let patch = |value: Value| StreamPatch { settings: Some(settings(value)), ..StreamPatch::default() };
    let url = serde_json::from_str::<Value>(&stream.settings_shown).unwrap()["url"].clone();

    let moved = rig.streams.update(&stream.id, patch(json!({ "url": other.settings["url"] }))).await;
    assert!(matches!(moved, Err(StreamsError::Settings(bad)) if bad.field == "token"));
    let moved = json!({ "url": other.settings["url"], "token": "new" });
    rig.streams.update(&stream.id, patch(moved)).await.unwrap();
    let back = json!({ "url": url, "token": null });
    let changed = rig.streams.update(&stream.id, patch(back)).await.unwrap();
    assert_eq!(changed.after.settings_shown, json!({ "url": url }).to_string());
    let same = json!({ "url": url, "token": true });
    let same = rig.streams.update(&stream.id, patch(same)).await.unwrap();
    assert_eq!(same.before, same.after);
    let stale = StreamPatch { name: Some("x".into()), seen_version: Some(1), ..StreamPatch::default() };
    let stale = rig.streams.update(&stream.id, stale).await.unwrap_err();
    assert!(
        matches!(
            stale,
            StreamsError::Catalog(tallystick_catalog::CatalogError::Conflict(Conflict::StreamChanged {
                version: 3
            }))
        ),
        "{stale:?}"
    );

    let relative = StreamPatch { query: Some("created:>now-1h".into()), ..StreamPatch::default() };
    let relative = rig.streams.update(&stream.id, relative).await.unwrap_err();
    assert!(relative.to_string().contains("write its times in full"), "{relative}");
    let wrong: [(&str, Change); 6] = [
        ("there is no kind", &|draft| draft.kind = "fax".into()),
        ("format", &|draft| draft.format = Some("csv".into())),
        ("query", &|draft| draft.query = "action:(".into()),
        ("query", &|draft| draft.query = "created:last-7d".into()),
        ("mask", &|draft| draft.mask.fields = vec!["id".into()]),
        ("settings.token", &|draft| drop(draft.settings.insert("token".into(), "impossible".into()))),
    ];
    for (what, spoil) in wrong {
        let (bad, _) = draft(Some(&org), |draft| spoil(draft));
        let error = rig.streams.create(bad).await.unwrap_err().to_string();
        assert!(error.starts_with(what), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_shows_what_the_other_side_says() {
    let rig = Rig::new().await;
    let org = rig.org("acme").await;
    let (stream, script) = rig.stream(Some(&org), |_| {}).await;
    let good = rig.streams.test(&stream.id).await.unwrap();
    assert_eq!((good.ok, good.outcome, good.status, good.sent_bytes), (true, "delivered", Some(200), 7));
    let batch = script.seen.lock()[0].clone();
    let event: Value = serde_json::from_slice(&batch.records[0].bytes).unwrap();
    assert_eq!((&event["action"], &event["metadata"]["test"]), (&TEST_ACTION.into(), &true.into()));
    script.answer([Outcome::Misconfigured]);
    let bad = rig.streams.test(&stream.id).await.unwrap();
    assert_eq!((bad.ok, bad.outcome, bad.response.as_str()), (false, "misconfigured", "Misconfigured"));
    let (draft, script) = draft(None, |draft| draft.format = Some("cloudevents".into()));
    assert!(rig.streams.test_draft(&draft, None).await.unwrap().ok);
    assert_eq!(script.ids().len(), 1);
    let view = rig.streams.get(&stream.id).await.unwrap();
    assert_eq!((view.stream.health.delivered, view.cursors[0].next_seq), (0, 0), "it is no event of the log");
}
