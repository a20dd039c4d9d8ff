//! Records of other products, mapped by every built-in mapping: a hostile record must not stop an import.

use serde_json::Value;
use tallystick_mapping::Mapping;

use crate::Target;

pub(crate) const TARGET: Target = Target { name: "mapping_record", seeds, run };

fn seeds() -> Vec<Vec<u8>> {
    let records = [
        r#"{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::1:user/ana","userName":"ana"},
            "eventTime":"2026-01-01T00:00:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser",
            "awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.9","eventID":"1","eventType":"AwsApiCall"}"#,
        r#"{"@timestamp":1700000000000,"action":"repo.create","actor":"ana","org":"acme","_document_id":"x"}"#,
        r#"{"actor":{"id":"1","type":"User"},"eventType":"user.session.start","uuid":"x","outcome":{"result":"SUCCESS"},
            "published":"2026-01-01T00:00:00.000Z","target":[{"id":"2","type":"AppUser"}]}"#,
        r#"{"date":"2026-01-01T00:00:00.000Z","type":"s","log_id":"1","ip":"203.0.113.9","user_id":"auth0|1"}"#,
        r#"{"id":"1","date_create":1700000000,"action":"user_login","actor":{"type":"user","user":{"id":"U1"}},
            "entity":{"type":"user","user":{"id":"U1"}},"context":{"ip_address":"203.0.113.9"}}"#,
        r#"{"protoPayload":{"methodName":"SetIamPolicy","serviceName":"x","authenticationInfo":{"principalEmail":"a@b"}},
            "insertId":"1","timestamp":"2026-01-01T00:00:00Z","logName":"projects/x/logs/cloudaudit"}"#,
        r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"1","verb":"create","user":{"username":"ana"},
            "objectRef":{"resource":"pods","name":"p"},"stageTimestamp":"2026-01-01T00:00:00.000000Z"}"#,
    ];
    records.map(|record| record.as_bytes().to_vec()).into()
}

fn run(input: &[u8]) {
    let Ok(record) = serde_json::from_slice::<Value>(input) else { return };
    let _ = Mapping::guess(&record);
    for name in Mapping::builtin_names() {
        let mapping = Mapping::builtin(name).expect("a listed mapping exists");
        for record in mapping.records(record.clone()) {
            if let Ok(mapped) = mapping.map(&record) {
                assert!(mapped.event.is_object(), "an event is an object");
                assert_eq!(
                    mapping.map(&record).ok().as_ref(),
                    Some(&mapped),
                    "mapping is a function of the record"
                );
            }
        }
    }
}
