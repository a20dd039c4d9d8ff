//! Settings of a destination as a call gives them, put together with those that a stream has. Secrets are never read
//! back, so who changes something else does not have them; but they must not follow a changed address to somebody else.

use serde_json::{Map, Value};
use tallystick_destination::{BadSettings, Field, FieldKind, Kind, Settings};
use url::Url;

use crate::error::{ApiError, ErrorCode, ErrorDetail};

/// What names of fields have in them that say where a destination is, if they are no URLs.
const PLACE_WORDS: &[&str] = &["host", "server", "broker", "endpoint", "address", "domain", "account", "site"];

/// The settings that hold: those given, with secrets that were left out (or are `true`, as they are shown) from those
/// that the stream has. A secret that is null goes.
///
/// # Errors
/// A setting is not right, or a secret has to be given again because the destination is somewhere else now.
pub fn settled(
    kind: &'static Kind,
    mut given: Map<String, Value>,
    kept: Option<&Map<String, Value>>,
) -> Result<Settings, ApiError> {
    let mut carried = Vec::new();
    for field in kind.fields.iter().filter(|field| field.kind.is_secret()) {
        if !matches!(given.get(field.name), None | Some(Value::Bool(true))) {
            continue;
        }
        match kept.and_then(|kept| kept.get(field.name)) {
            Some(secret) => {
                given.insert(field.name.to_owned(), secret.clone());
                carried.push(field.name);
            }
            None if given.remove(field.name).is_some() => {
                return Err(refused(&BadSettings::new(field.name, "there is none yet that could be kept")));
            }
            None => {}
        }
    }
    if let (Some(secret), Some(kept)) = (carried.first(), kept)
        && let Some(place) = kind.fields.iter().find(|field| is_elsewhere(field, &given, kept))
    {
        let why = format!("it has to be given again, because \"{}\" is another one now", place.name);
        return Err(refused(&BadSettings::new(secret, why)));
    }
    Settings::new(kind.fields, given).map_err(|bad| refused(&bad))
}

/// Names of the secrets that are not what they were.
pub fn changed_secrets(kind: &Kind, before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<&'static str> {
    let secrets = kind.fields.iter().filter(|field| field.kind.is_secret());
    secrets.map(|field| field.name).filter(|name| before.get(*name) != after.get(*name)).collect()
}

/// Settings that a destination does not take.
pub fn refused(bad: &BadSettings) -> ApiError {
    let mut why = bad.why.clone();
    if is_about_private(&why) {
        why.push_str(" ([streams] allow_private_destinations)");
    }
    ApiError::new(ErrorCode::InvalidBody, format!("settings.{}: {why}", bad.field)).with_errors(vec![
        ErrorDetail::new(format!("/settings/{}", bad.field), "invalid", why),
    ])
}

/// Whether what is said is that an address is private or without TLS, which the operator can allow.
pub fn is_about_private(why: &str) -> bool {
    why.contains("private ones have to be allowed") || why.contains("over https only")
}

fn is_elsewhere(field: &Field, given: &Map<String, Value>, kept: &Map<String, Value>) -> bool {
    let value = |values: &Map<String, Value>| {
        let text = values.get(field.name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.unwrap_or(field.default).to_owned()
    };
    let (now, before) = (value(given), value(kept));
    match field.kind {
        FieldKind::Url => origin(&now) != origin(&before),
        FieldKind::Text | FieldKind::Lines | FieldKind::Choice(_) => {
            PLACE_WORDS.iter().any(|word| field.name.contains(word)) && now != before
        }
        FieldKind::Number(..) => field.name.contains("port") && given.get(field.name) != kept.get(field.name),
        FieldKind::Secret | FieldKind::SecretMap | FieldKind::Switch => false,
    }
}

/// Scheme, host and port; the text itself if it is no URL.
fn origin(text: &str) -> String {
    Url::parse(text).map_or_else(|_| text.to_owned(), |url| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use tallystick_destination::{Once, Shape};

    use super::*;

    const fn field(name: &'static str, kind: FieldKind, is_required: bool) -> Field {
        Field { name, title: "", help: "", kind, is_required, default: "", example: "" }
    }

    static FIELDS: [Field; 5] = [
        field("url", FieldKind::Url, true),
        field("host", FieldKind::Text, false),
        field("index", FieldKind::Text, false),
        field("token", FieldKind::Secret, true),
        field("headers", FieldKind::SecretMap, false),
    ];

    static KIND: Kind = Kind {
        name: "made_up",
        title: "",
        summary: "",
        fields: &FIELDS,
        formats: &[],
        shape: Shape { events_max: 1, bytes_max: 1, linger: Duration::ZERO, is_by_hour: false },
        once: Once::AtLeast,
        open: |_, _| Err(BadSettings::new("url", "nothing is opened here")),
    };

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    fn place(result: Result<Settings, ApiError>) -> (String, String) {
        let error = result.expect_err("settings that are refused");
        (error.errors()[0].path.clone(), error.errors()[0].message.clone())
    }

    #[test]
    fn secrets_that_are_left_out_or_shown_stay_and_others_do_not() {
        let kept = map(json!({ "url": "https://a.example/x", "index": "main", "token": "t0p", "headers": { "a": "b" } }));
        let given = map(json!({ "url": "https://a.example/y", "token": true }));
        let now = settled(&KIND, given, Some(&kept)).expect("taken");
        let expected = map(json!({ "url": "https://a.example/y", "token": "t0p", "headers": { "a": "b" } }));
        assert_eq!(now.values(), &expected, "what is no secret has to be given again");
        let given = map(json!({ "url": "https://a.example/x", "token": "new", "headers": null }));
        let now = settled(&KIND, given, Some(&kept)).expect("taken");
        assert_eq!(now.values(), &map(json!({ "url": "https://a.example/x", "token": "new" })));
        assert_eq!(changed_secrets(&KIND, &kept, now.values()), ["token", "headers"]);
        let fresh = settled(&KIND, map(json!({ "url": "https://a.example/", "token": true })), None);
        assert_eq!(place(fresh).0, "/settings/token");
    }

    #[test]
    fn a_secret_does_not_follow_to_another_place() {
        let kept = map(json!({ "url": "https://a.example/x", "token": "t0p", "host": "h" }));
        for given in [
            json!({ "url": "https://b.example/x", "host": "h" }),
            json!({ "url": "http://a.example/x", "host": "h" }),
            json!({ "url": "https://a.example:444/x", "host": "h" }),
            json!({ "url": "https://a.example.evil.example/x", "host": "h", "token": true }),
            json!({ "url": "https://a.example/x", "host": "other" }),
            json!({ "url": "https://a.example/x" }),
        ] {
            let (path, why) = place(settled(&KIND, map(given.clone()), Some(&kept)));
            assert_eq!(path, "/settings/token", "{given}");
            assert!(why.contains("given again") && !why.contains("t0p"), "{why}");
        }
        let given = json!({ "url": "https://b.example/x", "token": "another" });
        settled(&KIND, map(given), Some(&kept)).expect("with a secret of its own");
    }
}
