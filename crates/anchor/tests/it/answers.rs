//! Answers that no good server gives, and what the guard refuses.

use std::process::Command;

use tallystick_anchor::{
    TimestampClient, TimestampError, TokenError, WitnessAnswer, WitnessClient, WitnessError,
};
use tallystick_merkle::{AddCheckpoint, Checkpoint, CosigningKey, SigningKey, VerifierKey, empty_root};
use tallystick_outbound::{Outbound, OutboundError, OutboundOptions, Plain};

use crate::components::{Process, free_ports, now, openssl, run, to_loopback};
use crate::http::{Reply, Server, reply};

const ORIGIN: &str = "log.example/one";

fn witness_key(seed: u8) -> CosigningKey {
    CosigningKey::new("witness.example/w", &[seed; 32]).unwrap()
}

fn request() -> AddCheckpoint {
    let log = SigningKey::new(ORIGIN, &[1; 32]).unwrap();
    let checkpoint = Checkpoint::new(ORIGIN, 0, empty_root()).unwrap();
    AddCheckpoint { old_size: 0, path: vec![], checkpoint: checkpoint.sign(&log).unwrap() }
}

fn signature(seed: u8, time: u64) -> String {
    let checkpoint = Checkpoint::new(ORIGIN, 0, empty_root()).unwrap();
    format!("{}\n", witness_key(seed).cosign(&checkpoint, time).unwrap())
}

async fn ask(answer: Reply) -> Result<WitnessAnswer, WitnessError> {
    let server = Server::start(move |_| answer.clone()).await;
    let key = witness_key(2).verifier_key().clone();
    let client = WitnessClient::new(to_loopback(), server.url.clone(), key).unwrap();
    client.add_checkpoint(&request(), 1000).await
}

fn is_bad(answer: &Result<WitnessAnswer, WitnessError>) -> bool {
    matches!(answer, Err(WitnessError::BadAnswer(_)))
}

#[tokio::test]
async fn a_witness_is_believed_only_with_its_key_and_now() {
    let good = ask(reply(200, signature(2, 1000).as_bytes())).await;
    assert!(matches!(&good, Ok(WitnessAnswer::Cosigned(lines)) if lines.len() == 1), "{good:?}");
    let with_others = format!("{}{}", signature(9, 1), signature(2, 1299));
    let good = ask(reply(200, with_others.as_bytes())).await;
    assert!(matches!(&good, Ok(WitnessAnswer::Cosigned(lines)) if lines.len() == 1), "{good:?}");

    let other_text = {
        let other = Checkpoint::new("log.example/two", 0, empty_root()).unwrap();
        format!("{}\n", witness_key(2).cosign(&other, 1000).unwrap())
    };
    for bad in
        [signature(9, 1000), signature(2, 1301), signature(2, 699), other_text, String::new(), "x".into()]
    {
        let answer = ask(reply(200, bad.as_bytes())).await;
        assert!(is_bad(&answer), "{bad}: {answer:?}");
    }
}

