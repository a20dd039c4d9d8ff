//! `tallystick serve`: the service.

use std::path::PathBuf;

use tallystick_engine::Recovered;

use crate::{
    config,
    exit::Exit,
    output::{bytes, print, say, thousands},
    service::Service,
    signals::StopSignals,
    telemetry,
};

const EXAMPLES: &str = "\
Examples:
  tallystick serve --data-dir ./data
  tallystick serve --data-dir /var/lib/tallystick --listen 127.0.0.1:8440 --root-key-file /etc/tallystick/root.key
  TALLYSTICK_DATA__DIR=/data tallystick serve --config tallystick.toml

Flags are above the environment, the environment is above the file. SIGTERM and SIGINT stop in order; a second one stops
at once, which is safe as well.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ServeArgs {
    /// The data directory; it is made if it is not there.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
    /// Address and port.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Configuration file (TOML); `tallystick check-config --default` prints one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// File with a key of your own that may do everything; without it one is made in the data directory.
    #[arg(long, value_name = "FILE")]
    root_key_file: Option<String>,
}

/// Runs until it is told to stop.
pub(crate) async fn run(args: ServeArgs) -> anyhow::Result<Exit> {
    let loaded = config::load(
        args.config.as_deref(),
        &[
            ("data", "dir", "--data-dir", args.data_dir),
            ("server", "listen", "--listen", args.listen),
            ("server", "root_key_file", "--root-key-file", args.root_key_file),
        ],
    )?;
    telemetry::start(&loaded.config)?;
    let signals = StopSignals::catch()?;
    let service = Service::open(&loaded.config).await?;
    tell_start(&loaded.config.data.dir, &service)?;
    if let Some(link) = service.state.auth.first_setup_link().await? {
        print(format!(
            "nobody runs this installation yet: open {}/setup/{} within a day (the link works once)",
            service.base(),
            link.token.expose()
        ))?;
    }
    service.run(signals.first()).await?;
    say("stopped");
    Ok(Exit::Done)
}

fn tell_start(data_dir: &str, service: &Service) -> anyhow::Result<()> {
    for line in tell_recovered(&service.recovered) {
        print(line)?;
    }
    if service.root_key.is_new {
        print(format!(
            "made the root key, which may do everything: {} (keep it secret, and a copy of it safe)",
            service.root_key.path.display()
        ))?;
    }
    if !service.address.ip().is_loopback() {
        say(
            "warning: this address can be reached from elsewhere and there is no TLS; put a proxy with TLS in front",
        );
    }
    print(format!("data in {data_dir}"))?;
    print(format!("listening on http://{}", service.address))?;
    Ok(())
}

fn tell_recovered(found: &Recovered) -> Vec<String> {
    let mut lines = vec![format!(
        "recovered: {} segments, {} events replayed from the commit log",
        thousands(found.segments as u64),
        thousands(found.replayed_events)
    )];
    if found.torn_bytes > 0 {
        lines.push(format!(
            "recovered: dropped {} of an unfinished write at the end of the commit log (it was never acknowledged)",
            bytes(found.torn_bytes)
        ));
    }
    lines.extend(
        found.orphans.iter().map(|file| format!("recovered: deleted the unfinished segment file {file}")),
    );
    lines.extend(
        found
            .rebuilt_indexes
            .iter()
            .map(|file| format!("recovered: rebuilt the damaged index of segment {file}")),
    );
    lines.extend(found.rebuilt_trees.iter().map(|org| {
        format!("recovered: made the tree hashes of {org} again from its events; they have the root that was recorded")
    }));
    for rolled_back in &found.rolled_back {
        lines.push(rolled_back.to_string());
    }
    if !found.rolled_back.is_empty() {
        lines.push(
            "READ-ONLY: nothing is written and nothing is signed. Bring the right data back, or see: \
                    tallystick recover --help"
                .to_owned(),
        );
    }
    lines
}
