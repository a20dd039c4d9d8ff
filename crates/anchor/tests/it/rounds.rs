//! Rounds over a running engine, with a witness and a store of a few lines: what fails once is done in the next round.

use std::sync::Arc;
use std::time::Duration;

use tallystick_anchor::{
    LockMode, ObjectLock, ObjectLockOptions, Rounds, RoundsOptions, S3Credentials, WitnessClient,
};
use tallystick_catalog::{AnchorKind, Catalog, CatalogUrl, NewOrganization};
use tallystick_engine::{Engine, Options};
use tallystick_event::{Clock, Limits, MaskRules, OrgId, PrepareContext, Preparer, Random};
use tallystick_merkle::{AddCheckpoint, Checkpoint, CosigningKey};
use tallystick_testkit::{FixedClock, NOW_MS, SeededRandom};
use zeroize::Zeroizing;

use crate::components::to_loopback;
use crate::http::{Reply, Request, Server, reply};

const PATIENCE: Duration = Duration::from_secs(20);

/// An engine whose directory has one entry.
struct Scene {
    _dir: tempfile::TempDir,
    engine: Arc<Engine>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Scene {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(FixedClock::default());
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(1));
        let url = CatalogUrl::Sqlite(dir.path().join("catalog.db"));
        let catalog = Catalog::open(&url, Arc::clone(&clock), Arc::clone(&random)).await.unwrap();
        let options = Options::new(dir.path());
        let opened = Engine::open(options, catalog, Arc::clone(&clock), Arc::clone(&random)).await;
        let scene = Self { _dir: dir, engine: opened.unwrap().0, clock, random };
        let org: OrgId = "acme".parse().unwrap();
        let new = NewOrganization { id: Some(org.clone()), name: None };
        scene.engine.create_organization(new).await.unwrap();
        let (clock, random) = (Arc::clone(&scene.clock), Arc::clone(&scene.random));
        let preparer = Preparer::new(Limits::default(), &MaskRules::default(), clock, random);
        let context = PrepareContext { org: None, source: "key:test", default_idempotency: None };
        let event = br#"{"org":"acme","action":"a.b","actor":{"type":"user","id":"u"}}"#;
        let event = preparer.prepare(event, &context).unwrap();
        scene.engine.append(vec![event]).await.unwrap();
        let log = scene.engine.log_of(&org).unwrap();
        assert!(scene.engine.proofs().wait_until_published(log, 0, PATIENCE).await);
        scene.engine.proofs().directory_round().await.unwrap().unwrap();
        scene
    }

    fn rounds(&self, witnesses: Vec<WitnessClient>, object_lock: Option<ObjectLock>) -> Rounds {
        self.rounds_of(1, witnesses, object_lock)
    }

    fn rounds_of(
        &self,
        quorum: usize,
        witnesses: Vec<WitnessClient>,
        object_lock: Option<ObjectLock>,
    ) -> Rounds {
        let options = RoundsOptions {
            interval: Duration::from_mins(1),
            witnesses,
            quorum,
            timestamp: None,
            object_lock: object_lock.map(|store| (store, "s3://audit".to_owned(), Duration::ZERO)),
        };
        let (clock, random) = (Arc::clone(&self.clock), Arc::clone(&self.random));
        Rounds::new(Arc::clone(self.engine.proofs()), clock, random, options)
    }

    async fn anchors(&self) -> Vec<AnchorKind> {
        let anchors = self.engine.catalog().anchors(0, 10).await.unwrap();
        anchors.iter().map(|anchor| anchor.kind).collect()
    }
}

