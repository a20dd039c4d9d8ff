//! What rules do, on a small mapping of an invented product: conditions, steps, limits, fallbacks.

use serde_json::{Value, json};
use tallystick_mapping::{MappedEvent, Mapping, Note};

const DOOR: &str = r#"
version = 1
name = "door"
title = "Door controller"
detect = { all = ["door"] }
source_id = { from = "id" }
action = { template = "door.{verb}", with = { verb = { from = "kind", apply = ["snake"] } } }
occurred_at = "at"
outcome = { from = "code", apply = [{ ranges = [[0, 0, "success"], [1, 9, "denied"]] }] }
reason = { from = "hints", apply = [{ join = "; " }] }

[actor]
id = ["badge.number", "badge.owner"]
name = "badge.owner"
type = [{ const = "anonymous", when = { path = "badge", present = false } }, { const = "user" }]
metadata = { badge = "badge", tags = { from = "tags", keep = true } }

[[targets]]
type = { const = "door" }
id = "door"

[[targets]]
each = "zones"
when = { path = "closed", equals = "false", not = true }
type = { const = "zone" }
id = { template = "{^.door}:{id}" }
metadata = { floor = "floor" }

[[changes]]
inside = "setup"
pairs = ["before_*", "after_*"]

[[changes]]
each = "log"
path = "/{field}"
old = "from"
new = "to"
diff = true
"#;

fn map(record: &Value) -> MappedEvent {
    Mapping::from_toml(DOOR).unwrap().map(record).unwrap()
}

#[test]
fn places_what_the_rules_say_and_keeps_the_rest() {
    let mapped = map(&json!({
        "id": 7, "door": "D1", "kind": "ForcedOpen", "at": 1_772_355_600, "code": 3, "hints": ["late", 2],
        "badge": {"number": 55, "owner": "Ana", "colour": "red"}, "tags": ["a"],
        "zones": [{"id": "z1", "floor": 2}, {"id": "z2", "closed": false}], "extra": {"n": null},
    }));
    let id = mapped.source_id.clone().unwrap();
    assert!(id.starts_with("door:7:"), "{id}");
    let expected = json!({
        "action": "door.forced_open", "occurred_at": "2026-03-01T09:00:00.000Z", "outcome": "denied",
        "reason": "late; 2", "idempotency_key": id,
        "actor": {"type": "user", "id": "55", "name": "Ana", "metadata": {
            "badge": {"number": 55, "owner": "Ana", "colour": "red"}, "tags": ["a"]}},
        "targets": [{"type": "door", "id": "D1"}, {"type": "zone", "id": "D1:z1", "metadata": {"floor": 2}}],
        // The id only went into the source id, the code was only looked up, the action is spelt otherwise than
        // `kind`, `z2` is excluded by its condition, `tags` is kept on request.
        "metadata": {"id": 7, "kind": "ForcedOpen", "code": 3, "tags": ["a"],
            "zones": [{"id": "z2", "closed": false}], "extra": {"n": null}},
    });
    assert_eq!(mapped.event, expected);
    assert!(mapped.notes.is_empty());
}

#[test]
fn what_is_missing_is_said() {
    let mapped = map(&json!({"door": "D1", "at": "yesterday"}));
    assert_eq!(mapped.notes, [Note::ActionMissing, Note::OccurredAtMissing, Note::ActorMissing]);
    let event = &mapped.event;
    assert_eq!(event["action"], "door.unknown");
    assert_eq!(event["actor"], json!({"type": "anonymous", "id": "unknown"}));
    let flags = json!({"at": "yesterday", "occurred_at_missing": true, "actor_missing": true, "action_missing": true});
    assert_eq!(event["metadata"], flags);
    assert!(event.get("occurred_at").is_none());
}

#[test]
fn a_note_never_overwrites_the_record() {
    let mapped =
        map(&json!({"door": "D1", "kind": "open", "actor_missing": "mine", "badge": {"owner": "Ana"}}));
    assert_eq!(mapped.event["metadata"], json!({"actor_missing": "mine", "occurred_at_missing": true}));
}

#[test]
fn actors_that_came_over_the_network_are_anonymous_and_others_are_the_system() {
    let toml =
        "version = 1\nname = \"p\"\ndetect = { all = [\"a\"] }\naction = \"a\"\n[context]\nip = \"ip\"\n";
    let mapping = Mapping::from_toml(toml).unwrap();
    let kind = |record: Value| mapping.map(&record).unwrap().event["actor"]["type"].clone();
    assert_eq!(kind(json!({"a": "x", "ip": "203.0.113.9"})), "anonymous");
    assert_eq!(kind(json!({"a": "x", "ip": "none"})), "system");
}

