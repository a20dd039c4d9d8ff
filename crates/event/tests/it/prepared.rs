//! What becomes of an event that is accepted.

use serde_json::json;
use tallystick_event::terms::{Opaque, Term, opaque_hash};
use tallystick_event::{BodyKind, EventId, Outcome, PrepareContext, Unit, Units, render, units_root_of};
use tallystick_testkit::NOW_MS;

use crate::{context, prepare, preparer, rendered, unit, with};

const FULL: &str = r#"{ "org": "org_acme", "action": "escalation_policy.updated",
  "occurred_at": "2026-11-20T11:00:00.1234+02:00", "version": 1,
  "actor": {"type": "user", "id": "u_1", "name": "Ana Ruiz", "email": "ana@acme.example",
            "metadata": {"role": "admin"}, "on_behalf_of": [{"type": "user", "id": "u_9"}]},
  "targets": [{"type": "escalation_policy", "id": "ep_7", "name": "Payments P1", "metadata": {}}],
  "context": {"ip": "::ffff:203.0.113.9", "user_agent": "curl/8", "origin": "ui", "country": "de",
              "request_id": "req_1", "session_id": "s_1", "trace_id": ""},
  "outcome": "success", "reason": null, "idempotency_key": "k1",
  "changes": [{"path": "/levels/0/timeout", "old": 5, "new": 10}, {"path": "x", "new": null}],
  "metadata": {"z": [1.0, -0.0, 1E3], "ticket": "OPS-1", "\u20ac": "\u0041\/"} }"#;

#[test]
fn units_are_canonical() {
    let prepared = prepare(FULL).unwrap();
    for (which, expected) in [
        (
            Unit::Actor,
            r#"{"email":"ana@acme.example","id":"u_1","metadata":{"role":"admin"},"name":"Ana Ruiz","on_behalf_of":[{"id":"u_9","type":"user"}],"type":"user"}"#,
        ),
        (
            Unit::Changes,
            r#"[{"new":10,"old":5,"op":"replace","path":"/levels/0/timeout"},{"new":null,"op":"add","path":"x"}]"#,
        ),
        (
            Unit::Context,
            r#"{"country":"DE","ip":"203.0.113.9","origin":"ui","request_id":"req_1","session_id":"s_1","user_agent":"curl/8"}"#,
        ),
        (
            Unit::Event,
            r#"{"action":"escalation_policy.updated","idempotency_key":"k1","occurred_at":"2026-11-20T09:00:00.123400Z","org":"org_acme","outcome":"success","source":"key:ak_1","version":1}"#,
        ),
        (Unit::Metadata, r#"{"ticket":"OPS-1","z":[1,0,1000],"€":"A/"}"#),
        (Unit::Targets, r#"[{"id":"ep_7","name":"Payments P1","type":"escalation_policy"}]"#),
    ] {
        assert_eq!(unit(&prepared, which), expected);
    }
    assert_eq!((prepared.outcome, prepared.occurred_us), (Outcome::Success, 1_795_165_200_123_400));
    assert_eq!(prepared.idempotency_key.as_deref(), Some("k1"));
    assert_eq!(prepared.id, EventId::derive(NOW_MS, &prepared.salt));
    assert_eq!(prepared.units_root, units_root_of(&prepared.salt, &prepared.units));
}

#[test]
fn rendered_in_readable_order() {
    let prepared = prepare(FULL).unwrap();
    let mut out = b"[".to_vec();
    render(&mut out, &prepared.id, 437, NOW_MS + 1, &prepared.units).unwrap();
    let text = String::from_utf8(out).unwrap();
    let expected = format!(
        r#"[{{"id":"{}","seq":437,"org":"org_acme","action":"escalation_policy.updated","occurred_at":"2026-11-20T09:00:00.123400Z","received_at":"2026-11-20T10:00:00.001Z","version":1,"actor":{{"#,
        prepared.id
    );
    assert!(text.starts_with(&expected), "{text}");
    let order =
        ["actor", "targets", "context", "outcome", "changes", "metadata", "source", "idempotency_key"];
    let places: Vec<_> = order.iter().map(|name| text.rfind(&format!("\"{name}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{text}");
    assert!(!text.contains("\"reason\""));
}

#[test]
fn a_damaged_unit_is_an_error() {
    let units = Units::from_parts([None, None, None, Some(b"{\"action\":\"a\",\"x\":1}"), None, None]);
    assert!(render(&mut Vec::new(), &EventId([0; 16]), 0, 0, &units).is_err());
    let cut = Units::from_parts([None, None, None, Some(b"{\"action\":\"a"), None, None]);
    assert!(render(&mut Vec::new(), &EventId([0; 16]), 0, 0, &cut).is_err());
}

#[test]
fn the_smallest_event() {
    let prepared = prepare(&with(r#""targets":[],"context":{"ip":""},"changes":[],"metadata":{}"#)).unwrap();
    assert_eq!(prepared.units.count(), 2);
    let event = rendered(&prepared);
    assert_eq!(event["outcome"], "unknown");
    assert_eq!(event["occurred_at"], "2026-11-20T10:00:00.000Z");
    assert_eq!(event.as_object().unwrap().len(), 9);
    assert_eq!(event["actor"], json!({"id": "u", "type": "user"}));
}

#[test]
fn actions_of_other_products_are_accepted() {
    for action in ["s3.amazonaws.com:GetObject", "USER_LOGIN", "a/b{c}*", "x"] {
        assert!(prepare(&with("").replace("a.b", action)).is_ok(), "{action}");
    }
}

#[test]
fn idempotency_of_a_call_reaches_each_event() {
    let call = PrepareContext { default_idempotency: Some("call"), ..context() };
    let keys = |body: &str| -> Vec<Option<String>> {
        let results = preparer().parse_body(body.as_bytes(), BodyKind::Json, &call).unwrap();
        results.into_iter().map(|r| r.unwrap().idempotency_key.map(String::from)).collect()
    };
    let own = with(r#""idempotency_key":"own""#);
    assert_eq!(keys(&with("")), [Some("call".into())]);
    assert_eq!(keys(&format!("[{},{own}]", with(""))), [Some("call/0".into()), Some("own".into())]);
    let prepared = preparer().prepare(with("").as_bytes(), &call).unwrap();
    let hash = opaque_hash(Opaque::IdempotencyKey, b"call");
    assert!(prepared.terms.iter().any(|t| t == Term::Opaque(hash)));
    assert!(unit(&prepared, Unit::Event).contains(r#""idempotency_key":"call""#));
}

#[test]
fn salts_differ_within_a_body() {
    let body = vec![with(""); 600].join("\n");
    let results = preparer().parse_body(body.as_bytes(), BodyKind::Ndjson, &context()).unwrap();
    let mut salts: Vec<_> = results.into_iter().map(|r| r.unwrap().salt).collect();
    salts.sort_unstable();
    salts.dedup();
    assert_eq!(salts.len(), 600);
}
