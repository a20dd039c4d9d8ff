//! HTTP calls: what is sent, what is read, and how they end.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tallystick_outbound::limits::CALL_TIME_MAX;
use tallystick_outbound::{
    Answer, HeaderMap, HeaderName, HeaderValue, Method, Outbound, OutboundError, OutboundOptions, Plain,
};
use tokio::net::TcpListener;

use crate::servers::{Server, at_home, ok, plain};

async fn post(client: &Outbound, server: &Server, limit: usize) -> Result<Answer, OutboundError> {
    let url = format!("http://127.0.0.1:{}/in?q=1", server.port).parse().unwrap();
    let name = HeaderName::from_static("x-signature");
    let headers = HeaderMap::from_iter([(name, HeaderValue::from_static("abc"))]);
    client.call(Method::PUT, url, headers, Bytes::from_static(b"payload"), limit).await
}

#[tokio::test]
async fn a_call_sends_what_it_is_given_and_connections_are_used_again() {
    let server = plain(ok("fine")).await;
    let client = Outbound::new(at_home()).unwrap();
    for _ in 0..3 {
        let answer = post(&client.clone(), &server, 4).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"fine".as_slice()));
        assert_eq!(answer.header("content-length"), Some("4"));
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
    let requests = server.requests.lock().unwrap();
    assert_eq!(requests.len(), 3);
    assert!(requests[0].starts_with("PUT /in?q=1 HTTP/1.1\r\n"), "{}", requests[0]);
    assert!(requests[0].contains("x-signature: abc\r\n") && requests[0].ends_with("\r\n\r\npayload"));
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let server = plain(b"HTTP/1.1 307 x\r\nlocation: /else\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
    let answer = post(&Outbound::new(at_home()).unwrap(), &server, 100).await.unwrap();
    assert_eq!((answer.status, answer.header("location")), (307, Some("/else")));
    assert_eq!(server.requests.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn no_more_is_read_than_the_limit() {
    let server = plain(ok("12345")).await;
    let client = Outbound::new(at_home()).unwrap();
    assert_eq!(post(&client, &server, 5).await.unwrap().body, b"12345");
    let refused = post(&client, &server, 4).await;
    assert!(matches!(refused, Err(OutboundError::TooLong { limit: 4, .. })), "{refused:?}");
    assert!(!refused.unwrap_err().is_misconfigured());
}

#[tokio::test]
async fn the_time_of_a_call_is_an_option() {
    assert_eq!(OutboundOptions::default().call_time, CALL_TIME_MAX);
    // The system accepts, and nobody ever answers.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server { port: listener.local_addr().unwrap().port(), ..Server::default() };
    let options = OutboundOptions { call_time: Duration::from_millis(100), ..at_home() };
    let began = Instant::now();
    let late = post(&Outbound::new(options).unwrap(), &server, 100).await;
    assert!(matches!(late, Err(OutboundError::Unreachable { .. })), "{late:?}");
    assert!(began.elapsed() < CALL_TIME_MAX);
}

#[tokio::test]
async fn who_is_not_there_is_told_from_who_has_no_name() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server { port: listener.local_addr().unwrap().port(), ..Server::default() };
    drop(listener);
    let nobody = post(&Outbound::new(at_home()).unwrap(), &server, 100).await;
    assert!(matches!(nobody, Err(OutboundError::Unreachable { .. })), "{nobody:?}");

    // No name server has to be asked to know that such a name is none: a label has at most 63 characters.
    let host = format!("{}.example", "a".repeat(64));
    let options = OutboundOptions { plain: Plain::Hosts(vec![host.clone()]), ..at_home() };
    let url = format!("http://{host}/").parse().unwrap();
    let client = Outbound::new(options).unwrap();
    let nameless = client.call(Method::GET, url, HeaderMap::new(), Bytes::new(), 100).await;
    assert!(matches!(&nameless, Err(OutboundError::Name { host: found }) if *found == host), "{nameless:?}");
}
