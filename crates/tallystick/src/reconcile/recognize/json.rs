//! Records that are JSON, and what receivers put around them: arrays, the bodies of webhooks, hits of a search.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use tallystick_format::FormatName;

use super::{Found, leaf_hash, line, strict::Strict};
use crate::reconcile::copied::{At, Copied, Form, Said};

/// Envelopes within envelopes that are opened.
const DEPTH_MAX: u32 = 4;
/// Why a line is none.
const NO_RECORD: &str = "this is no record of a log in a format that is known";

/// What may be around a record. Only what is of the sender's making is opened, so that no record is taken apart.
#[derive(Deserialize)]
struct Envelope<'a> {
    r#type: Option<&'a str>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    /// Hits of Elasticsearch and OpenSearch.
    #[serde(rename = "_source", borrow)]
    source: Option<&'a RawValue>,
    /// Splunk's HTTP Event Collector.
    #[serde(borrow)]
    event: Option<&'a RawValue>,
    time: Option<&'a RawValue>,
    ecs: Option<&'a RawValue>,
}

/// The type of a webhook's body.
const BATCH_TYPE: &str = "audit.events";

/// The records of one line.
///
/// # Errors
/// Why the line, or a part of it, is none.
pub(crate) fn records(at: &At, text: &[u8], give: &mut dyn FnMut(Copied)) -> Result<(), String> {
    within(at, text.trim_ascii(), DEPTH_MAX, give)
}

fn within(at: &At, text: &[u8], depth: u32, give: &mut dyn FnMut(Copied)) -> Result<(), String> {
    let deeper = || depth.checked_sub(1).ok_or_else(|| "envelopes within envelopes".to_owned());
    let bad = |error: serde_json::Error| format!("not JSON: {error}");
    match text.first() {
        Some(b'[') => {
            let parts: Vec<&RawValue> = serde_json::from_slice(text).map_err(bad)?;
            parts.into_iter().try_for_each(|part| within(at, part.get().as_bytes(), deeper()?, give))
        }
        Some(b'"') => {
            let inside: String = serde_json::from_slice(text).map_err(bad)?;
            within(at, inside.as_bytes(), deeper()?, give)
        }
        Some(b'{') => {
            if let Some(inside) = opened(text) {
                return within(at, inside, deeper()?, give);
            }
            let Strict(value) = serde_json::from_slice(text).map_err(bad)?;
            let (form, found) = of_value(&value).ok_or(NO_RECORD)?;
            give(found.into_copied(at.clone(), form, text));
            Ok(())
        }
        _ => {
            let text = std::str::from_utf8(text).map_err(|_| "not UTF-8".to_owned())?;
            let (form, found, rest) = line::of_line(text).ok_or(NO_RECORD)?;
            give(found.into_copied(at.clone(), form, rest.as_bytes()));
            Ok(())
        }
    }
}

/// What is in an envelope; none if it is none.
fn opened(text: &[u8]) -> Option<&[u8]> {
    let envelope: Envelope<'_> = serde_json::from_slice(text).ok()?;
    let inside = match envelope {
        Envelope { r#type: Some(BATCH_TYPE), data: Some(data), .. } => data,
        Envelope { source: Some(source), .. } => source,
        // ECS has an `event` too, and no `time`.
        Envelope { event: Some(event), time: Some(_), ecs: None, .. } => event,
        _ => return None,
    };
    Some(inside.get().as_bytes())
}

fn of_value(value: &Value) -> Option<(Form, Found)> {
    if value.get("specversion").is_some() && value.get("leafhash").is_some() {
        return Some((Form::Stream(FormatName::CloudEvents), of_cloudevent(value)?));
    }
    if value.get("class_uid").is_some() {
        let is_18 = text(value, "/metadata/version").is_some_and(|version| version.starts_with("1.8"));
        let format = if is_18 { FormatName::Ocsf18 } else { FormatName::Ocsf19 };
        return Some((Form::Stream(format), of_ocsf(value)?));
    }
    if value.get("ecs").is_some() {
        return Some((Form::Stream(FormatName::Ecs), of_ecs(value)?));
    }
    let id = text(value, "/id")?.to_owned();
    let org = text(value, "/org").map(str::to_owned);
    if value.get("integrity").is_some() {
        // Only WorkOS' shape has no place for the organization and the seq.
        let is_native = org.is_some() || value.get("seq").is_some();
        let format = if is_native { FormatName::Native } else { FormatName::Workos };
        return Some((Form::Stream(format), Found { org, id, ..of_integrity(value, "/integrity")? }));
    }
    let seq = value.get("seq")?.as_u64()?;
    value.get("action")?;
    Some((Form::Export, Found { id, org: Some(org?), seq, ..Found::default() }))
}

fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    value.pointer(path)?.as_str()
}

fn of_integrity(value: &Value, path: &str) -> Option<Found> {
    let integrity = value.pointer(path)?;
    Some(Found {
        log: Some(integrity.get("log")?.as_str()?.to_owned()),
        seq: integrity.get("seq")?.as_u64()?,
        leaf_hash: Some(leaf_hash(integrity.get("leaf_hash").and_then(Value::as_str).unwrap_or_default())),
        ..Found::default()
    })
}

fn said(value: &Value, product: &str, version: &str, org_name: &str) -> Said {
    let own = |path| text(value, path).unwrap_or_default().to_owned();
    Said { product: own(product), version: own(version), org_name: text(value, org_name).map(str::to_owned) }
}

fn of_ocsf(value: &Value) -> Option<Found> {
    Some(Found {
        id: text(value, "/metadata/uid")?.to_owned(),
        org: text(value, "/metadata/tenant_uid").map(str::to_owned),
        said: said(value, "/metadata/product/name", "/metadata/product/version", "/unmapped/org_name"),
        ..of_integrity(value, "/unmapped/integrity")?
    })
}

fn of_ecs(value: &Value) -> Option<Found> {
    Some(Found {
        id: text(value, "/event/id")?.to_owned(),
        org: text(value, "/organization/id").map(str::to_owned),
        said: said(value, "/observer/product", "/observer/version", "/organization/name"),
        ..of_integrity(value, "/tallystick/integrity")?
    })
}

fn of_cloudevent(value: &Value) -> Option<Found> {
    Some(Found {
        id: text(value, "/id")?.to_owned(),
        org: text(value, "/partitionkey").map(str::to_owned),
        log: Some(text(value, "/log")?.to_owned()),
        seq: text(value, "/sequence")?.parse().ok()?,
        leaf_hash: Some(leaf_hash(text(value, "/leafhash")?)),
        said: Said::default(),
    })
}
