//! The session's cookie. Over https it has the `__Host-` name, which browsers take only from this very host and over
//! https; on plain http, where that is not possible, a name of its own.

use axum::http::{HeaderMap, HeaderValue, header};
use tallystick_auth::Secret;

use crate::state::AppState;

const SECURE_NAME: &str = "__Host-tallystick";
const PLAIN_NAME: &str = "tallystick";
/// Characters of a session's token at most; more is no token.
const TOKEN_CHARS_MAX: usize = 64;

/// What the browser has, if it has something that can be a session at all.
pub fn session(headers: &HeaderMap) -> Option<Secret> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs: Vec<(&str, &str)> =
        lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('=')).collect();
    let named = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let token = named(SECURE_NAME).or_else(|| named(PLAIN_NAME))?;
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
    let (name, secure) = if state.options.is_https() { (SECURE_NAME, "; Secure") } else { (PLAIN_NAME, "") };
    let text = format!("{name}={value}; Path=/; Max-Age={life_s}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).expect("made of ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secure_cookie_counts_first_and_others_are_ignored() {
        let read = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, HeaderValue::from_static(line));
            }
            session(&headers).map(|token| token.expose().to_owned())
        };
        assert_eq!(read(&["a=b; tallystick=one"]).as_deref(), Some("one"));
        assert_eq!(read(&["tallystick=one", "__Host-tallystick=two"]).as_deref(), Some("two"));
        assert_eq!(read(&["xtallystick=one; tallystick="]), None);
        assert_eq!(read(&[]), None);
    }
}
