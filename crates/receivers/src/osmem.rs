//! OpenSearch in memory. It would forget what it has, so a gate is shut instead of it being ended.

use std::process::Command;

use serde_json::{Value, json};

use crate::{Event, Gate, Process, Receiver, call, free_port, in_package};

/// The index that a stream writes to.
const INDEX: &str = "audit-acme";
/// The page with the template for it.
const PAGE_OF_DOCS: &str = include_str!("../../../docs/streams/elasticsearch.md");
/// What the template begins with.
const TEMPLATE: &str = "PUT /_index_template/tallystick-audit\n";
/// Documents in one page of a search; the most that OpenSearch gives.
const PAGE: usize = 10_000;
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// An OpenSearch.
pub struct Osmem {
    gate: Gate,
    _process: Process,
}

impl Osmem {
    /// With nothing in it.
    pub fn start() -> Osmem {
        let port = free_port();
        let mut command = Command::new(in_package("osmem_server/bin/osmem-server"));
        command.args(["--addr", &format!("127.0.0.1:{port}"), "--no-stdin-watch"]);
        let mut process = Process::start(&mut command);
        process.until_listening(port);
        Osmem { gate: Gate::to(port), _process: process }
    }

    /// Where it is, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }

    /// With the index of [`Receiver::settings`], as the documentation has it, but for what is known of `metadata`.
    pub fn with_index(metadata: Option<&Value>) -> Osmem {
        let osmem = Self::start();
        let template = PAGE_OF_DOCS.split(TEMPLATE).nth(1).unwrap().split("```").next().unwrap();
        // As OpenSearch calls it.
        let template: Value = serde_json::from_str(&template.replace("flattened", "flat_object")).unwrap();
        let mut properties = template["template"]["mappings"]["properties"].clone();
        if let Some(metadata) = metadata {
            properties["metadata"] = metadata.clone();
        }
        osmem.make_index(INDEX, &properties);
        osmem
    }

    /// Makes an index in which documents have these properties, and others.
    pub fn make_index(&self, name: &str, properties: &Value) {
        let mapping = json!({ "mappings": { "properties": properties } }).to_string();
        let (status, body) = call("PUT", &format!("{}/{name}", self.url()), &JSON, mapping.as_bytes());
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    }

    /// The documents of an index, by their seq.
    pub fn documents(&self, index: &str) -> Vec<Value> {
        let index = format!("{}/{index}", self.url());
        call("POST", &format!("{index}/_refresh"), &JSON, b"");
        let mut documents = Vec::new();
        let mut after = Value::Null;
        loop {
            let mut query = json!({ "size": PAGE, "sort": [{ "seq": "asc" }, { "_id": "asc" }] });
            if !after.is_null() {
                query["search_after"] = after;
            }
            let (status, body) =
                call("POST", &format!("{index}/_search"), &JSON, query.to_string().as_bytes());
            assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
            let mut answer: Value = serde_json::from_slice(&body).unwrap();
            let page: Vec<Value> = serde_json::from_value(answer["hits"]["hits"].take()).unwrap();
            let Some(last) = page.last() else { return documents };
            after = last["sort"].clone();
            documents.extend(page);
        }
    }
}

impl Receiver for Osmem {
    fn kind(&self) -> &'static str {
        "elasticsearch"
    }

    fn settings(&self) -> Value {
        json!({ "url": self.url(), "index": INDEX })
    }

    fn port(&self) -> u16 {
        self.gate.port()
    }

    fn gate(&self) -> Option<&Gate> {
        Some(&self.gate)
    }

    fn stop(&mut self) {
        self.gate.shut();
    }

    fn start(&mut self) {
        self.gate.open();
    }

    fn events(&self) -> Vec<Event> {
        self.documents(INDEX).iter().map(|document| Event::of_native(&document["_source"])).collect()
    }
}
