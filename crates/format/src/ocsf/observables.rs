//! `observables`: the values of a record that a SIEM searches across classes, found by their paths.

use serde_json::{Map, Value};

use crate::json::Object;

/// Path, `type_id` and its caption. `[]` is every element of a list.
const PATHS: &[(&str, u32, &str)] = &[
    ("src_endpoint.ip", 2, "IP Address"),
    ("actor.user.name", 4, "User Name"),
    ("actor.user.email_addr", 5, "Email Address"),
    ("actor.user.uid", 31, "User Object: uid"),
    ("actor.user.credential_uid", 19, "User Credential ID"),
    ("user.name", 4, "User Name"),
    ("user.email_addr", 5, "Email Address"),
    ("user.uid", 31, "User Object: uid"),
    ("users[].uid", 31, "User Object: uid"),
    ("entity.user.uid", 31, "User Object: uid"),
    ("group.uid", 33, "Group Object: uid"),
    ("resources[].uid", 10, "Resource UID"),
    ("web_resources[].uid", 10, "Resource UID"),
    ("file.name", 7, "File Name"),
    ("http_request.user_agent", 16, "HTTP User-Agent"),
];

/// What of the record is observable.
pub(super) fn of(record: &Map<String, Value>) -> Vec<Value> {
    let mut found = Vec::new();
    for (path, type_id, caption) in PATHS {
        let mut add = |value: &Value| {
            let mut observable = Object::default();
            observable.set("name", *path).set("type_id", *type_id).set("type", *caption);
            observable.set("value", value.clone());
            found.push(Value::Object(observable.0));
        };
        let (head, rest) = path.split_once('.').expect("every path has two parts");
        if let Some(list) = head.strip_suffix("[]") {
            let elements = record.get(list).and_then(Value::as_array);
            elements.into_iter().flatten().filter_map(|element| element.get(rest)).for_each(&mut add);
        } else {
            let value = record.get(head).and_then(|value| rest.split('.').try_fold(value, Value::get));
            value.into_iter().for_each(&mut add);
        }
    }
    found
}
