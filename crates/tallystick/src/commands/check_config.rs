//! `tallystick check-config`: whether a configuration is right, before a restart depends on it.

use std::{io::Write as _, path::PathBuf};

use anyhow::Context as _;
use tallystick_delivery::mail::{Mail, Mailer};
use tallystick_event::Clock as _;

use crate::{
    config,
    exit::{Advice, Exit},
    output::{self, say},
    system::{SystemClock, random_hex},
};

const EXAMPLES: &str = "\
Examples:
  tallystick check-config tallystick.toml
  tallystick check-config tallystick.toml --mail-to me@example.com
  tallystick check-config --default > tallystick.toml";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckConfigArgs {
    /// The configuration; without it, what the defaults and the environment come to.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print the documented default configuration instead.
    #[arg(long, conflicts_with = "file")]
    default: bool,
    /// Send a message to this address, to see whether [smtp] works.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "default")]
    mail_to: Option<String>,
}

/// Prints the effective configuration on standard output, or all mistakes on standard error.
pub(crate) async fn run(args: &CheckConfigArgs) -> anyhow::Result<Exit> {
    let text = if args.default {
        config::default_file()
    } else {
        let loaded = config::load(args.file.as_deref(), &[])?;
        if let Some(address) = &args.mail_to {
            return mail(&loaded.config, address).await;
        }
        config::effective(&loaded)
    };
    let mut out = output::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Exit::Done)
}

/// Hands a message to the mail server.
async fn mail(config: &config::Config, address: &str) -> anyhow::Result<Exit> {
    let Some(options) = config.smtp.options()? else {
        return Err(Advice::usage("smtp.host is empty: no e-mail is sent", "set it in the configuration"));
    };
    let host = options.host.clone();
    let mailer = Mailer::new(options).context("[smtp] cannot be used")?;
    let mail = Mail {
        id: format!("test.{}", random_hex(8)),
        to: vec![address.to_owned()],
        subject: "Tallystick can send e-mail".to_owned(),
        text: "This is a test: somebody has run `tallystick check-config --mail-to`.\n".to_owned(),
        at_ms: SystemClock.now_ms(),
        file: None,
    };
    mailer.send(&mail).await.with_context(|| format!("{host} has not taken the message"))?;
    say(format!("{host} has taken a message to {address}"));
    Ok(Exit::Done)
}
