//! Every byte of a pack, changed: noticed, or told where nothing is believed.

use tallystick_event::{LeafKind, Unit};
use tallystick_verify::{Manifest, Options, verify_pack};

use crate::support::{Log, ORIGIN, erasure};

/// Name and place of the content of each member.
fn members(pack: &[u8]) -> Vec<(String, std::ops::Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while pack[at] != 0 {
        let text =
            |range: std::ops::Range<usize>| std::str::from_utf8(&pack[range]).unwrap().trim_end_matches('\0');
        let size = usize::from_str_radix(text(at + 124..at + 136), 8).unwrap();
        found.push((text(at..at + 100).to_owned(), at + 512..at + 512 + size));
        at += 512 + size.next_multiple_of(512);
    }
    found
}

fn sample() -> (Log, Vec<u8>) {
    let mut log = Log::new(7);
    let by = log.append(LeafKind::Erasure, &erasure(r#"[[2,["actor"]]]"#));
    log.erase(2, &[Unit::Actor], by);
    let mut manifest = Manifest::of_selection(ORIGIN, Some("q"), "2026-11-20T12:00:00.000Z", "test 1");
    manifest.count = Some(2);
    let mut head = log.head(manifest);
    head.anchors = vec![("a".to_owned(), vec![1, 2, 3])];
    head.erasures = vec![log.proven_erasure(by, log.size())];
    log.records[5].redact(|name| name == "context");
    let pack = log.pack(&head, [2, 5]);
    (log, pack)
}

#[test]
fn every_byte_matters_except_where_nothing_is_believed() {
    let (log, pack) = sample();
    every_byte_matters(&log, &pack);
}

#[test]
fn every_byte_of_a_range_matters_except_where_nothing_is_believed() {
    let log = Log::new(8);
    every_byte_matters(&log, &log.range_pack(2, 4));
}

fn every_byte_matters(log: &Log, pack: &[u8]) {
    let policy = log.policy();
    let verify = |pack: &[u8]| verify_pack(pack, &policy, &Options::default());
    let good = verify(pack).unwrap();
    assert_eq!(good.report.exit_code, 0, "{}", good.report);
    let members = members(pack);
    // What the exporter says in words; anchors, of which only the hash matters; a policy that is not used.
    let believed_nothing = ["pack.json", "anchors/a", "policy", "report.txt"];
    let mut bad = pack.to_vec();
    for at in 0..pack.len() {
        // Neighbours in base64 and among digits; then the case of letters, or what is no ASCII.
        for flip in [0x01, if at % 2 == 0 { 0x20 } else { 0x80 }] {
            bad[at] ^= flip;
            let found = verify(&bad);
            let of = members.iter().find(|(_, content)| content.contains(&at)).map(|(name, _)| name.as_str());
            if let Ok(found) = found
                && found.report.exit_code == 0
            {
                assert!(of.is_some_and(|name| believed_nothing.contains(&name)), "byte {at} of {of:?}");
                assert_eq!(found.report.counts, good.report.counts, "byte {at} of {of:?}");
                assert_eq!(found.report.records, good.report.records, "byte {at} of {of:?}");
                assert_eq!(found.report.range, good.report.range, "byte {at} of {of:?}");
                assert_eq!(found.manifest.kind, good.manifest.kind);
            }
            bad[at] ^= flip;
        }
    }
    assert_eq!(bad, pack);
}

#[test]
fn every_cut_matters() {
    let (log, pack) = sample();
    let policy = log.policy();
    for end in (0..pack.len()).step_by(37) {
        assert!(verify_pack(&pack[..end], &policy, &Options::default()).is_err(), "cut at {end}");
    }
}

#[test]
fn members_cannot_be_left_out_doubled_or_moved() {
    let (log, pack) = sample();
    let policy = log.policy();
    let pieces: Vec<(String, Vec<u8>)> = members(&pack)
        .into_iter()
        .map(|(name, content)| {
            let end = content.start + content.len().next_multiple_of(512);
            (name, pack[content.start - 512..end].to_vec())
        })
        .collect();
    let verify = |pieces: &[(String, Vec<u8>)]| {
        let mut bytes: Vec<u8> = pieces.iter().flat_map(|(_, piece)| piece.clone()).collect();
        bytes.extend([0; 1024]);
        verify_pack(&bytes[..], &policy, &Options::default()).is_ok_and(|found| found.report.exit_code == 0)
    };
    assert!(verify(&pieces));
    for at in 0..pieces.len() {
        let mut without = pieces.clone();
        let (name, _) = without.remove(at);
        assert_eq!(verify(&without), name == "anchors/a", "without {name}");
        let mut twice = pieces.clone();
        twice.insert(at, pieces[at].clone());
        assert!(!verify(&twice), "{name} twice");
        for to in (0..pieces.len()).filter(|to| *to != at) {
            let mut moved = pieces.clone();
            let piece = moved.remove(at);
            moved.insert(to, piece);
            assert!(!verify(&moved), "{name} at place {to}");
        }
    }
}
