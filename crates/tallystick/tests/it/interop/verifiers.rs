//! One log of seventy thousand events, and everybody who checks it.

use std::{path::Path, process::Command};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use tallystick_merkle::{CosigningKey, Note, VerifierKey};

use super::{
    cases::{
        Case, checkpoint, consistency, flipped, forged_checkpoints, forged_consistencies, forged_inclusions,
        inclusion, size_of,
    },
    log::{INDEXES, Log, SIZES},
    oracle::{Oracle, run, system_program},
    tiles,
};

/// What stands before an Ed25519 key in DER.
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

#[test]
fn others_accept_what_is_published_and_refuse_forgeries() {
    let scratch = tempfile::tempdir().unwrap();
    let mut oracles: Vec<Oracle> =
        [Oracle::go(scratch.path()), Oracle::node(), Oracle::python()].into_iter().flatten().collect();
    let log = Log::fill();
    let mut cases = checkpoints(&log);
    cases.extend(inclusions(&log));
    cases.extend(consistencies(&log));
    cases.extend(records(&log));
    for oracle in &mut oracles {
        let knows: &[&str] = match oracle.name {
            "Go sumdb" => &["checkpoint", "inclusion", "consistency"],
            "@sigstore/verify" => &["checkpoint", "inclusion"],
            _ => &["inclusion", "record"],
        };
        for case in cases.iter().filter(|case| knows.contains(&case.op()) && is_for(oracle.name, case)) {
            oracle.judge(case);
        }
    }
    let mirror = tempfile::tempdir().unwrap();
    log.mirror(mirror.path());
    if let Some(go) = oracles.iter_mut().find(|oracle| oracle.name == "Go sumdb") {
        tiles::with_go(&log, mirror.path(), go);
    }
    tiles::with_aics_tlog(&log, mirror.path(), scratch.path());
    with_openssl(&log, scratch.path());
    oracles.iter().for_each(Oracle::report);
    log.server.stop();
}

/// Whether a program looks at what the forgery is about.
fn is_for(oracle: &str, case: &Case) -> bool {
    let signatures = ["somebody else", "without ", "signature", "continues"];
    match oracle {
        "Go sumdb" => true,
        // It asks for one good signature of a log, and knows no cosignatures.
        "@sigstore/verify" => !case.what.contains("cosigned"),
        // It sees no signatures, which others have checked.
        _ => !signatures.iter().any(|words| case.what.contains(words)),
    }
}

fn checkpoints(log: &Log) -> Vec<Case> {
    let keys = [log.key.clone()];
    let mut cases = Vec::new();
    for note in &log.notes {
        let good = checkpoint(&format!("checkpoint of {}", size_of(note)), &keys, note);
        cases.extend(forged_checkpoints(&good));
        cases.push(good);
    }
    // Cosigned, with a signature of a key that nobody knows between those that count.
    let witness = CosigningKey::new("witness.example/w1", &[8; 32]).unwrap();
    let unknown = CosigningKey::new("grease.example", &[7; 32]).unwrap();
    let mut note: Note = log.note().parse().unwrap();
    let opened = tallystick_merkle::Checkpoint::open(&note, &log.key).unwrap();
    note.add(unknown.cosign(&opened, 1_795_168_000).unwrap()).unwrap();
    let greased = note.to_string();
    note.add(witness.cosign(&opened, 1_795_168_900).unwrap()).unwrap();
    cases.push(checkpoint("with an unknown signature", &keys, &greased));
    let both = [log.key.clone(), witness.verifier_key().clone()];
    let cosigned = checkpoint("cosigned", &both, &note.to_string());
    // Without the unknown one, so that every signature counts.
    let mut bare: Note = log.note().parse().unwrap();
    bare.add(witness.cosign(&opened, 1_795_168_900).unwrap()).unwrap();
    cases.extend(forged_checkpoints(&checkpoint("cosigned", &both, &bare.to_string())));
    cases.push(cosigned);
    cases
}

