//! Certificates that are accepted and such that are not, over HTTP and over sockets: ours and the server's.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, SanType, date_time_ymd};
use tallystick_outbound::limits::PEM_BYTES_MAX;
use tallystick_outbound::{HeaderMap, Method, Outbound, OutboundError, Tls, connect_tls, tls_client_config};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::servers::{Authority, Identity, Server, at_home, tls};

const TIME: Duration = Duration::from_secs(5);

fn trusting(authority: &Authority) -> Tls {
    Tls { ca_pem: Some(authority.own.cert_pem.clone()), ..Tls::default() }
}

fn showing(tls: Tls, identity: &Identity) -> Tls {
    let (cert, key) = (identity.cert_pem.clone(), identity.key_pem.clone());
    Tls { client_cert_pem: Some(cert), client_key_pem: Some(key.into()), ..tls }
}

async fn over_http(server: &Server, tls: &Tls) -> Result<Vec<u8>, OutboundError> {
    let client = Outbound::with_tls(at_home(), tls).unwrap();
    let url = format!("https://localhost:{}/", server.port).parse().unwrap();
    let answer = client.call(Method::GET, url, HeaderMap::new(), Bytes::new(), 100).await?;
    Ok(answer.body)
}

async fn over_socket(server: &Server, tls: &Tls) -> Result<Vec<u8>, OutboundError> {
    let config = Arc::new(tls_client_config(tls).unwrap());
    let mut stream = connect_tls(&at_home(), &config, "localhost", server.port, TIME).await?;
    let mut bytes = vec![0; 1024];
    let spoken = async {
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await?;
        stream.flush().await?;
        stream.read(&mut bytes).await
    };
    let read = spoken.await.map_err(|error| OutboundError::of_io("localhost", error))?;
    bytes.truncate(read);
    Ok(bytes.split_off(read - "hello".len()))
}

async fn assert_accepted(server: &Server, tls: &Tls) {
    assert_eq!(over_http(server, tls).await.unwrap(), b"hello");
    assert_eq!(over_socket(server, tls).await.unwrap(), b"hello");
}

async fn assert_refused(server: &Server, tls: &Tls, words: &str) {
    for found in [over_http(server, tls).await, over_socket(server, tls).await] {
        let Err(error @ OutboundError::Certificate { .. }) = found else { panic!("{words}: {found:?}") };
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.is_misconfigured());
    }
}

#[tokio::test]
async fn roots_of_ones_own_are_trusted_and_no_others() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let server = tls("", &ours.sign(|_| {}), None).await;
    assert_accepted(&server, &trusting(&ours)).await;
    assert_refused(&server, &Tls::default(), "UnknownIssuer").await;
    assert_refused(&server, &trusting(&theirs), "UnknownIssuer").await;
    let both = format!("{}\n{}", theirs.own.cert_pem, ours.own.cert_pem);
    assert_accepted(&server, &Tls { ca_pem: Some(both), ..Tls::default() }).await;
}

#[tokio::test]
async fn whatever_is_wrong_with_a_certificate_is_said_to_be_its_fault() {
    let authority = Authority::new("ours");
    let elsewhere = SanType::DnsName("elsewhere.example".try_into().unwrap());
    let change = |change: &dyn Fn(&mut CertificateParams)| authority.sign(change);
    let cases = [
        ("expired", change(&|params| params.not_after = date_time_ymd(2020, 1, 1))),
        ("not valid yet", change(&|params| params.not_before = date_time_ymd(2990, 1, 1))),
        ("localhost", change(&|params| params.subject_alt_names = vec![elsewhere.clone()])),
        ("", change(&|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth])),
    ];
    for (words, identity) in &cases {
        assert_refused(&tls("", identity, None).await, &trusting(&authority), words).await;
    }
    // What `openssl req -x509` makes is the certificate of an authority.
    let server = tls("", &authority.own, None).await;
    assert_refused(&server, &trusting(&authority), "CaUsedAsEndEntity").await;
}

#[tokio::test]
async fn a_server_can_ask_for_a_certificate_of_ours() {
    let (ours, clients) = (Authority::new("ours"), Authority::new("clients"));
    let server = tls("", &ours.sign(|_| {}), Some(&clients)).await;
    assert_accepted(&server, &showing(trusting(&ours), &clients.sign(|_| {}))).await;
    assert_refused(&server, &trusting(&ours), "does not accept ours").await;
    let other = showing(trusting(&ours), &ours.sign(|_| {}));
    assert_refused(&server, &other, "does not accept ours").await;
}

#[test]
fn the_field_that_cannot_be_used_is_named() {
    let authority = Authority::new("ours");
    let (one, two) = (authority.sign(|_| {}), authority.sign(|_| {}));
    let ca = |text: &str| Tls { ca_pem: Some(text.to_owned()), ..Tls::default() };
    let client = |cert: Option<&str>, key: Option<&str>| Tls {
        ca_pem: None,
        client_cert_pem: cert.map(str::to_owned),
        client_key_pem: key.map(|key| key.to_owned().into()),
    };
    let cut = &one.cert_pem[..one.cert_pem.len() / 2];
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (tls, expected) in [
        (ca(""), "ca_pem"),
        (ca("hunter2"), "ca_pem"),
        (ca(&one.key_pem), "ca_pem"),
        (ca(cut), "ca_pem"),
        (ca(garbage), "ca_pem"),
        (ca(&" ".repeat(PEM_BYTES_MAX + 1)), "ca_pem"),
        (client(Some(&one.cert_pem), None), "client_key_pem"),
        (client(None, Some(&one.key_pem)), "client_cert_pem"),
        (client(Some("hunter2"), Some(&one.key_pem)), "client_cert_pem"),
        (client(Some(garbage), Some(&one.key_pem)), "client_cert_pem"),
        (client(Some(&one.cert_pem), Some("hunter2")), "client_key_pem"),
        (client(Some(&one.cert_pem), Some(&two.key_pem)), "client_key_pem"),
    ] {
        let error = Outbound::with_tls(at_home(), &tls).unwrap_err();
        let OutboundError::Pem { field, .. } = &error else { panic!("{error:?}") };
        assert_eq!(*field, expected, "{error}");
        assert!(!format!("{error}{error:?}{tls:?}").contains(&one.key_pem));
    }
}
