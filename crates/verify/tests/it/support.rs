//! An organization's log with its directory and a witness, all keys and events made from a seed.

use tallystick_event::{DirectoryEntry, EventId, Leaf, LeafKind, LogId, Unit, Units};
use tallystick_merkle::{
    Checkpoint, CosigningKey, Hash, LeafHashes, Note, Policy, SigningKey, Subtrees, TlogProof,
    consistency_proof, inclusion_proof, leaf_hash, root_of,
};
use tallystick_verify::{
    DirectoryProof, EventProof, Fetch, Manifest, PackHead, PackWriter, ProvenErasure, RangeHeader, Record,
    RecordUnit, VerifyError,
};

pub(crate) const NOW_MS: i64 = 1_795_168_800_000;
pub(crate) const WITNESS_TIME: u64 = 1_795_168_900;
pub(crate) const ORIGIN: &str = "audit.example.com/0192d3f0-7c1a-7000-8000-0000000000aa";
pub(crate) const DIRECTORY: &str = "audit.example.com/directory/0192d3f0-7c1a-7000-8000-0000000000dd";

pub(crate) fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

pub(crate) fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| base64(hash)).collect()
}

pub(crate) struct Log {
    pub(crate) key: SigningKey,
    pub(crate) directory_key: SigningKey,
    pub(crate) witness_key: CosigningKey,
    pub(crate) records: Vec<Record<'static>>,
    pub(crate) hashes: Vec<Hash>,
}

fn log_id() -> LogId {
    "0192d3f0-7c1a-7000-8000-0000000000aa".parse().unwrap()
}

