//! What is noticed in a record, and what is not to be.

use serde_json::{Value, json};
use tallystick_delivery::streams::{Mask, MaskMethod};
use tallystick_format::FormatName;

use super::*;
use crate::reconcile::testing::{ORG, ORIGIN, expected, forms, one, read, sent};

fn verdict(rules: &Rules, line: &[u8]) -> Verdict {
    rules.verdict(&one(1, line), &expected(7), ORIGIN, ORG)
}

fn changed(line: &[u8]) -> Vec<String> {
    match verdict(&Rules::default(), line) {
        Verdict::Changed(members) => members,
        other => panic!("{other:?}: {}", String::from_utf8_lossy(line)),
    }
}

#[test]
fn what_was_sent_is_the_same_in_every_format() {
    for (form, line) in forms() {
        assert_eq!(verdict(&Rules::default(), &line), Verdict::Same(Check::Whole), "{form}");
        if line[0] == b'{' {
            // Another program writes members in another order, and with blanks.
            let value: Value = serde_json::from_slice(&line).unwrap();
            let pretty = serde_json::to_vec_pretty(&value).unwrap();
            assert_eq!(verdict(&Rules::default(), &pretty), Verdict::Same(Check::Whole), "{form}");
        }
    }
}

#[test]
fn no_byte_of_a_record_can_be_changed_unnoticed() {
    let (rules, expected) = (Rules::default(), expected(7));
    for (form, line) in forms() {
        let said = one(1, &line).said;
        for at in 0..line.len() {
            let mut bad = line.clone();
            bad[at] = if bad[at] == b'x' { b'y' } else { b'x' };
            // What is no record any more is named as such.
            let Ok(found) = read(1, &bad) else { continue };
            for found in found.iter().filter(|found| found.seq == 7) {
                let is_same = rules.verdict(found, &expected, ORIGIN, ORG) == Verdict::Same(Check::Whole);
                // Name and version of the product are the service's and not the event's: a copy is taken at its word.
                let is_said = found.said != said;
                assert!(!is_same || is_said, "{form} byte {at}: {}", String::from_utf8_lossy(&bad));
            }
        }
    }
}

#[test]
fn members_that_differ_are_named() {
    let native = sent(FormatName::Native, 7, &Mask::default(), b"");
    let edit = |change: &dyn Fn(&mut Value)| {
        let mut value: Value = serde_json::from_slice(&native).unwrap();
        change(&mut value);
        changed(value.to_string().as_bytes())
    };
    assert_eq!(edit(&|event| event["actor"]["name"] = json!("Eve")), ["actor.name"]);
    assert_eq!(edit(&|event| event["targets"][0]["id"] = json!("usr_8")), ["targets[0].id"]);
    assert_eq!(edit(&|event| event["targets"] = json!([])), ["targets"]);
    assert_eq!(edit(&|event| event["metadata"]["more"] = json!(1)), ["metadata.more (added)"]);
    assert_eq!(edit(&|event| drop(event.as_object_mut().unwrap().remove("reason"))), ["reason"]);
    assert_eq!(edit(&|event| event["seq"] = json!(8)), ["seq"]);
    assert_eq!(edit(&|event| event["integrity"]["leaf_hash"] = json!("00")), ["integrity.leaf_hash"]);
    assert_eq!(edit(&|event| event["id"] = json!("evt_x")), ["id"]);
    let cef = String::from_utf8(sent(FormatName::Cef, 7, &Mask::default(), b"")).unwrap();
    assert_eq!(changed(cef.replace("suid=usr_ana", "suid=usr_eve").as_bytes()), ["suid"]);
    assert_eq!(changed(cef.replace("|5|rt=", "|3|rt=").as_bytes()), ["header 6"]);
    let leef = String::from_utf8(sent(FormatName::Leef, 7, &Mask::default(), b"")).unwrap();
    assert_eq!(changed(leef.replace("actorId=usr_ana", "actorId=usr_eve").as_bytes()), ["actorId"]);
}

#[test]
fn another_event_is_not_a_changed_one() {
    let mut value: Value =
        serde_json::from_slice(&sent(FormatName::Native, 7, &Mask::default(), b"")).unwrap();
    value["id"] = json!("evt_x");
    value["integrity"]["leaf_hash"] = json!("ab".repeat(32));
    let found = verdict(&Rules::default(), value.to_string().as_bytes());
    assert!(matches!(found, Verdict::Unknown(why) if why.contains(&expected(7).id)));
    let mut export: Value = serde_json::from_slice(&expected(7).event).unwrap();
    export["id"] = json!("evt_x");
    assert!(matches!(verdict(&Rules::default(), export.to_string().as_bytes()), Verdict::Unknown(_)));
}

#[test]
fn what_is_masked_is_compared_as_far_as_it_can_be() {
    let fields = ["actor.name", "actor.email", "context.ip", "metadata.*", "targets.name"].map(str::to_owned);
    for method in [MaskMethod::Drop, MaskMethod::Mask, MaskMethod::Hash] {
        let mask = Mask { fields: fields.to_vec(), method };
        let rules = Rules::new(mask.clone(), &[]);
        let check = if method == MaskMethod::Hash { Check::Part } else { Check::Whole };
        for format in FormatName::ALL {
            let line = sent(format, 7, &mask, b"a key of the service's");
            let text = String::from_utf8(line.clone()).unwrap();
            assert_eq!(verdict(&rules, &line), Verdict::Same(check), "{format} {method:?}: {text}");
            let bad = text.replace("usr_ana", "usr_eve");
            assert!(matches!(verdict(&rules, bad.as_bytes()), Verdict::Changed(_)), "{format} {method:?}");
            let unmasked = sent(format, 7, &Mask::default(), b"");
            assert!(matches!(verdict(&rules, &unmasked), Verdict::Changed(_)), "{format} {method:?}");
        }
    }
}

#[test]
fn what_is_not_to_be_compared_is_not() {
    let mut value: Value = serde_json::from_slice(&sent(FormatName::Ecs, 7, &Mask::default(), b"")).unwrap();
    value["tags"] = json!(["eu"]);
    value["labels"]["cluster"] = json!("c");
    let line = value.to_string();
    assert_eq!(changed(line.as_bytes()), ["labels.cluster (added)", "tags (added)"]);
    let rules = Rules::new(Mask::default(), &["tags", "labels.cluster"].map(str::to_owned));
    assert_eq!(verdict(&rules, line.as_bytes()), Verdict::Same(Check::Part));
    let mut native: Value =
        serde_json::from_slice(&sent(FormatName::Native, 7, &Mask::default(), b"")).unwrap();
    native["@timestamp"] = json!("2026-11-20T10:00:03.000Z");
    assert_eq!(verdict(&Rules::default(), native.to_string().as_bytes()), Verdict::Same(Check::Whole));
}

#[test]
fn of_an_erased_event_there_is_only_its_leaf() {
    let erased = Expected { is_erased: true, event: b"{}".as_slice().into(), ..expected(7) };
    let copied = one(1, &sent(FormatName::Ecs, 7, &Mask::default(), b""));
    let rules = Rules::default();
    assert_eq!(rules.verdict(&copied, &erased, ORIGIN, ORG), Verdict::Same(Check::LeafHash));
    let other = Expected { leaf_hash: [1; 32], ..erased };
    assert_eq!(rules.verdict(&copied, &other, ORIGIN, ORG), Verdict::Changed(vec!["leaf hash".to_owned()]));
}
