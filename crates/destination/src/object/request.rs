//! What requests to stores have in common.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderValue, Method, Request};
use url::Url;

use super::element;
use crate::http::Response;

/// A request. Values of headers are printable ASCII: settings are checked by [`super::printable`].
pub(crate) fn request<'a>(
    method: Method,
    url: &Url,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    body: Bytes,
) -> Request<Bytes> {
    let mut request = Request::builder().method(method).uri(url.as_str());
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).expect("values are printable ASCII");
        request = request.header(name, value);
    }
    request.body(body).expect("a URL is a URI, and names of headers are constants or made of letters")
}

/// Text as it stands in the path of a URL, or in its query. Only what is in `keep` and unreserved (RFC 3986 2.3) stays.
pub(crate) fn escaped(text: &str, keep: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a string does not fail");
        }
    }
    out
}

/// What a store says in XML: code and message; none if it says nothing so.
pub(crate) fn said(response: &Response) -> Option<(String, String)> {
    let text = String::from_utf8_lossy(&response.body);
    Some((element(&text, "Code")?, element(&text, "Message").unwrap_or_default()))
}

/// Unix ms now, for checks: there is no batch whose time they could take.
#[expect(
    clippy::disallowed_methods,
    reason = "signatures and tokens are made for the clock of the other side"
)]
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
