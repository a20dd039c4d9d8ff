//! Short addresses for long ones. They lead nobody to more than they may see: following one takes the same permission
//! as its target, and says nothing to others.

pub mod create;
pub mod get;

use serde::Serialize;
use tallystick_auth::Operation;
use tallystick_catalog::{ShortLink, ShortLinkId};
use tallystick_event::format_ms;
use utoipa::ToSchema;

use crate::{
    error::{ApiError, ErrorCode},
    http::caller::Authenticated,
    state::AppState,
};

/// A short link.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShortLinkAnswer {
    /// 20 characters.
    id: String,
    /// What is opened in a browser. Without a configured public address it is a path.
    #[schema(example = "https://audit.acme.example/s/7fq2k0x9b3m5n8p1r4tv")]
    url: String,
    /// Where it leads: a path of the interface with its query.
    path: String,
    /// To whom that belongs.
    org: String,
    /// RFC 3339.
    created_at: String,
}

impl ShortLinkAnswer {
    fn of(state: &AppState, link: &ShortLink) -> Self {
        let base = state.options.public_url.as_deref().unwrap_or_default().trim_end_matches('/');
        Self {
            id: link.id.to_string(),
            url: format!("{base}/s/{}", link.id),
            path: link.path.clone(),
            org: link.org.to_string(),
            created_at: format_ms(link.created_ms),
        }
    }
}

/// The link with this id, if the caller may see what it leads to.
pub async fn followed(
    state: &AppState,
    caller: &Authenticated,
    id: &ShortLinkId,
) -> Result<ShortLink, ApiError> {
    let reach = caller.may(Operation::GetShortLink, None)?;
    let link = state.engine.catalog().short_link(id).await?;
    link.filter(|link| reach.covers(Some(&link.org))).ok_or_else(|| {
        ApiError::new(ErrorCode::NotFound, format!("there is no short link {id} within reach of this caller"))
    })
}
