//! The way to the provider: the address that a browser is sent to, and what must come back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::{PkceCodeChallenge, PkceCodeVerifier};
use serde::{Deserialize, Serialize};
use tallystick_event::Random;

use crate::{Provider, Registration};

/// Random bytes of each of the three values.
const BYTES: usize = 32;

/// What one sign-in is recognised by. It stays between this service and the browser; the provider sees the state, the
/// nonce and a hash of the verifier.
#[derive(Clone, Serialize, Deserialize)]
pub struct Flow {
    /// Comes back with the browser.
    pub state: String,
    /// Comes back in the token.
    pub nonce: String,
    /// Shows the provider that whoever redeems the code is who asked for it (RFC 7636).
    pub verifier: String,
}

impl Flow {
    /// Makes a new one.
    pub fn new(random: &dyn Random) -> Self {
        let text = || {
            let mut bytes = [0; BYTES];
            random.fill(&mut bytes);
            URL_SAFE_NO_PAD.encode(bytes)
        };
        Self { state: text(), nonce: text(), verifier: text() }
    }
}

impl std::fmt::Debug for Flow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Flow(..)")
    }
}

/// Where a browser is sent. `login_hint` is the address that somebody typed, so that they need not type it again.
pub fn authorize_url(
    provider: &Provider,
    registration: &Registration<'_>,
    flow: &Flow,
    login_hint: Option<&str>,
) -> String {
    let challenge =
        PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(flow.verifier.clone()));
    let mut url = provider.authorization_endpoint.clone();
    let mut scopes = vec!["openid", "email", "profile"];
    for scope in registration.scopes {
        if !scopes.contains(&scope.as_str()) {
            scopes.push(scope);
        }
    }
    let mut query = url.query_pairs_mut();
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", registration.client_id)
        .append_pair("redirect_uri", registration.redirect_uri)
        .append_pair("scope", &scopes.join(" "))
        .append_pair("state", &flow.state)
        .append_pair("nonce", &flow.nonce)
        .append_pair("code_challenge", challenge.as_str())
        .append_pair("code_challenge_method", "S256");
    if let Some(hint) = login_hint {
        query.append_pair("login_hint", hint);
    }
    drop(query);
    url.into()
}

#[cfg(test)]
mod tests {
    use tallystick_testkit::SeededRandom;

    use super::*;

    #[test]
    fn the_address_has_everything_and_keeps_what_the_provider_has_in_it() {
        let provider = Provider::for_tests("https://id.example/auth?realm=a");
        let scopes = ["groups".to_owned(), "openid".to_owned()];
        let registration = Registration {
            issuer: "https://id.example",
            client_id: "tally & stick",
            client_secret: None,
            redirect_uri: "https://audit.example/sign-in/sso/callback",
            scopes: &scopes,
        };
        let flow = Flow {
            state: "s".into(),
            nonce: "n".into(),
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into(),
        };
        let url = authorize_url(&provider, &registration, &flow, Some("ana@acme.example"));
        assert!(
            url.starts_with("https://id.example/auth?realm=a&response_type=code&client_id=tally+%26+stick&")
        );
        assert!(url.contains("&scope=openid+email+profile+groups&state=s&nonce=n&"), "{url}");
        // The pair of RFC 7636, appendix B.
        assert!(url.contains("&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&"), "{url}");
        assert!(url.ends_with("&code_challenge_method=S256&login_hint=ana%40acme.example"), "{url}");
        assert!(!url.contains("dBjftJeZ"), "the verifier stays here");
    }

    #[test]
    fn values_are_long_and_different() {
        let random = SeededRandom::new(1);
        let (one, two) = (Flow::new(&random), Flow::new(&random));
        assert_eq!((one.state.len(), one.nonce.len(), one.verifier.len()), (43, 43, 43));
        assert!(one.state != two.state && one.nonce != two.nonce && one.verifier != two.verifier);
        assert!(one.state != one.nonce && format!("{one:?}") == "Flow(..)");
    }
}
