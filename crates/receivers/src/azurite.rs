//! Azurite, Microsoft's emulator of Azure Blob Storage, with shared keys and shared access signatures.

use std::process::Command;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};
use sha2::Sha256;
use tempfile::TempDir;

use crate::{
    Event, Process, Receiver, call, free_port, in_node_package, now_ms,
    objects::{between, events_of},
};

/// Azurite's account, as its documents have it.
pub const ACCOUNT: &str = "devstoreaccount1";
/// The key of [`ACCOUNT`].
pub const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const VERSION: &str = "2021-12-02";
const PREFIX: &str = "t x";
/// How long a signature is good unless somebody says something else, seconds.
const SIGNED_S: i64 = 3_600;

/// A storage account.
pub struct Azurite {
    process: Option<Process>,
    dir: TempDir,
    port: u16,
}

impl Azurite {
    /// With an empty container `audit`.
    pub fn start() -> Azurite {
        let mut azurite = Azurite { process: None, dir: tempfile::tempdir().unwrap(), port: free_port() };
        Receiver::start(&mut azurite);
        azurite.make_container();
        azurite
    }

    fn make_container(&self) {
        let now = Timestamp::from_millisecond(now_ms()).unwrap().to_zoned(TimeZone::UTC);
        let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let text = format!(
            "PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:{VERSION}\n\
             /{ACCOUNT}/{ACCOUNT}/audit\nrestype:container"
        );
        let authorization = format!("SharedKey {ACCOUNT}:{}", sign(&text));
        let headers =
            [("x-ms-date", date.as_str()), ("x-ms-version", VERSION), ("authorization", &authorization)];
        let url = format!("{}/audit?restype=container", self.endpoint());
        let (status, body) = call("PUT", &url, &headers, b"");
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body));
    }

    /// Where the account is.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/{ACCOUNT}", self.port)
    }

    /// The settings of a stream, without anything that lets it in.
    pub fn settings_without_key(&self) -> Value {
        json!({ "account": ACCOUNT, "container": "audit", "endpoint": self.endpoint(), "prefix": PREFIX })
    }

    /// A shared access signature of the container, good for an hour or until `end`, RFC 3339.
    pub fn sas(permissions: &str, end: &str) -> String {
        let hour = Timestamp::from_second(now_ms() / 1_000 + SIGNED_S).unwrap().to_string();
        let end = if end.is_empty() { &hour } else { end };
        let text = format!("{permissions}\n\n{end}\n/blob/{ACCOUNT}/audit\n\n\n\n{VERSION}\nc\n\n\n\n\n\n\n");
        let query = [("sv", VERSION), ("sr", "c"), ("sp", permissions), ("se", end), ("sig", &sign(&text))];
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish()
    }

    /// What is at a path of the container.
    pub fn get(&self, path: &str, query: &str) -> Vec<u8> {
        let path = path.replace(' ', "%20");
        let url = format!("{}/audit{path}?{query}{}", self.endpoint(), Self::sas("rl", ""));
        let (status, body) = call("GET", &url, &[], b"");
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
        body
    }

    /// The names of all blobs.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut marker = String::new();
        loop {
            let body = self.get("", &format!("restype=container&comp=list&marker={marker}&"));
            let text = String::from_utf8(body).unwrap();
            names.extend(between(&text, "<Name>", "</Name>"));
            match between(&text, "<NextMarker>", "<").pop().filter(|next| !next.is_empty()) {
                Some(next) => marker = url::form_urlencoded::byte_serialize(next.as_bytes()).collect(),
                None => return names,
            }
        }
    }
}

fn sign(text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&BASE64.decode(KEY).unwrap()).unwrap();
    mac.update(text.as_bytes());
    BASE64.encode(mac.finalize().into_bytes())
}

impl Receiver for Azurite {
    fn kind(&self) -> &'static str {
        "azure_blob"
    }

    fn settings(&self) -> Value {
        let mut settings = self.settings_without_key();
        settings["account_key"] = json!(KEY);
        settings
    }

    fn port(&self) -> u16 {
        self.port
    }

    fn stop(&mut self) {
        if let Some(process) = self.process.take() {
            process.end();
        }
    }

    fn start(&mut self) {
        let mut command = Command::new("node");
        command.arg(in_node_package("azurite/dist/src/blob/main.js")).current_dir(self.dir.path());
        let port = self.port.to_string();
        command.args(["--blobHost", "127.0.0.1", "--blobPort", &port, "--location", "data"]);
        command.args(["--skipApiVersionCheck", "--disableTelemetry", "--silent"]);
        let mut process = Process::start(&mut command);
        process.until_listening(self.port);
        self.process = Some(process);
    }

    fn events(&self) -> Vec<Event> {
        events_of(self.names(), |name| self.get(&format!("/{name}"), ""))
    }
}
