//! Notes and everything made of them, which verifiers and witnesses read from strangers.

use tallystick_merkle::{
    AddCheckpoint, Checkpoint, CosigningKey, Note, NoteSignature, SigningKey, TlogProof, VerifierKey,
};

use crate::Target;

pub(crate) const TARGET: Target = Target { name: "merkle_note", seeds, run };

const ORIGIN: &str = "log.example/1";

fn log() -> SigningKey {
    SigningKey::new(ORIGIN, &[1; 32]).expect("a name that is allowed")
}

fn witness() -> CosigningKey {
    CosigningKey::new("witness.example/1", &[2; 32]).expect("a name that is allowed")
}

/// The only text that these keys ever sign.
fn checkpoint() -> Checkpoint {
    Checkpoint::new(ORIGIN, 5, [5; 32]).expect("an origin")
}

fn seeds() -> Vec<Vec<u8>> {
    let (log, witness, checkpoint) = (log(), witness(), checkpoint());
    let mut note = checkpoint.sign(&log).expect("the key of the origin");
    note.add(witness.cosign(&checkpoint, 1_795_168_900).expect("a time")).expect("few signatures");
    let path = vec![[6; 32]; 3];
    let proof =
        TlogProof { extra: b"extra".to_vec(), index: 4, path: path.clone(), checkpoint: note.clone() };
    let request = AddCheckpoint { old_size: 3, path, checkpoint: note.clone() };
    let signature = format!("{}\n", note.signatures()[1]);
    let texts = [
        note.to_string(),
        checkpoint.to_string() + "an extension\n",
        proof.to_string(),
        request.to_string(),
        signature,
        log.verifier_key().to_string(),
        witness.verifier_key().to_string(),
        log.encode().to_string(),
        witness.encode().to_string(),
    ];
    texts.map(String::into_bytes).into()
}

fn run(input: &[u8]) {
    let keys = [log().verifier_key().clone(), witness().verifier_key().clone()];
    if let Ok(note) = Note::parse(input) {
        assert_eq!(note.to_string().as_bytes(), input, "a note has one spelling");
        if note.verify(&keys).is_ok() {
            assert_eq!(note.unverified_text(), checkpoint().to_string(), "forged");
        }
    }
    let Ok(text) = std::str::from_utf8(input) else { return };
    let written = [
        text.parse::<Checkpoint>().ok().map(|read| read.to_string()),
        text.parse::<TlogProof>().ok().map(|read| read.to_string()),
        text.parse::<AddCheckpoint>().ok().map(|read| read.to_string()),
        text.parse::<VerifierKey>().ok().map(|read| read.to_string()),
        SigningKey::parse(text).ok().map(|read| read.encode().to_string()),
        CosigningKey::parse(text).ok().map(|read| read.encode().to_string()),
    ];
    for written in written.into_iter().flatten() {
        assert_eq!(written, text, "every format has one spelling");
    }
    if let Ok(lines) = NoteSignature::parse_lines(text) {
        let lines: Vec<String> = lines.iter().map(NoteSignature::to_string).collect();
        assert_eq!(lines.join("\n") + "\n", text, "a signature has one spelling");
    }
}
