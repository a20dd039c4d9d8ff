//! Somebody to sign in as: runs the demonstration's installation and owns its organization.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use serde_json::json;
use tallystick_auth::{NewAccount, Secret};
use tallystick_catalog::{CatalogError, Conflict, OWNER};
use tallystick_event::OrgId;
use tallystick_server::{
    AppState,
    admin_events::Who,
    people_events::{self, AccountAct, USER_CREATED},
};

use super::sim;
use crate::{files, system::random_hex};

const EMAIL: &str = "demo@tallystick.example";

/// With what to sign in.
pub(crate) struct Owner {
    /// E-mail address.
    pub(crate) email: &'static str,
    /// Password.
    pub(crate) password: String,
}

/// Makes the account at the first demonstration on a data directory, and keeps its password beside the root key.
pub(crate) async fn ensure(state: &Arc<AppState>, folder: &Path) -> anyhow::Result<Owner> {
    let path = folder.join("keys").join("demo.password");
    let catalog = state.engine.catalog();
    let found = catalog.user_by_email(EMAIL).await?;
    if found.is_some() && path.exists() {
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        return Ok(Owner { email: EMAIL, password: text.trim().to_owned() });
    }
    let password = random_hex(10);
    let secret = Secret::from(password.as_str());
    let user = if let Some(user) = found {
        let link = state.auth.reset_link(&user.id, "demo").await?;
        state.auth.redeem_reset(link.token.expose(), &secret).await?.0
    } else {
        let link = state.auth.setup_link("demo").await?;
        let account = NewAccount {
            email: EMAIL.to_owned(),
            name: "Demo Owner".to_owned(),
            time_zone: "UTC".to_owned(),
            password: secret,
        };
        let user = state.auth.redeem_setup(link.token.expose(), account).await?;
        // Before they are a member, so that it is in the instance's log and not in the story.
        let metadata = json!({ "email": EMAIL, "operator": true, "link_made_by": "demo" });
        let made = AccountAct::done(USER_CREATED, metadata);
        people_events::record(state, &Who::user(&user, None, None, None), &user, made).await;
        user
    };
    let org: OrgId = sim::ORG_ID.parse().context("the sample organization's id")?;
    match catalog.add_member(&org, &user.id, OWNER).await {
        Ok(_) | Err(CatalogError::Conflict(Conflict::AlreadyMember { .. })) => {}
        Err(error) => return Err(error.into()),
    }
    files::write_private(&path, &format!("{password}\n"))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Owner { email: EMAIL, password })
}
