//! What somebody may who asked for something a while ago and is not there now: for work in the background, and for
//! links that speak for whoever made them.

use tallystick_catalog::CatalogError;
use tallystick_event::OrgId;

use crate::{Auth, Caller, CallerId, Operation, Rights, ScopeSet, authorize};

/// For what links to exports are sealed.
const EXPORT_LINK: &str = "export_link";

impl Auth {
    /// Whether somebody may carry out an operation on an organization now, all of it: whoever sees a part of the events
    /// only is refused. `by_sso` says that they had signed in through that organization's provider.
    pub async fn may_still(
        &self,
        id: &CallerId,
        by_sso: bool,
        operation: Operation,
        org: &OrgId,
    ) -> Result<bool, CatalogError> {
        match id {
            CallerId::Root => Ok(self.has_root_key()),
            // Nothing that a viewer token allows is done later.
            CallerId::Viewer(_) => Ok(false),
            CallerId::Key(id) => {
                let key = match self.catalog().key(id).await {
                    Err(CatalogError::NotFound { .. }) => return Ok(false),
                    key => key?,
                };
                let scopes = ScopeSet::of_stored(&key.scopes);
                let caller = Caller {
                    id: CallerId::Key(key.id.clone()),
                    name: key.name.clone(),
                    rights: Rights::Key { org: key.org.clone(), scopes },
                    expires_ms: key.expires_ms,
                };
                Ok(key.is_live(self.now_ms()) && authorize(&caller, operation, Some(org)).is_ok())
            }
            CallerId::User(id) => {
                let user = match self.catalog().user(id).await {
                    Err(CatalogError::NotFound { .. }) => return Ok(false),
                    user => user?,
                };
                if user.suspended_ms.is_some() {
                    return Ok(false);
                }
                let is_operator = user.is_operator && !by_sso;
                let grants = self.grants(&user, is_operator, by_sso.then_some(org)).await?;
                let need = operation.rule().permission;
                let allows =
                    |permissions: crate::PermissionSet| need.is_none_or(|need| permissions.has(need));
                let grant = grants.iter().find(|grant| grant.org == *org);
                Ok(grant.is_some_and(|grant| allows(grant.permissions) && grant.filter.is_none()))
            }
        }
    }

    /// Seals what a link to an export says. Only this instance can make one, and only for the export `whose`.
    pub fn seal_export_link(&self, whose: &str, text: &str) -> Vec<u8> {
        self.people().options.seal_key.seal(EXPORT_LINK, whose, text.as_bytes(), self.random())
    }

    /// Opens what [`Auth::seal_export_link`] sealed; none if it is altered, made up, or of another export.
    pub fn open_export_link(&self, whose: &str, sealed: &[u8]) -> Option<String> {
        let opened = self.people().options.seal_key.open(EXPORT_LINK, whose, sealed).ok()?;
        String::from_utf8(opened.to_vec()).ok()
    }
}
