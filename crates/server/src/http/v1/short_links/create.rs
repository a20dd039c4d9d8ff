//! `POST /v1/short-links`: a short address for a long one.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tallystick_auth::Operation;
use tallystick_catalog::SHORT_LINK_PATH_BYTES_MAX;
use utoipa::ToSchema;

use super::ShortLinkAnswer;
use crate::{
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::{Params, invalid},
    },
    state::AppState,
    ui,
};

/// What to shorten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShortLink {
    /// A path of the interface with its query.
    #[schema(example = "/events?q=actor:ana&range=30d")]
    path: String,
}

impl Members for NewShortLink {
    const MEMBERS: &'static [&'static str] = &["path"];
}

/// Shorten an address
///
/// The same address always gets the same link. Whoever follows it has to be signed in and to read the organization's
/// events. The oldest links of an organization are forgotten when there are too many.
#[utoipa::path(
    post,
    path = "/v1/short-links",
    tag = "searches",
    operation_id = "create_short_link",
    params(("org" = Option<String>, Query, description = "The organization; needed if one is in several")),
    request_body = NewShortLink,
    responses(
        (status = 201, description = "Made", body = ShortLinkAnswer),
        (status = 200, description = "It was there already", body = ShortLinkAnswer),
        (status = 400, description = "It is no address of the interface",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn create(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
    request: axum::extract::Request,
) -> Result<(StatusCode, Json<ShortLinkAnswer>), ApiError> {
    let org = caller.one_org(Operation::CreateShortLink, &mut params)?;
    params.end()?;
    let Body(new) = Body::<NewShortLink>::read(request, &state).await?;
    if new.path.len() > SHORT_LINK_PATH_BYTES_MAX || !ui::is_own_page(&new.path) {
        let why = format!("it is no path of the interface of at most {SHORT_LINK_PATH_BYTES_MAX} bytes");
        return Err(invalid("path", &why));
    }
    let hash: [u8; 32] = Sha256::digest(new.path.as_bytes()).into();
    let by = caller.caller.id.to_string();
    let (link, is_new) = state.engine.catalog().short_link_to(&org, &new.path, &hash, &by).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(ShortLinkAnswer::of(&state, &link))))
}
