//! `tallystick demo`: a service to look around in.

use std::{cell::Cell, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use serde_json::json;
use tallystick_auth::Secret;
use tallystick_event::Clock as _;

use crate::{
    client::{Call, Client, ClientError},
    config::{self, Loaded},
    demo::{self, Progress, sim},
    exit::Exit,
    files,
    output::{print, say, thousands},
    service::Service,
    signals::StopSignals,
    system::{SystemClock, random_hex},
    telemetry,
};

const EXAMPLES: &str = "\
Examples:
  tallystick demo
  tallystick demo --data-dir ./demo --listen 127.0.0.1:9000
  tallystick demo --seed 7 --no-live

Without --data-dir the data is in a new folder of the system's temporary directory and is removed at the end. With it,
the data stays and the next demo on it goes on where this one ended.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DemoArgs {
    /// Keep the data here.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Address and port.
    #[arg(long, default_value = "127.0.0.1:8440", value_name = "ADDRESS")]
    listen: String,
    /// Only the port, on 127.0.0.1.
    #[arg(long, conflicts_with = "listen", value_name = "PORT")]
    port: Option<u16>,
    /// Another seed, another sixty days.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// No new events: history only.
    #[arg(long)]
    no_live: bool,
}

/// Loads the history, tells what to try, and lives on until it is stopped.
pub(crate) async fn run(args: DemoArgs) -> anyhow::Result<Exit> {
    let (folder, is_temporary) = match &args.data_dir {
        Some(folder) => (folder.clone(), false),
        None => (std::env::temp_dir().join(format!("tallystick-demo-{}", random_hex(6))), true),
    };
    let outcome = in_folder(&args, &folder, is_temporary).await;
    if is_temporary && folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    outcome.map(|()| Exit::Done)
}

async fn in_folder(args: &DemoArgs, folder: &std::path::Path, is_temporary: bool) -> anyhow::Result<()> {
    let loaded = configure(args, folder)?;
    telemetry::start(&loaded.config)?;
    let signals = StopSignals::catch()?;
    let service = Service::open(&loaded.config).await?;
    let (state, address) = (Arc::clone(&service.state), service.address);
    let root_key = service.root_key.path.clone();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(service.run(async move {
        let _ = stopped.await;
    }));
    let is_loaded = Cell::new(false);
    let alive = async {
        let client = Client::with_key(&format!("http://{address}"), Some(read_key(&root_key)?))?;
        ensure_org(&client).await?;
        let now_ms = SystemClock.now_ms();
        let known = Progress::read(&state.engine).await?;
        let start_ms = sim::history_start_ms(now_ms);
        let progress = known.unwrap_or(Progress { seed: args.seed, start_ms, until_ms: start_ms - 1 });
        let started = std::time::Instant::now();
        let history = demo::load(&state, progress, now_ms).await?;
        is_loaded.set(true);
        say(format!(
            "{} events loaded in {:.1} s",
            thousands(history.stored as u64),
            started.elapsed().as_secs_f64()
        ));
        let key = demo_key(&client, folder).await?;
        let owner = demo::owner::ensure(&state, folder).await?;
        print(demo::tell(&client, address, &key, &owner, folder, is_temporary).await?)?;
        if args.no_live {
            return std::future::pending().await;
        }
        demo::live(Arc::clone(&state), history).await
    };
    let outcome = tokio::select! {
        outcome = alive => outcome,
        () = signals.first() => Ok(()),
    };
    if is_loaded.get()
        && !args.no_live
        && let Some(progress) = Progress::read(&state.engine).await?
    {
        Progress { until_ms: SystemClock.now_ms(), ..progress }.write(&state.engine).await?;
    }
    let _ = stop.send(());
    server.await.context("the service stopped unexpectedly")??;
    outcome
}

fn configure(args: &DemoArgs, folder: &std::path::Path) -> anyhow::Result<Loaded> {
    let listen = args.port.map_or_else(|| args.listen.clone(), |port| format!("127.0.0.1:{port}"));
    let folder = folder.to_str().context("the name of the data directory is not UTF-8")?;
    let loaded = config::load(
        None,
        &[
            ("data", "dir", "--data-dir", Some(folder.to_owned())),
            ("server", "listen", "--listen", Some(listen)),
            // Only what is wrong: the terminal belongs to what there is to try.
            ("telemetry", "level", "demo", Some("warn".to_owned())),
        ],
    )?;
    Ok(loaded)
}

fn read_key(path: &std::path::Path) -> anyhow::Result<Secret> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Secret::from(text.trim()))
}

/// Through the API and not past it, so that the instance's own log shows it.
async fn ensure_org(client: &Client) -> anyhow::Result<()> {
    let body = json!({"id": sim::ORG_ID, "name": sim::ORG_NAME}).to_string();
    match client.bytes(&Call::post("/v1/orgs", body)).await {
        Ok(_) => Ok(()),
        Err(ClientError::Refused(problem)) if problem.code == "org_exists" => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The key that is printed: bound to the sample organization, so that no line needs to name it. It is made once a data
/// directory and kept beside the root key.
async fn demo_key(root: &Client, folder: &std::path::Path) -> anyhow::Result<String> {
    let path = folder.join("keys").join("demo.key");
    if let Ok(key) = read_key(&path) {
        let client = Client::with_key(root.base(), Some(key.clone()))?;
        if client.bytes(&Call::get("/v1/count")).await.is_ok() {
            return Ok(key.expose().to_owned());
        }
    }
    let body = json!({"name": "demo", "org": sim::ORG_ID, "scopes": ["admin"]}).to_string();
    let made: serde_json::Value = root.json(&Call::post("/v1/keys", body)).await?;
    let token = made["token"].as_str().context("the service made no key")?.to_owned();
    files::write_private(&path, &format!("{token}\n"))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(token)
}
