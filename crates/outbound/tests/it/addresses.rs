//! Who is never connected to, by HTTP or by a socket.

use std::time::Duration;

use bytes::Bytes;
use tallystick_outbound::{
    Answer, HeaderMap, Method, Outbound, OutboundError, OutboundOptions, Plain, connect, connect_plain,
};

use crate::servers::{at_home, ok, plain};

const TIME: Duration = Duration::from_secs(5);

/// This machine and its owner's networks, in every way of writing that leads there.
const PRIVATE: [&str; 10] = [
    "127.0.0.1",
    "[::1]",
    "10.0.0.1",
    "192.168.1.1",
    "[::ffff:10.0.0.1]",
    "[fd12::1]",
    "[64:ff9b::7f00:1]",
    "2130706433",
    "0x7f.1",
    "localhost",
];

const NEVER: [&str; 5] =
    ["169.254.169.254", "[::ffff:169.254.169.254]", "[fe80::1]", "[fd00:ec2::254]", "0.0.0.0"];

async fn call(options: &OutboundOptions, host: &str, port: u16) -> Result<Answer, OutboundError> {
    let client = Outbound::new(options.clone()).unwrap();
    let url = format!("https://{host}:{port}/").parse().unwrap();
    client.call(Method::GET, url, HeaderMap::new(), Bytes::new(), 100).await
}

fn assert_refused<T: std::fmt::Debug>(host: &str, found: &Result<T, OutboundError>) {
    assert!(matches!(found, Err(OutboundError::Address { .. })), "{host}: {found:?}");
}

#[tokio::test]
async fn what_is_private_is_refused_unless_it_is_allowed() {
    let server = plain(ok("")).await;
    let strict = OutboundOptions::default();
    for host in PRIVATE {
        assert_refused(host, &connect(&strict, host, server.port, TIME).await);
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        assert_refused(bare, &connect(&strict, bare, server.port, TIME).await);
        assert_refused(host, &call(&strict, host, server.port).await);
    }
    assert_eq!(server.connections.load(std::sync::atomic::Ordering::SeqCst), 0);
    for host in ["127.0.0.1", "localhost"] {
        connect(&at_home(), host, server.port, TIME).await.unwrap();
    }
}

#[tokio::test]
async fn metadata_services_are_refused_whatever_is_allowed() {
    for host in NEVER {
        assert_refused(host, &connect(&at_home(), host, 80, TIME).await);
        assert_refused(host, &call(&at_home(), host, 80).await);
        let named = OutboundOptions { plain: Plain::Hosts(vec![host.to_owned()]), ..at_home() };
        assert_refused(host, &connect_plain(&named, host, 80, TIME).await);
    }
}

#[tokio::test]
async fn without_tls_only_whom_the_options_name() {
    let server = plain(ok("")).await;
    let reached = async |plain: Plain, allow_private: bool, host: &str| {
        let options = OutboundOptions { allow_private, plain, ..OutboundOptions::default() };
        connect_plain(&options, host, server.port, TIME).await
    };
    let refused = reached(Plain::Never, true, "127.0.0.1").await;
    assert!(matches!(refused, Err(OutboundError::Plain { .. })), "{refused:?}");
    let refused = reached(Plain::Private, false, "127.0.0.1").await;
    assert!(matches!(refused, Err(OutboundError::Plain { .. })), "{refused:?}");
    assert_refused("a public address", &reached(Plain::Private, true, "1.1.1.1").await);
    let hosts = Plain::Hosts(vec!["localhost".to_owned()]);
    assert_refused("localhost", &reached(hosts.clone(), false, "localhost").await);
    let refused = reached(hosts.clone(), true, "127.0.0.1").await;
    assert!(matches!(refused, Err(OutboundError::Plain { .. })), "{refused:?}");
    reached(hosts, true, "localhost").await.unwrap();
    reached(Plain::Private, true, "127.0.0.1").await.unwrap();
}
