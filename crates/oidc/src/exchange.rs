//! From the code that a browser brought to checked claims.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use serde::Deserialize;

use crate::limits::{ANSWER_BYTES_MAX, TOKEN_BYTES_MAX};
use crate::{Claims, Fault, Flow, Oidc, Provider};

/// Longest piece of a provider's own words that is kept.
const WORDS_CHARS_MAX: usize = 100;

/// This service as the provider knows it.
#[derive(Clone)]
pub struct Registration<'a> {
    /// The provider, exactly as it calls itself.
    pub issuer: &'a str,
    /// The client's id there.
    pub client_id: &'a str,
    /// The client's secret; none: a public client, which PKCE alone protects.
    pub client_secret: Option<&'a str>,
    /// Where browsers come back to.
    pub redirect_uri: &'a str,
    /// Beside `openid`, `email` and `profile`.
    pub scopes: &'a [String],
}

#[derive(Deserialize)]
pub(crate) struct Tokens {
    pub(crate) id_token: Option<String>,
    pub(crate) access_token: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl Oidc {
    /// Redeems a code and checks what comes for it. `issuer_said` is the `iss` of the answer that brought the code.
    ///
    /// # Errors
    /// Whatever is wrong; then nothing of it may be believed.
    pub async fn redeem(
        &self,
        registration: &Registration<'_>,
        flow: &Flow,
        code: &str,
        issuer_said: Option<&str>,
    ) -> Result<Claims, Fault> {
        let provider = self.provider(registration.issuer).await?;
        match issuer_said {
            Some(said) if said != registration.issuer => return Err(Fault::WrongIssuer),
            None if provider.says_who_answers => return Err(Fault::WrongIssuer),
            _ => {}
        }
        let tokens = self.exchange(&provider, registration, flow, code).await?;
        self.verify(registration, flow, &tokens).await
    }

    async fn exchange(
        &self,
        provider: &Provider,
        registration: &Registration<'_>,
        flow: &Flow,
        code: &str,
    ) -> Result<Tokens, Fault> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", registration.redirect_uri),
            ("code_verifier", flow.verifier.as_str()),
        ];
        let mut request = http::Request::post(provider.token_endpoint.as_str())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        match registration.client_secret {
            Some(secret) if !provider.secret_in_body => {
                request = request.header(AUTHORIZATION, basic(registration.client_id, secret));
            }
            secret => {
                form.push(("client_id", registration.client_id));
                form.extend(secret.map(|secret| ("client_secret", secret)));
            }
        }
        let body = serde_urlencoded::to_string(form).map_err(|_| Fault::Malformed)?;
        let request = request.body(Bytes::from(body)).map_err(|_| Fault::Malformed)?;
        let answer = self.outbound.send(request, ANSWER_BYTES_MAX).await?;
        if answer.status != 200 {
            let said = serde_json::from_slice::<Refusal>(&answer.body).map(|refusal| refusal.error);
            let said = said.unwrap_or_else(|_| format!("status {}", answer.status));
            return Err(Fault::CodeRefused(words(&said)));
        }
        let tokens: Tokens = serde_json::from_slice(&answer.body).map_err(|_| Fault::Malformed)?;
        let is_short = tokens.id_token.as_ref().is_some_and(|token| token.len() <= TOKEN_BYTES_MAX);
        if is_short { Ok(tokens) } else { Err(Fault::Malformed) }
    }
}

/// As RFC 6749 2.3.1 has it: both are form-encoded before they are joined.
fn basic(id: &str, secret: &str) -> String {
    let encoded = |text: &str| {
        let pair = serde_urlencoded::to_string([("", text)]).unwrap_or_default();
        pair.trim_start_matches('=').to_owned()
    };
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret))))
}

/// What may be kept of somebody else's words: short, and nothing that a terminal or a page could take for a command.
pub(crate) fn words(text: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || " _-.:".contains(*c);
    text.chars().filter(plain).take(WORDS_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_encoded_before_they_are_joined() {
        let header = basic("a:b", "c d/é");
        let text = STANDARD.decode(header.strip_prefix("Basic ").unwrap()).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), "a%3Ab:c+d%2F%C3%A9");
    }

    #[test]
    fn words_of_others_are_short_and_plain() {
        assert_eq!(words("invalid_grant"), "invalid_grant");
        assert_eq!(words("\x1b[31m<script>é"), "31mscript");
        assert_eq!(words(&"a".repeat(1_000)).len(), 100);
    }
}
