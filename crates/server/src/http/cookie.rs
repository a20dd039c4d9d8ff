//! The session's cookie. Over https it has the `__Host-` name, which browsers take only from this very host and over
//! https; on plain http, where that is not possible, a name of its own.

use axum::http::{HeaderMap, HeaderValue, header};
use tallystick_auth::Secret;

use crate::state::AppState;

/// Its names over https and over http.
const SESSION: [&str; 2] = ["__Host-tallystick", "tallystick"];
/// What a browser keeps of a challenge that a passkey is to answer.
const CHALLENGE: [&str; 2] = ["__Host-tallystick-passkey", "tallystick-passkey"];
/// Characters of it at most.
const CHALLENGE_CHARS_MAX: usize = 4_000;
/// Characters of a session's token at most; more is no token.
const TOKEN_CHARS_MAX: usize = 64;
/// The same for what a browser carries while it is at a provider of single sign-on.
const ATTEMPT: [&str; 2] = ["__Host-tallystick-sso", "tallystick-sso"];
/// Characters of it at most.
const ATTEMPT_CHARS_MAX: usize = 4_000;

/// What the browser has, if it has something that can be a session at all. Only the name that is given out counts:
/// over https anybody on the way, or on a neighbouring host, could plant a cookie of the plain one.
pub fn session(headers: &HeaderMap, state: &AppState) -> Option<Secret> {
    named(headers, name(SESSION, state), TOKEN_CHARS_MAX).map(Secret::from)
}

/// What the browser has of a challenge for a passkey.
pub fn challenge(headers: &HeaderMap, state: &AppState) -> Option<Secret> {
    named(headers, name(CHALLENGE, state), CHALLENGE_CHARS_MAX).map(Secret::from)
}

/// What the browser took along to a provider, if it has something that can be that at all.
pub fn attempt<'h>(headers: &'h HeaderMap, state: &AppState) -> Option<&'h str> {
    named(headers, name(ATTEMPT, state), ATTEMPT_CHARS_MAX)
}

fn name([secure, plain]: [&'static str; 2], state: &AppState) -> &'static str {
    if state.options.is_https() { secure } else { plain }
}

fn named<'h>(headers: &'h HeaderMap, name: &str, chars_max: usize) -> Option<&'h str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    (!value.is_empty() && value.len() <= chars_max).then_some(value)
}

/// The header that gives the browser its session.
pub fn set(state: &AppState, token: &Secret) -> HeaderValue {
    let life_s = state.options.session_life_ms / 1_000;
    made(state, SESSION, token.expose(), life_s)
}

/// The header that gives the browser what it takes along to a provider; none if that is too long.
pub fn set_attempt(state: &AppState, value: &str, life_s: i64) -> Option<HeaderValue> {
    let fits = value.len() <= ATTEMPT_CHARS_MAX;
    fits.then(|| made(state, ATTEMPT, value, life_s))
}

/// The header that takes that away.
pub fn clear_attempt(state: &AppState) -> HeaderValue {
    made(state, ATTEMPT, "", 0)
}

/// The header that takes it away.
pub fn clear(state: &AppState) -> HeaderValue {
    made(state, SESSION, "", 0)
}

/// The header that gives the browser what it keeps of a challenge. Only our own pages' requests send it back.
pub fn set_challenge(state: &AppState, token: &Secret) -> HeaderValue {
    header_of(state, CHALLENGE, token.expose(), tallystick_auth::CHALLENGE_MS / 1_000, "Strict")
}

/// The header that takes that away: a challenge is answered once.
pub fn clear_challenge(state: &AppState) -> HeaderValue {
    header_of(state, CHALLENGE, "", 0, "Strict")
}

fn made(state: &AppState, names: [&'static str; 2], value: &str, life_s: i64) -> HeaderValue {
    header_of(state, names, value, life_s, "Lax")
}

fn header_of(
    state: &AppState,
    names: [&'static str; 2],
    value: &str,
    life_s: i64,
    same_site: &str,
) -> HeaderValue {
    let (name, secure) = (name(names, state), if state.options.is_https() { "; Secure" } else { "" });
    let text = format!("{name}={value}; Path=/; Max-Age={life_s}; HttpOnly; SameSite={same_site}{secure}");
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
            named(&headers, SESSION[usize::from(!is_https)], TOKEN_CHARS_MAX).map(str::to_owned)
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
