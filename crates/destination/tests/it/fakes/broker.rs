//! A broker of Kafka that has what those lack that can be had here: limits, an address of its own to advertise, and
//! users. It takes a login as RFC 5802 has it and no other, and panics at what no broker would be asked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// How it behaves.
#[derive(Clone)]
pub(crate) struct Broker {
    /// Where it says that its topic `audit` is.
    pub(crate) advertised: (&'static str, u16),
    /// What it answers to what is produced.
    pub(crate) code: i16,
    /// Who has to sign in, with SCRAM-SHA-256, and the password.
    pub(crate) user: Option<(&'static str, &'static str)>,
    /// It knows no password and lets everybody in.
    pub(crate) is_impostor: bool,
}

impl Broker {
    /// Serves one connection after the other.
    pub(crate) async fn serve(self, listener: TcpListener) {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            self.clone().answer(client).await;
        }
    }

    async fn answer(self, mut client: TcpStream) {
        let mut login = Login::default();
        while let Some(question) = frame(&mut client).await {
            let (key, body) = (question[5], body(&question));
            assert!(
                self.user.is_none() || login.is_done || matches!(key, 17 | 18 | 36),
                "{key} comes before the login"
            );
            let answer = match key {
                // The versions of the requests below.
                18 => [&i16_(0)[..], &i32_(4), &versions(&[(0, 3, 8), (3, 4, 4), (17, 1, 1), (36, 0, 0)])]
                    .concat(),
                17 => {
                    assert_eq!(body, text("SCRAM-SHA-256"));
                    [&i16_(0)[..], &i32_(1), &text("SCRAM-SHA-256")].concat()
                }
                36 => login.answer(&self, &body[4..]),
                3 => self.metadata(),
                0 => [
                    &i32_(1)[..],
                    &text("audit"),
                    &i32_(1),
                    &i32_(0),
                    &i16_(self.code),
                    &[0; 24],
                    &i32_(0),
                    &i16_(-1),
                    &i32_(0),
                ]
                .concat(),
                other => panic!("no broker was asked for {other} before"),
            };
            let length = i32_(i32::try_from(answer.len()).unwrap() + 4);
            let answer = [&length[..], &question[8..12], &answer].concat();
            if client.write_all(&answer).await.is_err() {
                return;
            }
        }
    }

    fn metadata(&self) -> Vec<u8> {
        let (host, port) = self.advertised;
        [
            &i32_(0)[..],
            &i32_(1),
            &i32_(1),
            &text(host),
            &i32_(i32::from(port)),
            &i16_(-1),
            &i16_(-1),
            &i32_(1),
            &i32_(1),
            &i16_(0),
            &text("audit"),
            &[0],
            &i32_(1),
            &i16_(0),
            &i32_(0),
            &i32_(1),
            &i32_(0),
            &i32_(0),
        ]
        .concat()
    }
}

#[derive(Default)]
struct Login {
    /// What was said, without the proof.
    said: String,
    is_done: bool,
}

impl Login {
    fn answer(&mut self, broker: &Broker, message: &[u8]) -> Vec<u8> {
        let message = std::str::from_utf8(message).unwrap();
        let (user, password) = broker.user.unwrap();
        let good = |said: &str| [&i16_(0)[..], &i16_(-1), &i32_(said.len() as i32), said.as_bytes()].concat();
        let bad = [&i16_(58)[..], &text(&format!("Authentication failed for {password}")), &i32_(0)].concat();
        if let Some(first) = message.strip_prefix("n,,") {
            let nonce = first.strip_prefix(&format!("n={user},r="));
            let Some(nonce) = nonce else { return bad };
            let answer = format!("r={nonce}server,s={},i=4096", STANDARD.encode("salt"));
            self.said = format!("{first},{answer}");
            return good(&answer);
        }
        let (without_proof, proof) = message.split_once(",p=").unwrap();
        let said = format!("{},{without_proof}", self.said);
        let salted = stretch(password.as_bytes());
        let stored = Sha256::digest(hmac(&salted, b"Client Key"));
        let signature = hmac(&stored, said.as_bytes());
        let proof = STANDARD.decode(proof).unwrap();
        let key: Vec<u8> = proof.iter().zip(&signature).map(|(a, b)| a ^ b).collect();
        if Sha256::digest(key) != stored && !broker.is_impostor {
            return bad;
        }
        self.is_done = true;
        let server_key = hmac(if broker.is_impostor { b"guessed" } else { &salted[..] }, b"Server Key");
        good(&format!("v={}", STANDARD.encode(hmac(&server_key, said.as_bytes()))))
    }
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn stretch(password: &[u8]) -> Vec<u8> {
    let mut last = hmac(password, b"salt\0\0\0\x01");
    let mut out = last.clone();
    for _ in 1..4_096 {
        last = hmac(password, &last);
        out.iter_mut().zip(&last).for_each(|(out, last)| *out ^= last);
    }
    out
}

/// A length, and as many bytes.
pub(crate) async fn frame(from: &mut TcpStream) -> Option<Vec<u8>> {
    let length = from.read_u32().await.ok()?;
    let mut bytes = vec![0; length as usize + 4];
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    from.read_exact(&mut bytes[4..]).await.ok()?;
    Some(bytes)
}

/// What comes after the key, the version, the number, and who asks.
fn body(question: &[u8]) -> Vec<u8> {
    let client = usize::from(u16::from_be_bytes([question[12], question[13]]));
    question[14 + client..].to_vec()
}

fn versions(all: &[(i16, i16, i16)]) -> Vec<u8> {
    all.iter().flat_map(|(key, min, max)| [i16_(*key), i16_(*min), i16_(*max)].concat()).collect()
}

fn i16_(value: i16) -> [u8; 2] {
    value.to_be_bytes()
}

fn i32_(value: i32) -> [u8; 4] {
    value.to_be_bytes()
}

fn text(value: &str) -> Vec<u8> {
    [&i16_(value.len() as i16)[..], value.as_bytes()].concat()
}
