//! What queries mean, event by event.

use serde_json::{Value, json};
use tallystick_query::{Code, EventFacts, LowerOptions, Me, lower, matches, parse, zone};

/// 2026-11-20T10:17:30Z
const NOW_US: i64 = 1_795_169_850_000_000;

fn event() -> Value {
    json!({
        "id": "evt_0199aabbccdd7000800000000000000a", "seq": 42, "org": "org_acme",
        "action": "escalation_policy.updated", "version": 3,
        "occurred_at": "2026-11-20T10:00:00.123Z", "received_at": "2026-11-20T10:05:00.124Z", "source": "key:ak_1",
        "actor": {"type": "user", "id": "u_1", "name": "Ana Ruiz", "email": "Ana@acme.example",
                  "metadata": {"role": "Admin", "level": 7}, "on_behalf_of": [{"type": "user", "id": "u_9"}]},
        "targets": [
            {"type": "escalation_policy", "id": "ep_7", "name": "Payments P1", "metadata": {"tier": 1}},
            {"type": "Project", "id": "p_12", "name": "Acme Inc"}
        ],
        "context": {"ip": "203.0.113.9", "user_agent": "Mozilla/5.0 Chrome/120.0", "origin": "ui", "country": "DE",
                    "request_id": "req-1/x", "session_id": "S1", "trace_id": "4bf92f35"},
        "outcome": "success", "reason": "on call: rotation",
        "changes": [{"path": "/levels/0/timeout", "op": "replace", "old": 5, "new": 10},
                    {"path": "/user/role", "op": "replace", "old": "Viewer", "new": {"kind": "admin"}}],
        "metadata": {"ticket": "OPS-1", "amount": 150, "zip": "007", "paid": true, "tags": ["x", "Y"], "none": null,
                     "odd key": {"deep": "Val"}, "day": "2026-03-15", "url": "https://stripe.example/live/0199aabb-ccdd-7000-8000-00000000000a"},
        "idempotency_key": "idem 1"
    })
}

fn answer(text: &str) -> bool {
    let (query, _) = parse(text).into_result().unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    let tz = zone("Asia/Tokyo").unwrap();
    let options =
        LowerOptions { now_us: NOW_US, tz: &tz, me: Some(Me { id: "u_1", email: Some("x@y.example") }) };
    matches(&lower(&query, &options).unwrap(), &EventFacts::from_json(&event()))
}

fn check(yes: &[&str], no: &[&str]) {
    for text in yes {
        assert!(answer(text), "should match: {text}");
    }
    for text in no {
        assert!(!answer(text), "should not match: {text}");
    }
}

#[test]
fn who() {
    check(
        &[
            "",
            "*",
            "actor:u_1",
            "actor:\"ana ruiz\"",
            "actor:ANA@acme.example",
            "actor:*@acme.example",
            "actor:=\"Ana Ruiz\"",
            "actor:@me",
            "actor.id:@me",
            "actor:(type:USER email:ana*)",
            "actor.metadata.role:admin",
            "actor.metadata.level:>6",
            "user:u_1",
            "actor.on_behalf_of:u_9",
            "actor:bob,u_1",
            "actor:(bob OR u_1)",
            "actor:*",
        ],
        &[
            "actor:U_1",
            "actor:ana",
            "actor:=\"ana ruiz\"",
            "actor:=@me",
            "actor.metadata.role:=admin",
            "-actor:*",
            "actor.email:ana",
            "actor:(type:user -name:ana*)",
        ],
    );
}

#[test]
fn to_what() {
    check(
        &[
            "target:ep_7",
            "target:\"payments p1\"",
            "target:project/p_12",
            "target:PROJECT/p_12",
            "target:project/p_*",
            "target:project/*",
            "target:(type:project name:\"Acme Inc\")",
            "target:(type:project id:p_12)",
            "target:(type:project -name:pay*)",
            "target.type:project target.name:pay*",
            "target:(type:escalation_policy metadata.tier:1)",
            "-target:nobody",
            "target:(ep_7 type:escalation_policy)",
            "target:*",
            "target:(*)",
            "target:(type:x OR id:ep_7)",
            "target.metadata.tier:*",
        ],
        &[
            "target:EP_7",
            "target:project/ep_7",
            "target:project/P_12",
            "target:(type:project name:\"Payments P1\")",
            "-target:ep_7",
            "target:(type:project metadata.tier:1)",
            "target:project",
            "-target:(type:project name:acme*)",
            "target:(-*)",
        ],
    );
}