#[test]
fn long_values_are_cut_and_stay_whole_in_metadata() {
    let (owner, kind) = ("ä".repeat(600), "A b".repeat(200));
    let mapped = map(
        &json!({"door": "D1", "kind": kind, "at": 1_772_355_600, "badge": {"number": 1}, "hints": [owner]}),
    );
    assert_eq!(mapped.event["action"].as_str().unwrap().len(), 256);
    assert_eq!(mapped.event["metadata"]["kind"], kind);
    let mapped =
        map(&json!({"door": owner.repeat(2), "kind": "open", "at": 1_772_355_600, "badge": {"number": 1}}));
    assert_eq!(mapped.event["targets"][0]["id"].as_str().unwrap().len(), 1_024);
    assert_eq!(mapped.event["metadata"]["door"], owner.repeat(2));
}

#[test]
fn too_many_targets_and_changes_stay_in_metadata() {
    let zones: Vec<Value> = (0..70).map(|n| json!({"id": n})).collect();
    let setup: serde_json::Map<String, Value> = (0..300)
        .flat_map(|n| [(format!("before_{n:03}"), json!(n)), (format!("after_{n:03}"), json!(n + 1))])
        .collect();
    let mapped = map(&json!({
        "door": "D1", "kind": "open", "at": 1_772_355_600, "badge": {"number": 1}, "zones": zones, "setup": setup,
    }));
    assert_eq!(mapped.event["targets"].as_array().unwrap().len(), 64);
    assert_eq!(mapped.event["changes"].as_array().unwrap().len(), 256);
    let kept: Vec<i64> = mapped.event["metadata"]["zones"]
        .as_array()
        .unwrap()
        .iter()
        .map(|z| z["id"].as_i64().unwrap())
        .collect();
    assert_eq!(kept, [63, 64, 65, 66, 67, 68, 69]);
    assert_eq!(mapped.event["metadata"]["setup"].as_object().unwrap().len(), 2 * (300 - 256));
    assert_eq!(mapped.notes, [Note::TargetsCut { found: 71 }, Note::ChangesCut { found: 300 }]);
}

#[test]
fn changes_are_only_what_changed() {
    let mapped = map(&json!({
        "door": "D1", "kind": "set", "at": 1_772_355_600, "badge": {"number": 1},
        "setup": {"before_pin": 4, "after_pin": 6, "before_mode": "x", "after_mode": "x", "before_alone": 1},
        "log": [
            {"field": "a/b", "from": {"x": {"y": 1, "z": [1]}, "gone": true},
                "to": {"x": {"y": 2, "z": [1]}, "new": null}},
            {"field": "plain", "from": 1, "to": "1"},
        ],
    }));
    let expected = json!([
        {"path": "/pin", "op": "replace", "old": 4, "new": 6},
        {"path": "/a~1b/gone", "op": "remove", "old": true},
        {"path": "/a~1b/x/y", "op": "replace", "old": 1, "new": 2},
        {"path": "/a~1b/new", "op": "add", "new": null},
        {"path": "/plain", "op": "replace", "old": 1, "new": "1"},
    ]);
    let by_path = |changes: &Value| {
        let mut list = changes.as_array().unwrap().clone();
        list.sort_by_key(|change| change["path"].as_str().unwrap().to_owned());
        list
    };
    assert_eq!(by_path(&mapped.event["changes"]), by_path(&expected));
    let rest = json!({"before_mode": "x", "after_mode": "x", "before_alone": 1});
    assert_eq!(mapped.event["metadata"]["setup"], rest);
    assert_eq!(mapped.event["metadata"]["log"][0]["from"], json!({"x": {"z": [1]}}));
}

#[test]
fn the_same_target_twice_is_one() {
    let toml = r#"
version = 1
name = "p"
detect = { all = ["a"] }
action = "a"
[[targets]]
members = [["x", "thing"], ["y", "thing"], ["z.q", "other"], ["deep", "thing"]]
[[targets]]
type = { const = "thing" }
id = "x"
name = "label"
"#;
    let mapped = Mapping::from_toml(toml).unwrap().map(&json!({
        "a": "b", "x": "1", "y": 1, "z": {"q": "2"}, "label": "One", "deep": {"not": "a text"},
    }));
    let event = mapped.unwrap().event;
    let expected = json!([{"type": "thing", "id": "1", "name": "One"}, {"type": "other", "id": "2"}]);
    assert_eq!(event["targets"], expected);
    assert_eq!(event["metadata"]["deep"], json!({"not": "a text"}));
}
