//! What formats look like from outside.

use serde_json::{Value, json};
use tallystick_format::FormatName;

use crate::reconcile::{
    copied::Form,
    testing::{ORG, ORIGIN, expected, forms, one, read},
};

#[test]
fn every_format_says_where_its_event_is() {
    for (form, line) in forms() {
        let found = one(3, &line);
        assert_eq!((found.form, found.seq, &found.id), (form, 7, &expected(7).id), "{form}");
        if form == Form::Export {
            assert_eq!((found.log, found.leaf_hash), (None, None));
        } else {
            assert_eq!(found.log.as_deref(), Some(ORIGIN), "{form}");
            assert_eq!(found.leaf_hash, Some(expected(7).leaf_hash), "{form}");
        }
        let has_org = form != Form::Stream(FormatName::Workos);
        assert_eq!(found.org.as_deref(), has_org.then_some(ORG), "{form}");
        assert_eq!(&*found.bytes, &line[..], "{form}");
        assert_eq!(found.at.to_string(), "copy:3");
    }
}

#[test]
fn what_receivers_put_around_records_is_opened() {
    for (form, line) in forms() {
        let record: Value = match form {
            Form::Stream(FormatName::Cef | FormatName::Leef) => {
                json!(String::from_utf8(line.clone()).unwrap())
            }
            _ => serde_json::from_slice(&line).unwrap(),
        };
        let envelopes = [
            json!({ "type": "audit.events", "first_seq": 7, "data": [record, record] }),
            json!([record, record]),
        ];
        for envelope in envelopes {
            let found = read(1, envelope.to_string().as_bytes()).unwrap();
            assert_eq!(found.len(), 2, "{form}");
            assert!(found.iter().all(|found| found.form == form && found.seq == 7), "{form}");
        }
        if record.is_object() {
            for envelope in [
                json!({ "_index": "a", "_id": "x", "_source": record }),
                json!({ "time": 1.5, "host": "h", "event": record }),
            ] {
                let found = one(1, envelope.to_string().as_bytes());
                assert_eq!((found.form, found.seq), (form, 7));
            }
        } else {
            let syslog = [b"<134>1 2026-11-22T00:00:00Z host app - - - ", &line[..]].concat();
            assert_eq!(&*one(1, &syslog).bytes, &line[..]);
        }
    }
}

#[test]
fn the_event_of_a_test_is_known() {
    let made_up = json!({ "id": "evt_1", "seq": 0, "org": "acme", "action": "audit.stream.test",
        "integrity": { "log": "acme/test", "seq": 0, "leaf_hash": "0".repeat(64) } });
    assert!(one(1, made_up.to_string().as_bytes()).is_test());
    assert!(forms().iter().all(|(_, line)| !one(1, line).is_test()));
}

#[test]
fn what_is_no_record_is_said_to_be_none() {
    for text in [
        "{}",
        "[1]",
        "hello",
        "{\"id\":\"x\"}",
        "{\"integrity\":{}}",
        "{\"id\":\"x\",\"seq\":-1}",
        "CEF:1|a|b",
    ] {
        assert!(read(1, text.as_bytes()).is_err(), "{text}");
    }
    assert!(read(1, b"\xff\xfe").unwrap_err().contains("UTF-8"));
    for (form, line) in forms() {
        // Cut in the middle, no line is taken for a whole one without a difference that is noticed.
        if let Ok(found) = read(1, &line[..line.len() - 1]) {
            assert!(found.iter().all(|found| *found.bytes != line[..]), "{form}");
        }
    }
    let twice = String::from_utf8(expected(7).event.to_vec()).unwrap();
    let twice = twice.replacen("\"actor\":", "\"actor\":{\"id\":\"usr_eve\"},\"actor\":", 1);
    assert!(read(1, twice.as_bytes()).unwrap_err().contains("\"actor\" stands twice"));
    let deep = format!("{}1{}", "[".repeat(50), "]".repeat(50));
    assert!(read(1, deep.as_bytes()).unwrap_err().contains("envelopes"));
}
