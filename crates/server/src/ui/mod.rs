//! What people see of the service in a browser: the files of the app in `web/app` with the page that loads them, and
//! the pages that work without it.
//!
//! Nothing here knows about events: the app asks the same API as everybody else.

mod assets;
pub mod pages;
mod shell;

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, StatusCode, Uri},
    response::Response,
    routing::get,
};

use self::{assets::Assets, shell::Shell};
use crate::{error::convert::of_status, state::AppState};

/// The app's pages and files.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    let assets = Arc::new(Assets::new());
    let shell = Arc::new(Shell::new(&assets));
    let page = move |uri: Uri| {
        let shell = Arc::clone(&shell);
        async move { shell.page(uri.path()) }
    };
    let file = move |path: Path<(String, String)>, headers: HeaderMap| {
        let assets = Arc::clone(&assets);
        async move { asset(&assets, &path, &headers) }
    };
    let pages = shell::PATHS.iter().fold(Router::new(), |router, path| router.route(path, get(page.clone())));
    pages.route("/_a/{hash}/{*path}", get(file))
}

fn asset(assets: &Assets, Path((hash, path)): &Path<(String, String)>, headers: &HeaderMap) -> Response {
    let found = assets.answer(hash, path, headers);
    found.unwrap_or_else(|| axum::response::IntoResponse::into_response(of_status(StatusCode::NOT_FOUND)))
}
