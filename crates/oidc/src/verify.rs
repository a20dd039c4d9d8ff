//! ID tokens: signature, issuer, audience, times, nonce. The cryptography and the parsing are `openidconnect`'s; what
//! it leaves to its caller (which algorithms, `azp`, `at_hash`, how old) is here.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{
    CoreIdToken, CoreIdTokenClaims, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
};
use openidconnect::{AccessToken, AccessTokenHash, ClientId, IssuerUrl, Nonce};
use serde_json::{Map, Value};

use crate::exchange::Tokens;
use crate::limits::{CLOCK_SKEW_S, TOKEN_AGE_S_MAX};
use crate::{Claims, Fault, Flow, Oidc, Registration};

/// What a token may be signed with. Never `none`, and nothing that the client's secret, or a public key taken for one,
/// could sign.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

impl Oidc {
    /// Checks a token, with the provider's newest keys if it is signed with one that is not known yet.
    pub(crate) async fn verify(
        &self,
        registration: &Registration<'_>,
        flow: &Flow,
        tokens: &Tokens,
    ) -> Result<Claims, Fault> {
        let text = tokens.id_token.as_deref().ok_or(Fault::Malformed)?;
        let token = CoreIdToken::from_str(text).map_err(|_| Fault::Malformed)?;
        let now_s = self.clock.now_ms() / 1_000;
        let keys = self.keys(registration.issuer, false).await?;
        let check = Check { registration, nonce: &flow.nonce, now_s, tokens };
        let claims = match check.token(&token, &keys) {
            Err(Fault::UnknownKey) => {
                let keys = self.keys(registration.issuer, true).await?;
                check.token(&token, &keys)?
            }
            result => result?,
        };
        let all = payload(text).ok_or(Fault::Malformed)?;
        let issuer = registration.issuer.to_owned();
        Ok(Claims::new(issuer, claims.subject().to_string(), all))
    }
}

struct Check<'a> {
    registration: &'a Registration<'a>,
    nonce: &'a str,
    now_s: i64,
    tokens: &'a Tokens,
}

impl Check<'_> {
    fn token<'t>(
        &self,
        token: &'t CoreIdToken,
        keys: &CoreJsonWebKeySet,
    ) -> Result<&'t CoreIdTokenClaims, Fault> {
        let issuer = IssuerUrl::new(self.registration.issuer.to_owned()).map_err(|_| Fault::WrongIssuer)?;
        let client = ClientId::new(self.registration.client_id.to_owned());
        // A public client's verifier takes no signature by a shared secret, whatever the algorithms say.
        let verifier =
            CoreIdTokenVerifier::new_public_client(client, issuer, keys.clone()).set_allowed_algs(ALGORITHMS);
        // The times are compared below, with some room for clocks.
        let verifier = verifier.set_time_fn(Default::default);
        let claims = token.claims(&verifier, &Nonce::new(self.nonce.to_owned()))?;
        self.times(claims)?;
        match claims.authorized_party() {
            Some(party) if party.as_str() != self.registration.client_id => return Err(Fault::WrongAudience),
            _ => {}
        }
        if let (Some(said), Some(access)) = (claims.access_token_hash(), &self.tokens.access_token) {
            let algorithm = token.signing_alg().map_err(|_| Fault::Algorithm)?;
            let key = token.signing_key(&verifier).map_err(|_| Fault::UnknownKey)?;
            let found = AccessTokenHash::from_token(&AccessToken::new(access.clone()), algorithm, key);
            if found.ok().as_ref() != Some(said) {
                return Err(Fault::BadSignature);
            }
        }
        let is_named = !claims.subject().is_empty() && claims.subject().len() <= 255;
        if is_named { Ok(claims) } else { Err(Fault::Malformed) }
    }

    fn times(&self, claims: &CoreIdTokenClaims) -> Result<(), Fault> {
        if claims.expiration().timestamp() <= self.now_s - CLOCK_SKEW_S {
            return Err(Fault::Expired);
        }
        let age_s = self.now_s - claims.issue_time().timestamp();
        if (-CLOCK_SKEW_S..=TOKEN_AGE_S_MAX).contains(&age_s) { Ok(()) } else { Err(Fault::WrongTime) }
    }
}

/// The claims of a token that was checked.
fn payload(token: &str) -> Option<Map<String, Value>> {
    let part = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?).ok()
}
