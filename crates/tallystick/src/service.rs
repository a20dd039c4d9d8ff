//! A running service: configuration to data directory, engine, keys and HTTP, and back in order.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use tallystick_anchor::{ObjectLock, Rounds, RoundsOptions, TimestampClient, WitnessClient};
use tallystick_auth::{Auth, RootKey};
use tallystick_catalog::{Catalog, CatalogUrl};
use tallystick_delivery::{Exports, schedules::Schedules, streams::Streams};
use tallystick_engine::{Engine, Recovered};
use tallystick_event::{Clock, Preparer, Random};
use tallystick_outbound::Outbound;
use tallystick_server::{
    AppState, ServerOptions, schedules::ScheduleSeals, serve, streams::host::StreamSeals, telemetry::Metrics,
};
use tallystick_wal::lock::{DataLock, Holder, LockError};
use tokio::net::{TcpListener, TcpSocket};

use crate::{
    accounts,
    config::{Config, MetricsPublic, accounts as accounts_config},
    exit::{Advice, Exit},
    files,
    system::{OsRandom, SystemClock, random_hex},
};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// A service that is ready and answers once [`Service::run`] is polled.
pub(crate) struct Service {
    /// Recording and finding.
    pub(crate) engine: Arc<Engine>,
    /// Checks events, for those that come from inside.
    pub(crate) state: Arc<AppState>,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// What the start found.
    pub(crate) recovered: Recovered,
    /// The root key's file.
    pub(crate) root_key: RootKeyFile,
    listener: TcpListener,
    catalog: Catalog,
    rounds: Rounds,
}

/// The file with the root key.
pub(crate) struct RootKeyFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// It was made just now.
    pub(crate) is_new: bool,
}

impl Service {
    /// Opens everything. The port is taken first, so that a mistake shows early, but nobody can connect before the
    /// data is recovered.
    pub(crate) async fn open(config: &Config) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let random: Arc<dyn Random> = Arc::new(OsRandom);
        let data_dir = config.data_dir();
        files::create_private_folder(&data_dir)
            .with_context(|| format!("cannot make the data directory {}", data_dir.display()))?;
        let socket = bind(config, &data_dir)?;
        let address = socket.local_addr()?;
        let url = config.catalog_url()?;
        let catalog = Catalog::open(&url, Arc::clone(&clock), Arc::clone(&random))
            .await
            .with_context(|| format!("cannot open the catalog {url}"))?;
        if let CatalogUrl::Sqlite(path) = &url {
            files::make_private(path).with_context(|| format!("cannot protect {}", path.display()))?;
        }
        let options = config.engine_options(&address.to_string());
        let opened = Engine::open(options, catalog.clone(), Arc::clone(&clock), Arc::clone(&random)).await;
        let (engine, recovered) = opened.with_context(|| format!("cannot open {}", data_dir.display()))?;
        let root_key = root_key_file(config)?;
        let root = RootKey::read(&root_key.path)
            .with_context(|| format!("the root key in {} cannot be used", root_key.path.display()))?;
        let accounts = accounts::options(config)?;
        let auth = Auth::open(catalog.clone(), Some(root), accounts, Arc::clone(&clock), Arc::clone(&random))
            .await?;
        let rounds = rounds(config, &engine, &clock, &random)?;
        rounds.compare_with_witnesses().await;
        let preparer = Preparer::new(config.limits.clone(), &config.masking, clock, Arc::clone(&random));
        let metrics_public = match config.server.metrics_public {
            MetricsPublic::Auto => address.ip().is_loopback(),
            MetricsPublic::Always => true,
            MetricsPublic::Never => false,
        };
        let options = ServerOptions {
            metrics_public,
            proofs_public: config.integrity.public,
            public_url: accounts_config::public_url(&config.server.public_url).map_err(anyhow::Error::msg)?,
            trusted_proxies: accounts_config::networks(&config.server.trusted_proxies)
                .map_err(anyhow::Error::msg)?,
            session_life_ms: config.accounts.session_life_ms(),
            sso_allow_private: config.accounts.sso_allow_private,
            export_keep_days: config.exports.keep_days,
        };
        let exports = Exports::open(Arc::clone(&engine), config.exports_options())
            .with_context(|| format!("cannot make the folder for exports in {}", data_dir.display()))?;
        let streams = Streams::open(
            Arc::clone(&engine),
            config.streams_options(),
            tallystick_delivery::streams::kinds(),
            Arc::new(StreamSeals(auth.clone())),
            Arc::clone(&random),
        );
        let schedules = schedules(config, &engine, &exports, &auth)?;
        let state = AppState::new(
            Arc::clone(&engine),
            exports,
            schedules,
            streams,
            auth,
            preparer,
            random,
            options,
            Metrics::new(),
        )?;
        let listener = socket.listen(BACKLOG).with_context(|| format!("cannot listen on {address}"))?;
        Ok(Self { engine, state, address, recovered, root_key, listener, catalog, rounds })
    }

    /// Where people reach the service.
    pub(crate) fn base(&self) -> String {
        let configured = self.state.options.public_url.clone();
        configured.unwrap_or_else(|| format!("http://{}", self.address))
    }

    /// Answers until `shutdown` resolves, then finishes what is under way and closes everything.
    pub(crate) async fn run(self, shutdown: impl Future<Output = ()> + Send) -> anyhow::Result<()> {
        let rounds = tokio::spawn(self.rounds.run());
        let served = serve(Arc::clone(&self.state), self.listener, shutdown).await;
        rounds.abort();
        if let Err(error) = self.state.auth.flush_uses().await {
            tracing::warn!(%error, "the last uses of keys were not recorded");
        }
        let engine = self.engine;
        tokio::task::spawn_blocking(move || engine.stop())
            .await
            .context("the engine did not stop in order")?;
        self.catalog.close().await;
        served.context("the service can take no more connections")
    }
}

