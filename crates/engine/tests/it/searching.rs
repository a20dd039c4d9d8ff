//! Every kind of read gives what looking at each event gives, whatever parts the events lie in.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::tz::TimeZone;
use serde_json::Value;
use tallystick_engine::{
    Engine,
    search::{
        Cursor, Deadline, FacetRequest, HistogramRequest, Order, Scope, SearchRequest, Selection, TimeRange,
    },
};
use tallystick_query::Lowered;
use tallystick_testkit::{EventBuilder, Profile, SeededRandom, org_id};

use crate::{
    harness::Harness,
    model::{Known, Model, counts, ids, lowered},
    queries,
};

const ORGS: u64 = 4;
const EVENTS: usize = 1_600;

fn deadline() -> Deadline {
    Deadline(Instant::now() + Duration::from_mins(1))
}

fn request(scope: &Scope, query: Option<Lowered>, order: Order, limit: usize) -> SearchRequest {
    SearchRequest {
        scope: scope.clone(),
        query,
        range: TimeRange::ALL,
        before_seq: u64::MAX,
        order,
        limit,
        cursor: None,
        deadline: deadline(),
    }
}

fn all_pages(engine: &Engine, mut request: SearchRequest) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        let page = engine.search(&request).unwrap();
        assert!(page.events.len() <= request.limit);
        assert_eq!(page.searched_until_us, None, "nothing timed out");
        found.extend(page.events.iter().map(|event| event.meta.id.to_string()));
        match page.next {
            None => return found,
            Some(cursor) => {
                assert_eq!(page.events.len(), request.limit, "a page before the last is full");
                request.cursor = Some(Cursor::decode(&cursor.encode(), request.order).unwrap());
            }
        }
    }
}

/// Events in several segments, a compacted one among them, and in the growing tail.
async fn filled(hostile: bool) -> (Harness, Model) {
    let harness = Harness::new(250).await;
    for org in 0..ORGS {
        harness.create_org(&org_id(org)).await;
    }
    let profile = Profile { orgs: ORGS, actors: 40, targets: 60, ..Profile::default() };
    let builder = EventBuilder::new(7, profile);
    let mut model = Model::default();
    for chunk in 0..EVENTS / 100 {
        let events: Vec<String> = (0..100)
            .map(|_| if hostile { builder.hostile_event().to_string() } else { builder.event().to_string() })
            .collect();
        let prepared: Vec<_> = events.iter().map(|json| harness.prepare(json)).collect();
        let appended = harness.engine.append(prepared.clone()).await.unwrap();
        for (prepared, appended) in prepared.iter().zip(&appended) {
            if !appended.duplicate {
                model.add(prepared, appended);
            }
        }
        harness.clock.advance(400_000);
        if chunk % 7 == 6 {
            harness.seal().await;
        }
    }
    (harness, model)
}

