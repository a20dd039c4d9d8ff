//! Servers of a few lines, with and without TLS, and authorities that sign what a test wants.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tallystick_outbound::{OutboundOptions, Plain};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What is on this machine may be asked.
pub(crate) fn at_home() -> OutboundOptions {
    OutboundOptions { allow_private: true, plain: Plain::Private, ..OutboundOptions::default() }
}

/// Who signs certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) own: Identity,
}

/// A certificate with its key.
pub(crate) struct Identity {
    pub(crate) cert_pem: String,
    pub(crate) key_pem: String,
    cert: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Identity {
    fn new(certificate: &rcgen::Certificate, key: &KeyPair) -> Identity {
        Identity {
            cert_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            cert: certificate.der().clone(),
            key: key.serialize_der(),
        }
    }
}

impl Authority {
    pub(crate) fn new(name: &str) -> Authority {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let own = Identity::new(&params.self_signed(&key).unwrap(), &key);
        Authority { issuer: Issuer::new(params, key), own }
    }

    /// A certificate of `localhost`, changed as a test wants.
    pub(crate) fn sign(&self, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        Identity::new(&params.signed_by(&key, &self.issuer).unwrap(), &key)
    }
}

/// Answers with these bytes whatever is asked, and remembers what was.
#[derive(Clone, Default)]
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) answer: Arc<Vec<u8>>,
    pub(crate) connections: Arc<AtomicUsize>,
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
}

/// `200` with a body.
pub(crate) fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// A server without TLS, for as long as the test's runtime lives.
pub(crate) async fn plain(answer: Vec<u8>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = Server { port, answer: Arc::new(answer), ..Server::default() };
    let running = server.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            running.connections.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(running.clone().talk(stream));
        }
    });
    server
}

/// A server that says a greeting, then speaks TLS, and wants a certificate if there is somebody who signs those.
pub(crate) async fn tls(greeting: &'static str, identity: &Identity, clients: Option<&Authority>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = Server { port, answer: Arc::new(ok("hello")), ..Server::default() };
    let (running, acceptor) = (server.clone(), TlsAcceptor::from(Arc::new(config(identity, clients))));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            running.connections.fetch_add(1, Ordering::SeqCst);
            let (running, acceptor) = (running.clone(), acceptor.clone());
            tokio::spawn(async move {
                stream.write_all(greeting.as_bytes()).await.unwrap();
                match acceptor.accept(stream).into_fallible().await {
                    Ok(stream) => running.talk(stream).await,
                    // As good servers do: what is not read would take the reason with it.
                    Err((_, mut stream)) => {
                        while stream.read(&mut [0; 1024]).await.is_ok_and(|read| read > 0) {}
                    }
                }
            });
        }
    });
    server
}

fn config(identity: &Identity, clients: Option<&Authority>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.own.cert.clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.unwrap())
        }
    };
    let key = PrivatePkcs8KeyDer::from(identity.key.clone());
    builder.with_single_cert(vec![identity.cert.clone()], key.into()).unwrap()
}

impl Server {
    async fn talk(self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut bytes = Vec::new();
        loop {
            if let Some(end) = end_of_request(&bytes) {
                let request: Vec<u8> = bytes.drain(..end).collect();
                self.requests.lock().unwrap().push(String::from_utf8(request).unwrap());
                // The client may have had enough of it.
                if stream.write_all(&self.answer).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
            if !stream.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {
                return;
            }
        }
    }
}

fn end_of_request(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let end = head + length.map_or(0, |length| length.parse().unwrap());
    (bytes.len() >= end).then_some(end)
}
