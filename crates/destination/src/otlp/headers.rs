//! Headers that the settings name.

use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{BadSettings, Settings};

/// Headers that the protocol sets itself.
const OURS: [HeaderName; 6] =
    [CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING];

/// The headers of a map of the settings, marked as secret.
///
/// # Errors
/// If a name or a value cannot stand in a request, or the protocol sets it itself.
pub(super) fn headers_of(settings: &Settings, field: &str) -> Result<HeaderMap, BadSettings> {
    let mut headers = HeaderMap::new();
    for (name, value) in settings.map(field) {
        let bad = |why: &str| BadSettings::new(field, format!("{name:?} {why}"));
        let known =
            HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| bad("is no name of a header"))?;
        if OURS.contains(&known) {
            return Err(bad("cannot be set, the protocol does"));
        }
        let mut value =
            HeaderValue::from_str(value.trim()).map_err(|_| bad("has a value that no header takes"))?;
        value.set_sensitive(true);
        headers.insert(known, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::FIELDS;
    use super::*;

    fn headers(map: &Value) -> Result<HeaderMap, BadSettings> {
        let Value::Object(values) = json!({ "endpoint": "https://c.example", "headers": map }) else {
            unreachable!()
        };
        headers_of(&Settings::new(FIELDS, values).unwrap(), "headers")
    }

    #[test]
    fn what_no_request_takes_is_refused_without_showing_the_value() {
        let good = headers(&json!({ "Authorization": " Bearer abc ", "x-scope": "a" })).unwrap();
        assert_eq!(good["authorization"], "Bearer abc");
        assert!(good["x-scope"].is_sensitive());
        for bad in
            [json!({ "a b": "secret" }), json!({ "a": "sec\u{7f}ret" }), json!({ "Content-Type": "secret" })]
        {
            let error = headers(&bad).unwrap_err().to_string();
            assert!(error.starts_with("headers: ") && !error.contains("ret"), "{error}");
        }
    }
}