fn scopes() -> Vec<Scope> {
    vec![
        Scope::All,
        Scope::Orgs(vec![org_id(0).parse().unwrap()]),
        Scope::Orgs(vec![org_id(1).parse().unwrap(), org_id(3).parse().unwrap()]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn random_queries_give_what_a_scan_gives() {
    let (harness, model) = filled(false).await;
    let samples: Vec<Value> = model.events.iter().map(|event| event.json.clone()).collect();
    let random = SeededRandom::new(99);
    let mut matched = 0;
    for round in 0..300 {
        let text = queries::random(&random, &samples);
        let query = lowered(&text);
        let scope = &scopes()[round % 3];
        let expected = ids(&model.find(scope, query.as_ref()));
        matched += usize::from(!expected.is_empty());
        let engine = Arc::clone(&harness.engine);
        let limit = [7, 50, 1_000][round % 3];
        let newest = all_pages(&engine, request(scope, query.clone(), Order::NewestFirst, limit));
        assert_eq!(newest, expected, "newest first: {text}");
        let mut oldest = all_pages(&engine, request(scope, query.clone(), Order::OldestFirst, limit));
        oldest.reverse();
        assert_eq!(oldest, expected, "oldest first: {text}");
        let selection =
            Selection { scope: scope.clone(), query, range: TimeRange::ALL, deadline: deadline() };
        let count = engine.count(&selection).unwrap();
        assert_eq!((count.count, count.exact), (expected.len() as u64, true), "count: {text}");
    }
    assert!(matched > 150, "only {matched} queries match anything: they prove little");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_events_are_found_too() {
    let (harness, model) = filled(true).await;
    let samples: Vec<Value> = model.events.iter().map(|event| event.json.clone()).collect();
    let random = SeededRandom::new(3);
    for _ in 0..100 {
        let text = queries::random(&random, &samples);
        let Some(query) = tallystick_query::parse(&text).into_result().ok().and_then(|_| lowered(&text))
        else {
            continue;
        };
        let expected = ids(&model.find(&Scope::All, Some(&query)));
        let found = all_pages(&harness.engine, request(&Scope::All, Some(query), Order::NewestFirst, 100));
        assert_eq!(found, expected, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn histograms_add_up() {
    let (harness, model) = filled(false).await;
    for (text, by) in
        [("", Some("outcome")), ("action:user", Some("action")), ("has:diff", None), ("", Some("country"))]
    {
        let query = lowered(text);
        for scope in scopes() {
            let expected = model.find(&scope, query.as_ref());
            let histogram = harness
                .engine
                .histogram(&HistogramRequest {
                    selection: Selection {
                        scope: scope.clone(),
                        query: query.clone(),
                        range: TimeRange::ALL,
                        deadline: deadline(),
                    },
                    by: by.map(str::to_owned),
                    buckets: 60,
                    zone: TimeZone::UTC,
                })
                .unwrap();
            assert!(histogram.exact && histogram.buckets.len() <= 60);
            let mut edges: Vec<i64> = histogram.buckets.iter().map(|bucket| bucket.start_us).collect();
            edges.push(i64::MAX);
            for (bucket, edge) in histogram.buckets.iter().zip(edges.windows(2)) {
                let inside = |event: &&&Known| (edge[0]..edge[1]).contains(&event.occurred_us);
                assert_eq!(bucket.count, expected.iter().filter(inside).count() as u64, "{text}");
                if by.is_some() {
                    assert_eq!(bucket.by.iter().sum::<u64>(), bucket.count, "{text} by {by:?}");
                }
                if let Some(at) = histogram.series.iter().position(|name| name == "failure") {
                    let failures =
                        expected.iter().filter(inside).filter(|event| event.json["outcome"] == "failure");
                    assert_eq!(bucket.by[at], failures.count() as u64);
                }
            }
            let total: u64 = histogram.buckets.iter().map(|bucket| bucket.count).sum();
            assert_eq!(total, expected.len() as u64, "{text}");
        }
    }
}

type Values = Box<dyn Fn(&Value) -> Vec<String>>;

#[tokio::test(flavor = "multi_thread")]
async fn facets_count_every_value() {
    let (harness, model) = filled(false).await;
    let string = |pointer: &'static str| {
        move |event: &Value| {
            event.pointer(pointer).and_then(Value::as_str).map(str::to_owned).into_iter().collect::<Vec<_>>()
        }
    };
    let fields: Vec<(&str, Values)> = vec![
        ("action", Box::new(string("/action"))),
        ("actor", Box::new(string("/actor/id"))),
        ("outcome", Box::new(string("/outcome"))),
        ("ip", Box::new(string("/context/ip"))),
        ("country", Box::new(string("/context/country"))),
        ("org", Box::new(string("/org"))),
        ("metadata.environment", Box::new(string("/metadata/environment"))),
        (
            "target",
            Box::new(|event| {
                let targets = event["targets"].as_array().cloned().unwrap_or_default();
                targets
                    .iter()
                    .map(|t| format!("{}/{}", t["type"].as_str().unwrap(), t["id"].as_str().unwrap()))
                    .collect()
            }),
        ),
    ];
    for (field, values) in &fields {
        for text in ["", "outcome:failure", "actor.name:=\"Ana Ruiz\""] {
            let query = lowered(text);
            let expected = counts(&model.find(&Scope::All, query.as_ref()), values);
            let facets = harness
                .engine
                .facets(&FacetRequest {
                    selection: Selection {
                        scope: Scope::All,
                        query,
                        range: TimeRange::ALL,
                        deadline: deadline(),
                    },
                    field: (*field).to_owned(),
                    limit: 1_000,
                    contains: None,
                })
                .unwrap();
            let found = facets.values.iter().map(|value| (value.value.clone(), value.count)).collect();
            assert_eq!(expected, found, "{field} for {text}");
            assert_eq!(facets.distinct, expected.len() as u64);
            assert!(facets.exact);
            assert!(facets.values.windows(2).all(|pair| pair[0].count >= pair[1].count), "by count");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn facets_show_names_and_can_be_searched() {
    let (harness, _) = filled(false).await;
    let request = FacetRequest {
        selection: Selection { scope: Scope::All, query: None, range: TimeRange::ALL, deadline: deadline() },
        field: "actor".to_owned(),
        limit: 100,
        contains: Some("ANA".to_owned()),
    };
    let facets = harness.engine.facets(&request).unwrap();
    assert!(!facets.values.is_empty());
    for value in &facets.values {
        assert!(value.label.to_lowercase().contains("ana") || value.label.contains("Hana"), "{value:?}");
        assert!(value.value.starts_with("u_"));
    }
    let unknown = harness.engine.facets(&FacetRequest { field: "nonsense".to_owned(), ..request });
    assert!(matches!(unknown, Err(tallystick_engine::ReadError::BadField { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_stay_valid_while_events_arrive() {
    let (harness, model) = filled(false).await;
    let scope = Scope::All;
    let expected = ids(&model.find(&scope, None));
    let mut request = request(&scope, None, Order::NewestFirst, 100);
    let mut found = Vec::new();
    let newer = EventBuilder::new(
        8,
        Profile {
            orgs: ORGS,
            days: 1,
            now_ms: tallystick_testkit::NOW_MS + 300_000_000,
            ..Profile::default()
        },
    );
    loop {
        let page = harness.engine.search(&request).unwrap();
        found.extend(page.events.iter().map(|event| event.meta.id.to_string()));
        let Some(cursor) = page.next else { break };
        request.cursor = Some(cursor);
        harness.clock.set(tallystick_testkit::NOW_MS + 300_000_000);
        harness.append(&[newer.event().to_string(), newer.event().to_string()]).await;
    }
    let old: Vec<String> = found.into_iter().filter(|id| expected.contains(id)).collect();
    assert_eq!(old, expected, "nothing is skipped or repeated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_found_as_it_was_when_it_had_so_many_events() {
    let (harness, model) = filled(false).await;
    let org = org_id(1).parse().unwrap();
    let scope = Scope::Orgs(vec![org]);
    let size = harness.engine.log_size(&org_id(1).parse().unwrap()).unwrap();
    for (text, before_seq) in
        [("", 0), ("", size / 2), ("outcome:failure", size / 2), ("", size), ("", size + 9)]
    {
        let query = lowered(text);
        let mut wanted = request(&scope, query.clone(), Order::NewestFirst, 40);
        wanted.before_seq = before_seq;
        let mut expected = model.find(&scope, query.as_ref());
        expected.retain(|event| event.seq < before_seq);
        assert_eq!(all_pages(&harness.engine, wanted), ids(&expected), "{text} before {before_seq}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_gives_an_honest_part_and_a_way_to_go_on() {
    let (harness, model) = filled(false).await;
    // The exact case of a name is not in the index, so events have to be looked at.
    let query = lowered("actor.name:=\"Ana Ruiz\"");
    let expected = ids(&model.find(&Scope::All, query.as_ref()));
    assert!(!expected.is_empty());
    for order in [Order::NewestFirst, Order::OldestFirst] {
        let mut request = request(&Scope::All, query.clone(), order, 10);
        let mut found = Vec::new();
        for _ in 0..20_000 {
            request.deadline = Deadline(Instant::now());
            let page = harness.engine.search(&request).unwrap();
            found.extend(page.events.iter().map(|event| event.meta.id.to_string()));
            match page.next {
                None => break,
                Some(cursor) => request.cursor = Some(cursor),
            }
        }
        if order == Order::OldestFirst {
            found.reverse();
        }
        assert_eq!(found, expected, "{order:?}");
    }
}