/// A witness that believes everything.
fn cosign(request: &Request) -> Reply {
    let asked: AddCheckpoint = std::str::from_utf8(&request.body).unwrap().parse().unwrap();
    let checkpoint: Checkpoint = asked.checkpoint.unverified_text().parse().unwrap();
    let key = CosigningKey::new("witness.example/w1", &[7; 32]).unwrap();
    let line = key.cosign(&checkpoint, (NOW_MS / 1_000) as u64).unwrap();
    reply(200, format!("{line}\n").as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_that_could_not_be_stored_is_made_again_with_all_witnesses() {
    let scene = Scene::new().await;
    let server = Server::start(cosign).await;
    let key = CosigningKey::new("witness.example/w1", &[7; 32]).unwrap().verifier_key().clone();
    let client = WitnessClient::new(to_loopback(), server.url.clone(), key).unwrap();
    let mut rounds = scene.rounds(vec![client], None);
    scene.engine.catalog().close().await;
    for asked in 1..=3 {
        assert!(rounds.round().await.is_err(), "nothing can be stored");
        assert_eq!(server.requests.lock().unwrap().len(), asked, "the witness is asked in each round");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cosigned_note_is_stored_with_its_anchor() {
    let scene = Scene::new().await;
    let server = Server::start(cosign).await;
    let key = CosigningKey::new("witness.example/w1", &[7; 32]).unwrap().verifier_key().clone();
    let client = WitnessClient::new(to_loopback(), server.url.clone(), key).unwrap();
    scene.rounds(vec![client], None).round().await.unwrap();
    let newest = scene.engine.proofs().directory_newest().unwrap();
    assert!(newest.witnessed_ms.is_some() && newest.note.contains("witness.example/w1"), "{newest:?}");
    assert_eq!(scene.anchors().await, [AnchorKind::Witness]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quorum_that_was_lowered_is_met_by_what_was_gathered() {
    let scene = Scene::new().await;
    let server = Server::start(cosign).await;
    let key = CosigningKey::new("witness.example/w1", &[7; 32]).unwrap().verifier_key().clone();
    let client = || WitnessClient::new(to_loopback(), server.url.clone(), key.clone()).unwrap();
    scene.rounds_of(2, vec![client()], None).round().await.unwrap();
    assert_eq!(scene.engine.proofs().directory_newest().unwrap().witnessed_ms, None);
    scene.rounds_of(1, vec![client()], None).round().await.unwrap();
    assert!(scene.engine.proofs().directory_newest().unwrap().witnessed_ms.is_some());
    assert_eq!(server.requests.lock().unwrap().len(), 1, "nobody is asked again");
}

fn store(server: &Server) -> ObjectLock {
    let options = ObjectLockOptions {
        endpoint: server.url.clone(),
        region: "us-east-1".to_owned(),
        bucket: "audit".to_owned(),
        prefix: String::new(),
        mode: LockMode::Compliance,
        retain_days: 30,
        credentials: S3Credentials {
            access_key_id: "AKIATEST".to_owned(),
            secret_access_key: Zeroizing::new("secret".to_owned()),
        },
    };
    ObjectLock::new(to_loopback(), options).unwrap()
}

/// A store that takes every object under a version, and says of it when it is asked what `head` gives.
async fn store_that_says(head: &'static str) -> Server {
    Server::start(move |request| {
        let more = if request.head.starts_with("put") { "x-amz-version-id: v1\r\n" } else { head };
        let text = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{more}content-length: 0\r\n\r\n");
        Reply::Bytes(text.into_bytes())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_not_locked_is_no_anchor() {
    let scene = Scene::new().await;
    let open = store_that_says("").await;
    scene.rounds(Vec::new(), Some(store(&open))).round().await.unwrap();
    assert_eq!(open.requests.lock().unwrap().len(), 2, "put, and asked whether it is locked");
    assert_eq!(scene.anchors().await, []);
    let locking = store_that_says(
        "x-amz-object-lock-mode: COMPLIANCE\r\nx-amz-object-lock-retain-until-date: 2099-01-01T00:00:00Z\r\n",
    )
    .await;
    scene.rounds(Vec::new(), Some(store(&locking))).round().await.unwrap();
    assert_eq!(scene.anchors().await, [AnchorKind::ObjectLock]);
    // A restart is no reason to lock the same checkpoint again.
    let asked = locking.requests.lock().unwrap().len();
    scene.rounds(Vec::new(), Some(store(&locking))).round().await.unwrap();
    assert_eq!(locking.requests.lock().unwrap().len(), asked);
    assert_eq!(scene.anchors().await, [AnchorKind::ObjectLock]);
}
