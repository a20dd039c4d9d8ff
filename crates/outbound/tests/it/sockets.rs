//! Sockets for protocols that are not HTTP.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tallystick_outbound::{
    ClientConfig, OutboundError, Tls, connect, connect_plain, connect_tls, start_tls, tls_client_config,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::servers::{Authority, at_home, ok, plain, tls};

const TIME: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(200);

fn config(tls: &Tls) -> Arc<ClientConfig> {
    Arc::new(tls_client_config(tls).unwrap())
}

#[tokio::test]
async fn a_socket_without_tls_carries_bytes_both_ways() {
    let server = plain(ok("x")).await;
    let mut stream = connect_plain(&at_home(), "localhost", server.port, TIME).await.unwrap();
    stream.write_all(b"hello\r\n\r\n").await.unwrap();
    let mut answer = vec![0; ok("x").len()];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, ok("x"));
    assert_eq!(*server.requests.lock().unwrap(), ["hello\r\n\r\n"]);
}

#[tokio::test]
async fn tls_can_begin_after_a_greeting() {
    let authority = Authority::new("ours");
    let server = tls("INFO {}\r\n", &authority.sign(|_| {}), None).await;
    let mut stream = connect(&at_home(), "localhost", server.port, TIME).await.unwrap();
    let mut greeting = [0; 9];
    stream.read_exact(&mut greeting).await.unwrap();
    assert_eq!(&greeting, b"INFO {}\r\n");
    let config = config(&Tls { ca_pem: Some(authority.own.cert_pem.clone()), ..Tls::default() });
    let mut stream = start_tls(stream, &config, "localhost", TIME).await.unwrap();
    stream.write_all(b"hello\r\n\r\n").await.unwrap();
    let mut answer = vec![0; ok("hello").len()];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, ok("hello"));
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_no_trouble_of_the_network() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
        std::future::pending::<()>().await;
    });
    let refused = connect_tls(&at_home(), &config(&Tls::default()), "localhost", port, TIME).await;
    let Err(error @ OutboundError::Handshake { .. }) = refused else { panic!("{refused:?}") };
    assert!(error.is_misconfigured());
}

#[tokio::test]
async fn nobody_is_waited_for_without_end() {
    // The system accepts, and nobody ever answers.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let began = Instant::now();
    let silent = connect_tls(&at_home(), &config(&Tls::default()), "127.0.0.1", port, SHORT).await;
    assert!(matches!(silent, Err(OutboundError::Unreachable { .. })), "{silent:?}");
    assert!(began.elapsed() < TIME);
    drop(listener);
    let nobody = connect(&at_home(), "127.0.0.1", port, TIME).await;
    let Err(error @ OutboundError::Unreachable { .. }) = nobody else { panic!("{nobody:?}") };
    assert!(!error.is_misconfigured());
}

#[tokio::test]
async fn a_name_that_is_none_is_told_from_a_host_that_is_not_there() {
    let host = format!("{}.example", "a".repeat(64));
    let nameless = connect(&at_home(), &host, 80, TIME).await;
    assert!(matches!(nameless, Err(OutboundError::Name { .. })), "{nameless:?}");
}
