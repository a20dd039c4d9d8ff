//! Tiles and bundles: read from the service, and forged in a mirror of it.

use std::{path::Path, process::Command};

use serde_json::{Value, json};
use tallystick_merkle::{CosigningKey, Hash, Note, SigningKey, leaf_hash};

use super::{
    cases::{Case, root_of, signed_as, size_of},
    log::{INDEXES, Log},
    oracle::{Oracle, python_program, run},
};

/// Bytes of an entry in a bundle.
const ENTRY: usize = 90;

/// Changed files of a mirror. They are as before when this is dropped.
struct Forged<'a> {
    mirror: &'a Path,
    what: String,
    /// A leaf that somebody would look for.
    index: u64,
    before: Vec<(String, Vec<u8>)>,
}

impl<'a> Forged<'a> {
    fn new(mirror: &'a Path, what: impl Into<String>, index: u64) -> Self {
        Self { mirror, what: what.into(), index, before: Vec::new() }
    }

    fn with(mut self, path: &str, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        let file = self.mirror.join(path);
        let mut bytes = std::fs::read(&file).unwrap();
        self.before.push((path.to_owned(), bytes.clone()));
        change(&mut bytes);
        std::fs::write(file, bytes).unwrap();
        self
    }
}

impl Drop for Forged<'_> {
    fn drop(&mut self) {
        for (path, bytes) in self.before.drain(..).rev() {
            let _ = std::fs::write(self.mirror.join(path), bytes);
        }
    }
}

/// The leaf hash that an entry of a bundle has.
fn hash_in(bundle: &[u8], place: usize) -> Hash {
    leaf_hash(&bundle[place * ENTRY + 2..(place + 1) * ENTRY])
}

/// Another bundle, and all tiles up to a level as they follow from it: what a forger has to hide is above them.
fn forged_up_to(mirror: &Path, index: u64, levels: u32) -> Forged<'_> {
    let number = index / 256;
    let place = (index % 256) as usize;
    let bundle = format!("tile/entries/{number:03}");
    let mut hash = [0; 32];
    let mut forged = Forged::new(mirror, format!("entry {index} forged up to level {levels}"), index).with(
        &bundle,
        |bytes| {
            bytes[place * ENTRY + 60] ^= 1;
            hash = hash_in(bytes, place);
        },
    );
    for level in 0..levels {
        let number = index >> (8 * (level + 1));
        let place = (index >> (8 * level)) as usize % 256;
        let mut above = [0; 32];
        let tile = format!("tile/{level}/{number:03}");
        forged = forged.with(&tile, |bytes| {
            bytes[place * 32..place * 32 + 32].copy_from_slice(&hash);
            let hashes: Vec<Hash> = bytes.as_chunks::<32>().0.to_vec();
            above = tallystick_merkle::root_of(&hashes);
        });
        hash = above;
    }
    forged
}

