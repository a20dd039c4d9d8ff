//! Whom a connection trusts and what it shows of itself. Verification cannot be turned off.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, InconsistentKeys, RootCertStore};
use zeroize::Zeroizing;

use crate::OutboundError;
use crate::limits::PEM_BYTES_MAX;

/// What is special about the TLS of one service. By default nothing: the system's root certificates, or Mozilla's
/// where the system has none, and no certificate of our own.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// Root certificates that are trusted in addition to the system's, one after the other, PEM.
    pub ca_pem: Option<String>,
    /// The certificate that is shown to a server that asks for one, and those between it and its root, PEM.
    pub client_cert_pem: Option<String>,
    /// Its key, PEM: PKCS #8, PKCS #1 or SEC 1, not encrypted. One is not without the other.
    pub client_key_pem: Option<Zeroizing<String>>,
}

impl Debug for Tls {
    /// Never the key.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("ca_pem", &self.ca_pem)
            .field("client_cert_pem", &self.client_cert_pem)
            .field("has_client_key", &self.client_key_pem.is_some())
            .finish()
    }
}

/// TLS 1.2 and 1.3 as a client, with the cryptography named here, so that it does not matter who else in the process
/// has chosen which. No application protocol (ALPN) is set. Reads the system's roots: make one per destination and keep
/// it, not one per connection.
///
/// # Errors
/// [`OutboundError::Pem`] says which field cannot be used; [`OutboundError::Setup`] if there is no cryptography.
pub fn tls_client_config(tls: &Tls) -> Result<ClientConfig, OutboundError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let extra = match &tls.ca_pem {
        Some(text) => certificates("ca_pem", text)?,
        None => Vec::new(),
    };
    let verifier = verifier(extra, &provider)?;
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| OutboundError::Setup { source: error.into() })?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let (chain, key) = match (&tls.client_cert_pem, &tls.client_key_pem) {
        (None, None) => return Ok(builder.with_no_client_auth()),
        (Some(_), None) => return Err(bad("client_key_pem", "is missing, and the certificate is there")),
        (None, Some(_)) => return Err(bad("client_cert_pem", "is missing, and the key is there")),
        (Some(chain), Some(key)) => (certificates("client_cert_pem", chain)?, key_of(key, &provider)?),
    };
    builder.with_client_auth_cert(chain, key).map_err(|error| match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            bad("client_key_pem", "is not the key of the certificate")
        }
        error => bad("client_cert_pem", format!("cannot be used: {error}")),
    })
}

fn verifier(
    extra: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, OutboundError> {
    let unusable = |error: rustls::Error| bad("ca_pem", format!("has an unusable certificate: {error}"));
    // Asked without the extra ones first: with them it never says that the system has none.
    if let Ok(system) = rustls_platform_verifier::Verifier::new(Arc::clone(provider)) {
        if extra.is_empty() {
            return Ok(Arc::new(system));
        }
        let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(extra, Arc::clone(provider));
        return Ok(Arc::new(verifier.map_err(unusable)?));
    }
    // A container without certificates.
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for certificate in extra {
        roots.add(certificate).map_err(unusable)?;
    }
    let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let verifier = builder.build().map_err(|error| OutboundError::Setup { source: error.into() })?;
    Ok(verifier)
}

fn certificates(field: &'static str, text: &str) -> Result<Vec<CertificateDer<'static>>, OutboundError> {
    check_length(field, text)?;
    let found: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    match found {
        Ok(found) if found.is_empty() => Err(bad(field, "holds no certificate")),
        Ok(found) => Ok(found),
        Err(_) => Err(bad(field, "is malformed PEM")),
    }
}

/// The key, if it is one that can sign.
fn key_of(text: &str, provider: &CryptoProvider) -> Result<PrivateKeyDer<'static>, OutboundError> {
    const FIELD: &str = "client_key_pem";
    check_length(FIELD, text)?;
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| match error {
        pem::Error::NoItemsFound => bad(FIELD, "holds no key that is not encrypted"),
        _ => bad(FIELD, "is malformed PEM"),
    })?;
    // Asked here so that it is known to be the key's fault.
    let signs = provider.key_provider.load_private_key(key.clone_key());
    signs.map_err(|_| bad(FIELD, "is no RSA, ECDSA or Ed25519 key"))?;
    Ok(key)
}

fn check_length(field: &'static str, text: &str) -> Result<(), OutboundError> {
    if text.len() > PEM_BYTES_MAX {
        return Err(bad(field, format!("is longer than {PEM_BYTES_MAX} bytes")));
    }
    Ok(())
}

fn bad(field: &'static str, why: impl Into<String>) -> OutboundError {
    OutboundError::Pem { field, why: why.into() }
}