fn inclusions(log: &Log) -> Vec<Case> {
    let keys = [log.key.clone()];
    let mut cases = Vec::new();
    for (number, size) in SIZES.into_iter().enumerate() {
        // In the newest tree all of them; in the others those at the borders.
        let wanted = INDEXES.into_iter().chain([size - 1]);
        for index in wanted.filter(|index| *index < size && (size == Log::size() || *index + 2 >= size)) {
            let proof = log.proof(index, size);
            assert_eq!(
                (proof.index, &proof.note),
                (index, &log.notes[number]),
                "it is signed alike every time"
            );
            let good = inclusion(&keys, &proof.note, index, &proof.leaf, &proof.hashes);
            let other = &log.notes[if number == 0 { SIZES.len() - 1 } else { number - 1 }];
            cases.extend(forged_inclusions(&good, other));
            cases.push(good);
        }
    }
    cases
}

fn consistencies(log: &Log) -> Vec<Case> {
    let keys = [log.key.clone()];
    let thief = log.stolen_key();
    let mut cases = Vec::new();
    for (at, old) in log.notes.iter().enumerate() {
        for new in &log.notes[at..] {
            let proof = log.consistency(size_of(old), size_of(new));
            let good = consistency(&keys, old, new, &proof);
            cases.extend(forged_consistencies(&good, &thief));
            cases.push(good);
        }
    }
    cases
}

fn records(log: &Log) -> Vec<Case> {
    let mut cases = Vec::new();
    for index in INDEXES.into_iter().chain(100..116) {
        let record = log.proof(index, Log::size()).record;
        let mut changed = record.clone();
        let unit = changed["units"][0]["d"].as_str().unwrap().to_owned();
        let swapped = if unit.ends_with('A') { "E" } else { "A" };
        changed["units"][0]["d"] = format!("{}{swapped}", &unit[..unit.len() - 1]).into();
        cases.push(Case::forged(
            format!("record {index} with another unit"),
            json!({"op": "record", "record": changed}),
        ));
        let mut shorter = record.clone();
        shorter["units"].as_array_mut().unwrap().pop();
        cases.push(Case::forged(
            format!("record {index} short of a unit"),
            json!({"op": "record", "record": shorter}),
        ));
        let mut leaf = record.clone();
        leaf["leaf"] = flipped(record["leaf"].as_str().unwrap(), 60).into();
        cases.push(Case::forged(
            format!("record {index} of another leaf"),
            json!({"op": "record", "record": leaf}),
        ));
        cases.push(Case::good(format!("record {index}"), json!({"op": "record", "record": record})));
    }
    cases
}

/// `openssl pkeyutl` checks the Ed25519 signature of each note.
fn with_openssl(log: &Log, folder: &Path) {
    let Some(openssl) = system_program("openssl", "version") else { return };
    let pem = |key: &VerifierKey| {
        let der = STANDARD.encode([&SPKI[..], &key.public_key()].concat());
        format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n")
    };
    let holds = |key: &VerifierKey, text: &[u8], signature: &[u8]| {
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let mut command = Command::new(&openssl);
        command
            .args(["pkeyutl", "-verify", "-pubin", "-rawin", "-inkey"])
            .arg(file("key.pem", pem(key).as_bytes()));
        command.arg("-in").arg(file("text", text)).arg("-sigfile").arg(file("signature", signature));
        run(&mut command).0
    };
    let stranger = tallystick_merkle::SigningKey::new(log.key.name(), &[9; 32]).unwrap();
    for note in &log.notes {
        let note: Note = note.parse().unwrap();
        let (text, signature) = (note.unverified_text().as_bytes(), note.signatures()[0].bytes());
        assert!(holds(&log.key, text, signature), "openssl: {note}");
        let mut other = text.to_vec();
        other[text.len() - 5] ^= 1;
        assert!(!holds(&log.key, &other, signature));
        let mut changed = signature.to_vec();
        changed[40] ^= 1;
        assert!(!holds(&log.key, text, &changed));
        assert!(!holds(stranger.verifier_key(), text, signature));
    }
    println!("openssl: {} accepted, {} forgeries refused", log.notes.len(), 3 * log.notes.len());
}