fn event(seq: u64) -> Units {
    let actor = format!(r#"{{"email":"user{seq}@example.com","id":"u_{seq}","type":"user"}}"#);
    let event = format!(
        r#"{{"action":"document.read","occurred_at":"2026-11-20T10:00:00.{:03}Z","outcome":"success"}}"#,
        seq % 1_000
    );
    let targets = format!(r#"[{{"id":"doc_{seq}","name":"Größe {seq}","type":"document"}}]"#);
    Units::from_parts([
        Some(actor.as_bytes()),
        None,
        Some(br#"{"ip":"192.0.2.181"}"#),
        Some(event.as_bytes()),
        (!seq.is_multiple_of(3)).then_some(&br#"{"n":1.5}"#[..]),
        Some(targets.as_bytes()),
    ])
}

/// The units of an erasure of these units of these events.
pub(crate) fn erasure(items: &str) -> Units {
    let event = br#"{"action":"log.erasure","occurred_at":"2026-11-20T11:00:00.000Z","outcome":"success"}"#;
    let metadata = format!(r#"{{"basis":"gdpr17","items":{items}}}"#);
    let actor = br#"{"id":"op_1","type":"user"}"#;
    Units::from_parts([Some(actor), None, None, Some(event), Some(metadata.as_bytes()), None])
}

impl Log {
    pub(crate) fn new(size: u64) -> Log {
        let mut log = Log {
            key: SigningKey::new(ORIGIN, &[1; 32]).unwrap(),
            directory_key: SigningKey::new(DIRECTORY, &[2; 32]).unwrap(),
            witness_key: CosigningKey::new("witness.example/w1", &[3; 32]).unwrap(),
            records: Vec::new(),
            hashes: Vec::new(),
        };
        for seq in 0..size {
            log.append(LeafKind::Event, &event(seq));
        }
        log
    }

    pub(crate) fn append(&mut self, kind: LeafKind, units: &Units) -> u64 {
        let seq = self.records.len() as u64;
        let mut salt = [7; 16];
        salt[..8].copy_from_slice(&seq.to_be_bytes());
        let received_ms = NOW_MS + (seq / 2) as i64;
        let leaf = Leaf {
            log: log_id(),
            seq,
            received_ms,
            id: EventId::derive(received_ms, &salt),
            kind,
            units: units.count(),
            units_root: tallystick_event::units_root_of(&salt, units),
        };
        let record = Record::of_event(&leaf, &salt, units);
        self.hashes.push(record.leaf_hash());
        self.records.push(record);
        seq
    }

    pub(crate) fn size(&self) -> u64 {
        self.records.len() as u64
    }

    /// Erases units of an event, as the leaf with the seq `by` says.
    pub(crate) fn erase(&mut self, seq: u64, units: &[Unit], by: u64) {
        let record = &mut self.records[seq as usize];
        let before = record.clone();
        record.redact(|name| units.iter().any(|unit| unit.name() == name));
        for (unit, old) in record.units.iter_mut().zip(before.units) {
            if let (RecordUnit::Redacted { digest }, RecordUnit::Disclosed(_)) = (&*unit, old) {
                *unit = RecordUnit::Erased { digest: *digest, by };
            }
        }
    }

    pub(crate) fn checkpoint(&self, size: u64) -> Checkpoint {
        Checkpoint::new(ORIGIN, size, root_of(&self.hashes[..size as usize])).unwrap()
    }

    pub(crate) fn note(&self, size: u64) -> Note {
        self.checkpoint(size).sign(&self.key).unwrap()
    }

    pub(crate) fn inclusion(&self, index: u64, size: u64) -> Vec<Hash> {
        inclusion_proof(index, size, &LeafHashes(&self.hashes[..size as usize])).unwrap()
    }

    /// The directory commits to the log at `listed`; other things are proven at `size`.
    pub(crate) fn directory(&self, listed: u64, size: u64) -> DirectoryProof {
        let note = self.note(listed);
        let entry = DirectoryEntry::new(log_id(), note.unverified_text(), NOW_MS);
        let others: Vec<Hash> = (0..5u8).map(|i| leaf_hash(&[i])).collect();
        let leaves = [&others[..], &[entry.hash()], &others[..]].concat();
        let checkpoint = Checkpoint::new(DIRECTORY, 11, root_of(&leaves)).unwrap();
        let mut signed = checkpoint.sign(&self.directory_key).unwrap();
        signed.add(self.witness_key.cosign(&checkpoint, WITNESS_TIME).unwrap()).unwrap();
        let path = inclusion_proof(5, 11, &LeafHashes(&leaves)).unwrap();
        let proof = TlogProof { extra: Vec::new(), index: 5, path, checkpoint: signed };
        let (old, new) = (listed.min(size), listed.max(size));
        let consistency = consistency_proof(old, new, &LeafHashes(&self.hashes[..new as usize])).unwrap();
        DirectoryProof {
            checkpoint: note.to_string(),
            consistency: texts(&consistency),
            entry: base64(&entry.encode()),
            proof: proof.to_string(),
        }
    }

    pub(crate) fn policy_text(&self) -> String {
        format!(
            "log {}\nlog {}\nwitness w1 {}\nquorum w1\n",
            self.key.verifier_key(),
            self.directory_key.verifier_key(),
            self.witness_key.verifier_key()
        )
    }

    pub(crate) fn policy(&self) -> Policy {
        Policy::parse(self.policy_text().as_bytes()).unwrap()
    }

    /// A policy that asks for no witness.
    pub(crate) fn policy_without_witness(&self) -> Policy {
        Policy::parse(format!("log {}\nquorum none\n", self.key.verifier_key()).as_bytes()).unwrap()
    }

    pub(crate) fn proven_erasure(&self, seq: u64, size: u64) -> ProvenErasure {
        ProvenErasure { record: self.records[seq as usize].clone(), proof: self.inclusion(seq, size) }
    }

    pub(crate) fn event_proof(&self, seq: u64, size: u64) -> EventProof {
        let record = self.records[seq as usize].clone();
        let proof = TlogProof {
            extra: Vec::new(),
            index: seq,
            path: self.inclusion(seq, size),
            checkpoint: self.note(size),
        };
        EventProof {
            version: 1,
            origin: ORIGIN.to_owned(),
            leaf_hash: hex::encode(record.leaf_hash()),
            record,
            proof: proof.to_string(),
            erasures: Vec::new(),
            directory: Some(self.directory(size, size)),
        }
    }

    pub(crate) fn range(&self, from: u64, to: u64) -> Vec<u8> {
        let size = self.size();
        let proof = tallystick_merkle::range_proof(from, to, size, &LeafHashes(&self.hashes)).unwrap();
        let header = RangeHeader {
            version: 1,
            origin: ORIGIN.to_owned(),
            from,
            to,
            size,
            checkpoint: self.note(size).to_string(),
            left: texts(&proof.left),
            right: texts(&proof.right),
        };
        let mut out = serde_json::to_vec(&header).unwrap();
        out.push(b'\n');
        for record in &self.records[from as usize..to as usize] {
            record.write_line(&mut out);
            out.push(b'\n');
        }
        out
    }

    pub(crate) fn head(&self, manifest: Manifest) -> PackHead {
        PackHead {
            manifest,
            checkpoint: self.note(self.size()),
            directory: Some(self.directory(self.size(), self.size())),
            anchors: Vec::new(),
            policy: self.policy_text(),
            erasures: Vec::new(),
        }
    }

    pub(crate) fn pack(&self, head: &PackHead, seqs: impl IntoIterator<Item = u64>) -> Vec<u8> {
        let source = LeafHashes(&self.hashes);
        let mut writer = PackWriter::begin(Vec::new(), head).unwrap();
        for seq in seqs {
            let gap = source.subtrees(&writer.gap_before(seq)).unwrap();
            writer.add(&self.records[seq as usize], &gap).unwrap();
        }
        let gap = source.subtrees(&writer.gap_behind()).unwrap();
        writer.finish(&gap, "What this is.\n").unwrap()
    }

    pub(crate) fn range_pack(&self, from: u64, to: u64) -> Vec<u8> {
        let manifest = Manifest::of_range(ORIGIN, from, to, "2026-11-20T12:00:00.000Z", "test 1");
        self.pack(&self.head(manifest), from..to)
    }

    pub(crate) fn selection_pack(&self, seqs: &[u64]) -> Vec<u8> {
        let manifest =
            Manifest::of_selection(ORIGIN, Some("actor:u_1"), "2026-11-20T12:00:00.000Z", "test 1");
        self.pack(&self.head(manifest), seqs.iter().copied())
    }
}

/// A published log in memory, whose files a test may change.
pub(crate) struct Published {
    pub(crate) files: std::collections::BTreeMap<String, Vec<u8>>,
}

impl Published {
    pub(crate) fn new(log: &Log) -> Published {
        let size = log.size();
        let mut files = std::collections::BTreeMap::new();
        files.insert("checkpoint".to_owned(), log.note(size).to_string().into_bytes());
        let directory = serde_json::to_vec(&log.directory(size, size)).unwrap();
        files.insert("directory".to_owned(), directory);
        for tile in tallystick_merkle::tiles_between(0, size) {
            let source = LeafHashes(&log.hashes);
            let first = tile.index() * 256;
            let hash = |i: u64| source.subtree(tile.level() * 8, first + i).unwrap();
            let bytes: Vec<u8> = (0..u64::from(tile.width())).flat_map(hash).collect();
            files.insert(tile.to_string(), bytes);
        }
        for bundle in tallystick_merkle::bundles_between(0, size) {
            let first = bundle.index() as usize * 256;
            let leaves: Vec<[u8; 88]> =
                log.records[first..first + usize::from(bundle.width())].iter().map(|r| r.leaf).collect();
            files.insert(bundle.to_string(), tallystick_merkle::encode_bundle(&leaves).unwrap());
        }
        Published { files }
    }
}

impl Published {
    /// The directory itself, with one entry, cosigned.
    pub(crate) fn of_directory(log: &Log) -> Published {
        let note = log.note(log.size());
        let entry = DirectoryEntry::new(log_id(), note.unverified_text(), NOW_MS);
        let checkpoint = Checkpoint::new(DIRECTORY, 1, entry.hash()).unwrap();
        let mut signed = checkpoint.sign(&log.directory_key).unwrap();
        signed.add(log.witness_key.cosign(&checkpoint, WITNESS_TIME).unwrap()).unwrap();
        let bundle = tallystick_merkle::encode_bundle(&[entry.encode()]).unwrap();
        let files = [
            ("checkpoint".to_owned(), signed.to_string().into_bytes()),
            ("tile/entries/000.p/1".to_owned(), bundle),
        ];
        Published { files: files.into() }
    }
}

impl Fetch for Published {
    fn fetch(&mut self, paths: &[String]) -> Result<Vec<Option<Vec<u8>>>, VerifyError> {
        Ok(paths.iter().map(|path| self.files.get(path).cloned()).collect())
    }
}
