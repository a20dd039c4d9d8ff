//! TLS as all kinds over HTTP have it: a certificate that nobody vouches for is for a person to mend, an authority of
//! one's own makes it good, and a server may ask who we are.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::json;
use tallystick_destination::Outcome;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use crate::batches::batch;
use crate::components::open;

/// An authority, and what it vouches for.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate of a name, and its key.
    fn issue(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap(), key)
    }
}

/// A server on loopback that answers every call with 204, and wants to know who calls. Gives its URL.
async fn server(authority: &Authority) -> String {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(authority.0.der().to_vec())).unwrap();
    let clients =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let (certificate, key) = authority.issue("localhost");
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // Calls that are refused end here.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut call = Vec::new();
                while !call.ends_with(b"]}") {
                    if stream.read_buf(&mut call).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
                let _ = stream.shutdown().await;
            });
        }
    });
    url
}

#[tokio::test]
async fn certificates_are_for_a_person_to_mend() {
    let (authority, stranger) = (Authority::new("ours"), Authority::new("another"));
    let url = server(&authority).await;
    let (certificate, key) = authority.issue("client");
    let (other, other_key) = stranger.issue("client");
    let good = json!({
        "url": url, "ca_pem": authority.pem(), "client_cert_pem": certificate.pem(),
        "client_key_pem": key.serialize_pem(),
    });
    let with = |changes: &[(&str, serde_json::Value)]| {
        let mut settings = good.clone();
        for (name, value) in changes {
            settings[*name] = value.clone();
        }
        open("webhook", settings)
    };
    let answer = with(&[]).send(&batch(2)).await;
    assert_eq!(answer.outcome, Outcome::Delivered, "{}", answer.detail);
    let nobody = [("client_cert_pem", json!(null)), ("client_key_pem", json!(null))];
    let somebody =
        [("client_cert_pem", json!(other.pem())), ("client_key_pem", json!(other_key.serialize_pem()))];
    for (what, destination) in [
        ("an unknown authority", with(&[("ca_pem", json!(null))])),
        ("another authority", with(&[("ca_pem", json!(stranger.pem()))])),
        ("another name", with(&[("url", json!(url.replace("localhost", "127.0.0.1")))])),
        ("no certificate of ours", with(&nobody)),
        ("a certificate of ours that is not known there", with(&somebody)),
    ] {
        let answer = destination.send(&batch(1)).await;
        assert_eq!(
            (answer.outcome, answer.status),
            (Outcome::Misconfigured, None),
            "{what}: {}",
            answer.detail
        );
        assert!(answer.detail.contains("certificate"), "{what}: {}", answer.detail);
    }
}
