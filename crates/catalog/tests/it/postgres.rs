//! The suite on a real PostgreSQL, which the test makes, starts and removes itself.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tallystick_catalog::{Catalog, CatalogError, CatalogUrl};
use tallystick_testkit::FixedClock;

use crate::doubles::{RANDOM, START_MS};
use crate::suite;

/// A server may take long to start on a busy machine.
const START_WAIT_MAX: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conforms() {
    let server = Server::start().await;
    suite::run(async |case: &str| server.schema(case).await).await;
    a_full_disk_is_told_apart(&server).await;
    a_lax_server_is_made_durable(&server).await;
}

#[tokio::test]
async fn an_unreachable_server_is_worth_a_retry() {
    let url = CatalogUrl::Postgres(format!("postgres://postgres@127.0.0.1:{}/none", free_port()));
    let opened = Catalog::open(&url, Arc::new(FixedClock::new(START_MS)), RANDOM.clone()).await;
    let error = opened.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
}

async fn a_full_disk_is_told_apart(server: &Server) {
    let mut connection = server.connect("postgres").await.unwrap();
    let sql = "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$";
    let error = CatalogError::from(sqlx::query(sql).execute(&mut connection).await.unwrap_err());
    assert!(matches!(error, CatalogError::NoSpace(_)), "{error:?}");
}

/// With `synchronous_commit = off` a crash could lose a seal whose commit log file is deleted already.
async fn a_lax_server_is_made_durable(server: &Server) {
    let url = server.schema("lax").await;
    let mut connection = server.connect("postgres").await.unwrap();
    sqlx::query("ALTER ROLE postgres SET synchronous_commit = off").execute(&mut connection).await.unwrap();
    let catalog = Catalog::open(&url, Arc::new(FixedClock::new(START_MS)), RANDOM.clone()).await.unwrap();
    assert_eq!(catalog.commits_are_durable().await.unwrap(), Some(true));
}

/// A server of its own in a temporary folder; dropped, it is stopped and removed.
pub(crate) struct Server {
    process: Child,
    folder: PathBuf,
    port: u16,
}

impl Server {
    async fn start() -> Self {
        let bin = find_binaries();
        let folder = PathBuf::from(run(as_server_user("mktemp").args(["-d", "/tmp/tallystick-pg-XXXXXX"])));
        let data = folder.join("data");
        // A language's sort order, not C, so that a statement that relies on the server's order fails.
        run(as_server_user(bin.join("initdb"))
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"])
            .args(["--locale-provider=icu", "--icu-locale=en-US", "--locale=C.UTF-8", "-D"])
            .arg(&data));
        let port = free_port();
        let process = as_server_user(bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-c", &format!("port={port}"), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"])
            .args(["-c", &format!("unix_socket_directories={}", folder.display())])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Self { process, folder, port };
        server.wait_until_ready().await;
        server
    }

    async fn wait_until_ready(&mut self) {
        let started = Instant::now();
        while let Err(error) = self.connect("postgres").await {
            assert!(self.process.try_wait().unwrap().is_none(), "PostgreSQL ended: {error}");
            assert!(started.elapsed() < START_WAIT_MAX, "PostgreSQL does not answer: {error}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn connect(&self, database: &str) -> Result<PgConnection, sqlx::Error> {
        PgConnection::connect(&self.url(database)).await
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// A new, empty place. A schema takes a fraction of the time and room of a database.
    async fn schema(&self, name: &str) -> CatalogUrl {
        let mut connection = self.connect("postgres").await.unwrap();
        let sql = AssertSqlSafe(format!("CREATE SCHEMA {name}"));
        sqlx::query(sql).execute(&mut connection).await.unwrap();
        CatalogUrl::Postgres(format!("{}?options=-c%20search_path%3D{name}", self.url("postgres")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Not SIGKILL: the server would leave its shared memory behind. SIGQUIT is its immediate shutdown.
        let stopped = Command::new("kill").args(["-QUIT", &self.process.id().to_string()]).status();
        if !stopped.is_ok_and(|status| status.success()) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// PostgreSQL refuses to run as root; its package makes a user for it.
fn as_server_user(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command.current_dir("/tmp").stdin(Stdio::null());
    if run(Command::new("id").arg("-u")) == "0" {
        let id = |flag: &str| run(Command::new("id").args([flag, "postgres"])).parse::<u32>().unwrap();
        command.gid(id("-g")).uid(id("-u"));
    }
    command
}

/// The newest installed version's programs.
fn find_binaries() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .map(|entry| entry.path())
        .filter(|path| path.join("bin/initdb").exists())
        .max_by_key(|path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    let Some(newest) = newest else {
        panic!("PostgreSQL is needed for this test: install the Debian package `postgresql`");
    };
    newest.join("bin")
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {out}{err}");
    out.trim().to_owned()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