#[tokio::test]
async fn each_status_has_its_meaning() {
    assert!(matches!(ask(reply(409, b"7\n")).await, Ok(WitnessAnswer::Stale { size: 7 })));
    assert!(is_bad(&ask(reply(409, b"seven\n")).await));
    // The size that was asked from, at which the witness has another root.
    assert!(matches!(ask(reply(409, b"0\n")).await, Err(WitnessError::Fork { .. })));
    assert!(matches!(ask(reply(404, b"")).await, Err(WitnessError::UnknownLog)));
    assert!(matches!(ask(reply(403, b"no\x1b[2J\nmore")).await,
        Err(WitnessError::Refused { status: 403, detail }) if detail == "no[2J"));
    assert!(matches!(ask(reply(400, b"")).await, Err(WitnessError::Refused { status: 400, .. })));
    assert!(matches!(ask(reply(422, b"fork")).await, Err(WitnessError::Fork { .. })));
    assert!(matches!(ask(reply(503, b"")).await, Err(WitnessError::Unreachable(_))));
    assert!(matches!(ask(reply(429, b"")).await, Err(WitnessError::Unreachable(_))));
    assert!(is_bad(&ask(reply(201, signature(2, 1000).as_bytes())).await));
    assert!(is_bad(&ask(reply(200, &vec![b'x'; 100_000])).await), "too long");
    let elsewhere = "HTTP/1.1 307 x\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    assert!(is_bad(&ask(Reply::Bytes(elsewhere.into())).await), "no redirect is followed");
    assert!(matches!(ask(Reply::Bytes(Vec::new())).await, Err(WitnessError::Unreachable(_))));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_waited_for_without_end() {
    assert!(matches!(ask(Reply::Silence).await, Err(WitnessError::Unreachable(_))));
}

#[tokio::test]
async fn names_that_lead_home_are_refused() {
    let server = Server::start(|_| reply(200, b"")).await;
    let port = server.url.port().unwrap();
    let named = |options| {
        let outbound = Outbound::new(options).unwrap();
        let url = format!("http://localhost:{port}/").parse().unwrap();
        TimestampClient::new(outbound, url)
    };
    let options =
        |allow_private, plain| OutboundOptions { allow_private, plain, ..OutboundOptions::default() };
    let hosts = Plain::Hosts(vec!["localhost".to_owned()]);
    let refused = named(options(false, hosts.clone())).unwrap();
    let refused = refused.stamp(b"", 1).await;
    assert!(matches!(refused, Err(TimestampError::Outbound(OutboundError::Address { .. }))), "{refused:?}");
    assert!(server.requests.lock().unwrap().is_empty(), "it was not even connected to");
    let asked = named(options(true, hosts)).unwrap().stamp(b"", 1).await;
    assert!(matches!(asked, Err(TimestampError::BadAnswer(TokenError::Malformed(_)))), "{asked:?}");
    assert!(named(options(true, Plain::Never)).is_err());
}

#[tokio::test]
async fn what_was_cosigned_last_is_of_this_witness_and_this_log() {
    let log = SigningKey::new(ORIGIN, &[1; 32]).unwrap();
    let cosigned = |origin: &str, seed: u8| {
        let key = SigningKey::new(origin, &[1; 32]).unwrap();
        let checkpoint = Checkpoint::new(origin, 0, empty_root()).unwrap();
        let mut note = checkpoint.sign(&key).unwrap();
        note.add(witness_key(seed).cosign(&checkpoint, now()).unwrap()).unwrap();
        note.to_string().into_bytes()
    };
    let latest = async |answer: Reply| {
        let server = Server::start(move |_| answer.clone()).await;
        let key: VerifierKey = witness_key(2).verifier_key().clone();
        let client = WitnessClient::new(to_loopback(), server.url.join("sub/").unwrap(), key).unwrap();
        let found = client.latest(ORIGIN).await;
        (found, server.last().head)
    };
    let (found, head) = latest(reply(200, &cosigned(ORIGIN, 2))).await;
    assert_eq!(Checkpoint::open(&found.unwrap().unwrap(), log.verifier_key()).unwrap().size(), 0);
    assert!(head.starts_with("get /sub/") && head.contains("/checkpoint http"), "{head}");
    assert!(matches!(latest(reply(404, b"")).await.0, Ok(None)));
    for bad in [cosigned(ORIGIN, 9), cosigned("log.example/two", 2), b"x".to_vec()] {
        assert!(matches!(latest(reply(200, &bad)).await.0, Err(WitnessError::BadAnswer(_))));
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let Some(openssl) = openssl() else { return };
    let dir = tempfile::tempdir().unwrap();
    let words = "req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 -subj /CN=localhost";
    run(Command::new(&openssl).args(words.split(' ')).current_dir(dir.path()));
    let [port] = free_ports();
    let words = format!("s_server -www -quiet -key key -cert cert -accept 127.0.0.1:{port}");
    let mut process = Process::start(Command::new(&openssl).args(words.split(' ')).current_dir(dir.path()));
    process.until(async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
    let url = format!("https://localhost:{port}/").parse().unwrap();
    let answer = TimestampClient::new(to_loopback(), url).unwrap().stamp(b"", 1).await;
    assert!(matches!(answer, Err(TimestampError::Outbound(OutboundError::Certificate { .. }))), "{answer:?}");
}

#[tokio::test]
async fn the_key_of_a_log_is_none_of_a_witness() {
    let log = SigningKey::new(ORIGIN, &[1; 32]).unwrap().verifier_key().clone();
    let url = "https://witness.example/".parse().unwrap();
    assert!(matches!(WitnessClient::new(to_loopback(), url, log), Err(WitnessError::Key { .. })));
}
