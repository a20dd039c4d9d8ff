//! An authenticator in software: makes passkeys and uses them as a device and its browser would, and as neither should.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

// Flags of the authenticator's data (WebAuthn 6.1).
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const HAS_CREDENTIAL: u8 = 0x40;

/// A device with one passkey.
#[derive(Debug, Clone)]
pub struct Authenticator {
    /// What the browser says the page's address is.
    pub origin: String,
    /// The relying party that the device signs for; empty: the one it is asked for.
    pub rp_id: String,
    /// Whether it verifies its person.
    pub verifies: bool,
    /// Whether the passkey is kept in more places than one.
    pub synced: bool,
    /// Signatures so far; stays 0 if `counts` is false.
    pub counter: u32,
    /// Whether it counts signatures.
    pub counts: bool,
    /// As whose the device knows the passkey, from when it was made.
    pub user_handle: Vec<u8>,
    /// By what the device knows the passkey.
    pub credential_id: Vec<u8>,
    key: SigningKey,
}

impl Authenticator {
    /// A device of somebody on a page at `origin`; each `number` has another key.
    pub fn new(origin: &str, number: u8) -> Self {
        Self {
            origin: origin.to_owned(),
            rp_id: String::new(),
            verifies: true,
            synced: false,
            counter: 0,
            counts: true,
            user_handle: Vec::new(),
            credential_id: vec![number; 32],
            key: SigningKey::from_slice(&[number.max(1); 32]).expect("a key"),
        }
    }

    /// The same device with something about it changed.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Makes its passkey: what the browser writes of it, as the answer to `{"publicKey": ...}`.
    pub fn make(&mut self, options: &Value) -> Value {
        let options = &options["publicKey"];
        self.user_handle = bytes(&options["user"]["id"]);
        let client = self.client_data("webauthn.create", options);
        let mut data = self.data(&text(&options["rp"]["id"]), HAS_CREDENTIAL);
        data.extend([0; 16]);
        data.extend((self.credential_id.len() as u16).to_be_bytes());
        data.extend(&self.credential_id);
        data.extend(self.public_key());
        // {"fmt": "none", "attStmt": {}, "authData": data} in CBOR (RFC 8949).
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".to_vec();
        object.extend((data.len() as u16).to_be_bytes());
        object.extend(data);
        self.credential(&json!({ "clientDataJSON": written(&client), "attestationObject": written(&object) }))
    }

    /// Uses its passkey: what the browser writes of it, as the answer to `{"publicKey": ...}`.
    pub fn answer(&mut self, options: &Value) -> Value {
        let options = &options["publicKey"];
        if self.counts {
            self.counter += 1;
        }
        let client = self.client_data("webauthn.get", options);
        let data = self.data(&text(&options["rpId"]), 0);
        let signed = [&data[..], &Sha256::digest(&client)].concat();
        let signature: Signature = self.key.sign(&signed);
        self.credential(&json!({
            "clientDataJSON": written(&client),
            "authenticatorData": written(&data),
            "signature": written(signature.to_der().as_bytes()),
            "userHandle": written(&self.user_handle),
        }))
    }

    fn credential(&self, response: &Value) -> Value {
        let id = written(&self.credential_id);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": response, "extensions": {} })
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let data = json!({
            "type": kind,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
        });
        data.to_string().into_bytes()
    }

    fn data(&self, asked: &str, more: u8) -> Vec<u8> {
        let rp_id = if self.rp_id.is_empty() { asked } else { &self.rp_id };
        let mut flags = PRESENT | more;
        if self.verifies {
            flags |= VERIFIED;
        }
        if self.synced {
            flags |= BACKUP_ELIGIBLE | BACKED_UP;
        }
        let mut data = Sha256::digest(rp_id.as_bytes()).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// As a COSE key (RFC 9053 7.1): EC2, ES256, P-256.
    fn public_key(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(32);
        [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", x, b"\x22\x58\x20", y].concat()
    }
}

fn written(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text(value)).expect("base64url")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
