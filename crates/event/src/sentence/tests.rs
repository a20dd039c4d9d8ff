//! What events read as, and that nothing in a name can change what stands around it.

use serde_json::{Value, json};

use super::*;

fn chen() -> Value {
    json!({ "type": "user", "id": "u_1", "name": "Chen Wei" })
}

fn thing(kind: &str, name: &str) -> Value {
    json!({ "type": kind, "id": format!("{kind}_1"), "name": name })
}

fn said_by(actor: &Value, action: &str, targets: &[Value], outcome: &str) -> String {
    let event = json!({ "action": action, "actor": actor, "targets": targets, "outcome": outcome,
        "metadata": { "any": [1, { "thing": null }] } });
    sentence_text(event.to_string().as_bytes())
}

fn said(action: &str, targets: &[Value], outcome: &str) -> String {
    said_by(&chen(), action, targets, outcome)
}

#[test]
fn what_was_done_failed_and_was_refused() {
    let policy = [thing("escalation_policy", "Payments / P1")];
    for (outcome, verb) in [
        ("success", "updated"),
        ("unknown", "updated"),
        ("failure", "failed to update"),
        ("denied", "was not allowed to update"),
    ] {
        let wanted = format!("Chen Wei {verb} escalation policy Payments / P1");
        assert_eq!(said("escalation_policy.updated", &policy, outcome), wanted);
    }
}

#[test]
fn sign_ins_need_no_object() {
    let own = [chen(), thing("session", "s")];
    assert_eq!(said("user.signed_in", &own, "success"), "Chen Wei signed in");
    assert_eq!(said("user.login", &own, "failure"), "Chen Wei failed to sign in");
    assert_eq!(said("user.sign_in_failed", &own, "failure"), "Chen Wei failed to sign in");
    assert_eq!(said("user.login_attempt_failed", &own, "denied"), "Chen Wei was not allowed to sign in");
    let unknown = json!({ "type": "anonymous", "id": "anonymous" });
    assert_eq!(said_by(&unknown, "user.sign_in_failed", &[], "failure"), "Somebody failed to sign in");
}

#[test]
fn the_target_that_the_action_names_is_the_one_that_is_named() {
    assert_eq!(
        said("record.viewed", &[thing("incident", "INC-7")], "success"),
        "Chen Wei viewed incident INC-7"
    );
    assert_eq!(said("api_key.created", &[thing("api_key", "ci")], "success"), "Chen Wei created API key ci");
    assert_eq!(
        said("shift.note_added", &[thing("shift", "Night"), thing("note", "n")], "success"),
        "Chen Wei added note n and 1 other"
    );
    assert_eq!(
        said("box.lid_changed", &[thing("box", "A"), thing("x", "B"), thing("x", "C")], "success"),
        "Chen Wei changed lid for A and 2 others"
    );
}

#[test]
fn templates_name_more_than_one_thing_and_know_what_came_of_it() {
    let given = [thing("user", "Bob"), thing("role", "Admin")];
    assert_eq!(said("user.role_assigned", &given, "success"), "Chen Wei gave Bob the role Admin");
    assert_eq!(
        said("user.role_assigned", &given, "denied"),
        "Chen Wei was not allowed to give Bob the role Admin"
    );
    assert_eq!(said("user.role_assigned", &given[..1], "success"), "Chen Wei gave Bob a role");
    // Of what no line fits, the rule speaks.
    assert_eq!(said("user.role_assigned", &given[1..], "success"), "Chen Wei assigned role Admin");
    let alerts = [json!({"type": "alert", "id": "a"}), json!({"type": "alert", "id": "b"})];
    assert_eq!(said("alert.merged", &alerts, "failure"), "Chen Wei failed to merge a into b");
    assert_eq!(
        said("access.denied", &[thing("schedule", "Core")], "denied"),
        "Chen Wei was denied access to Core"
    );
}

#[test]
fn actions_that_no_rule_knows_are_said_as_they_are() {
    assert_eq!(said("frobnicate", &[thing("box", "A")], "success"), "Chen Wei · frobnicate: A");
    assert_eq!(
        said("gate.check_failed", &[thing("gate", "A")], "failure"),
        "Chen Wei · gate check failed: A"
    );
    assert_eq!(said("", &[], "success"), "Chen Wei · ");
    assert_eq!(sentence_text(b"{}"), "Somebody · ");
    assert_eq!(sentence_text(b"[1,"), "An event that cannot be read");
}

#[test]
fn parts_say_whom_they_name() {
    let event = json!({ "action": "team.member_added", "outcome": "success", "actor": chen(),
        "targets": [thing("team", "Core"), thing("user", "Bob")] });
    let parts = serde_json::to_value(sentence(event.to_string().as_bytes())).unwrap();
    assert_eq!(
        parts,
        json!([
            { "text": "Chen Wei", "side": "actor", "type": "user", "id": "u_1" },
            { "text": " added " },
            { "text": "Bob", "side": "target", "type": "user", "id": "user_1" },
            { "text": " to team " },
            { "text": "Core", "side": "target", "type": "team", "id": "team_1" },
        ])
    );
}

#[test]
fn those_for_whom_somebody_acted_are_named() {
    let names = ["Ana", "Bob", "Cem", "Dua"].map(|name| thing("user", name));
    let agent = json!({ "type": "agent", "id": "a", "name": "Copilot", "on_behalf_of": names[..2] });
    let tool = [thing("tool", "logs.query")];
    assert_eq!(
        said_by(&agent, "agent.tool_called", &tool, "success"),
        "Copilot called tool logs.query for Ana, Bob"
    );
    let agent = json!({ "type": "agent", "id": "a", "on_behalf_of": names });
    assert!(said_by(&agent, "agent.run_started", &[], "success").ends_with(" for Ana, Bob, Cem, …"));
}

#[test]
fn names_cannot_hide_reorder_or_flood() {
    let bad = format!("\u{202e}evil\u{0}\u{1b}[2J\n\t \u{feff}{}", "x".repeat(10_000));
    let actor = json!({ "type": "user", "id": "u", "name": bad });
    let text = said_by(&actor, "user.created", &[thing("user", &bad)], "success");
    assert!(!text.chars().any(is_hiding), "{text:?}");
    assert!(text.starts_with("⟨U+202E⟩evil⟨U+0000⟩⟨U+001B⟩[2J ⟨U+FEFF⟩xxx"), "{text}");
    assert!(text.chars().count() < 2 * (NAME_CHARS_MAX + 60), "{}", text.chars().count());
    // An action is a stranger's text too, and so are names of nothing but spaces.
    let long = format!("{}.{}", "a".repeat(200), "_\u{202d}".repeat(100));
    assert!(said(&long, &[], "success").chars().count() < 2 * ACTION_CHARS_MAX + 1_000);
    assert_eq!(
        said_by(&json!({"type": "user", "id": "u_9", "name": "  "}), "a.b", &[], "success"),
        "u_9 · a b"
    );
}
