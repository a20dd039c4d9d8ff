//! Errors as pages, for people who come by a browser; programs get the same as `application/problem+json`.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use maud::html;

use super::page;
use crate::http::request_id;

/// Turns the errors of addresses that people open into pages.
pub async fn layer(request: Request, next: Next) -> Response {
    let is_page = wants_page(request.headers()) && !request.uri().path().starts_with("/v1/");
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    if !is_page || kind != Some(&HeaderValue::from_static("application/problem+json")) {
        return response;
    }
    let mut shown = show(response.status());
    for name in [header::RETRY_AFTER, header::ALLOW] {
        if let Some(value) = response.headers().get(&name) {
            shown.headers_mut().insert(name, value.clone());
        }
    }
    shown
}

fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.split(',').any(|kind| kind.trim().starts_with("text/html")))
}

fn show(status: StatusCode) -> Response {
    let (title, why) = match status.as_u16() {
        401 => ("You are not signed in", "Sign in to see this."),
        403 => {
            ("This is not for you to see", "Your role does not allow it. Ask an owner of your organization.")
        }
        404 => ("There is nothing here", "The address is mistyped, or what was here is out of your reach."),
        405 => ("This address works differently", "It exists, but not for this."),
        429 => ("Too many attempts", "Wait a moment, then try again."),
        507 => ("The disk is full", "Nothing new can be stored until there is room again. Reading goes on."),
        400..=499 => {
            ("This did not work", "The request is not one that this page makes. Go back and try again.")
        }
        _ => ("Something went wrong on our side", "Try again in a moment."),
    };
    let content = html! {
        h1 { (title) }
        p { (why) }
        p class="note" { "Request " code { (request_id::current()) } }
        p { a href="/" { "To the start" } " · " a href="/sign-in" { "Sign in" } }
    };
    page(status, title, &content)
}
