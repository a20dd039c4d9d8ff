//! Who we are for Google: a service account's key, and the tokens that it is exchanged for (RFC 7523).

use bytes::Bytes;
use http::Method;
use http::header::CONTENT_TYPE;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use tokio::sync::Mutex;
use url::Url;
use zeroize::Zeroizing;

use super::fields::SERVICE_ACCOUNT;
use super::jwt::RsaKey;
use crate::http::{Cleaner, HttpClient, Response};
use crate::object::request;
use crate::{Answer, BadSettings, Outcome, Settings, Surroundings};

/// Puts and reads objects, and no more.
const SCOPE: &str = "https://www.googleapis.com/auth/devstorage.read_write";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
/// How long an assertion is good, seconds; Google's limit.
const ASSERTION_S: i64 = 3_600;
/// A token is not used in the last minutes of its time, ms.
const SPARE_MS: i64 = 5 * 60_000;
/// What a token is good for if the answer does not say, seconds.
const TOKEN_S: i64 = 600;

/// The members of a key's file that are used.
#[derive(Deserialize)]
struct KeyFile {
    #[serde(rename = "type")]
    kind: String,
    client_email: String,
    #[serde(deserialize_with = "secret")]
    private_key: Zeroizing<String>,
    private_key_id: Option<String>,
    token_uri: Option<String>,
}

/// A service account's key.
pub(super) struct ServiceAccount {
    file: KeyFile,
    key: RsaKey,
    token_url: Url,
}

/// What requests are sent with.
pub(super) struct Token {
    /// The value of `Authorization`.
    pub(super) authorization: Zeroizing<String>,
    /// Knows the token.
    pub(super) cleaner: Cleaner,
    until_ms: i64,
}

/// The token in use.
pub(super) type Current = Mutex<Option<std::sync::Arc<Token>>>;

impl ServiceAccount {
    /// Of the settings.
    pub(super) fn new(settings: &Settings, surroundings: &Surroundings) -> Result<Self, BadSettings> {
        let bad = |why: &str| BadSettings::new(SERVICE_ACCOUNT, why);
        // What is wrong with it is not repeated: it would be in the message.
        let file: KeyFile = serde_json::from_str(settings.required(SERVICE_ACCOUNT)?)
            .map_err(|_| bad("is not the JSON file of a service account's key"))?;
        if file.kind != "service_account" {
            return Err(bad("is of another type than service_account"));
        }
        let key = RsaKey::of_pem(&file.private_key).ok_or_else(|| bad("has no RSA key that can be used"))?;
        let token_url: Url =
            file.token_uri.as_deref().unwrap_or(TOKEN_URI).parse().map_err(|_| bad("has a bad token_uri"))?;
        surroundings.outbound.check(&token_url).map_err(|error| bad(&format!("has a token_uri: {error}")))?;
        Ok(Self { file, key, token_url })
    }

    /// The secret in it.
    pub(super) fn private_key(&self) -> &str {
        &self.file.private_key
    }

    /// Asks for a token.
    pub(super) async fn token(&self, client: &HttpClient, now_ms: i64) -> Result<Token, Answer> {
        let now = now_ms / 1_000;
        let claims = json!({
            "iss": self.file.client_email,
            "scope": SCOPE,
            "aud": self.token_url.as_str(),
            "iat": now,
            "exp": now + ASSERTION_S,
        });
        let assertion = self.key.token(self.file.private_key_id.as_deref(), &claims).ok_or_else(|| {
            Answer { detail: "the key does not sign".to_owned(), ..Answer::plain(Outcome::Misconfigured) }
        })?;
        let cleaner = Cleaner::new([assertion.as_str()]);
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", GRANT)
            .append_pair("assertion", &assertion)
            .finish();
        let headers = [(CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded")];
        let call = request(Method::POST, &self.token_url, headers, Bytes::from(form));
        let response = client.call(call, Some(now_ms)).await?;
        granted(&response, now_ms).ok_or_else(|| {
            let shown = cleaner.clean(&String::from_utf8_lossy(&response.body));
            let told = format!("no token from {}: {shown}", self.token_url.host_str().unwrap_or_default());
            Answer {
                outcome: token_meaning(&response),
                status: Some(response.status),
                detail: client.excerpt(told.as_bytes()),
                sent_bytes: 0,
            }
        })
    }
}

impl Token {
    /// Whether it is good for some time to come.
    pub(super) fn is_fresh(&self, now_ms: i64) -> bool {
        now_ms < self.until_ms
    }
}

/// A text that is wiped when it is dropped.
fn secret<'de, D: Deserializer<'de>>(source: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(source).map(Zeroizing::new)
}

/// The token in an answer; none if there is none.
fn granted(response: &Response, now_ms: i64) -> Option<Token> {
    #[derive(Deserialize)]
    struct Granted {
        #[serde(deserialize_with = "secret")]
        access_token: Zeroizing<String>,
        expires_in: Option<i64>,
    }
    if response.status != 200 {
        return None;
    }
    let granted: Granted = serde_json::from_slice(&response.body).ok()?;
    let is_token = |byte: u8| byte.is_ascii_graphic();
    if granted.access_token.is_empty() || !granted.access_token.bytes().all(is_token) {
        return None;
    }
    let time_ms = granted.expires_in.unwrap_or(TOKEN_S).saturating_mul(1_000);
    Some(Token {
        authorization: Zeroizing::new(format!("Bearer {}", *granted.access_token)),
        cleaner: Cleaner::new([granted.access_token.as_str()]),
        until_ms: now_ms.saturating_add(time_ms.saturating_sub(SPARE_MS)),
    })
}

/// What it means that there is no token: mostly that the account or its key is gone, or a clock is wrong.
fn token_meaning(response: &Response) -> Outcome {
    match response.status {
        408 | 429 | 500.. => Outcome::Retry { after: response.retry_after },
        _ => Outcome::Misconfigured,
    }
}
