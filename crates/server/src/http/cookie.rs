//! The session's cookie. Over https it has the `__Host-` name, which browsers take only from this very host and over
//! https; on plain http, where that is not possible, a name of its own.

use axum::http::{HeaderMap, HeaderValue, header};
use tallystick_auth::Secret;

use crate::state::AppState;

const SECURE_NAME: &str = "__Host-tallystick";
const PLAIN_NAME: &str = "tallystick";
/// Characters of a session's token at most; more is no token.
const TOKEN_CHARS_MAX: usize = 64;

/// What the browser has, if it has something that can be a session at all. Only the name that is given out counts:
/// over https anybody on the way, or on a neighbouring host, could plant a cookie of the plain one.
pub fn session(headers: &HeaderMap, state: &AppState) -> Option<Secret> {
    named(headers, name(state.options.is_https()))
}

fn name(is_https: bool) -> &'static str {
    if is_https { SECURE_NAME } else { PLAIN_NAME }
}

fn named(headers: &HeaderMap, name: &str) -> Option<Secret> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, token) = pairs.find(|(key, _)| *key == name)?;
    let is_plausible = !token.is_empty() && token.len() <= TOKEN_CHARS_MAX;
    is_plausible.then(|| Secret::from(token))
}

/// The header that gives the browser its session.
pub fn set(state: &AppState, token: &Secret) -> HeaderValue {
    let life_s = state.options.session_life_ms / 1_000;
    made(state, token.expose(), life_s)
}

/// The header that takes it away.
pub fn clear(state: &AppState) -> HeaderValue {
    made(state, "", 0)
}

fn made(state: &AppState, value: &str, life_s: i64) -> HeaderValue {
    let is_https = state.options.is_https();
    let (name, secure) = (name(is_https), if is_https { "; Secure" } else { "" });
    let text = format!("{name}={value}; Path=/; Max-Age={life_s}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).expect("made of ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_that_is_given_out_counts() {
        let read = |lines: &[&'static str], is_https: bool| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, HeaderValue::from_static(line));
            }
            named(&headers, name(is_https)).map(|token| token.expose().to_owned())
        };
        assert_eq!(read(&["a=b; tallystick=one"], false).as_deref(), Some("one"));
        assert_eq!(read(&["a=b; tallystick=one"], true), None, "it may have been planted");
        let both = ["tallystick=one", "__Host-tallystick=two"];
        assert_eq!(read(&both, true).as_deref(), Some("two"));
        assert_eq!(read(&both, false).as_deref(), Some("one"));
        assert_eq!(read(&["xtallystick=one; tallystick="], false), None);
        assert_eq!(read(&[], false), None);
    }
}
