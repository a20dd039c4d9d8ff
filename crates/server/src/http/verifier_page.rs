//! `/verify`: the page that checks evidence packs and event proofs in the browser. It is one file that works without
//! us; whoever does not believe this service takes it from elsewhere (docs/verifier-page.md).

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};

/// The page, as `web/verify/build.mjs` makes it.
const PAGE: &str = include_str!("../../../../web/verify/verifier.html");
/// What stands before the page's own policy.
const POLICY_START: &str = "http-equiv=\"Content-Security-Policy\" content=\"";

/// The page, under the policy that it carries itself; it cannot connect to anything, this service included.
pub async fn page() -> Response {
    let policy = format!("{}; frame-ancestors 'none'", policy());
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_str(&policy).unwrap_or(super::headers::POLICY)),
    ];
    (headers, PAGE).into_response()
}

fn policy() -> &'static str {
    let rest = PAGE.split_once(POLICY_START).map_or("", |(_, rest)| rest);
    rest.split_once('"').map_or("default-src 'none'", |(policy, _)| policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_header_is_the_policy_of_the_page() {
        assert!(policy().starts_with("default-src 'none'; script-src 'sha256-"), "{}", policy());
        let response = page().await;
        let header = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(header.contains("script-src 'sha256-") && header.ends_with("frame-ancestors 'none'"));
    }
}
