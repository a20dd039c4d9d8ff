//! `/docs/streams/…`: the pages of the documentation about kinds of destinations, as they are written, so that the
//! service explains its own forms without a network.

use axum::{
    extract::RawPathParams,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

use crate::error::convert::of_status;

#[derive(RustEmbed)]
#[folder = "../../docs/streams"]
#[include = "*.md"]
struct Pages;

/// The page of a kind, `README` for streams as such.
pub async fn page(params: RawPathParams) -> Response {
    let name = params.iter().find(|(name, _)| *name == "page").map_or("", |(_, value)| value);
    let Some(file) = Pages::get(&format!("{name}.md")) else {
        return of_status(StatusCode::NOT_FOUND).into_response();
    };
    let headers: [(HeaderName, HeaderValue); 1] =
        [(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))];
    (headers, file.data.into_owned()).into_response()
}

/// Whether there is a page of this name.
#[cfg(test)]
fn is_there(name: &str) -> bool {
    Pages::get(&format!("{name}.md")).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_explained() {
        assert!(is_there("README") && !is_there("nothing") && !is_there("../api"));
        for kind in tallystick_destination::kinds() {
            let page = kind.name.replace('_', "-");
            assert!(is_there(&page), "docs/streams/{page}.md is missing");
        }
    }
}
