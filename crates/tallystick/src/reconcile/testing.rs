//! A log in memory and copies of it, for the tests beside this file.

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tallystick_delivery::streams::Mask;
use tallystick_format::{FormatName, Place, render};

use super::{
    copied::{At, Copied, Form},
    expected::Expected,
    log::Log,
    recognize,
};

pub(crate) const ORIGIN: &str = "audit.example/0192d3f0-7c1a-7000-8000-0000000000aa";
pub(crate) const ORG: &str = "acme";
/// Events of the longest log.
pub(crate) const SEQS_MAX: u64 = 100;

/// The event at a place of the log.
pub(crate) fn event(seq: u64) -> Value {
    json!({
        "id": format!("evt_{seq:032x}"), "seq": seq, "org": ORG, "action": "user.role_assigned",
        "occurred_at": "2026-11-20T10:00:03.000Z", "received_at": "2026-11-20T10:00:04.000Z",
        "actor": { "type": "user", "id": "usr_ana", "name": "Ana = Ruiz | \\ Co", "email": "ana@acme.example" },
        "targets": [{ "type": "user", "id": format!("usr_{seq}"), "name": "Chen" }],
        "context": { "ip": "203.0.113.7", "user_agent": "curl/8 a=b", "request_id": "req_1" },
        "outcome": "failure", "reason": "line one\nkey=line two",
        "changes": [{ "op": "replace", "path": "a", "old": 1.5, "new": [1, null] }],
        "metadata": { "note": "n", "count": seq, "signed": format!("hmac-sha256:{}", "0f".repeat(32)) },
    })
}

/// What the log has there.
pub(crate) fn expected(seq: u64) -> Expected {
    let event = event(seq);
    // As the log renders it: members in the order of the API.
    let mut bytes = Vec::new();
    let place = place(seq, event["id"].as_str().unwrap(), &[0; 32]);
    render(FormatName::Native, &event, &place, &mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let end = text.find(",\"integrity\"").unwrap();
    Expected {
        seq,
        id: event["id"].as_str().unwrap().to_owned(),
        leaf_hash: Sha256::digest(seq.to_be_bytes()).into(),
        received_ms: 1_795_168_804_000,
        event: format!("{}}}", &text[..end]).into_bytes().into(),
        is_erased: false,
    }
}

fn place<'a>(seq: u64, id: &'a str, leaf_hash: &'a [u8; 32]) -> Place<'a> {
    Place {
        org: ORG,
        org_name: None,
        log: ORIGIN,
        seq,
        event_id: id,
        leaf_hash,
        received_ms: 1_795_168_804_000,
        product: "Tall|y = stick",
        version: "0.1.0",
    }
}

/// The line that a stream sends.
pub(crate) fn sent(format: FormatName, seq: u64, mask: &Mask, key: &[u8]) -> Vec<u8> {
    let mut event = event(seq);
    mask.apply(&mut event, key);
    let expected = expected(seq);
    let mut out = Vec::new();
    render(format, &event, &place(seq, &expected.id, &expected.leaf_hash), &mut out).unwrap();
    out
}

/// A line as it is read.
pub(crate) fn read(line: u64, text: &[u8]) -> Result<Vec<Copied>, String> {
    let mut found = Vec::new();
    let at = At { piece: "copy".into(), line };
    recognize::records(&at, text, &mut |copied| found.push(copied)).map(|()| found)
}

/// The only record of a line.
pub(crate) fn one(line: u64, text: &[u8]) -> Copied {
    let mut found = read(line, text).unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(text)));
    assert_eq!(found.len(), 1);
    found.pop().unwrap()
}

/// All formats, and the lines of exports.
pub(crate) fn forms() -> Vec<(Form, Vec<u8>)> {
    let stream = |format| (Form::Stream(format), sent(format, 7, &Mask::default(), b""));
    let export = (Form::Export, expected(7).event.to_vec());
    FormatName::ALL.into_iter().map(stream).chain([export]).collect()
}

/// A log of so many events.
pub(crate) struct Memory(pub(crate) Vec<Arc<Expected>>);

impl Memory {
    pub(crate) fn new(size: u64) -> Self {
        /// Made once: cases are many.
        static ALL: LazyLock<Vec<Arc<Expected>>> =
            LazyLock::new(|| (0..SEQS_MAX).map(|seq| Arc::new(expected(seq))).collect());
        Self(ALL[..usize::try_from(size).unwrap()].to_vec())
    }
}

impl Log for Memory {
    async fn reach(&mut self, _seq: u64) -> anyhow::Result<()> {
        Ok(())
    }

    async fn get(&mut self, seq: u64) -> anyhow::Result<Option<Arc<Expected>>> {
        Ok(usize::try_from(seq).ok().and_then(|at| self.0.get(at)).cloned())
    }
}
