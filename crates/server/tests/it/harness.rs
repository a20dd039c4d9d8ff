//! A running server with a data directory of its own, and a client for it.

use std::{
    sync::{Arc, Once},
    time::Duration,
};

use reqwest::{Client, Method, RequestBuilder, Response, header::HeaderMap, redirect::Policy};
use serde_json::{Value, json};
use tallystick_auth::{AccountOptions, Auth, PasswordCost, RootKey, SealKey, Secret};
use tallystick_catalog::{Catalog, CatalogUrl};
use tallystick_delivery::{
    Exports, ExportsOptions,
    mail::MailOptions,
    schedules::{Schedules, SchedulesOptions},
    streams::{Streams, StreamsOptions},
};
use tallystick_engine::{Engine, INSTANCE_ORG, Options};
use tallystick_event::{Clock, Limits, MaskRules, Preparer, Random};
use tallystick_outbound::{OutboundOptions, Plain};
use tallystick_server::{
    AppState, ServerOptions, schedules::ScheduleSeals, serve, streams::host::StreamSeals, telemetry::Metrics,
};
use tallystick_testkit::{FixedClock, SeededRandom};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub(crate) const ROOT: &str = "root-key-for-tests-0123456789";
/// What nothing here should take, however busy the machine is.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Server {
    pub(crate) base: String,
    pub(crate) http: Client,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) state: Arc<AppState>,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<std::io::Result<()>>>,
    _dir: TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    /// Null if the answer is not JSON.
    pub(crate) json: Value,
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a whole answer in UTF-8");
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, headers, text, json }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// Status and code of a problem, with the frame that every problem has.
    #[track_caller]
    pub(crate) fn problem(&self) -> (u16, &str) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{} {}", self.status, self.text);
        assert_eq!(self.json["status"], self.status, "{}", self.text);
        assert_eq!(self.json["request_id"], self.header("x-request-id"), "{}", self.text);
        let code = self.json["code"].as_str().expect("a code");
        assert_eq!(self.json["type"], format!("/docs/errors#{code}"));
        for member in ["title", "detail"] {
            assert!(
                self.json[member].as_str().is_some_and(|text| !text.is_empty()),
                "{member}: {}",
                self.text
            );
        }
        (self.status, code)
    }

    /// The JSON of an answer that must be a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text);
        self.json
    }
}

/// Sessions of twelve hours at rest and a week in all; hashes that cost next to nothing.
fn accounts() -> AccountOptions {
    AccountOptions {
        seal_key: SealKey::new([7; 32]),
        instance_org: INSTANCE_ORG.parse().unwrap(),
        session_idle_ms: 43_200_000,
        session_life_ms: 604_800_000,
        password_cost: PasswordCost { memory_kib: 64, passes: 1 },
    }
}

/// The receivers of streams are on this machine.
fn streams_options() -> StreamsOptions {
    let outbound =
        OutboundOptions { allow_private: true, plain: Plain::Private, ..OutboundOptions::default() };
    StreamsOptions { outbound, ..StreamsOptions::new("Tallystick", "0.0.0") }
}

/// Stores are on this machine.
fn schedules_options(mail: Option<MailOptions>) -> SchedulesOptions {
    SchedulesOptions {
        outbound: streams_options().outbound,
        mail,
        ..SchedulesOptions::new("Tallystick", "0.0.0")
    }
}

