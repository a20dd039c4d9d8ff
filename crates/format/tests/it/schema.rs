//! OCSF records against the published schemas; `testdata/ocsf/README.md` says where those come from.

use std::collections::HashMap;
use std::path::Path;

use jsonschema::Validator;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tallystick_format::FormatName;

use crate::events::{LEAF_HASH, rendered, representative};

/// The schemas of one version, by `class_uid`.
pub(crate) struct Schemas(HashMap<u64, Validator>);

impl Schemas {
    pub(crate) fn of(format: FormatName) -> Self {
        let (version, classes) = match format {
            FormatName::Ocsf18 => ("1.8.0", CLASSES_18),
            _ => ("1.9.0", CLASSES_19),
        };
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/ocsf")).join(version);
        let read = |name: &str| -> Value {
            serde_json::from_slice(&std::fs::read(folder.join(format!("{name}.json"))).unwrap()).unwrap()
        };
        let objects = read("objects");
        let compile = |(uid, name): &(u64, &str)| {
            let mut schema = read(name);
            schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
            schema["$defs"] = objects.clone();
            (*uid, jsonschema::validator_for(&schema).unwrap())
        };
        Self(classes.iter().map(compile).collect())
    }

    /// Fails unless the record is what the schema of its class allows, and what schemas cannot say: numbers that follow
    /// from one another, and no empty object or list.
    pub(crate) fn check(&self, record: &Value) -> u64 {
        let class = record["class_uid"].as_u64().unwrap();
        let validator = self.0.get(&class).unwrap_or_else(|| panic!("no schema of class {class}"));
        let errors: Vec<String> = validator
            .iter_errors(record)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}\n{record:#}");
        let activity = record["activity_id"].as_u64().unwrap();
        assert_eq!(record["type_uid"], class * 100 + activity);
        assert_eq!(record["category_uid"], class / 1_000);
        let name = format!(
            "{}: {}",
            record["class_name"].as_str().unwrap(),
            record["activity_name"].as_str().unwrap()
        );
        assert_eq!(record["type_name"], name);
        for (member, value) in record.as_object().unwrap().iter().filter(|(member, _)| *member != "unmapped")
        {
            assert!(!has_empty(value), "{member} of {record:#}");
        }
        assert_eq!(record["unmapped"]["integrity"]["leaf_hash"], hex::encode(LEAF_HASH));
        assert_eq!(record["raw_data_hash"]["value"], hex::encode(LEAF_HASH));
        class
    }
}

/// Free data may have empty parts; nothing else.
fn has_empty(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            members.is_empty() || members.iter().any(|(name, value)| name != "data" && has_empty(value))
        }
        Value::Array(elements) => elements.is_empty() || elements.iter().any(has_empty),
        Value::Null => true,
        _ => false,
    }
}

const CLASSES_18: &[(u64, &str)] = &[
    (3001, "account_change"),
    (3002, "authentication"),
    (3004, "entity_management"),
    (3005, "user_access"),
    (3006, "group_management"),
    (6001, "web_resources_activity"),
    (6002, "application_lifecycle"),
    (6003, "api_activity"),
    (6005, "datastore_activity"),
    (6006, "file_hosting"),
];

const CLASSES_19: &[(u64, &str)] = &[
    (3002, "authentication"),
    (3004, "entity_management"),
    (3006, "group_management"),
    (3007, "user_management"),
    (3008, "role_management"),
    (6001, "web_resources_activity"),
    (6002, "application_lifecycle"),
    (6003, "api_activity"),
    (6005, "datastore_activity"),
    (6006, "file_hosting_activity"),
];

pub(crate) const OCSF: [FormatName; 2] = [FormatName::Ocsf18, FormatName::Ocsf19];

fn record(format: FormatName, event: &Value) -> Value {
    serde_json::from_str(&rendered(format, event)).unwrap()
}