#[test]
fn what_happened() {
    check(
        &[
            "action:escalation_policy",
            "action:escalation_policy.*",
            "action:Escalation_Policy.updated",
            "action:=escalation_policy.updated",
            "action:*.updated",
            "action:esc*",
            "outcome:success",
            "status:failure,success",
            "-outcome:failure",
            "crud:u",
            "crud:*",
            "schema:escalation_policy.updated@3",
            "schema:escalation_policy.updated",
            "seq:42",
            "seq:40..42",
            "seq:>41",
            "seq:<=42",
            "id:evt_0199aabbccdd7000800000000000000a",
            "org:org_acme",
            "tenant:org_*",
            "source:key:ak_1",
            "reason:rotation",
            "reason:\"call rotation\"",
            "reason:rot*",
            "reason:=\"on call: rotation\"",
            "has:reason has:diff has:ip has:target has:correlation",
        ],
        &[
            "action:escalation",
            "action:=escalation_policy",
            "action:updated",
            "action:escalation_policy.updated.*",
            "crud:c,r,d",
            "schema:escalation_policy.updated@2",
            "schema:escalation_policy",
            "seq:43..",
            "seq:<0",
            "org:ORG_ACME",
            "reason:call*rotation",
            "reason:=\"On call: rotation\"",
            "is:held",
            "is:erased",
            "is:test",
        ],
    );
}

#[test]
fn when() {
    check(
        &[
            "is:late",
            "created:2026-11-20",
            "created:2026-11",
            "created:2026-11-20T10:00Z",
            "created:2026-11-20T19:00",
            "created:today",
            "created:last-1h",
            "created:>now-1h",
            "created:<now",
            "received:2026-11-20T10:05:00.124Z",
            "created:..now created:2026..",
            "created:>=2026-11-20",
            "created:<=2026-11-20",
            "created:this-week,yesterday",
            "created:*",
        ],
        &[
            "created:2026-11-20T10:00",
            "created:>2026-11-20",
            "created:<2026-11-20",
            "created:yesterday",
            "created:last-1m",
            "created:now",
            "received:2026-11-20T10:05:00.123Z",
        ],
    );
}

#[test]
fn late_is_more_than_five_minutes() {
    let late = |received: &str| {
        let mut event = event();
        event["received_at"] = json!(received);
        let tz = zone("UTC").unwrap();
        let query = parse("is:late").query.unwrap();
        let lowered = lower(&query, &LowerOptions { now_us: 0, tz: &tz, me: None }).unwrap();
        matches(&lowered, &EventFacts::from_json(&event))
    };
    assert!(!late("2026-11-20T10:05:00.123Z"));
    assert!(late("2026-11-20T10:05:00.124Z"));
}

#[test]
fn from_where() {
    check(
        &[
            "ip:203.0.113.9",
            "ip:203.0.113.0/24",
            "ip:::ffff:203.0.113.9",
            "ip:203.0.113.1..203.0.113.9",
            "ip:203.0.113.1..",
            "ip:..204.0.0.0",
            "ip:*",
            "country:de",
            "country:NG,DE",
            "ua:chrome",
            "ua:\"chrome 120\"",
            "ua:moz*",
            "ua:=\"Mozilla/5.0 Chrome/120.0\"",
            "origin:UI",
            "request:req-1/x",
            "correlation:req-1/x",
            "session:S1",
            "trace:4bf92f35",
            "idempotency:\"idem 1\"",
            "request:*",
        ],
        &[
            "ip:203.0.113.10",
            "ip:10.0.0.0/8",
            "ip:::1..",
            "ip:::/0",
            "country:d",
            "ua:chrom",
            "ua:=mozilla",
            "session:s1",
            "request:req-1",
            "-idempotency_key:*",
        ],
    );
}

