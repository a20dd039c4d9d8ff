//! `tallystick user`: people's accounts for whoever has the machine itself, when nobody can sign in any more. It works
//! on the catalog, whether the service runs or not; what its links are used for is recorded by the service.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use tallystick_auth::{Auth, MadeLink};
use tallystick_catalog::{Catalog, CatalogUrl, LIST_MAX};
use tallystick_event::{Clock, Random, format_ms};

use crate::{
    accounts,
    config::{self, Config},
    exit::{Advice, Exit},
    output::{print, safe, say},
    system::{OsRandom, SystemClock},
};

const EXAMPLES: &str = "\
Examples:
  tallystick user list --data-dir ./data
  tallystick user create-setup-link --data-dir ./data
  tallystick user reset-password ana@acme.example --data-dir ./data

A link works once, for a day. To set up means to make an account that runs the installation.";

/// What the audit log says of who made a link.
const MADE_BY: &str = "tallystick user";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
    /// The data directory.
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// Configuration file.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum UserCommand {
    /// List accounts: id, e-mail address, name, whether they run the installation, when they were last active.
    List,
    /// Make a link by which somebody gets an account that runs the installation. The one before stops working.
    CreateSetupLink,
    /// Make a link by which somebody chooses a new password. The one before stops working.
    ResetPassword {
        /// Their e-mail address.
        email: String,
    },
}

/// Does it.
pub(crate) async fn run(args: UserArgs) -> anyhow::Result<Exit> {
    let data_dir = args.data_dir.as_ref().map(|dir| dir.display().to_string());
    let loaded = config::load(args.config.as_deref(), &[("data", "dir", "--data-dir", data_dir)])?;
    let config = &loaded.config;
    let (auth, catalog) = open(config).await?;
    let base = config::accounts::public_url(&config.server.public_url).map_err(anyhow::Error::msg)?;
    let base = base.unwrap_or_else(|| format!("http://{}", config.server.listen));
    match args.command {
        UserCommand::List => list(&catalog).await?,
        UserCommand::CreateSetupLink => tell(&base, "setup", &auth.setup_link(MADE_BY).await?)?,
        UserCommand::ResetPassword { email } => {
            let user = catalog.user_by_email(&email).await?.ok_or_else(|| Advice {
                message: format!("there is no account with the e-mail address {email}"),
                help: "tallystick user list shows what there is".to_owned(),
                exit: Exit::Refused,
            })?;
            tell(&base, "reset", &auth.reset_link(&user.id, MADE_BY).await?)?;
        }
    }
    catalog.close().await;
    Ok(Exit::Done)
}

async fn open(config: &Config) -> anyhow::Result<(Auth, Catalog)> {
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(OsRandom));
    let url = config.catalog_url()?;
    if let CatalogUrl::Sqlite(path) = &url
        && !path.exists()
    {
        return Err(Advice {
            message: format!("there is no catalog {}", path.display()),
            help: "name the data directory with --data-dir; tallystick serve makes a new one".to_owned(),
            exit: Exit::Usage,
        }
        .into());
    }
    let catalog = Catalog::open(&url, Arc::clone(&clock), Arc::clone(&random))
        .await
        .with_context(|| format!("cannot open the catalog {url}"))?;
    let auth = Auth::open(catalog.clone(), None, accounts::options(config)?, clock, random).await?;
    Ok((auth, catalog))
}

async fn list(catalog: &Catalog) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = catalog.list_users(after.as_ref(), LIST_MAX).await?;
        for user in &page {
            let role = if user.is_operator { "operator" } else { "-" };
            let active = user.last_active_ms.map_or_else(|| "never".to_owned(), format_ms);
            print(format!("{}\t{}\t{}\t{role}\t{active}", user.id, safe(&user.email), safe(&user.name)))?;
        }
        after = page.last().map(|user| user.id.clone());
        if page.len() < LIST_MAX as usize {
            return Ok(());
        }
    }
}

/// The link alone on standard output, so that it can be passed on by a script.
fn tell(base: &str, page: &str, made: &MadeLink) -> anyhow::Result<()> {
    print(format!("{base}/{page}/{}", made.token.expose()))?;
    say(format!("it works once, until {}", format_ms(made.link.expires_ms)));
    Ok(())
}