#[test]
fn representative_events_are_in_their_classes() {
    let expected = [
        ("access_denied", 6003, 6003),
        ("agent_ran_tool", 6003, 6003),
        ("api_key_revoked", 3004, 3007),
        ("file_shared", 6006, 6006),
        ("impersonated", 3002, 3002),
        ("login_failed", 3002, 3002),
        ("login_ok", 3002, 3002),
        ("member_added", 3006, 3006),
        ("minimal", 6003, 6003),
        ("record_exported", 6001, 6001),
        ("role_assigned", 3005, 3007),
        ("settings_changed", 3004, 3004),
        ("system_started", 6002, 6002),
        ("user_created", 3001, 3007),
    ];
    let (older, newer) = (Schemas::of(FormatName::Ocsf18), Schemas::of(FormatName::Ocsf19));
    let mut events = representative();
    events.sort_by(|a, b| a.0.cmp(&b.0));
    let found: Vec<_> = events
        .iter()
        .map(|(name, event)| {
            let classes = OCSF.map(|format| record(format, event));
            (name.as_str(), older.check(&classes[0]), newer.check(&classes[1]))
        })
        .collect();
    assert_eq!(found, expected);
}

/// First words of actions.
const NOUNS: &str = "user group team role policy api_key session password mfa file database table system organization \
    setting record thing impersonation permission";
/// Last words of actions.
const VERBS: &str = "created viewed updated deleted removed enabled disabled locked unlocked suspended resumed moved \
    renamed copied restored shared unshared uploaded downloaded opened previewed imported exported \
    searched installed started stopped restarted signed_in signed_out changed reset assigned granted \
    revoked member_added member_removed role_assigned role_removed permission_granted mfa_enabled \
    happened";
/// Kinds of targets, known ones and others.
const KINDS: [&str; 11] =
    ["user", "team", "role", "policy", "api_key", "file", "organization", "device", "database", "x y", ""];

fn actions() -> impl Iterator<Item = (&'static str, &'static str)> {
    NOUNS.split(' ').flat_map(|noun| VERBS.split(' ').map(move |verb| (noun, verb)))
}

/// Every action of every sort, with every sort of target, so that each class is met with and without what it needs.
#[test]
fn every_class_is_valid_whatever_the_targets() {
    let mut met = [HashMap::new(), HashMap::new()];
    for (release, format) in OCSF.into_iter().enumerate() {
        let schemas = Schemas::of(format);
        for (index, (noun, verb)) in actions().enumerate() {
            let kind = KINDS[index % KINDS.len()];
            for targets in [
                json!([]),
                json!([{"type": kind, "id": "t1", "name": "T", "metadata": {}}]),
                json!([
                    {"type": kind}, {"type": noun, "id": "t2"}, {"type": "role", "id": "r"}, {"type": "user", "id": "u"}
                ]),
            ] {
                let actor = json!({"type": KINDS[index % 3 * 2], "id": "a", "email": "a@x"});
                let event = json!({"action": format!("{noun}.{verb}"), "targets": targets, "actor": actor});
                *met[release].entry(schemas.check(&record(format, &event))).or_insert(0) += 1;
            }
        }
    }
    let classes = |table: &[(u64, &str)]| table.iter().map(|(uid, _)| *uid).collect::<Vec<_>>();
    for (met, table) in met.iter().zip([CLASSES_18, CLASSES_19]) {
        let mut found: Vec<u64> = met.keys().copied().collect();
        found.sort_unstable();
        assert_eq!(found, classes(table), "a class that no event gets: {met:?}");
    }
}

/// The fingerprint of 1.9 as its receiver computes it.
#[test]
fn the_attestation_is_over_the_record() {
    for (name, event) in representative() {
        let mut record = record(FormatName::Ocsf19, &event);
        assert!(record["metadata"]["profiles"].as_array().unwrap().contains(&json!("record_integrity")));
        let attestation = &mut record["attestation_list"][0];
        let fingerprint = attestation.as_object_mut().unwrap().remove("fingerprint").unwrap();
        let canonical = serde_json_canonicalizer::to_vec(&record).unwrap();
        assert_eq!(fingerprint["value"], hex::encode(Sha256::digest(canonical)), "{name}");
    }
}

#[test]
fn what_a_schema_would_refuse_is_refused_here() {
    let schemas = Schemas::of(FormatName::Ocsf18);
    let (_, event) = representative().into_iter().find(|(name, _)| name == "login_ok").unwrap();
    for spoil in [
        |record: &mut Value| record["user"]["email_addr"] = json!("a@x"),
        |record: &mut Value| record["user"] = json!({"type_id": 1}),
        |record: &mut Value| record["severity_id"] = json!(77),
        |record: &mut Value| record["surprise"] = json!(1),
        |record: &mut Value| drop(record.as_object_mut().unwrap().remove("service")),
    ] {
        let mut record = record(FormatName::Ocsf18, &event);
        spoil(&mut record);
        assert!(!schemas.0[&3002].is_valid(&record));
    }
}
