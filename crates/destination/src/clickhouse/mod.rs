//! ClickHouse, self-managed or in its cloud, over HTTP: one INSERT a batch.

mod meaning;
mod rows;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use url::Url;

use crate::http::{CA_PEM, CLIENT_CERT_PEM, CLIENT_KEY_PEM, HttpClient, gzip, url_of};
use crate::{
    Answer, BadSettings, Batch, Destination, Field, FieldKind, Kind, Once, Settings, Shape, Surroundings,
};

/// Longest name of a database or a table, bytes. They are names of folders there.
const NAME_BYTES_MAX: usize = 200;

/// The kind. It says `Exactly` because the table of the documentation tells repetitions by the token of an INSERT.
pub(crate) static KIND: Kind = Kind {
    name: "clickhouse",
    title: "ClickHouse",
    summary: "Rows of a ClickHouse table, one INSERT a batch, repetitions told by their token.",
    fields: FIELDS,
    formats: &[],
    shape: Shape {
        events_max: 5_000,
        bytes_max: 5_000_000,
        linger: Duration::from_secs(5),
        is_by_hour: false,
    },
    once: Once::Exactly,
    open,
};

const FIELDS: &[Field] = &[
    Field {
        name: "url",
        title: "Address",
        help: "Of the HTTP interface: port 8443 with TLS, 8123 without.",
        kind: FieldKind::Url,
        is_required: true,
        default: "",
        example: "https://clickhouse.example.com:8443",
    },
    Field {
        name: "database",
        title: "Database",
        help: "Where the table is.",
        kind: FieldKind::Text,
        is_required: false,
        default: "default",
        example: "",
    },
    Field {
        name: "table",
        title: "Table",
        help: "Made with the statement of the documentation, which tells repetitions.",
        kind: FieldKind::Text,
        is_required: false,
        default: "audit_events",
        example: "",
    },
    Field {
        name: "user",
        title: "User",
        help: "Needs INSERT on the table and nothing else.",
        kind: FieldKind::Text,
        is_required: false,
        default: "default",
        example: "tallystick",
    },
    Field {
        name: "password",
        title: "Password",
        help: "Of the user.",
        kind: FieldKind::Secret,
        is_required: false,
        default: "",
        example: "",
    },
    CA_PEM,
    CLIENT_CERT_PEM,
    CLIENT_KEY_PEM,
];

/// Settings of every INSERT. It is synchronous, because a batch is large enough and the answer has to mean that it is
/// there; an error comes before the status; columns that the table does not have are left out.
const INSERT_SETTINGS: [(&str, &str); 6] = [
    ("async_insert", "0"),
    ("insert_deduplicate", "1"),
    ("input_format_skip_unknown_fields", "1"),
    ("input_format_null_as_default", "1"),
    ("date_time_input_format", "best_effort"),
    ("wait_end_of_query", "1"),
];

struct ClickHouse {
    client: HttpClient,
    /// With all parameters but the token.
    url: Url,
    headers: HeaderMap,
}

fn open(settings: &Settings, surroundings: &Surroundings) -> Result<Box<dyn Destination>, BadSettings> {
    let (database, table) = (name(settings, "database")?, name(settings, "table")?);
    let mut url = url_of(settings, "url", surroundings)?;
    if url.query().is_some() {
        return Err(BadSettings::new("url", "has to be without parameters"));
    }
    url.query_pairs_mut()
        .append_pair(
            "query",
            &format!("INSERT INTO {}.{} FORMAT JSONEachRow", quoted(database), quoted(table)),
        )
        .extend_pairs(INSERT_SETTINGS);
    let mut headers = HeaderMap::new();
    headers.insert("x-clickhouse-user", header(settings, "user")?);
    if settings.text("password").is_some() {
        headers.insert("x-clickhouse-key", header(settings, "password")?);
    }
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.insert(HeaderName::from_static("content-type"), HeaderValue::from_static("application/x-ndjson"));
    Ok(Box::new(ClickHouse { client: HttpClient::open(settings, surroundings)?, url, headers }))
}

fn name<'s>(settings: &'s Settings, field: &str) -> Result<&'s str, BadSettings> {
    let name = settings.required(field)?;
    if name.len() > NAME_BYTES_MAX {
        return Err(BadSettings::new(field, format!("has more than {NAME_BYTES_MAX} bytes")));
    }
    Ok(name)
}

/// A name as it stands in a statement.
fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

fn header(settings: &Settings, field: &str) -> Result<HeaderValue, BadSettings> {
    let bad = |_| BadSettings::new(field, "is no text that a header takes");
    let mut value = HeaderValue::from_str(settings.required(field)?).map_err(bad)?;
    value.set_sensitive(field == "password");
    Ok(value)
}

impl ClickHouse {
    /// Inserts rows. With a token, a table that keeps tokens takes them once.
    async fn insert(&self, rows: &[u8], token: Option<String>, now_ms: Option<i64>) -> Answer {
        let mut url = self.url.clone();
        if let Some(token) = token {
            url.query_pairs_mut().append_pair("insert_deduplication_token", &token);
        }
        let mut request =
            Request::post(url.as_str()).body(Bytes::from(gzip(rows))).expect("the URL was parsed");
        *request.headers_mut() = self.headers.clone();
        self.client.exchange(request, now_ms, meaning::meaning).await
    }
}

#[async_trait]
impl Destination for ClickHouse {
    async fn send(&self, batch: &Batch) -> Answer {
        self.insert(&rows::body(batch), Some(batch.id.to_string()), Some(batch.now_ms)).await
    }

    /// An INSERT of no rows finds out about the address, the user, its rights and the table. It is not quite empty,
    /// because what is between us and the engine may have a view of its own on that.
    async fn check(&self) -> Option<Answer> {
        Some(self.insert(b"\n", None, None).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_names() {
        assert_eq!(quoted("audit"), "`audit`");
        assert_eq!(quoted("a`; DROP TABLE b; --\\"), "`a\\`; DROP TABLE b; --\\\\`");
    }
}
