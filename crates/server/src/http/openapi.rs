//! The OpenAPI document: its frame, and the answer at `/openapi.json`. Paths and shapes come from the handlers.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use utoipa::{
    OpenApi as _,
    openapi::{
        OpenApi,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::router;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Tallystick",
        description = "Self-hosted audit log: takes events in, keeps them so that nobody can change them unnoticed, \
                       finds them in milliseconds and shows them live. JSON in UTF-8, names in snake_case, times in \
                       RFC 3339 UTC. Errors are `application/problem+json` with a stable `code`; every code is \
                       explained at `/docs/errors`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "events", description = "Write, find and follow events."),
        (name = "searches", description = "Searches that are kept, and short links to what they show."),
        (name = "shares", description = "Links to one event for people without an account."),
        (name = "exports", description = "Files of events, made in the background."),
        (name = "export schedules", description = "Exports that are made again and again."),
        (name = "streams", description = "Events that are sent on to other systems as they come."),
        (name = "organizations", description = "Organizations; each has a log of its own."),
        (name = "keys", description = "API keys: who may do what."),
        (name = "viewers", description = "Viewer tokens: a part of a log inside the pages of another product."),
        (name = "people", description = "Accounts, members of organizations, roles and sessions."),
        (name = "proofs", description = "That nothing was changed: checkpoints, tiles, proofs, anchors."),
        (name = "service", description = "The service itself."),
    ),
)]
struct Frame;

/// The document without paths.
pub fn frame() -> OpenApi {
    let mut document = Frame::openapi();
    "1".clone_into(&mut document.info.version);
    document.info.contact = None;
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key, `tsk_…`, made with `POST /v1/keys`"))
        .build();
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
        "tallystick",
        "What signing in sets; `__Host-tallystick` over https. Calls that change something need `Sec-Fetch-Site: \
         same-origin`, which browsers send by themselves, and a body in JSON.",
    ));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    let viewer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "A viewer token, `tsv_…`, made with `POST /v1/viewer-tokens`. It also opens finding, reading, counting, \
             following and proving events, as far as its features allow",
        ))
        .build();
    components.add_security_scheme("viewer_token", SecurityScheme::Http(viewer));
    components.add_security_scheme("api_key", SecurityScheme::Http(bearer));
    document
}

/// The document as it is served and committed.
pub fn text() -> String {
    render(&router::api().1)
}

fn render(document: &OpenApi) -> String {
    let mut text = document.to_pretty_json().expect("a document is plain data");
    text.push('\n');
    text
}

/// The handler of `/openapi.json`.
pub fn document(
    document: &OpenApi,
) -> impl Fn() -> std::future::Ready<Response> + Clone + Send + Sync + 'static + use<> {
    let bytes = Bytes::from(render(document));
    move || {
        let answer = ([(header::CONTENT_TYPE, "application/json")], bytes.clone());
        std::future::ready(answer.into_response())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_document_is_the_one_of_the_code() {
        let committed = include_str!("../../../../docs/openapi.json");
        let remedy = "run: cargo run -p tallystick-server --example openapi > docs/openapi.json";
        assert!(committed == text(), "docs/openapi.json is out of date; {remedy}");
    }

    #[test]
    fn every_operation_has_an_id_a_summary_answers_and_says_who_may() {
        let document = serde_json::to_value(router::api().1).unwrap();
        let mut operations = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                for member in ["operationId", "summary", "responses", "security", "tags"] {
                    assert!(!operation[member].is_null(), "{method} {path} has no {member}");
                }
                operations += 1;
            }
        }
        assert_eq!(operations, 128);
    }
}
