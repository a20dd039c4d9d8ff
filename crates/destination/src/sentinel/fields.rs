//! What Sentinel has to be told, and what of it is checked.

use url::Url;

use crate::http::url_of;
use crate::{BadSettings, Field, FieldKind, Settings, Surroundings};

pub(super) const FIELDS: &[Field] = &[
    Field {
        name: "tenant_id",
        title: "Directory (tenant) ID",
        help: "Of the Microsoft Entra directory in which the app is registered.",
        kind: FieldKind::Text,
        is_required: true,
        default: "",
        example: "00000000-0000-0000-0000-000000000000",
    },
    Field {
        name: "client_id",
        title: "Application (client) ID",
        help: "Of the registered app. It needs the role Monitoring Metrics Publisher on the data collection rule.",
        kind: FieldKind::Text,
        is_required: true,
        default: "",
        example: "00000000-0000-0000-0000-000000000000",
    },
    Field {
        name: "client_secret",
        title: "Client secret",
        help: "The value (not the ID) of a client secret of the app.",
        kind: FieldKind::Secret,
        is_required: true,
        default: "",
        example: "",
    },
    Field {
        name: "endpoint",
        title: "Logs ingestion endpoint",
        help: "logsIngestion in the JSON view of the data collection rule, or a data collection endpoint's address.",
        kind: FieldKind::Url,
        is_required: true,
        default: "",
        example: "https://audit-x1y2.westeurope-1.ingest.monitor.azure.com",
    },
    Field {
        name: "dcr_immutable_id",
        title: "Immutable ID of the rule",
        help: "immutableId in the JSON view of the data collection rule.",
        kind: FieldKind::Text,
        is_required: true,
        default: "",
        example: "dcr-00000000000000000000000000000000",
    },
    Field {
        name: "stream_name",
        title: "Stream",
        help: "The stream that the rule declares.",
        kind: FieldKind::Text,
        is_required: false,
        default: "Custom-TallystickAudit",
        example: "",
    },
    Field {
        name: "cloud",
        title: "Cloud",
        help: "Which of Microsoft's clouds the directory and the workspace are in.",
        kind: FieldKind::Choice(&["public", "us_government", "china"]),
        is_required: false,
        default: "public",
        example: "",
    },
    Field {
        name: "login_url",
        title: "Login address",
        help: "Only if the cloud has another login service than Microsoft documents for it.",
        kind: FieldKind::Url,
        is_required: false,
        default: "",
        example: "https://login.microsoftonline.com",
    },
];

/// The login services and the scopes of the clouds.
const CLOUDS: [(&str, &str, &str); 3] = [
    ("public", "https://login.microsoftonline.com", "https://monitor.azure.com/.default"),
    ("us_government", "https://login.microsoftonline.us", "https://monitor.azure.us/.default"),
    ("china", "https://login.partner.microsoftonline.cn", "https://monitor.azure.cn/.default"),
];

/// Where a token is to be had, and for what.
pub(super) fn login(
    settings: &Settings,
    surroundings: &Surroundings,
) -> Result<(Url, &'static str), BadSettings> {
    let cloud = settings.required("cloud")?;
    let (_, service, scope) = CLOUDS
        .iter()
        .find(|(name, _, _)| *name == cloud)
        .ok_or_else(|| BadSettings::new("cloud", "is not known"))?;
    let mut url = match settings.text("login_url") {
        Some(_) => url_of(settings, "login_url", surroundings)?,
        None => service.parse().expect("a constant that is a URL"),
    };
    extend(&mut url, &[plain_id(settings, "tenant_id")?, "oauth2", "v2.0", "token"]);
    Ok((url, scope))
}

/// Where rows are taken (Logs Ingestion API, version 2023-01-01).
pub(super) fn rows_url(settings: &Settings, surroundings: &Surroundings) -> Result<Url, BadSettings> {
    let rule = plain_id(settings, "dcr_immutable_id")?;
    if !rule.starts_with("dcr-") {
        return Err(BadSettings::new(
            "dcr_immutable_id",
            "has to begin with dcr-: it is not the rule's name",
        ));
    }
    let stream = plain_id(settings, "stream_name")?;
    if !stream.starts_with("Custom-") {
        return Err(BadSettings::new(
            "stream_name",
            "has to begin with Custom-: built-in tables have other columns",
        ));
    }
    let mut url = url_of(settings, "endpoint", surroundings)?;
    if url.path().contains("/dataCollectionRules") {
        return Err(BadSettings::new("endpoint", "has to end before /dataCollectionRules"));
    }
    extend(&mut url, &["dataCollectionRules", rule, "streams", stream]);
    url.set_query(Some("api-version=2023-01-01"));
    Ok(url)
}

/// A text that can stand in a path as it is.
fn plain_id<'s>(settings: &'s Settings, field: &str) -> Result<&'s str, BadSettings> {
    let text = settings.required(field)?.trim();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if text.bytes().all(is_plain) && !text.starts_with('.') {
        Ok(text)
    } else {
        Err(BadSettings::new(field, "has only letters, digits, - and _"))
    }
}

fn extend(url: &mut Url, parts: &[&str]) {
    url.path_segments_mut().expect("it is http or https").pop_if_empty().extend(parts);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tallystick_outbound::OutboundOptions;

    use super::*;

    fn urls(change: &Value) -> Result<(String, String), BadSettings> {
        let mut values = json!({
            "tenant_id": "t-1", "client_id": "c", "client_secret": "s", "endpoint": "https://dce.example/",
            "dcr_immutable_id": "dcr-1",
        });
        for (name, value) in change.as_object().unwrap() {
            values[name] = value.clone();
        }
        let Value::Object(values) = values else { unreachable!() };
        let settings = Settings::new(FIELDS, values)?;
        let surroundings = Surroundings {
            outbound: OutboundOptions::default(),
            agent: String::new(),
            stream: String::new(),
        };
        let (login, scope) = login(&settings, &surroundings)?;
        Ok((format!("{login} {scope}"), rows_url(&settings, &surroundings)?.into()))
    }

    #[test]
    fn each_cloud_has_its_login_and_its_scope() {
        let (login, rows) = urls(&json!({})).unwrap();
        assert_eq!(
            login,
            "https://login.microsoftonline.com/t-1/oauth2/v2.0/token https://monitor.azure.com/.default"
        );
        assert_eq!(
            rows,
            "https://dce.example/dataCollectionRules/dcr-1/streams/Custom-TallystickAudit?api-version=2023-01-01"
        );
        let (login, _) = urls(&json!({ "cloud": "china", "login_url": "https://login.example/x/" })).unwrap();
        assert_eq!(login, "https://login.example/x/t-1/oauth2/v2.0/token https://monitor.azure.cn/.default");
    }

    #[test]
    fn what_was_copied_from_the_wrong_place_is_told() {
        for (field, text) in [
            ("tenant_id", "a/../b"),
            ("tenant_id", ".."),
            ("dcr_immutable_id", "my-rule"),
            ("stream_name", "Microsoft-Syslog"),
            ("stream_name", "Custom-A/B"),
            ("endpoint", "https://dce.example/dataCollectionRules/dcr-1"),
            ("endpoint", "http://dce.example/"),
        ] {
            assert_eq!(urls(&json!({ field: text })).unwrap_err().field, field, "{text}");
        }
    }
}
