//! Timestamps of an authority made with `openssl ts`, checked by us, by openssl, and by a library in Python.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tallystick_anchor::{TimestampClient, TimestampError, TokenError, TrustedRoots, verify_token};

use crate::components::{installed, now, openssl, run, to_loopback};
use crate::http::{Server, reply};

const MESSAGE: &[u8] = b"directory.example/one\n600\nlSH202HJx98/qoD/8j/O9eTBHl/aDmuc6fcEvv9mX18=\n";

const CONFIG: &str = "\
[ tsa ]
default_tsa = ours
[ ours ]
serial = DIR/serial
crypto_device = builtin
signer_cert = DIR/tsa.crt
signer_key = DIR/tsa.key
signer_digest = DIGEST
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
";

/// A root and an authority below it, in a directory.
struct Authority {
    dir: tempfile::TempDir,
}

impl Authority {
    /// With keys made by `openssl genpkey` with these options.
    fn make(key_options: &[&str], digest: &str, usage: &str) -> Authority {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority { dir };
        let config = CONFIG.replace("DIR", authority.dir.path().to_str().unwrap()).replace("DIGEST", digest);
        authority.write("tsa.cnf", &config);
        authority.write("serial", "01\n");
        authority
            .write("tsa.ext", &format!("keyUsage=critical,digitalSignature\nextendedKeyUsage={usage}\n"));
        for name in ["root", "tsa"] {
            let mut words = vec!["genpkey", "-out"];
            let key = format!("{name}.key");
            words.push(&key);
            words.extend(key_options);
            authority.openssl(&words);
        }
        authority.openssl(&[
            "req",
            "-x509",
            "-new",
            "-key",
            "root.key",
            "-out",
            "root.crt",
            "-days",
            "2",
            "-subj",
            "/CN=Test Root",
        ]);
        authority.openssl(&["req", "-new", "-key", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Test TSA"]);
        authority.openssl(&[
            "x509",
            "-req",
            "-in",
            "tsa.csr",
            "-CA",
            "root.crt",
            "-CAkey",
            "root.key",
            "-CAcreateserial",
            "-out",
            "tsa.crt",
            "-days",
            "2",
            "-extfile",
            "tsa.ext",
        ]);
        authority
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn openssl(&self, words: &[&str]) -> String {
        run(Command::new("openssl").args(words).current_dir(self.dir.path()))
    }

    fn roots(&self) -> TrustedRoots {
        TrustedRoots::from_pem(&fs::read_to_string(self.path("root.crt")).unwrap()).unwrap()
    }

    /// Answers queries as an authority does.
    async fn serve(&self) -> Server {
        let dir = self.dir.path().to_owned();
        Server::start(move |request| {
            assert!(request.head.contains("content-type: application/timestamp-query"), "{}", request.head);
            reply(200, &answer(&dir, &request.body))
        })
        .await
    }

    async fn stamp(&self, message: &[u8]) -> Result<Vec<u8>, TimestampError> {
        let server = self.serve().await;
        TimestampClient::new(to_loopback(), server.url).unwrap().stamp(message, 0x8000_0000_0000_0001).await
    }
}

fn answer(dir: &Path, query: &[u8]) -> Vec<u8> {
    fs::write(dir.join("query"), query).unwrap();
    let words = ["ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply"];
    run(Command::new("openssl").args(words).current_dir(dir));
    fs::read(dir.join("reply")).unwrap()
}

const P256: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
const P384: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"];
const RSA: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const USAGE: &str = "critical,timeStamping";

#[tokio::test]
async fn tokens_of_all_kinds_of_keys_are_checked_by_us_and_by_openssl() {
    if openssl().is_none() {
        return;
    }
    for (key, digest) in [(P256, "sha256"), (P384, "sha384"), (RSA, "sha256"), (RSA, "sha512")] {
        let authority = Authority::make(key, digest, USAGE);
        let before = now() as i64 * 1000;
        let token = authority.stamp(MESSAGE).await.unwrap();
        let time = verify_token(&token, MESSAGE, &authority.roots()).unwrap();
        assert!((before - 1000..=now() as i64 * 1000 + 1000).contains(&time), "{time}");
        fs::write(authority.path("token"), &token).unwrap();
        fs::write(authority.path("message"), MESSAGE).unwrap();
        authority.openssl(&[
            "ts",
            "-verify",
            "-data",
            "message",
            "-in",
            "token",
            "-token_in",
            "-CAfile",
            "root.crt",
        ]);
        refused(&authority, &token);
    }
}

fn refused(authority: &Authority, token: &[u8]) {
    let roots = authority.roots();
    assert_eq!(verify_token(token, b"another", &roots), Err(TokenError::OtherMessage));
    let nobody = verify_token(token, MESSAGE, &TrustedRoots::default());
    assert!(matches!(nobody, Err(TokenError::Untrusted(_))), "{nobody:?}");
    let stranger = Authority::make(P256, "sha256", USAGE);
    let strange = verify_token(token, MESSAGE, &stranger.roots());
    assert!(matches!(strange, Err(TokenError::Untrusted(_))), "{strange:?}");
    // Whatever byte is changed, the time is that of the authority or there is none.
    let time = verify_token(token, MESSAGE, &roots).unwrap();
    for at in 0..token.len() {
        let mut changed = token.to_vec();
        changed[at] ^= 1;
        if let Ok(other) = verify_token(&changed, MESSAGE, &roots) {
            assert_eq!(other, time, "byte {at}");
        }
    }
}

#[tokio::test]
async fn a_certificate_for_something_else_is_not_trusted() {
    if openssl().is_none() {
        return;
    }
    // openssl itself refuses to sign with such a certificate, so it is put into a token in the place of a good one of
    // the same name, number and key.
    let authority = Authority::make(RSA, "sha256", USAGE);
    let token = authority.stamp(MESSAGE).await.unwrap();
    authority.write("tsa.ext", "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,serverAuth\n");
    let wrong = authority.path("wrong.der");
    authority.openssl(&[
        "x509",
        "-req",
        "-in",
        "tsa.csr",
        "-CA",
        "root.crt",
        "-CAkey",
        "root.key",
        "-set_serial",
        &serial(&authority),
        "-out",
        "wrong.der",
        "-outform",
        "DER",
        "-days",
        "2",
        "-extfile",
        "tsa.ext",
    ]);
    let good = authority.path("good.der");
    authority.openssl(&["x509", "-in", "tsa.crt", "-out", "good.der", "-outform", "DER"]);
    let (good, wrong) = (fs::read(good).unwrap(), fs::read(wrong).unwrap());
    assert_eq!(good.len(), wrong.len(), "so that one can stand in the other's place");
    let at = token.windows(good.len()).position(|window| window == good).unwrap();
    let mut swapped = token.clone();
    swapped[at..at + good.len()].copy_from_slice(&wrong);
    let answer = verify_token(&swapped, MESSAGE, &authority.roots());
    assert!(matches!(answer, Err(TokenError::Untrusted(_))), "{answer:?}");
}

fn serial(authority: &Authority) -> String {
    let text = authority.openssl(&["x509", "-in", "tsa.crt", "-noout", "-serial"]);
    format!("0x{}", text.trim().strip_prefix("serial=").unwrap())
}

#[tokio::test]
async fn certificates_in_any_order_are_taken() {
    if openssl().is_none() {
        return;
    }
    // A set of two, which openssl does not sort; which comes first by DER is a matter of their length and bytes.
    for root_first in [true, false] {
        let authority = Authority::make(P256, "sha256", USAGE);
        let config = fs::read_to_string(authority.path("tsa.cnf")).unwrap();
        let dir = authority.dir.path().display();
        let certs = if root_first { "root.crt" } else { "both.crt" };
        authority.write("tsa.cnf", &format!("{config}certs = {dir}/{certs}\n"));
        let read = |name: &str| fs::read_to_string(authority.path(name)).unwrap();
        authority.write("both.crt", &format!("{}{}", read("tsa.crt"), read("root.crt")));
        let token = authority.stamp(MESSAGE).await.unwrap();
        verify_token(&token, MESSAGE, &authority.roots()).unwrap();
    }
}

#[tokio::test]
async fn answers_to_other_requests_are_refused() {
    if openssl().is_none() {
        return;
    }
    let authority = Authority::make(P256, "sha256", USAGE);
    let dir = authority.dir.path().to_owned();
    // The answer to the first request is given to all.
    let first = std::sync::Mutex::new(None);
    let replay = Server::start(move |request| {
        let mut first = first.lock().unwrap();
        let bytes = first.get_or_insert_with(|| answer(&dir, &request.body));
        reply(200, bytes)
    })
    .await;
    let client = TimestampClient::new(to_loopback(), replay.url).unwrap();
    client.stamp(MESSAGE, 7).await.unwrap();
    let other = client.stamp(MESSAGE, 8).await;
    assert!(matches!(other, Err(TimestampError::BadAnswer(TokenError::OtherNonce))), "{other:?}");
    let other = client.stamp(b"another", 7).await;
    assert!(matches!(other, Err(TimestampError::BadAnswer(TokenError::OtherMessage))), "{other:?}");

    // The authority does not take what we send: openssl says so in an answer of its own.
    let refusing = {
        let dir = authority.dir.path().to_owned();
        Server::start(move |_| reply(200, &answer(&dir, b"\x30\x00"))).await
    };
    let refused = TimestampClient::new(to_loopback(), refusing.url).unwrap().stamp(MESSAGE, 9).await;
    assert!(matches!(refused, Err(TimestampError::Rejected { status: 2 })), "{refused:?}");
}

#[tokio::test]
async fn a_library_in_python_agrees() {
    let (Some(python), Some(_)) = (installed("python"), openssl()) else { return };
    let authority = Authority::make(P256, "sha256", USAGE);
    let server = authority.serve().await;
    let client = TimestampClient::new(to_loopback(), server.url).unwrap();
    client.stamp(MESSAGE, 11).await.unwrap();
    fs::write(authority.path("message"), MESSAGE).unwrap();
    // The library reads whole answers; ours is the last that openssl gave.
    let script = "
import sys
from cryptography import x509
from rfc3161_client import VerifierBuilder, decode_timestamp_response
d = sys.argv[1]
root = x509.load_pem_x509_certificate(open(d + '/root.crt', 'rb').read())
answer = decode_timestamp_response(open(d + '/reply', 'rb').read())
message = open(d + '/message', 'rb').read()
verifier = VerifierBuilder().add_root_certificate(root).nonce(11).build()
assert verifier.verify_message(answer, message)
try:
    verifier.verify_message(answer, message + b'x')
except Exception:
    print('agreed')
";
    let told = run(Command::new(python).args(["-c", script]).arg(authority.dir.path()));
    assert_eq!(told.trim(), "agreed");
}
