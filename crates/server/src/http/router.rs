//! The route table, readable from top to bottom.

use std::{any::Any, sync::Arc};

use axum::{
    Router,
    http::{Method, StatusCode},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    compress, cross_origin, docs_page, headers, health, metrics, openapi, request_id, stream_docs, v1,
    verifier_page,
};
use crate::{
    error::{ApiError, convert::of_status},
    state::AppState,
    telemetry,
    ui::{self, pages},
};

/// The API's routes and the document that describes them.
pub fn api() -> (Router<Arc<AppState>>, OpenApi) {
    OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(v1::events::ingest::ingest, v1::events::search::search))
        .routes(routes!(v1::events::get::get))
        .routes(routes!(v1::count::count))
        .routes(routes!(v1::histogram::histogram))
        .routes(routes!(v1::facets::facets))
        .routes(routes!(v1::events::tail::tail))
        .routes(routes!(v1::explain::explain))
        .routes(routes!(v1::query_parse::parse))
        .routes(routes!(v1::events::related::related))
        .routes(routes!(v1::searches::create::create, v1::searches::list::list))
        .routes(routes!(v1::searches::get::get, v1::searches::update::update, v1::searches::delete::delete))
        .routes(routes!(v1::short_links::create::create))
        .routes(routes!(v1::short_links::get::get))
        .routes(routes!(v1::shares::create::create))
        .routes(routes!(v1::shares::list::list))
        .routes(routes!(v1::shares::revoke::revoke))
        .merge(exports())
        .merge(export_schedules())
        .merge(streams())
        .routes(routes!(v1::orgs::create::create, v1::orgs::list::list))
        .routes(routes!(v1::orgs::get::get, v1::orgs::update::update, v1::orgs::delete::delete))
        .routes(routes!(v1::keys::create::create, v1::keys::list::list))
        .routes(routes!(v1::keys::get::get, v1::keys::revoke::revoke))
        .merge(people())
        .routes(routes!(v1::viewer_tokens::create::create, v1::viewer_tokens::list::list))
        .routes(routes!(v1::viewer_tokens::revoke_all::revoke_all))
        .routes(routes!(v1::viewer_tokens::revoke::revoke))
        .routes(routes!(v1::viewer::viewer))
        .routes(routes!(v1::boot::boot))
        .routes(routes!(v1::events::proof::prove))
        .routes(routes!(v1::logs::checkpoint::checkpoint))
        .routes(routes!(v1::logs::tile::tile))
        .routes(routes!(v1::logs::consistency::consistency))
        .routes(routes!(v1::logs::range::range))
        .routes(routes!(v1::logs::directory::directory))
        .routes(routes!(v1::logs::anchors::anchors))
        .routes(routes!(v1::logs::integrity::integrity))
        .routes(routes!(v1::directory::checkpoint::checkpoint))
        .routes(routes!(v1::directory::consistency::consistency))
        .routes(routes!(v1::directory::tile::get_tile))
        .routes(routes!(v1::evidence::evidence))
        .routes(routes!(v1::log_keys::list::log_keys))
        .routes(routes!(v1::log_keys::rotate::rotate))
        .routes(routes!(v1::limits::limits))
        .routes(routes!(v1::masking::get::get))
        .routes(routes!(v1::masking::check::check))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(metrics::metrics))
        .split_for_parts()
}

/// Who signs in, their own accounts, and whom an organization lets in.
fn people() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(routes!(v1::session::sign_in::sign_in, v1::session::get::get, v1::session::end::end))
        .routes(routes!(v1::sessions::list::list))
        .routes(routes!(v1::sessions::revoke::revoke))
        .routes(routes!(v1::account::update::update))
        .routes(routes!(v1::account::password::change))
        .routes(routes!(v1::account::email::change))
        .routes(routes!(v1::account::totp_begin::begin, v1::account::totp_remove::remove))
        .routes(routes!(v1::account::totp_confirm::confirm))
        .routes(routes!(v1::account::passkeys::list::list, v1::account::passkeys::add::add))
        .routes(routes!(v1::account::passkeys::begin::begin))
        .routes(routes!(v1::account::passkeys::rename::rename, v1::account::passkeys::remove::remove))
        .routes(routes!(v1::session::passkey::sign_in))
        .routes(routes!(v1::session::passkey_begin::begin))
        .routes(routes!(v1::members::list::list, v1::members::add::add))
        .routes(routes!(v1::members::update::update, v1::members::remove::remove))
        .routes(routes!(v1::members::reset_password::reset_password))
        .routes(routes!(v1::members::remove_totp::remove_totp))
        .routes(routes!(v1::members::suspend::suspend))
        .routes(routes!(v1::members::resume::resume))
        .routes(routes!(v1::invitations::create::create, v1::invitations::list::list))
        .routes(routes!(v1::invitations::revoke::revoke))
        .routes(routes!(v1::roles::list::list, v1::roles::create::create))
        .routes(routes!(v1::roles::update::update, v1::roles::delete::delete))
        .routes(routes!(v1::sso::get::get, v1::sso::put::put, v1::sso::delete::delete))
        .routes(routes!(v1::sso::test::test))
        .routes(routes!(v1::sso::enforce::enforce))
}

