//! Links that open one file for minutes, without an account: what stands in them is sealed by the instance, so that
//! nobody can make one up or alter it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use tallystick_auth::{CallerId, Operation};
use tallystick_catalog::Export;

use crate::{
    error::{ApiError, ErrorCode},
    state::AppState,
};

/// How long a link works if nobody says, minutes.
pub const LINK_MINUTES_DEFAULT: u32 = 10;
/// How long a link may work at most, minutes.
pub const LINK_MINUTES_MAX: u32 = 60;
/// Longest link that is looked at, characters.
const TOKEN_CHARS_MAX: usize = 2_000;

/// What a link says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExportLink {
    /// Its id, which is recorded.
    pub id: String,
    /// Who made it: an id of a person or a key, or `root`.
    pub by: String,
    /// Their name.
    pub by_name: String,
    /// They had signed in through the organization's provider.
    pub by_sso: bool,
    /// Of which attempt the file is.
    pub attempt: u64,
    /// It works until then, Unix ms.
    pub expires_ms: i64,
}

impl ExportLink {
    /// As it stands in the address.
    pub fn seal(&self, state: &AppState, export: &Export) -> Result<String, ApiError> {
        let text = serde_json::to_string(self).map_err(ApiError::internal)?;
        Ok(URL_SAFE_NO_PAD.encode(state.auth.seal_export_link(export.id.as_str(), &text)))
    }

    /// Reads a link, and looks whether it works: it is ours, of this file, not too old, and whoever made it may still
    /// have the file. All that is wrong gets the same answer.
    pub async fn open(state: &AppState, export: &Export, token: &str) -> Result<Self, ApiError> {
        let opened = (token.len() <= TOKEN_CHARS_MAX).then(|| Self::unseal(state, export, token)).flatten();
        let link = opened.ok_or_else(no_link)?;
        let is_live = state.clock.now_ms() < link.expires_ms && link.attempt == export.attempt;
        let by: CallerId = link.by.parse().map_err(|_| no_link())?;
        let may = state.auth.may_still(&by, link.by_sso, Operation::DownloadExport, &export.org);
        if is_live && may.await? { Ok(link) } else { Err(no_link()) }
    }

    fn unseal(state: &AppState, export: &Export, token: &str) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(token).ok()?;
        let text = state.auth.open_export_link(export.id.as_str(), &sealed)?;
        serde_json::from_str(&text).ok()
    }
}

/// The link does not work, for whatever reason.
pub fn no_link() -> ApiError {
    ApiError::new(ErrorCode::VerificationFailed, "the link is too old or does not work; ask for a new one")
}
