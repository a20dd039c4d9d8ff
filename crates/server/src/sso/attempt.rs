//! What a browser carries while it is at a provider.

use axum::http::HeaderMap;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use tallystick_catalog::SsoConnection;
use tallystick_event::OrgId;
use tallystick_oidc::Flow;

use crate::{http::cookie, state::AppState};

/// Time to come back from a provider, ms: ten minutes.
pub const ATTEMPT_MS: i64 = 600_000;

/// What somebody wants of a provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Purpose {
    /// To sign in, and to go on there.
    SignIn {
        /// A path of ours.
        next: String,
    },
    /// To accept an invitation.
    Invitation {
        /// The last part of its link.
        token: String,
    },
    /// To see what would happen.
    Test {
        /// The session that asked.
        session: String,
    },
}

/// A sign-in that has begun.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attempt {
    /// What comes back, and what is shown for it.
    pub flow: Flow,
    org: String,
    /// The connection as it was.
    pub revision: i64,
    /// What it is for.
    pub purpose: Purpose,
    /// As the provider was told.
    pub redirect_uri: String,
    /// It is too late then, Unix ms.
    pub expires_ms: i64,
}

impl Attempt {
    pub(super) fn new(
        flow: Flow,
        connection: &SsoConnection,
        purpose: Purpose,
        redirect_uri: String,
        now_ms: i64,
    ) -> Self {
        let org = connection.org.to_string();
        Self {
            flow,
            org,
            revision: connection.revision,
            purpose,
            redirect_uri,
            expires_ms: now_ms + ATTEMPT_MS,
        }
    }

    /// The organization.
    pub fn org(&self) -> Option<OrgId> {
        self.org.parse().ok()
    }

    pub(super) fn seal(&self, state: &AppState) -> String {
        let text = serde_json::to_string(self).expect("plain data");
        URL_SAFE_NO_PAD.encode(state.auth.seal_attempt(&text))
    }

    /// That of this browser, if it has one that was sealed here.
    pub(super) fn of(headers: &HeaderMap, state: &AppState) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(cookie::attempt(headers, state)?).ok()?;
        serde_json::from_str(&state.auth.open_attempt(&sealed)?).ok()
    }
}