/// The schedules of exports, with the mail server that is named.
fn schedules(
    config: &Config,
    engine: &Arc<Engine>,
    exports: &Arc<Exports>,
    auth: &Auth,
) -> anyhow::Result<Arc<Schedules>> {
    let (options, seals) = (config.schedules_options()?, Arc::new(ScheduleSeals(auth.clone())));
    let opened = Schedules::open(Arc::clone(engine), Arc::clone(exports), options, seals);
    opened.context("[smtp] cannot be used")
}

/// Whom the directory is shown to, as configured.
pub(crate) fn rounds(
    config: &Config,
    engine: &Arc<Engine>,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> anyhow::Result<Rounds> {
    let integrity = &config.integrity;
    let to_config = |message: String| anyhow::anyhow!("[integrity] {message}");
    let outbound = Outbound::new(integrity.witness_outbound())?;
    let mut witnesses = Vec::new();
    for target in integrity.witness_targets().map_err(to_config)? {
        witnesses.push(WitnessClient::new(outbound.clone(), target.url, target.key)?);
    }
    let every = Duration::from_secs(integrity.timestamp_interval_s);
    let timestamp = match integrity.timestamp_target().map_err(to_config)? {
        None => None,
        Some(url) => {
            let client = TimestampClient::new(Outbound::new(integrity.timestamp_outbound())?, url)?;
            Some((client, integrity.timestamp_url.clone(), every))
        }
    };
    let object_lock = match integrity.object_lock_target().map_err(to_config)? {
        None => None,
        Some(options) => {
            let name = format!("{}{}", options.endpoint, options.bucket);
            let client = ObjectLock::new(Outbound::new(integrity.object_lock_outbound())?, options)?;
            Some((client, name, every))
        }
    };
    let options = RoundsOptions {
        interval: Duration::from_secs(integrity.directory_interval_s),
        witnesses,
        quorum: integrity.witness_quorum,
        timestamp,
        object_lock,
    };
    Ok(Rounds::new(Arc::clone(engine.proofs()), Arc::clone(clock), Arc::clone(random), options))
}

/// Takes the port without listening yet. If it is taken, that is mostly by a service on the same directory, and then
/// the directory's lock has more to say.
fn bind(config: &Config, data_dir: &Path) -> anyhow::Result<TcpSocket> {
    let listen = &config.server.listen;
    let address = config.listen_address().with_context(|| format!("cannot find the address {listen}"))?;
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Connections of a predecessor that linger in the kernel must not keep its successor away.
    socket.set_reuseaddr(true)?;
    match socket.bind(address) {
        Ok(()) => Ok(socket),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            if let Err(held @ LockError::Held { .. }) = DataLock::take(data_dir, Holder::this_process("", ""))
            {
                return Err(held.into());
            }
            Err(Advice {
                message: format!("{address} is in use by another program"),
                help: "choose another address with --listen".to_owned(),
                exit: Exit::Failed,
            }
            .into())
        }
        Err(error) => Err(error).with_context(|| format!("cannot use the address {address}")),
    }
}

/// The root key's file; made at the first start unless the operator names one, which must then be there.
fn root_key_file(config: &Config) -> anyhow::Result<RootKeyFile> {
    let path = config.root_key_path();
    let is_ours = config.server.root_key_file.is_empty();
    let is_new = is_ours && !path.exists();
    if is_new {
        let folder = path.parent().expect("it lies in keys/");
        files::create_private_folder(folder)
            .and_then(|()| files::write_private(&path, &format!("root_{}\n", random_hex(32))))
            .with_context(|| format!("cannot make the root key {}", path.display()))?;
    }
    Ok(RootKeyFile { path, is_new })
}
