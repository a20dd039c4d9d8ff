//! A copy in Elasticsearch or OpenSearch: the documents of an index, or those that a query finds, as they were at one
//! moment (the scroll interface, which both have). Sorted by seq, because an index has no order of its own.

use std::sync::Arc;

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use tallystick_outbound::{HeaderMap, HeaderValue, Method, Outbound, Tls, Url};

use super::{Out, blocking, bucket::outbound, take};
use crate::{
    config::environment,
    exit::{Advice, Exit},
    reconcile::copied::{At, Item},
};

/// Documents of one page.
const PAGE_DOCUMENTS: usize = 1_000;
/// Longest page that is read, bytes.
const PAGE_BYTES_MAX: usize = 512 << 20;
/// How long the other side keeps its moment while a page is compared.
const KEPT_FOR: &str = "10m";
/// Where formats have the seq.
const SEQ_FIELDS: [&str; 5] = ["seq", "event.sequence", "metadata.sequence", "data.seq", "integrity.seq"];
/// Characters of an answer that are shown.
const SHOWN_CHARS_MAX: usize = 500;

/// Where documents are, and which.
#[derive(Debug, Clone)]
pub(crate) struct Place<'a> {
    pub(crate) url: &'a str,
    pub(crate) index: &'a str,
    /// A query as JSON, or in the syntax of Lucene.
    pub(crate) query: Option<&'a str>,
    /// Root certificates to be trusted, PEM.
    pub(crate) ca_pem: Option<String>,
}

/// Documents that a search finds.
pub(crate) struct Search {
    client: Outbound,
    headers: HeaderMap,
    base: Url,
    index: String,
    query: Value,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(rename = "_scroll_id")]
    scroll: Option<String>,
    #[serde(borrow)]
    hits: Hits<'a>,
    #[serde(default)]
    timed_out: bool,
    #[serde(rename = "_shards")]
    shards: Option<Shards>,
}

#[derive(Deserialize)]
struct Shards {
    failed: u64,
}

#[derive(Deserialize)]
struct Hits<'a> {
    #[serde(borrow)]
    hits: Vec<Hit<'a>>,
}

#[derive(Deserialize)]
struct Hit<'a> {
    #[serde(rename = "_index")]
    index: &'a str,
    #[serde(rename = "_id")]
    id: std::borrow::Cow<'a, str>,
    #[serde(rename = "_source", borrow)]
    source: Option<&'a RawValue>,
}

impl Search {
    /// With the credentials of the environment.
    pub(crate) fn new(place: Place<'_>) -> anyhow::Result<Self> {
        let base: Url = place.url.parse().with_context(|| format!("{} is not an address", place.url))?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.,*:<>+{}".contains(c);
        if place.index.is_empty() || !place.index.chars().all(is_name) {
            return Err(Advice::usage(
                format!("{:?} is not the name of an index", place.index),
                "name an index, several with commas, or a pattern such as audit-*",
            ));
        }
        let tls = Tls { ca_pem: place.ca_pem, ..Tls::default() };
        let client = Outbound::with_tls(outbound(), &tls)?;
        client.check(&base)?;
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        if let Some(value) = authorization() {
            let mut value = HeaderValue::try_from(value)
                .context("the credentials have characters that no header takes")?;
            value.set_sensitive(true);
            headers.insert("authorization", value);
        }
        Ok(Self { client, headers, base, index: place.index.to_owned(), query: query(place.query)? })
    }

    pub(super) async fn read(self, out: &Out) -> anyhow::Result<()> {
        let sort: Vec<Value> = SEQ_FIELDS
            .iter()
            .map(|field| json!({ *field: { "order": "asc", "unmapped_type": "long", "missing": "_last" } }))
            .collect();
        let first = json!({ "size": PAGE_DOCUMENTS, "query": self.query, "sort": sort });
        let path = format!("{}/_search?scroll={KEPT_FOR}&ignore_unavailable=false", self.index);
        let mut page = self.call(Method::POST, &path, &first).await?;
        let mut number = 0;
        loop {
            let (given, scroll) = self.page(page, &mut number, out).await?;
            let scroll = scroll.context("the answer has no scroll to go on with")?;
            if given == 0 || out.items.is_closed() {
                // What is left of it ends by itself.
                let _ = self.call(Method::DELETE, "_search/scroll", &json!({ "scroll_id": scroll })).await;
                out.say(vec![Item::Whole]).await;
                return Ok(());
            }
            let next = json!({ "scroll": KEPT_FOR, "scroll_id": scroll });
            page = self.call(Method::POST, "_search/scroll", &next).await?;
        }
    }

