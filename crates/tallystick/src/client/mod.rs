//! A small client of the HTTP API: keys, retries, errors. All commands that talk to a service use it.

mod problem;
mod retry;
mod sse;
mod wire;

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use bytes::Bytes;
use reqwest::{Method, Response, StatusCode, Url, header};
use serde::{Deserialize, de::DeserializeOwned};
use tallystick_auth::Secret;

use crate::exit::{Advice, Exit};

pub(crate) use problem::{Problem, ProblemDetail};
pub(crate) use sse::{Message, Messages};
pub(crate) use wire::{Accepted, Page, Written};

/// How long a connection may take to be made.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// How long one call may take. A full import call on a slow disk is the longest.
const CALL_TIME_MAX: Duration = Duration::from_mins(2);
/// Characters of a foreign answer that are repeated in an error.
const SHOWN_CHARS_MAX: usize = 200;

/// Which service, and as whom.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Connection {
    /// Address of the service.
    #[arg(long, env = "TALLYSTICK_SERVER", default_value = "http://127.0.0.1:8440", value_name = "URL")]
    #[arg(help_heading = "Connection")]
    pub(crate) server: String,
    /// API key. Other users of the machine can see flags: prefer TALLYSTICK_KEY or --key-file.
    #[arg(
        long,
        env = "TALLYSTICK_KEY",
        hide_env_values = true,
        value_name = "KEY",
        help_heading = "Connection"
    )]
    pub(crate) key: Option<String>,
    /// File that holds the API key.
    #[arg(long, env = "TALLYSTICK_KEY_FILE", value_name = "FILE", help_heading = "Connection")]
    pub(crate) key_file: Option<PathBuf>,
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// No connection, or it broke.
    #[error("cannot reach the service at {url}")]
    Unreachable {
        url: String,
        #[source]
        source: reqwest::Error,
    },
    /// The service said why.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// Something answered that is not the service.
    #[error("{url} answered {status}, and not as Tallystick does: {start}")]
    Foreign { url: String, status: StatusCode, start: String },
    /// The answer has not the shape that this version knows.
    #[error("the answer of {url} is not understood")]
    Answer {
        url: String,
        #[source]
        source: serde_json::Error,
    },
}

impl ClientError {
    /// What to do about it.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::Unreachable { .. } => {
                Some("is it running there? name it with --server URL or TALLYSTICK_SERVER".to_owned())
            }
            Self::Refused(problem) if problem.code == "unauthenticated" => {
                Some("give a key with TALLYSTICK_KEY, --key-file or --key".to_owned())
            }
            Self::Refused(problem) if problem.code == "org_required" => {
                Some("name an organization with --org; `tallystick orgs list` shows them".to_owned())
            }
            Self::Refused(_) => None,
            Self::Foreign { .. } => Some("check the address given with --server".to_owned()),
            Self::Answer { .. } => Some("is the service of another version than this command?".to_owned()),
        }
    }

    /// How a command ends that meets it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Unreachable { .. } => Exit::Unavailable,
            Self::Refused(problem) if problem.status >= 500 => Exit::Unavailable,
            Self::Refused(_) => Exit::Refused,
            Self::Foreign { .. } | Self::Answer { .. } => Exit::Failed,
        }
    }
}

/// A call to be made. Whether repeating it is harmless decides what is done about broken connections.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    headers: Vec<(&'static str, String)>,
    body: Option<Bytes>,
    is_repeatable: bool,
}

impl Call {
    /// A read.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            is_repeatable: true,
        }
    }

    /// A write with a JSON body.
    pub(crate) fn post(path: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self { method: Method::POST, body: Some(body.into()), is_repeatable: false, ..Self::get(path) }
            .header("content-type", "application/json")
    }

    /// A deletion: the second time changes nothing more.
    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self { method: Method::DELETE, ..Self::get(path) }
    }

    /// Adds a query parameter.
    #[must_use]
    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Adds a query parameter if it has a value.
    #[must_use]
    pub(crate) fn maybe(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// Adds or replaces a header.
    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    /// Leaves it to the service to see what the body is.
    #[must_use]
    pub(crate) fn untyped(mut self) -> Self {
        self.headers.retain(|(known, _)| *known != "content-type");
        self
    }

    /// Says that making the call twice does no more than making it once (idempotency keys).
    #[must_use]
    pub(crate) fn repeatable(mut self) -> Self {
        self.is_repeatable = true;
        self
    }
}

