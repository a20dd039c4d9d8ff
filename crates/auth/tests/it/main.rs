//! Keys from making to revocation, over a real catalog, on one node and on several.

mod authenticate;
mod keys;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use tallystick_auth::{Auth, Caller, CreateKey, CreatedKey, RootKey, Scope, Secret};
use tallystick_catalog::{Catalog, CatalogUrl, NewOrganization};
use tallystick_event::{Clock, OrgId, Random};

const ROOT: &str = "root-key-of-the-tests";
const START_MS: i64 = 1_795_168_900_123;

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Distinct bytes for every call.
struct TestRandom(AtomicU64);

impl Random for TestRandom {
    fn fill(&self, out: &mut [u8]) {
        for byte in out {
            let mixed = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            *byte = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9).to_be_bytes()[0];
        }
    }
}

/// A catalog with the organizations `acme` and `other`, and nodes on it.
struct World {
    _dir: tempfile::TempDir,
    path: PathBuf,
    clock: Arc<TestClock>,
    random: Arc<TestRandom>,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("catalog.db");
        let clock = Arc::new(TestClock(AtomicI64::new(START_MS)));
        let world = Self { _dir: dir, path, clock, random: Arc::new(TestRandom(AtomicU64::new(1))) };
        let catalog = world.catalog().await;
        for id in ["acme", "other"] {
            let new = NewOrganization { id: Some(org(id)), name: None };
            catalog.create_organization(new).await.unwrap();
        }
        world
    }

    async fn catalog(&self) -> Catalog {
        let url = CatalogUrl::Sqlite(self.path.clone());
        Catalog::open(&url, self.clock.clone(), self.random.clone()).await.unwrap()
    }

    async fn node(&self) -> Auth {
        self.node_on(self.catalog().await).await
    }

    async fn node_on(&self, catalog: Catalog) -> Auth {
        let root = RootKey::new(&Secret::from(ROOT)).unwrap();
        Auth::open(catalog, Some(root), self.clock.clone(), self.random.clone()).await.unwrap()
    }

    fn advance(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::Relaxed);
    }
}

fn org(id: &str) -> OrgId {
    OrgId::new(id).unwrap()
}

fn request(scopes: &[Scope], bound_to: Option<&str>) -> CreateKey {
    CreateKey { org: bound_to.map(org), name: "A key".into(), scopes: scopes.to_vec(), expires_ms: None }
}

async fn root(auth: &Auth) -> Arc<Caller> {
    auth.authenticate(&Secret::from(ROOT), None).await.unwrap()
}

/// A key made by the instance owner.
async fn made(auth: &Auth, scopes: &[Scope], bound_to: Option<&str>) -> CreatedKey {
    auth.create_key(&*root(auth).await, request(scopes, bound_to)).await.unwrap()
}