    /// Takes the documents of a page: how many they are, and how it goes on.
    async fn page(
        &self,
        body: Vec<u8>,
        number: &mut u64,
        out: &Out,
    ) -> anyhow::Result<(usize, Option<String>)> {
        let first = *number;
        let (batch, given, scroll) = blocking(move || {
            let answer: Answer<'_> =
                serde_json::from_slice(&body).context("the answer is not that of a search")?;
            let is_partial = answer.timed_out || answer.shards.is_some_and(|shards| shards.failed > 0);
            anyhow::ensure!(!is_partial, "the search gave only a part of what it found");
            let mut batch = Vec::with_capacity(answer.hits.hits.len());
            for (place, hit) in answer.hits.hits.iter().enumerate() {
                let piece: Arc<str> = format!("{}/{}", hit.index, hit.id).into();
                let at = At { piece, line: first + place as u64 + 1 };
                match hit.source {
                    Some(source) => take(&at, source.get().as_bytes(), &mut batch),
                    None => batch.push(Item::Unreadable { at, why: "the index keeps no _source".to_owned() }),
                }
            }
            Ok((batch, answer.hits.hits.len(), answer.scroll))
        })
        .await?;
        *number += given as u64;
        out.say(batch).await;
        Ok((given, scroll))
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Vec<u8>> {
        let mut url = self.base.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        url.set_query(query);
        let body = Bytes::from(body.to_string());
        let answer = self.client.call(method, url, self.headers.clone(), body, PAGE_BYTES_MAX).await;
        let answer = answer
            .with_context(|| format!("cannot search at {}", self.base.origin().ascii_serialization()))?;
        if answer.status == 200 {
            return Ok(answer.body);
        }
        let said: String = String::from_utf8_lossy(&answer.body).chars().take(SHOWN_CHARS_MAX).collect();
        Err(Advice {
            message: format!("the search was answered with {}: {said}", answer.status),
            help: "it needs read on the index; give credentials in ELASTICSEARCH_API_KEY, or in \
                   ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD"
                .to_owned(),
            exit: if answer.status >= 500 { Exit::Unavailable } else { Exit::Refused },
        }
        .into())
    }
}

/// Who we are, as a header says it.
fn authorization() -> Option<String> {
    let secrets = environment::elasticsearch();
    if let Some(key) = secrets.api_key {
        let key = key.trim();
        // What the server shows is encoded; its two halves are what some forms of it show.
        let encoded = if key.contains(':') { STANDARD.encode(key) } else { key.to_owned() };
        return Some(format!("ApiKey {encoded}"));
    }
    let (name, password) = (secrets.username?, secrets.password.unwrap_or_default());
    Some(format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
}

fn query(text: Option<&str>) -> anyhow::Result<Value> {
    let Some(text) = text else { return Ok(json!({ "match_all": {} })) };
    if !text.trim_start().starts_with('{') {
        return Ok(json!({ "query_string": { "query": text } }));
    }
    let value: Value = serde_json::from_str(text).context("the query is not JSON")?;
    // As it stands in the body of a search, or what stands there under `query`.
    Ok(value.get("query").cloned().unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_taken_in_each_usual_form() {
        assert_eq!(query(None).unwrap(), json!({ "match_all": {} }));
        assert_eq!(query(Some("org:acme")).unwrap()["query_string"]["query"], "org:acme");
        let term = json!({ "term": { "org": "acme" } });
        assert_eq!(query(Some(&term.to_string())).unwrap(), term);
        assert_eq!(query(Some(&json!({ "query": term }).to_string())).unwrap(), term);
        assert!(query(Some("{ not JSON")).is_err());
    }

    #[test]
    fn indexes_lead_nowhere_else() {
        for index in ["", "a/b", "a?b", "a b", "../x"] {
            let place = Place { url: "http://127.0.0.1:9200", index, query: None, ca_pem: None };
            assert!(Search::new(place).is_err(), "{index}");
        }
    }
}
