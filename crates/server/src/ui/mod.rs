//! What people see of the service in a browser: the files of the app in `web/app` with the page that loads them, and
//! the pages that work without it.
//!
//! Nothing here knows about events: the app asks the same API as everybody else.
//! Whoever is not signed in is led there first. A request that shows a key gets the page, which holds nothing of
//! anybody.

mod assets;
#[cfg(test)]
mod budgets;
mod chunks;
mod embed;
pub mod pages;
mod shell;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

use self::{assets::FILES, shell::Shell};
use crate::{
    error::{ApiError, convert::of_status},
    http::caller::Authenticated,
    state::AppState,
};

/// Whether it is the address of a page of the app, with whatever query.
pub(crate) fn is_own_page(address: &str) -> bool {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |page: &&str| {
        let wanted: Vec<&str> = page.split('/').collect();
        let same =
            |(wanted, part): (&&str, &&str)| wanted == part || (wanted.starts_with('{') && !part.is_empty());
        wanted.len() == parts.len() && wanted.iter().zip(&parts).all(same)
    };
    let is_plain = !address.contains(|c: char| c == '\\' || c.is_control() || c.is_whitespace());
    is_plain && shell::PATHS.iter().any(fits)
}

/// The app's pages and files.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    let shell = Arc::new(Shell::new());
    let page = move |State(state): State<Arc<AppState>>, request: Request| {
        let shell = Arc::clone(&shell);
        async move { show(&shell, &state, request).await }
    };
    let pages = shell::PATHS.iter().fold(Router::new(), |router, path| router.route(path, get(page.clone())));
    pages
        .route("/_a/{hash}/{*path}", get(asset))
        .route("/embed/v1/viewer.js", get(embed::viewer))
        .route("/embed/v1/frame/{id}", get(embed::frame))
}

async fn show(shell: &Shell, state: &AppState, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let shows_key = parts.headers.contains_key(header::AUTHORIZATION);
    if !shows_key && Authenticated::of_session(&parts, state).await?.is_none() {
        let here = parts.uri.path_and_query().map_or("/", |here| here.as_str());
        let next = serde_urlencoded::to_string([("next", here)]).map_err(ApiError::internal)?;
        return Ok(Redirect::to(&format!("/sign-in?{next}")).into_response());
    }
    Ok(shell.page(parts.uri.path()))
}

async fn asset(Path((hash, path)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let found = FILES.answer(&hash, &path, &headers);
    found.map_or_else(|| of_status(StatusCode::NOT_FOUND).into_response(), embed::open_to_all)
}
