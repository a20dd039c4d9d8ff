//! Questions to the programs: what is good, and forgeries of it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tallystick_merkle::{Checkpoint, Hash, Note, SigningKey, VerifierKey};

/// A question with the verdict that it must get.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) what: String,
    pub(super) question: Value,
    pub(super) is_good: bool,
}

impl Case {
    pub(super) fn good(what: impl Into<String>, question: Value) -> Self {
        Self { what: what.into(), question, is_good: true }
    }

    pub(super) fn forged(what: impl Into<String>, question: Value) -> Self {
        Self { what: what.into(), question, is_good: false }
    }

    /// The same question with one member changed.
    fn but(&self, what: &str, member: &str, value: impl Into<Value>) -> Self {
        let mut question = self.question.clone();
        question[member] = value.into();
        Self::forged(format!("{}, {what}", self.what), question)
    }

    pub(super) fn op(&self) -> &str {
        self.question["op"].as_str().unwrap()
    }

    fn proof(&self) -> Vec<String> {
        let hashes = self.question["proof"].as_array().unwrap();
        hashes.iter().map(|hash| hash.as_str().unwrap().to_owned()).collect()
    }

    fn text(&self, member: &str) -> &str {
        self.question[member].as_str().unwrap()
    }
}

/// That all keys have signed a note.
pub(super) fn checkpoint(what: &str, keys: &[VerifierKey], note: &str) -> Case {
    Case::good(what, json!({"op": "checkpoint", "keys": texts(keys), "note": note}))
}

/// That a leaf is in the tree of a note.
pub(super) fn inclusion(keys: &[VerifierKey], note: &str, index: u64, leaf: &[u8], proof: &[String]) -> Case {
    let question = json!({
        "op": "inclusion", "keys": texts(keys), "note": note, "index": index, "leaf": STANDARD.encode(leaf),
        "proof": proof,
    });
    Case::good(format!("leaf {index} in {}", size_of(note)), question)
}

/// That the tree of a note continues that of an older one.
pub(super) fn consistency(keys: &[VerifierKey], old: &str, new: &str, proof: &[String]) -> Case {
    let question = json!({"op": "consistency", "keys": texts(keys), "old": old, "note": new, "proof": proof});
    Case::good(format!("{} continues {}", size_of(new), size_of(old)), question)
}

fn texts(keys: &[VerifierKey]) -> Vec<String> {
    keys.iter().map(ToString::to_string).collect()
}

/// The size in a checkpoint's note.
pub(super) fn size_of(note: &str) -> u64 {
    note.lines().nth(1).unwrap().parse().unwrap()
}

/// The root in a checkpoint's note.
pub(super) fn root_of(note: &str) -> Hash {
    STANDARD.decode(note.lines().nth(2).unwrap()).unwrap().try_into().unwrap()
}

/// Base64 with one bit changed.
pub(super) fn flipped(text: &str, at: usize) -> String {
    let mut bytes = STANDARD.decode(text).unwrap();
    bytes[at] ^= 1;
    STANDARD.encode(bytes)
}

/// What the thief of a log's key would sign.
pub(super) fn signed_as(key: &SigningKey, size: u64, root: Hash) -> String {
    Checkpoint::new(key.verifier_key().name(), size, root).unwrap().sign(key).unwrap().to_string()
}

/// Forgeries of a checkpoint: of its text, of each signature, and with keys of others.
pub(super) fn forged_checkpoints(good: &Case) -> Vec<Case> {
    let note = good.text("note");
    let (text, signatures) = note.split_once("\n\n").unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let with = |origin: &str, size: &str, root: &str| format!("{origin}\n{size}\n{root}\n\n{signatures}");
    let larger = (size_of(note) + 1).to_string();
    let mut forged = vec![
        good.but("a leaf more", "note", with(lines[0], &larger, lines[2])),
        good.but("another root", "note", with(lines[0], lines[1], &flipped(lines[2], 7))),
        good.but("another log", "note", with(&format!("{}0", lines[0]), lines[1], lines[2])),
        good.but("a line more", "note", format!("{text}\nmore\n\n{signatures}")),
    ];
    let parsed: Note = note.parse().unwrap();
    for (number, line) in signatures.lines().enumerate() {
        let bytes = line.rsplit(' ').next().unwrap();
        let signer = parsed.signatures()[number].name();
        let length = STANDARD.decode(bytes).unwrap().len();
        // In the time of a cosignature, or in R of a signature; in S.
        for at in [8, length - 20] {
            let changed = note.replace(bytes, &flipped(bytes, at));
            forged.push(good.but(&format!("byte {at} of {signer}'s signature"), "note", changed));
        }
        forged.push(good.but(&format!("without {signer}"), "note", note.replace(&format!("{line}\n"), "")));
    }
    let origin = lines[0];
    let stranger = SigningKey::new(origin, &[9; 32]).unwrap();
    let keys = Value::from(texts(&[stranger.verifier_key().clone()]));
    forged.push(good.but("with the key of somebody else", "keys", keys));
    forged.push(good.but(
        "signed by somebody else",
        "note",
        signed_as(&stranger, size_of(note), root_of(note)),
    ));
    forged
}

/// Forgeries of an inclusion proof.
pub(super) fn forged_inclusions(good: &Case, other_note: &str) -> Vec<Case> {
    let leaf = good.text("leaf");
    let index = good.question["index"].as_u64().unwrap();
    let mut forged = forged_proofs(good);
    for (field, at) in [("log", 4), ("seq", 27), ("kind", 52), ("units", 87)] {
        forged.push(good.but(&format!("another {field}"), "leaf", flipped(leaf, at)));
    }
    forged.push(good.but("one further", "index", index + 1));
    forged.push(good.but("the neighbour's place", "index", index ^ 1));
    forged.push(good.but("outside of the tree", "index", size_of(good.text("note"))));
    forged.push(good.but("of another tree", "note", other_note));
    forged
}

/// Forgeries of a consistency proof. With the log's own key, as the one who has it is the one to be checked.
pub(super) fn forged_consistencies(good: &Case, key: &SigningKey) -> Vec<Case> {
    let mut forged = forged_proofs(good);
    for (which, member) in [("another past", "old"), ("another present", "note")] {
        let note = good.text(member);
        let mut root = root_of(note);
        root[31] ^= 1;
        forged.push(good.but(which, member, signed_as(key, size_of(note), root)));
    }
    let mut swapped = good.but("backwards", "old", good.text("note"));
    swapped.question["note"] = good.text("old").into();
    if good.text("old") != good.text("note") {
        forged.push(swapped);
    }
    forged
}

/// Each hash of a proof changed, and the proof longer, shorter, and out of order.
fn forged_proofs(good: &Case) -> Vec<Case> {
    let proof = good.proof();
    let mut forged = Vec::new();
    for at in 0..proof.len() {
        let mut changed = proof.clone();
        changed[at] = flipped(&proof[at], at);
        forged.push(good.but(&format!("hash {at} changed"), "proof", changed));
        let mut shorter = proof.clone();
        shorter.remove(at);
        forged.push(good.but(&format!("without hash {at}"), "proof", shorter));
        if at > 0 {
            let mut swapped = proof.clone();
            swapped.swap(at - 1, at);
            forged.push(good.but(&format!("hash {at} before its predecessor"), "proof", swapped));
        }
    }
    let more = [&proof[..], &[STANDARD.encode([0; 32])]].concat();
    forged.push(good.but("a hash more", "proof", more));
    forged
}