/// Files of events, made in the background.
fn exports() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(routes!(v1::exports::create::create, v1::exports::list::list))
        .routes(routes!(v1::exports::get::get, v1::exports::delete::delete))
        .routes(routes!(v1::exports::progress::follow))
        .routes(routes!(v1::exports::cancel::cancel))
        .routes(routes!(v1::exports::retry::retry))
        .routes(routes!(v1::exports::manifest::get))
        .routes(routes!(v1::exports::url::create))
        .routes(routes!(v1::exports::download::download))
}

/// Exports that are made again and again.
fn export_schedules() -> OpenApiRouter<Arc<AppState>> {
    use v1::export_schedules as schedules;

    OpenApiRouter::new()
        .routes(routes!(schedules::create::create, schedules::list::list))
        .routes(routes!(schedules::get::get, schedules::update::update, schedules::delete::delete))
        .routes(routes!(schedules::pause::pause))
        .routes(routes!(schedules::resume::resume))
        .routes(routes!(schedules::run::run))
        .routes(routes!(schedules::runs::runs))
        .routes(routes!(schedules::deliver::deliver))
}

/// Events that are sent on to other systems as they come.
fn streams() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(routes!(v1::streams::kinds::kinds))
        .routes(routes!(v1::streams::create::create, v1::streams::list::list))
        .routes(routes!(v1::streams::test_draft::test))
        .routes(routes!(v1::streams::get::get, v1::streams::update::update, v1::streams::delete::delete))
        .routes(routes!(v1::streams::pause::pause))
        .routes(routes!(v1::streams::resume::resume))
        .routes(routes!(v1::streams::rewind::rewind))
        .routes(routes!(v1::streams::test::test))
        .routes(routes!(v1::streams::attempts::attempts))
        .routes(routes!(v1::streams::dead_letters::dead_letters))
        .routes(routes!(v1::streams::replay::replay))
        .routes(routes!(v1::streams::gaps::gaps))
}

/// Everything the server answers.
pub fn build(state: Arc<AppState>) -> Router {
    let (api, document) = api();
    let docs = docs_page::Pages::new(&document);
    let outermost_last = api
        .route("/openapi.json", get(openapi::document(&document)))
        .route("/docs", get(docs.api()))
        .route("/verify", get(verifier_page::page))
        .route("/docs/errors", get(docs.errors()))
        .route("/docs/style.css", get(docs_page::style))
        .route("/docs/streams/{page}", get(stream_docs::page))
        .merge(pages::routes())
        .merge(ui::routes())
        .fallback(nothing_here)
        .method_not_allowed_fallback(other_method)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(Arc::clone(&state), cross_origin::layer))
        .layer(middleware::from_fn(pages::errors::layer))
        .layer(middleware::map_response(headers::secure))
        .layer(compress::layer())
        .layer(middleware::from_fn_with_state(Arc::clone(&state), telemetry::layer))
        .layer(middleware::from_fn_with_state(Arc::clone(&state), request_id::layer));
    outermost_last.with_state(state)
}

async fn nothing_here() -> ApiError {
    of_status(StatusCode::NOT_FOUND)
}

/// axum adds `Allow` with the methods that there are.
async fn other_method(method: Method) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    of_status(StatusCode::METHOD_NOT_ALLOWED).into_response()
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    ApiError::internal(format!("panic: {text}")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_internal_error_without_its_text() {
        let response = panicked(Box::new("index out of bounds".to_owned()));
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("\"internal\"") && !body.contains("bounds"), "{body}");
    }
}
