//! An attacker who makes every checksum right again, and old data put back in place.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use super::{
    Case,
    attacker::{make_tree_again, rewrite, sql},
    base::{ASKED, Base, Start, copy_folder, segments},
};

const NOT_ASKED: (i32, &[&str]) = (-1, &[]);

/// What is asked for of the bundle of event 300, whose proofs need each other's hashes.
const BESIDE: &[usize] = &[299, 300, 301];

/// Segments with other events in them.
const FILES: &[Case] = &[
    Case {
        name: "the content of an event",
        attack: |_, dir| rewrite(dir, 300, |rows, at| rows[at].rewrite(false)),
        start: Start::Runs(&[300]),
        deep: (5, &["TAMPERED acme seq 300"]),
        // The leaves are what they were; the event is not what its leaf commits to.
        verify: (0, &["CONSISTENT"]),
    },
    Case {
        name: "the salt of an event",
        attack: |_, dir| rewrite(dir, 300, |rows, at| rows[at].meta.salt[0] ^= 1),
        start: Start::Runs(&[300]),
        deep: (5, &["TAMPERED acme seq 300"]),
        verify: (0, &["CONSISTENT"]),
    },
    Case {
        name: "the content of an event and its leaf",
        attack: |_, dir| rewrite(dir, 300, |rows, at| rows[at].rewrite(true)),
        start: Start::Runs(BESIDE),
        deep: (5, &["FORKED acme", "between seq 256 and 511"]),
        verify: (2, &["TAMPERED"]),
    },
    Case {
        name: "the time of receipt",
        attack: |_, dir| rewrite(dir, 300, |rows, at| rows[at].meta.received_ms += 1),
        start: Start::Runs(BESIDE),
        deep: (5, &["FORKED acme", "between seq 256 and 511"]),
        verify: (2, &["TAMPERED"]),
    },
    Case {
        name: "two events swapped",
        attack: |_, dir| {
            rewrite(dir, 300, |rows, at| {
                let other = rows.iter().position(|row| row.meta.seq == 301).unwrap();
                (rows[at].meta.seq, rows[other].meta.seq) = (301, 300);
            });
        },
        start: Start::Runs(BESIDE),
        deep: (5, &["FORKED acme", "between seq 256 and 511"]),
        verify: (2, &["TAMPERED"]),
    },
    Case {
        name: "an event left out",
        attack: |_, dir| rewrite(dir, 300, |rows, at| drop(rows.remove(at))),
        start: Start::Runs(BESIDE),
        deep: (5, &["MISSING acme seq 300"]),
        // The service does not give what it knows to be short of a leaf.
        verify: (2, &["MISSING: leaf 300 of the log of acme", "says so itself, asked for tile/entries/001"]),
    },
];

/// What is above the leaves, with and without them.
const TREE: &[Case] = &[
    Case {
        name: "the tree made again",
        attack: |_, dir| forge(dir),
        start: Start::ReadOnly(&["FORKED: the first 2100 of the 2100 entries of the log of acme"]),
        deep: (5, &["FORKED: the first 2100 of the 2100 entries of the log of acme"]),
        verify: NOT_ASKED,
    },
    Case {
        name: "the tree made again, without the guard",
        attack: |_, dir| {
            forge(dir);
            std::fs::remove_file(dir.join("guard")).unwrap();
        },
        start: Start::ReadOnly(&["FORKED: the first 2100 of the 2100 entries of the log of acme"]),
        deep: (5, &["FORKED", "against the directory"]),
        verify: NOT_ASKED,
    },
    Case {
        name: "the tree made again, without the guard and the directory",
        attack: |_, dir| {
            forge(dir);
            std::fs::remove_file(dir.join("guard")).unwrap();
            sql(dir, "DELETE FROM directory_entries; DELETE FROM directory_checkpoints");
        },
        start: Start::Deceived,
        deep: (0, &["OK    proofs"]),
        // Only who remembers can tell, and the signatures that he has.
        verify: (2, &["FORKED"]),
    },
    Case {
        name: "hashes above the leaves",
        attack: |_, dir| sql(dir, "UPDATE tiles SET hashes = zeroblob(length(hashes))"),
        start: Start::Runs(&ASKED),
        deep: (0, &["HEALED acme"]),
        // The leaves are right, and whoever makes the tree of them finds it so.
        verify: (0, &["CONSISTENT"]),
    },
    Case {
        name: "no hashes above the leaves",
        attack: |_, dir| sql(dir, "DELETE FROM tiles"),
        start: Start::Runs(&[]),
        deep: (0, &["OK    proofs"]),
        verify: (0, &["CONSISTENT"]),
    },
    Case {
        name: "the root of a log",
        attack: |_, dir| sql(dir, "UPDATE log_heads SET root = zeroblob(32) WHERE org = 'acme'"),
        start: Start::Refused(&["log_heads: acme: size or root differ from those of the edge"]),
        deep: (5, &["log_heads: acme: size or root differ from those of the edge"]),
        verify: NOT_ASKED,
    },
    Case {
        name: "an entry of the directory",
        attack: |_, dir| sql(dir, "UPDATE directory_entries SET root = zeroblob(32) WHERE size = 2100"),
        start: Start::ReadOnly(&["FORKED: the first"]),
        deep: (5, &["FORKED"]),
        verify: NOT_ASKED,
    },
    Case {
        name: "the checkpoint of the directory",
        attack: |_, dir| sql(dir, "UPDATE directory_checkpoints SET note = upper(note)"),
        start: Start::Refused(&["TAMPERED: the newest checkpoint of the directory"]),
        deep: (5, &["TAMPERED: the newest checkpoint of the directory"]),
        verify: NOT_ASKED,
    },
    Case {
        name: "another key",
        attack: |_, dir| {
            let file = dir.join("keys/log.keys");
            let text = std::fs::read_to_string(&file).unwrap();
            let (rest, _seed) = text.trim_end().rsplit_once(' ').unwrap();
            std::fs::write(file, format!("{rest} {}=\n", "A".repeat(43))).unwrap();
        },
        start: Start::Refused(&["TAMPERED: the newest checkpoint of the directory", "keys/log.keys"]),
        deep: (5, &["TAMPERED: the newest checkpoint of the directory", "keys/log.keys"]),
        verify: NOT_ASKED,
    },
];