#[test]
fn values_of_metadata_decide_their_type() {
    check(
        &[
            "metadata.ticket:ops-1",
            "metadata.ticket:=OPS-1",
            "metadata.ticket:o*",
            "metadata.amount:150",
            "metadata.amount:150.0",
            "metadata.amount:>100",
            "metadata.amount:100..150",
            "metadata.amount:(>100 <200)",
            "metadata.zip:007",
            "metadata.paid:true",
            "metadata.paid:TRUE",
            "metadata.tags:x",
            "metadata.tags:y",
            "metadata.\"odd key\".deep:val",
            "metadata.\"ODD KEY\":*",
            "metadata.day:2026-01..2026-03",
            "metadata.day:>2026-02",
            "metadata.day:<=2026-03",
            "-metadata.none:*",
            "-metadata.missing:x",
            "METADATA.TICKET:ops-1",
        ],
        &[
            "metadata.ticket:=ops-1",
            "metadata.zip:7",
            "metadata.amount:>150",
            "metadata.amount:15*",
            "metadata.zip:>1",
            "metadata.day:>2026-03",
            "metadata.day:<2026-03",
            "metadata.tags:z",
            "-metadata.tags:x",
            "metadata.odd:*",
            "metadata.paid:1",
            "metadata.amount:abc..",
        ],
    );
}

#[test]
fn changes() {
    check(
        &[
            "changed:timeout",
            "changed:levels",
            "changed:levels.0",
            "changed:levels.0.timeout",
            "changed:0.timeout",
            "changed:ROLE",
            "changed:*.timeout",
            "changed:=levels.0.timeout",
            "changed:*",
            "changes.levels.0.timeout.before:5",
            "changes.levels.0.timeout.after:10",
            "changes.levels.0.timeout:5",
            "changes.user.role.before:viewer",
            "changes.user.role.kind.after:admin",
            "changes.user.role.after:*",
        ],
        &[
            "changed:level",
            "changed:0",
            "changed:=timeout",
            "changed:=Levels.0.timeout",
            "changes.levels.0.timeout.before:10",
            "changes.role:viewer",
            "changes.user.role.before:=viewer",
        ],
    );
}

#[test]
fn free_text() {
    check(
        &[
            "ana",
            "ANA ruiz",
            "ruiz ana",
            "\"ana ruiz\"",
            "policy.updated",
            "\"payments p1\"",
            "pay*",
            "*ments",
            "p*nts",
            "ops-1",
            "viewer",
            "example/live",
            "\"stripe.example/live\"",
            "203.0.113",
            "chrome",
            "rotation",
            "u_9",
            "0199aabb-ccdd-7000-8000-00000000000a",
            "0199aabb-ccdd*",
            "0199AABB-ccdd-7*",
            "req-1/x",
            "S1",
            "\"idem 1\"",
            "4bf92f35",
            "evt_0199aabbccdd7000800000000000000a",
            "-bob",
            "admin",
            "0199aabb-ccdd-7000-8000-00000000000A",
        ],
        &[
            "an",
            "\"ruiz ana\"",
            "paym",
            "0199aabb",
            "escalation_policy ruby",
            "req-1",
            "idem",
            "s1",
            "ui",
            "150",
            "timeout",
            "\"--\"",
            "key",
            "\"ana inc\"",
            "a*z",
        ],
    );
}

#[test]
fn me_needs_a_person() {
    let query = parse("-actor:(bob OR @me)").query.unwrap();
    let tz = zone("UTC").unwrap();
    let error = lower(&query, &LowerOptions { now_us: NOW_US, tz: &tz, me: None }).unwrap_err();
    assert_eq!((error.code, error.span.start, error.span.end), (Code::NoMe, 15, 18));
}

#[test]
fn bounds_of_created_are_those_every_match_satisfies() {
    let tz = zone("UTC").unwrap();
    let bounds = |text: &str| {
        let query = parse(text).query.unwrap();
        lower(&query, &LowerOptions { now_us: NOW_US, tz: &tz, me: None }).unwrap().created_bounds()
    };
    assert_eq!(bounds("created:1970-01-01 a created:1970"), (0, 86_400_000_000));
    assert_eq!(bounds("created:>=1970"), (0, i64::MAX));
    assert_eq!(bounds("created:1970 OR a"), (i64::MIN, i64::MAX));
    assert_eq!(bounds("-created:1970"), (i64::MIN, i64::MAX));
}