/// Tells reqwest which cryptography it is to use.
pub(crate) fn install_tls() {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider().install_default().expect("none is installed yet");
    });
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(ServerOptions { metrics_public: true, ..ServerOptions::default() }).await
    }

    pub(crate) async fn start_with(options: ServerOptions) -> Self {
        Self::start_with_mail(options, None).await
    }

    pub(crate) async fn start_with_mail(options: ServerOptions, mail: Option<MailOptions>) -> Self {
        install_tls();
        let dir = TempDir::new().unwrap();
        let clock = Arc::new(FixedClock::default());
        let (shared, random): (Arc<dyn Clock>, Arc<dyn Random>) =
            (clock.clone(), Arc::new(SeededRandom::new(7)));
        let url = CatalogUrl::Sqlite(dir.path().join("catalog.db"));
        let catalog = Catalog::open(&url, Arc::clone(&shared), Arc::clone(&random)).await.unwrap();
        let engine =
            Engine::open(Options::new(dir.path()), catalog.clone(), Arc::clone(&shared), Arc::clone(&random));
        let (engine, _) = engine.await.unwrap();
        let root = RootKey::new(&Secret::from(ROOT)).unwrap();
        let auth = Auth::open(catalog, Some(root), accounts(), Arc::clone(&shared), Arc::clone(&random));
        let auth = auth.await.unwrap();
        let preparer = Preparer::new(Limits::default(), &MaskRules::default(), shared, Arc::clone(&random));
        let exports = ExportsOptions { reserve_bytes: 0, ..ExportsOptions::new(dir.path().join("exports")) };
        let exports = Exports::open(Arc::clone(&engine), exports).unwrap();
        let streams = Streams::open(
            Arc::clone(&engine),
            streams_options(),
            tallystick_delivery::streams::kinds(),
            Arc::new(StreamSeals(auth.clone())),
            Arc::clone(&random),
        );
        let schedules = Schedules::open(
            Arc::clone(&engine),
            Arc::clone(&exports),
            schedules_options(mail),
            Arc::new(ScheduleSeals(auth.clone())),
        )
        .unwrap();
        let metrics = Metrics::new();
        let state =
            AppState::new(engine, exports, schedules, streams, auth, preparer, random, options, metrics)
                .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(serve(Arc::clone(&state), listener, async { drop(stopped.await) }));
        let http = Client::builder().timeout(PATIENCE).no_proxy().redirect(Policy::none()).build().unwrap();
        Self { base, http, clock, state, stop: Some(stop), served: Some(served), _dir: dir }
    }

    /// Stops the server and waits until it has.
    pub(crate) async fn stop(&mut self) {
        drop(self.stop.take());
        self.served.take().expect("it was not stopped yet").await.unwrap().unwrap();
    }

    pub(crate) fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(token)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_as(ROOT, path).await
    }

    pub(crate) async fn get_as(&self, token: &str, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path, token).send().await.unwrap()).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.send_as(ROOT, method, path, body).await
    }

    pub(crate) async fn send_as(&self, token: &str, method: Method, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(method, path, token).json(body).send().await.unwrap()).await
    }

    /// `POST /v1/events` with a body as it is.
    pub(crate) async fn write(
        &self,
        token: &str,
        content_type: &str,
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let request = self.request(Method::POST, "/v1/events", token).header("content-type", content_type);
        Answer::of(request.body(body).send().await.unwrap()).await
    }

    /// Publishes what is stored and adds it to the directory.
    pub(crate) async fn publish(&self, org: &str) {
        let org = org.parse().unwrap();
        let proofs = self.state.engine.proofs();
        let last = self.state.engine.log_size(&org).unwrap() - 1;
        let place = proofs.place(&org, last).unwrap();
        assert!(proofs.wait_until_published(place.log, place.index, PATIENCE).await);
        proofs.directory_round().await.unwrap();
    }

    pub(crate) async fn org(&self, id: &str) {
        self.send(Method::POST, "/v1/orgs", &json!({ "id": id })).await.ok();
    }

    /// A new key's token.
    pub(crate) async fn key(&self, org: Option<&str>, scopes: &[&str]) -> String {
        let mut body = json!({ "name": "a key", "scopes": scopes });
        if let Some(org) = org {
            body["org"] = json!(org);
        }
        let made = self.send(Method::POST, "/v1/keys", &body).await.ok();
        made["token"].as_str().expect("a token").to_owned()
    }

    pub(crate) async fn count(&self, org: &str) -> u64 {
        self.get(&format!("/v1/count?org={org}")).await.ok()["count"].as_u64().expect("a count")
    }

    /// Writes `n` events whose metadata has their number, from `first` on.
    pub(crate) async fn fill(&self, org: &str, first: u64, n: u64) {
        let events: Vec<Value> = (first..first + n).map(|number| event(org, number)).collect();
        self.send(Method::POST, "/v1/events", &json!(events)).await.ok();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        let engine = Arc::clone(&self.state.engine);
        std::thread::spawn(move || engine.stop());
    }
}

/// Event number `number`, a second after the one before.
pub(crate) fn event(org: &str, number: u64) -> Value {
    let (minute, second) = (number / 60 % 60, number % 60);
    json!({
        "org": org,
        "action": if number.is_multiple_of(2) { "user.login" } else { "invoice.updated" },
        "occurred_at": format!("2026-11-20T08:{minute:02}:{second:02}.000Z"),
        "actor": { "type": "user", "id": format!("u_{}", number % 5), "name": "Ana Ruiz" },
        "outcome": if number.is_multiple_of(10) { "failure" } else { "success" },
        "metadata": { "number": number },
    })
}