/// Calls `f` with one forgery after the other in place.
fn each_forgery(mirror: &Path, mut f: impl FnMut(&Forged<'_>)) {
    let tiles = [
        ("tile/0/000", 3),
        ("tile/0/001", 256),
        ("tile/0/272", 69_632),
        ("tile/0/273.p/113", 70_000),
        ("tile/1/000", 0),
        ("tile/1/001.p/17", 65_536),
        ("tile/2/000.p/1", 0),
    ];
    for (path, index) in tiles {
        let place = match path.as_bytes()[5] {
            b'0' => (index % 256) as usize * 32,
            _ => 0,
        };
        f(&Forged::new(mirror, format!("a bit of {path}"), index).with(path, |bytes| bytes[place + 9] ^= 1));
        f(&Forged::new(mirror, format!("{path} cut"), index).with(path, |bytes| bytes.truncate(place)));
    }
    for index in [0, 255, 256, 511, 30_000, 65_535] {
        f(&forged_up_to(mirror, index, 0));
        f(&forged_up_to(mirror, index, 1));
        f(&forged_up_to(mirror, index, 2));
    }
    let swap = |bytes: &mut Vec<u8>| {
        let (a, b) = bytes.split_at_mut(ENTRY);
        a.swap_with_slice(&mut b[..ENTRY]);
    };
    f(&Forged::new(mirror, "two entries swapped", 512).with("tile/entries/002", swap));
    f(&Forged::new(mirror, "an entry left out", 512)
        .with("tile/entries/002", |bytes| drop(bytes.drain(..ENTRY))));
}

fn question(log: &Log, note: &str, from: &str, token: &str) -> Value {
    json!({"op": "tiles", "keys": [log.key.to_string()], "note": note, "from": from, "token": token})
}

/// Go's `TileHashReader` reads every bundle, over HTTP and from the mirror, at the newest size and at earlier ones.
pub(super) fn with_go(log: &Log, mirror: &Path, go: &mut Oracle) {
    let token = log.server.api.key();
    for note in &log.notes {
        let what = format!("all bundles of {} over HTTP", size_of(note));
        go.judge(&Case::good(what, question(log, note, &log.url(), token)));
    }
    let from = mirror.to_str().unwrap();
    go.judge(&Case::good("the mirror", question(log, log.note(), from, "")));
    each_forgery(mirror, |forged| {
        go.judge(&Case::forged(&forged.what, question(log, log.note(), from, "")));
    });
    go.judge(&Case::good("the mirror after all", question(log, log.note(), from, "")));
}

/// PyPI's `aics-tlog`, another reader of tiles.
pub(super) fn with_aics_tlog(log: &Log, mirror: &Path, folder: &Path) {
    let Some(program) = python_program("aics-tlog") else { return };
    let key_file = folder.join("log.vkey");
    std::fs::write(&key_file, log.key.to_string()).unwrap();
    let aics_at = |tiles: &str, operation: &str, arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.args([operation, "--tiles", tiles, "--vkey-file"]).arg(&key_file).args(arguments);
        run(&mut command)
    };
    let (mirror_path, url) = (mirror.to_str().unwrap(), log.url());
    let aics = |operation: &str, arguments: &[&str]| aics_at(mirror_path, operation, arguments);
    let (mut accepted, mut refused) = (0, 0);
    for index in INDEXES {
        let entry = folder.join("entry");
        let (is_good, told) = aics_at(
            &url,
            "verify-inclusion",
            &["--index", &index.to_string(), "--entry-out", entry.to_str().unwrap()],
        );
        assert!(is_good, "leaf {index}: {told}");
        assert_eq!(std::fs::read(&entry).unwrap(), log.proof(index, Log::size()).leaf, "leaf {index}");
        accepted += 1;
    }
    let thief = log.stolen_key();
    for note in &log.notes {
        let old = folder.join("old.checkpoint");
        let continues = |note: &str| {
            std::fs::write(&old, note).unwrap();
            aics_at(&url, "verify-consistency", &["--old-checkpoint", old.to_str().unwrap()])
        };
        let (is_good, told) = continues(note);
        assert!(is_good, "{}: {told}", size_of(note));
        let mut root = root_of(note);
        root[0] ^= 1;
        let (is_good, told) = continues(&signed_as(&thief, size_of(note), root));
        assert!(!is_good, "another past of {}: {told}", size_of(note));
        (accepted, refused) = (accepted + 1, refused + 1);
    }
    each_forgery(mirror, |forged| {
        let index = forged.index.to_string();
        let (is_good, told) = aics("verify-inclusion", &["--index", &index]);
        assert!(!is_good, "{}: {told}", forged.what);
        refused += 1;
    });
    let (more, fewer) = with_cosignatures(log, folder, &program);
    println!("aics-tlog: {} accepted, {} forgeries refused", accepted + more, refused + fewer);
}

/// `aics-tlog verify-checkpoint` counts cosignatures. Gives how many it accepted and refused.
fn with_cosignatures(log: &Log, folder: &Path, program: &Path) -> (usize, usize) {
    let witness = CosigningKey::new("witness.example/w1", &[8; 32]).unwrap();
    let key = witness.verifier_key().to_string();
    let file = folder.join("cosigned.checkpoint");
    let log_key = log.key.to_string();
    let holds = |note: &str| {
        std::fs::write(&file, note).unwrap();
        let mut command = Command::new(program);
        command.args(["verify-checkpoint", "--quorum", "1", "--witness-key", &key, "--log-key", &log_key]);
        run(command.arg("--note").arg(&file)).0
    };
    let mut note: Note = log.note().parse().unwrap();
    let opened = tallystick_merkle::Checkpoint::open(&note, &log.key).unwrap();
    assert!(!holds(log.note()), "nobody has cosigned it");
    note.add(witness.cosign(&opened, 1_795_168_900).unwrap()).unwrap();
    assert!(holds(&note.to_string()));
    let other = CosigningKey::new("witness.example/w1", &[7; 32]).unwrap();
    let mut forged: Note = log.note().parse().unwrap();
    forged.add(other.cosign(&opened, 1_795_168_900).unwrap()).unwrap();
    assert!(!holds(&forged.to_string()), "another witness of the same name");
    let stranger = SigningKey::new(log.key.name(), &[9; 32]).unwrap();
    assert!(!holds(&signed_as(&stranger, size_of(log.note()), root_of(log.note()))));
    (1, 3)
}
