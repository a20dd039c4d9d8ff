//! Keys from making to revocation, over a real catalog, on one node and on several.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod authenticate;
mod keys;
mod passkeys;
mod roles;
mod sign_in;
mod viewers;

use std::path::PathBuf;
use std::sync::Arc;

use sqlx::Connection as _;
use tallystick_auth::{
    AccountOptions, Auth, Caller, CreateKey, CreatedKey, PasswordCost, RootKey, Scope, SealKey, Secret,
};
use tallystick_catalog::{Catalog, CatalogUrl, NewOrganization};
use tallystick_event::OrgId;
use tallystick_testkit::{FixedClock, NOW_MS, SeededRandom};

const ROOT: &str = "root-key-of-the-tests";
const START_MS: i64 = NOW_MS;

/// A catalog with the organizations `acme` and `other`, and nodes on it.
struct World {
    _dir: tempfile::TempDir,
    path: PathBuf,
    clock: Arc<FixedClock>,
    random: Arc<SeededRandom>,
}

impl World {
    async fn new() -> Self {
        Self::seeded(1).await
    }

    /// Worlds with different seeds make different tokens.
    async fn seeded(seed: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("catalog.db");
        let clock = Arc::new(FixedClock::new(START_MS));
        let world = Self { _dir: dir, path, clock, random: Arc::new(SeededRandom::new(seed)) };
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
        let accounts = accounts();
        Auth::open(catalog, Some(root), accounts, self.clock.clone(), self.random.clone()).await.unwrap()
    }

    /// The catalog's file itself, for what the catalog does not do.
    async fn connection(&self) -> sqlx::SqliteConnection {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&self.path).foreign_keys(false);
        sqlx::SqliteConnection::connect_with(&options).await.unwrap()
    }

    fn advance(&self, ms: i64) {
        self.clock.advance(ms);
    }
}

/// Sessions of an hour at rest and a day in all; hashes that cost next to nothing.
fn accounts() -> AccountOptions {
    AccountOptions {
        seal_key: SealKey::new([7; 32]),
        instance_org: org("instance"),
        session_idle_ms: 3_600_000,
        session_life_ms: 86_400_000,
        password_cost: PasswordCost { memory_kib: 64, passes: 1 },
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
