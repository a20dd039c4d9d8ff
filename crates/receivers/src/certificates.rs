//! An authority of our own for servers of tests and their clients.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// An authority that vouches for `localhost` and for one client.
#[derive(Debug)]
pub struct Authority {
    /// Its own certificate, PEM.
    pub ca_pem: String,
    /// For a server on `localhost` or `127.0.0.1`.
    pub server: Pair,
    /// For a client.
    pub client: Pair,
}

/// Each has a name of its own, so that none is taken for another.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A certificate and its key, PEM.
#[derive(Debug)]
pub struct Pair {
    /// The certificate.
    pub cert_pem: String,
    /// Its key.
    pub key_pem: String,
}

impl Authority {
    /// Another one each time.
    #[expect(clippy::new_without_default, reason = "no two are the same")]
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, format!("Test authority {}", COUNT.fetch_add(1, Ordering::SeqCst)));
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let pair = |name: &str| {
            let names = vec![name.to_owned(), "127.0.0.1".to_owned()];
            let mut params = CertificateParams::new(names).unwrap();
            params.distinguished_name.push(DnType::CommonName, name);
            let key = KeyPair::generate().unwrap();
            let cert = params.signed_by(&key, &issuer).unwrap();
            Pair { cert_pem: cert.pem(), key_pem: key.serialize_pem() }
        };
        Self { ca_pem: issuer.pem(), server: pair("localhost"), client: pair("tallystick") }
    }

    /// Writes what a server needs: the authority, its certificate, its key.
    pub fn write(&self, folder: &Path) -> [PathBuf; 3] {
        let files = [
            ("ca.pem", &self.ca_pem),
            ("server.pem", &self.server.cert_pem),
            ("server.key", &self.server.key_pem),
        ];
        files.map(|(name, text)| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        })
    }
}
