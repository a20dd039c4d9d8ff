//! `tallystick recover --new-log`: going on after the data was found to be older, or other, than what was signed
//! before.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use serde_json::json;
use tallystick_catalog::Catalog;
use tallystick_engine::{Engine, proof::RenewedLog};
use tallystick_event::{Clock, LeafKind, PrepareContext, Prepared, Preparer, Random};

use crate::{
    config::{self, Config},
    exit::{Advice, Exit},
    output::{print, say},
    service,
    system::{OsRandom, SystemClock},
};

const EXAMPLES: &str = "\
Examples:
  tallystick recover --data-dir ./data                 what is wrong; changes nothing
  tallystick recover --data-dir ./data --new-log       close the logs concerned, go on in new ones

If you can bring the right data back (the newer copy, the disk that was exchanged), do that instead: nothing is lost
then. A new log does not make the difference go away. Whoever has a checkpoint of the old one can show what was signed,
and the first leaf of the new one says so itself. The service must not run.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RecoverArgs {
    /// The data directory.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Configuration file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Close every log that is not what was signed, and give its organization a new one.
    #[arg(long)]
    new_log: bool,
}

/// Says what is wrong, and with `--new-log` goes on.
pub(crate) async fn run(args: RecoverArgs) -> anyhow::Result<Exit> {
    let data_dir = args.data_dir.as_ref().map(|dir| dir.display().to_string());
    let loaded = config::load(args.config.as_deref(), &[("data", "dir", "--data-dir", data_dir)])?;
    let config = &loaded.config;
    let (engine, catalog) = open(config).await?;
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(OsRandom));
    service::rounds(config, &engine, &clock, &random)?.compare_with_witnesses().await;
    let found = engine.proofs().rolled_back();
    for rolled_back in found.iter() {
        print(rolled_back)?;
    }
    let owed = engine.renewed_logs().await?;
    if found.is_empty() && owed.is_empty() {
        close(engine, &catalog).await?;
        say("every log is what was signed before; there is nothing to recover");
        return Ok(Exit::Done);
    }
    if !args.new_log {
        close(engine, &catalog).await?;
        for log in &owed {
            print(format!(
                "{}: log {} is closed, {} has no first leaf yet",
                log.org, log.log, log.successor
            ))?;
        }
        say("nothing is written until the right data is back, or --new-log is given");
        return Ok(Exit::Findings);
    }
    engine.close_logs().await?;
    close(engine, &catalog).await?;
    begin_new_logs(config).await?;
    let (engine, catalog) = open(config).await?;
    if let Some(still) = engine.proofs().rolled_back().first() {
        return Err(Advice {
            message: format!("the new logs do not fit either: {still}"),
            help: "keep the directory as it is and look at it with tallystick doctor --deep".to_owned(),
            exit: Exit::Failed,
        }
        .into());
    }
    close(engine, &catalog).await?;
    say(
        "tell those who check your logs: their programs will say ROLLED BACK or FORKED about the closed ones, rightly",
    );
    Ok(Exit::Done)
}

/// Writes the first leaf of every new log, each by itself, and then has the guard forget the closed ones. If this is
/// cut short, the next run goes on with those that have none.
async fn begin_new_logs(config: &Config) -> anyhow::Result<()> {
    let (engine, catalog) = open(config).await?;
    for log in engine.renewed_logs().await? {
        let leaf = first_leaf(config, &engine, &log)?;
        let written = engine.append_recovery(leaf).await;
        written.with_context(|| format!("the first leaf of the new log of {} cannot be written", log.org))?;
        print(format!(
            "{}: log {} is closed at {} events, {} goes on",
            log.org, log.log, log.size, log.successor
        ))?;
    }
    engine.forget_closed_logs()?;
    close(engine, &catalog).await
}

async fn open(config: &Config) -> anyhow::Result<(Arc<Engine>, Catalog)> {
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(OsRandom));
    let url = config.catalog_url()?;
    let catalog = Catalog::open(&url, Arc::clone(&clock), Arc::clone(&random))
        .await
        .with_context(|| format!("cannot open the catalog {url}"))?;
    let (engine, _) = Engine::open(config.engine_options("recover"), catalog.clone(), clock, random)
        .await
        .with_context(|| format!("cannot open {}", config.data_dir().display()))?;
    Ok((engine, catalog))
}

async fn close(engine: Arc<Engine>, catalog: &Catalog) -> anyhow::Result<()> {
    tokio::task::spawn_blocking(move || engine.stop()).await.context("the engine did not stop in order")?;
    catalog.close().await;
    Ok(())
}

/// The leaf with which a new log begins: what was signed of the old one, and what is left of it.
fn first_leaf(config: &Config, engine: &Engine, log: &RenewedLog) -> anyhow::Result<Prepared> {
    let proofs = engine.proofs();
    let event = json!({
        "org": log.org,
        "action": "log.recovered",
        "outcome": "success",
        "actor": { "type": "system", "id": "operator", "name": "tallystick recover" },
        "targets": [{ "type": "log", "id": log.successor.to_string(), "name": proofs.origin(log.successor) }],
        "metadata": {
            "closed_log": proofs.origin(log.log),
            "stored_size": log.size,
            "signed_size": log.signed.size,
            "signed_root": hex::encode(log.signed.root),
            "found": format!("{:?}", log.kind).to_lowercase(),
        },
    });
    let random: Arc<dyn Random> = Arc::new(OsRandom);
    let preparer = Preparer::new(config.limits.clone(), &config.masking, Arc::clone(engine.clock()), random);
    let context = PrepareContext { org: None, source: "tallystick", default_idempotency: None };
    let mut prepared = preparer
        .prepare(event.to_string().as_bytes(), &context)
        .map_err(|error| anyhow::anyhow!("the first leaf cannot be made: {error:?}"))?;
    prepared.kind = LeafKind::Recovery;
    Ok(prepared)
}
