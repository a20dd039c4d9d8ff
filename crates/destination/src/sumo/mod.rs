//! Sumo Logic, through an HTTP Logs and Metrics Source of a hosted collector: lines of text.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Request};
use url::Url;

use crate::http::{HttpClient, gzip, usual};
use crate::{
    Answer, BadSettings, Batch, Destination, Field, FieldKind, Kind, Media, Once, Settings, Shape,
    Surroundings,
};

/// Stands for the organization's id in names.
const ORG_PLACE: &str = "{org}";

/// The kind. Sumo Logic asks for 100 KB to 1 MB before compression; line breaks come on top.
pub(crate) static KIND: Kind = Kind {
    name: "sumo",
    title: "Sumo Logic",
    summary: "Lines to an HTTP Logs and Metrics Source of a hosted collector.",
    fields: FIELDS,
    formats: &[],
    shape: Shape { events_max: 1_000, bytes_max: 990_000, linger: Duration::from_secs(5), is_by_hour: false },
    once: Once::AtLeast,
    open,
};

const FIELDS: &[Field] = &[
    Field {
        name: "url",
        title: "Source address",
        help: "The HTTP source's address from Sumo Logic. Secret, because whoever knows it can write.",
        kind: FieldKind::Secret,
        is_required: true,
        default: "",
        example: "https://collectors.eu.sumologic.com/receiver/v1/http/…",
    },
    Field {
        name: "token",
        title: "Token",
        help: "Only for a source with an auth header: the value of x-sumo-token.",
        kind: FieldKind::Secret,
        is_required: false,
        default: "",
        example: "",
    },
    Field {
        name: "source_category",
        title: "Source category",
        help: "Overrides the source's own. {org} stands for the organization's id.",
        kind: FieldKind::Text,
        is_required: false,
        default: "",
        example: "audit/{org}",
    },
    Field {
        name: "source_name",
        title: "Source name",
        help: "Overrides the source's own. {org} stands for the organization's id.",
        kind: FieldKind::Text,
        is_required: false,
        default: "",
        example: "tallystick",
    },
    Field {
        name: "source_host",
        title: "Source host",
        help: "Overrides the source's own. {org} stands for the organization's id.",
        kind: FieldKind::Text,
        is_required: false,
        default: "",
        example: "audit.example.com",
    },
    Field {
        name: "fields",
        title: "Fields",
        help: "Pairs such as env=prod, for fields that exist in Sumo Logic. {org} stands for the organization's id.",
        kind: FieldKind::Text,
        is_required: false,
        default: "",
        example: "env=prod,org={org}",
    },
];

/// Settings that become headers.
const HEADERS: [(&str, HeaderName); 4] = [
    ("source_category", HeaderName::from_static("x-sumo-category")),
    ("source_name", HeaderName::from_static("x-sumo-name")),
    ("source_host", HeaderName::from_static("x-sumo-host")),
    ("fields", HeaderName::from_static("x-sumo-fields")),
];

struct Sumo {
    client: HttpClient,
    url: Url,
    token: Option<HeaderValue>,
    /// Names of headers and their values, in which [`ORG_PLACE`] may stand.
    headers: Vec<(HeaderName, String)>,
}

fn open(settings: &Settings, surroundings: &Surroundings) -> Result<Box<dyn Destination>, BadSettings> {
    let url: Url =
        settings.required("url")?.trim().parse().map_err(|_| BadSettings::new("url", "is not a URL"))?;
    surroundings.outbound.check(&url).map_err(|error| BadSettings::new("url", error.to_string()))?;
    let code = url.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    let mut also = vec![url.as_str(), url.path(), code.as_str()];
    also.retain(|part| part.len() > 1);
    let client = HttpClient::open_knowing(settings, surroundings, &also)?;
    let mut headers = Vec::new();
    for (field, header) in &HEADERS {
        if let Some(text) = settings.text(field) {
            check_header(field, text)?;
            headers.push((header.clone(), text.to_owned()));
        }
    }
    let token = settings.text("token").map(token).transpose()?;
    Ok(Box::new(Sumo { client, url, token, headers }))
}

fn token(text: &str) -> Result<HeaderValue, BadSettings> {
    let bad = |_| BadSettings::new("token", "is no text that a header takes");
    let mut value = HeaderValue::from_str(text.trim()).map_err(bad)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Headers are ASCII, and pairs of fields have a `=` each.
fn check_header(field: &str, text: &str) -> Result<(), BadSettings> {
    if !text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Err(BadSettings::new(field, "has to be plain ASCII, because it is sent in a header"));
    }
    let is_pair = |pair: &str| {
        pair.split_once('=').is_some_and(|(name, value)| !name.trim().is_empty() && !value.is_empty())
    };
    if field == "fields" && !text.split(',').all(is_pair) {
        return Err(BadSettings::new(field, "has to be pairs such as env=prod,team=security"));
    }
    Ok(())
}

impl Sumo {
    fn request(&self, batch: &Batch) -> Result<Request<Bytes>, http::Error> {
        let media = match batch.media {
            Media::Json => "application/x-ndjson",
            Media::Line => "text/plain; charset=utf-8",
        };
        let mut request =
            Request::post(self.url.as_str()).header(CONTENT_TYPE, media).header(CONTENT_ENCODING, "gzip");
        for (name, text) in &self.headers {
            request = request.header(name, text.replace(ORG_PLACE, &batch.org));
        }
        if let Some(token) = &self.token {
            request = request.header("x-sumo-token", token);
        }
        request.body(Bytes::from(gzip(&batch.lines())))
    }
}

#[async_trait]
impl Destination for Sumo {
    async fn send(&self, batch: &Batch) -> Answer {
        let request = self.request(batch).expect("headers are ASCII, and so are ids of organizations");
        self.client.exchange(request, Some(batch.now_ms), usual).await
    }

    /// Whatever a source takes it keeps.
    async fn check(&self) -> Option<Answer> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_checked_before_they_are_sent() {
        assert!(check_header("source_category", "audit/{org}").is_ok());
        assert!(check_header("source_category", "prüfung").is_err());
        assert!(check_header("fields", "env=prod, org={org}").is_ok());
        for bad in ["env", "env=", "=prod", "env=prod,", ""] {
            assert!(check_header("fields", bad).is_err(), "{bad}");
        }
    }
}
