//! JSON Web Tokens signed with RSA and SHA-256 (RFC 7515, RFC 7518 3.3), by the cryptography that TLS brings anyway.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::sign::SigningKey;
use serde_json::Value;

/// A private RSA key.
pub(super) struct RsaKey(Arc<dyn SigningKey>);

impl RsaKey {
    /// Of PEM, PKCS #8 or PKCS #1; none if it is no RSA key of 2048 bits or more.
    pub(super) fn of_pem(pem: &str) -> Option<Self> {
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).ok()?;
        let key = any_supported_type(&key).ok()?;
        key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])?;
        Some(Self(key))
    }

    /// A token with these claims; none if the key does not sign.
    pub(super) fn token(&self, key_id: Option<&str>, claims: &Value) -> Option<String> {
        let mut head = serde_json::json!({ "alg": "RS256", "typ": "JWT" });
        if let Some(id) = key_id {
            head["kid"] = id.into();
        }
        let signed = format!("{}.{}", BASE64.encode(head.to_string()), BASE64.encode(claims.to_string()));
        let signer = self.0.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])?;
        let signature = signer.sign(signed.as_bytes()).ok()?;
        Some(format!("{signed}.{}", BASE64.encode(signature)))
    }
}