/// The client. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    key: Option<Secret>,
}

impl Client {
    /// A client for a service.
    pub(crate) fn new(connection: &Connection) -> anyhow::Result<Self> {
        let key = match (&connection.key, &connection.key_file) {
            (Some(key), _) => Some(Secret::from(key.trim())),
            (None, Some(file)) => {
                let text = std::fs::read_to_string(file)
                    .with_context(|| format!("cannot read the key file {}", file.display()))?;
                Some(Secret::from(text.trim()))
            }
            (None, None) => None,
        };
        if key.as_ref().is_some_and(|key| !key.expose().bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(Advice::usage(
                "the API key has characters that no key has",
                "copy it again, as one line",
            ));
        }
        Self::with_key(&connection.server, key)
    }

    /// A client with a key at hand.
    pub(crate) fn with_key(server: &str, key: Option<Secret>) -> anyhow::Result<Self> {
        let server = if server.contains("://") { server.to_owned() } else { format!("http://{server}") };
        let base = Url::parse(server.trim_end_matches('/'))
            .with_context(|| format!("{server} is not the address of a service"))?;
        // Installing twice fails, and the first one is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIME_MAX)
            .user_agent(concat!("tallystick-cli/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .context("cannot set up HTTP")?;
        Ok(Self { http, base, key })
    }

    /// The service's address.
    pub(crate) fn base(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Makes a call and reads its answer as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&self, call: &Call) -> Result<T, ClientError> {
        let bytes = self.bytes(call).await?;
        serde_json::from_slice(&bytes)
            .map_err(|source| ClientError::Answer { url: self.url(call).to_string(), source })
    }

    /// Makes a call, repeats it while that may help, and returns the body of the answer.
    pub(crate) async fn bytes(&self, call: &Call) -> Result<Bytes, ClientError> {
        retry::repeatedly(call.is_repeatable, || async {
            let response = self.once(call, Some(CALL_TIME_MAX)).await?;
            response.bytes().await.map_err(|source| self.unreachable(source))
        })
        .await
    }

    /// Makes a call and returns the answer with its headers, without repeating.
    pub(crate) async fn once(&self, call: &Call, timeout: Option<Duration>) -> Result<Response, ClientError> {
        let mut request = self.http.request(call.method.clone(), self.url(call));
        if let Some(timeout) = timeout {
            request = request.timeout(timeout);
        }
        if let Some(key) = &self.key {
            request = request.bearer_auth(key.expose());
        }
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = &call.body {
            request = request.body(body.clone());
        }
        let response = request.send().await.map_err(|source| self.unreachable(source))?;
        if response.status().is_success() { Ok(response) } else { Err(self.refusal(response, call).await) }
    }

    fn url(&self, call: &Call) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{}", self.base.path().trim_end_matches('/'), call.path));
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        url
    }

    fn unreachable(&self, source: reqwest::Error) -> ClientError {
        // The address is in our own message already, and the query may hold what should not be in a log.
        ClientError::Unreachable { url: self.base().to_owned(), source: source.without_url() }
    }

    async fn refusal(&self, response: Response, call: &Call) -> ClientError {
        let status = response.status();
        let retry_after = response
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        let body = match response.bytes().await {
            Ok(body) => body,
            Err(source) => return self.unreachable(source),
        };
        match serde_json::from_slice::<Problem>(&body) {
            Ok(mut problem) => {
                problem.retry_after = retry_after;
                problem.query_text =
                    call.query.iter().find(|(name, _)| *name == "q").map(|(_, text)| text.clone());
                ClientError::Refused(Box::new(problem))
            }
            Err(_) => ClientError::Foreign {
                url: self.base().to_owned(),
                status,
                start: String::from_utf8_lossy(&body).chars().take(SHOWN_CHARS_MAX).collect(),
            },
        }
    }
}

/// The cursor-paged lists of the API.
#[derive(Debug, Deserialize)]
pub(crate) struct Cursor {
    pub(crate) next_cursor: Option<String>,
}