/// What is not there any more, and what was there before.
const OLD: &[Case] = &[
    Case {
        name: "the newest segment",
        attack: |_, dir| std::fs::remove_file(segments(dir).last().unwrap()).unwrap(),
        start: Start::Refused(&[".seg", "No such file"]),
        deep: (5, &[".seg is missing; it holds"]),
        verify: NOT_ASKED,
    },
    Case {
        name: "the end of the commit log",
        attack: |_, dir| {
            let log = newest_log_file(dir);
            let mut bytes = std::fs::read(&log).unwrap();
            let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
            bytes[end - 300..=end].fill(0);
            std::fs::write(log, bytes).unwrap();
        },
        start: Start::Refused(&["commit log file", "is damaged at byte"]),
        deep: (5, &["commit log file", "is damaged at byte"]),
        verify: NOT_ASKED,
    },
    Case {
        name: "the end of the commit log's file",
        attack: |_, dir| {
            let log = newest_log_file(dir);
            let file = std::fs::File::options().write(true).open(&log).unwrap();
            file.set_len(log.metadata().unwrap().len() - 50).unwrap();
        },
        start: Start::Refused(&["commit log file", "is damaged at byte"]),
        deep: (5, &["commit log file", "is damaged at byte"]),
        verify: NOT_ASKED,
    },
    Case {
        name: "yesterday's copy",
        attack: |base, dir| {
            let guard = std::fs::read(dir.join("guard")).unwrap();
            restore(base, dir);
            std::fs::write(dir.join("guard"), guard).unwrap();
        },
        start: Start::ReadOnly(&[
            "ROLLED BACK: the log of acme was signed with 2100 entries, 2000 are stored",
        ]),
        deep: (5, &["ROLLED BACK: the log of acme was signed with 2100 entries, 2000 are stored"]),
        verify: NOT_ASKED,
    },
    Case {
        name: "yesterday's copy with its guard",
        attack: restore,
        start: Start::Runs(&[2_099]),
        deep: (0, &["OK    proofs"]),
        verify: (2, &["ROLLED BACK"]),
    },
];

/// Does one after the other with the same data, which takes longer to make than any of them to judge, and tells
/// everything that is not as it should be.
#[test]
fn whoever_rewrites_or_restores_the_data_is_found_out() {
    let base = Base::new();
    let wrong = [FILES, TREE, OLD].into_iter().flatten().filter(|case| {
        println!("{}", case.name);
        catch_unwind(AssertUnwindSafe(|| base.judge(case))).is_err()
    });
    let wrong: Vec<_> = wrong.map(|case| case.name).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Another past of acme, complete in itself.
fn forge(dir: &Path) {
    rewrite(dir, 300, |rows, at| rows[at].rewrite(true));
    make_tree_again(dir);
}

/// The data as it was before.
fn restore(base: &Base, dir: &Path) {
    std::fs::remove_dir_all(dir).unwrap();
    copy_folder(base.older.path(), dir);
}

fn newest_log_file(dir: &Path) -> PathBuf {
    std::fs::read_dir(dir.join("log")).unwrap().map(|entry| entry.unwrap().path()).max().unwrap()
}
