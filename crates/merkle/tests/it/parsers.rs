//! No bytes whatever make a parser panic, and what one accepts has no second spelling.

use proptest::prelude::*;
use tallystick_merkle::{
    AddCheckpoint, Checkpoint, CosigningKey, Edge, Note, NoteSignature, Policy, SigningKey, TilePath,
    TlogProof, VerifierKey, decode_bundle, encode_bundle,
};

use crate::checkpoints::{LOG_KEY, WITNESS_KEY};
use crate::tlog_proofs::proof;

/// Everything that is read from outside, on the same bytes.
fn read_all(bytes: &[u8]) {
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.to_string().as_bytes(), bytes);
        let _ = note.verify(&[LOG_KEY.parse().unwrap(), WITNESS_KEY.parse().unwrap()]);
    }
    let _ = Policy::parse(bytes);
    let _ = Edge::decode(bytes);
    for width in [1, 2, 256] {
        if let Ok(entries) = decode_bundle(bytes, width) {
            assert_eq!(encode_bundle(&entries).unwrap(), bytes);
        }
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let same = |written: Option<String>| assert!(written.is_none_or(|written| written == text));
    same(text.parse::<Checkpoint>().ok().map(|read| read.to_string()));
    same(text.parse::<TlogProof>().ok().map(|read| read.to_string()));
    same(text.parse::<AddCheckpoint>().ok().map(|read| read.to_string()));
    same(text.parse::<VerifierKey>().ok().map(|read| read.to_string()));
    same(text.parse::<TilePath>().ok().map(|read| read.to_string()));
    same(SigningKey::parse(text).ok().map(|read| read.encode().to_string()));
    same(CosigningKey::parse(text).ok().map(|read| read.encode().to_string()));
    let lines = |lines: Vec<NoteSignature>| {
        let lines: Vec<String> = lines.iter().map(NoteSignature::to_string).collect();
        lines.join("\n") + "\n"
    };
    same(NoteSignature::parse_lines(text).ok().map(lines));
}

/// Valid texts of every format.
fn seeds() -> Vec<String> {
    let proof = proof(5, 11, true);
    let note = proof.checkpoint.to_string();
    let request =
        AddCheckpoint { old_size: 3, path: proof.path.clone(), checkpoint: proof.checkpoint.clone() };
    let secret = SigningKey::new("log.example", &[1; 32]).unwrap().encode().to_string();
    let policy = format!("log {LOG_KEY} u\nwitness w {WITNESS_KEY}\ngroup g 1 w\n# c\nquorum g\n");
    let signature = note.split_inclusive('\n').next_back().unwrap().to_owned();
    let text = proof.checkpoint.unverified_text().to_owned();
    let path = "tile/entries/x001/x234/067.p/8".to_owned();
    vec![proof.to_string(), note, text, request.to_string(), LOG_KEY.into(), secret, policy, signature, path]
}

#[test]
fn the_seeds_are_valid() {
    let seeds = seeds();
    assert!(seeds[0].parse::<TlogProof>().is_ok());
    assert!(seeds[1].parse::<Note>().is_ok());
    assert!(seeds[2].parse::<Checkpoint>().is_ok());
    assert!(seeds[3].parse::<AddCheckpoint>().is_ok());
    assert!(seeds[4].parse::<VerifierKey>().is_ok());
    assert!(SigningKey::parse(&seeds[5]).is_ok());
    assert!(Policy::parse(seeds[6].as_bytes()).is_ok());
    assert!(NoteSignature::parse_lines(&seeds[7]).is_ok());
    assert!(seeds[8].parse::<TilePath>().is_ok());
    for seed in seeds {
        read_all(seed.as_bytes());
    }
}

/// Every cut and every changed byte of a valid text.
#[test]
fn damaged_texts_are_read_or_refused() {
    for seed in seeds() {
        let bytes = seed.as_bytes();
        for at in 0..bytes.len() {
            read_all(&bytes[..at]);
            for byte in [b'\n', b' ', b'+', b'0', 0, 0xff, bytes[at] ^ 1] {
                let mut changed = bytes.to_vec();
                changed[at] = byte;
                read_all(&changed);
            }
        }
    }
}

/// A line of some format, or nearly.
const LINE: &str = "(old |index |extra |\u{2014} |log |group |quorum )?[a-z0-9+/= ]{0,50}";

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read_all(&bytes);
    }

    #[test]
    fn any_lines(lines in prop::collection::vec(LINE, 0..8)) {
        read_all((lines.join("\n") + "\n").as_bytes());
    }

    #[test]
    fn edited_texts(which: prop::sample::Index, at: prop::sample::Index, cut in 0usize..40, put in "[ -~\n]{0,40}") {
        let seeds = seeds();
        let mut bytes = seeds[which.index(seeds.len())].as_bytes().to_vec();
        let at = at.index(bytes.len());
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, put.bytes());
        read_all(&bytes);
    }
}
