//! What pages of other products load: the module behind `<audit-viewer>`, and the same in a frame. Their addresses
//! never change; the modules behind them lie below the hash of this version, like those of the app.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::{DOCTYPE, html};
use tallystick_catalog::{CatalogError, ViewerTokenId};

use super::assets::FILES;
use crate::{
    error::{ApiError, convert::of_status},
    http::{
        path::Id,
        static_file::{Keep, answer},
    },
    state::AppState,
};

const VIEWER: &str = "app/embed/viewer.js";
const FRAME: &str = "app/embed/frame.js";
/// Before the origins of those who may show the frame.
const FRAME_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                            connect-src 'self'; base-uri 'none'; form-action 'none'; \
                            require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors";

/// Lets pages of any origin load a file that holds nothing of anybody.
pub(super) fn open_to_all(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}

/// `GET /embed/v1/viewer.js`: names all modules of the viewer, so that they load at once and not one after the other.
/// Asked for each time, because the names change with each version.
pub(super) async fn viewer(headers: HeaderMap) -> Response {
    let modules = FILES.modules(VIEWER);
    let lines: Vec<String> =
        modules.iter().map(|path| format!("import \"{}\";\n", FILES.url(path))).collect();
    let body = lines.concat().into_bytes();
    open_to_all(answer(&headers, "text/javascript; charset=utf-8", body, Keep::Seconds(0), true))
}

/// `GET /embed/v1/frame/{id}`: a page that only pages of the origins of that viewer token may show. The id is no secret
/// and opens nothing: the page around hands the token itself over. It goes on with later tokens, so it is there for as
/// long as something of this one is known.
pub(super) async fn frame(
    State(state): State<Arc<AppState>>,
    id: Result<Id<ViewerTokenId>, ApiError>,
) -> Result<Response, ApiError> {
    let Ok(Id(id)) = id else { return Err(of_status(StatusCode::NOT_FOUND)) };
    let found = match state.engine.catalog().viewer_token(&id).await {
        Err(CatalogError::NotFound { .. }) => None,
        found => Some(found?).filter(|token| token.revoked_ms.is_none()),
    };
    let Some(token) = found else { return Err(of_status(StatusCode::NOT_FOUND)) };
    let policy = format!("{FRAME_POLICY} {}", token.origins.join(" "));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_str(&policy).map_err(ApiError::internal)?),
    ];
    Ok((headers, page(&token.origins)).into_response())
}

fn page(origins: &[String]) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Audit log" }
                link rel="stylesheet" href=(FILES.url("app/css/frame.css"));
                @for module in FILES.modules(FRAME) {
                    link rel="modulepreload" href=(FILES.url(&module));
                }
                script type="module" src=(FILES.url(FRAME)) {}
            }
            body data-origins=(origins.join(" ")) {
                audit-viewer {}
                p hidden { "This page is shown inside another product." }
            }
        }
    };
    page.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_module_names_what_it_needs_and_nothing_of_the_app_around() {
        let response = viewer(HeaderMap::new()).await;
        assert_eq!(response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "public, max-age=0");
        let body = axum::body::to_bytes(response.into_body(), 100_000).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        for line in text.lines() {
            assert!(line.starts_with("import \"/_a/") && line.ends_with(".js\";"), "{line}");
        }
        assert!(text.contains("app/embed/viewer.js") && text.contains("app/vendor/preact.js"));
        assert!(!text.contains("session.js") && !text.contains("route.js"), "{text}");
    }

    #[test]
    fn the_page_of_the_frame_has_no_script_of_its_own() {
        let html = page(&["https://app.example.com".to_owned(), "http://localhost:1".to_owned()]);
        assert_eq!(html.matches("<script").count(), 1);
        assert!(html.contains("data-origins=\"https://app.example.com http://localhost:1\""));
        assert!(!html.contains(" style=") && !FRAME_POLICY.contains("unsafe"));
    }
}
