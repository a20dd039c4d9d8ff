//! Requests that change something and carry a cookie must come from our own pages. Browsers say where a request comes
//! from in `Sec-Fetch-Site`, older ones in `Origin`; neither can be set by a page's script. A request that says neither
//! is not from a browser and has no cookie of one, so it is refused too.

use axum::http::{HeaderMap, Method, header, request::Parts};

use super::json::media_type;
use crate::error::{ApiError, ErrorCode};

/// Checks a call of the API with a cookie. A body must be JSON, which no form of another site can send.
pub fn check_api(parts: &Parts) -> Result<(), ApiError> {
    if matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    check(&parts.headers)?;
    let length = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let has_body = parts.headers.contains_key(header::TRANSFER_ENCODING)
        || length.is_some_and(|length| length.trim() != "0");
    let kind = parts.headers.get(header::CONTENT_TYPE).map(|kind| String::from_utf8_lossy(kind.as_bytes()));
    if has_body && kind.as_deref().map(media_type).as_deref() != Some("application/json") {
        return Err(refused("with a session, a body is Content-Type: application/json"));
    }
    Ok(())
}

/// Checks a call that signs somebody in, if a browser makes it: a page of another site must not sign somebody in to an
/// account of its own. Programs say nothing of sites.
pub fn check_api_if_browser(parts: &Parts) -> Result<(), ApiError> {
    if parts.headers.contains_key("sec-fetch-site") || parts.headers.contains_key(header::ORIGIN) {
        return check_api(parts);
    }
    Ok(())
}

/// Checks where the request comes from.
pub fn check(headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_own = match text("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => text("origin").zip(text("host")).is_some_and(|(origin, host)| {
            let after_scheme = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            after_scheme.is_some_and(|own| own.eq_ignore_ascii_case(host))
        }),
    };
    if is_own {
        return Ok(());
    }
    Err(refused("the request does not come from a page of this service; programs use an API key"))
}

fn refused(why: &str) -> ApiError {
    ApiError::new(ErrorCode::CrossSite, why)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, Request};

    use super::*;

    fn parts(method: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri("/v1/keys");
        for (name, value) in headers {
            request = request.header(name.parse::<HeaderName>().unwrap(), *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_our_own_pages_change_anything() {
        let json = ("content-type", "application/json; charset=utf-8");
        let body = ("content-length", "2");
        let own = ("sec-fetch-site", "same-origin");
        let host = ("host", "audit.example.com:8440");
        for headers in [
            vec![own],
            vec![own, json, body],
            vec![own, ("content-length", "0")],
            vec![host, ("origin", "https://audit.example.com:8440"), json, body],
            vec![host, ("origin", "http://AUDIT.example.com:8440")],
        ] {
            assert!(check_api(&parts("POST", &headers)).is_ok(), "{headers:?}");
        }
        for headers in [
            vec![],
            vec![json, body],
            vec![("sec-fetch-site", "cross-site"), json, body],
            vec![("sec-fetch-site", "same-site")],
            vec![("sec-fetch-site", "none")],
            vec![("sec-fetch-site", "cross-site"), host, ("origin", "https://audit.example.com:8440")],
            vec![own, body],
            vec![own, ("content-type", "text/plain"), body],
            vec![
                own,
                ("content-type", "application/x-www-form-urlencoded"),
                ("transfer-encoding", "chunked"),
            ],
            vec![host, ("origin", "null")],
            vec![host, ("origin", "https://audit.example.com")],
            vec![host, ("origin", "https://audit.example.com:8440.evil.example")],
        ] {
            let error = check_api(&parts("DELETE", &headers)).unwrap_err();
            assert_eq!(error.code(), ErrorCode::CrossSite, "{headers:?}");
        }
        assert!(
            check_api(&parts("GET", &[("sec-fetch-site", "cross-site")])).is_ok(),
            "a link from elsewhere"
        );
    }
}
