//! What somebody does who can write to the disk and knows the formats: segments and catalog rows with good checksums.

use std::{
    io::BufWriter,
    path::{Path, PathBuf},
    process::Command,
};

use tallystick_event::{Leaf, LogId, OrgId, Unit, Units, units_root_of};
use tallystick_merkle::Edge;
use tallystick_segment::{Meta, Rows as _, Segment, Tail, TailEvent, write_segment};

use super::base::segments;

/// An event of a segment.
#[derive(Clone)]
pub(super) struct Row {
    org: OrgId,
    log: LogId,
    pub(super) meta: Meta,
    pub(super) units: Units,
}

impl Row {
    /// Another content, with or without what the leaf says of it.
    pub(super) fn rewrite(&mut self, with_root: bool) {
        let mut parts = Unit::ALL.map(|unit| self.units.get(unit).map(<[u8]>::to_vec));
        let metadata = parts[Unit::Metadata as usize].as_mut().unwrap();
        let at = metadata.windows(7).position(|bytes| bytes == b"zig zag").unwrap();
        metadata[at..at + 7].copy_from_slice(b"zag zig");
        self.units = Units::from_parts(parts.each_ref().map(Option::as_deref));
        if with_root {
            self.meta.units_root = units_root_of(&self.meta.salt, &self.units);
        }
    }

    fn is_of_acme(&self) -> bool {
        self.org.as_str() == "acme"
    }
}

fn read(path: &Path) -> Vec<Row> {
    let segment = Segment::open(path).unwrap();
    let spans = segment.orgs();
    let row = |row| {
        let org = segment.org_of(row).unwrap();
        let log = spans.iter().find(|span| span.org == org).unwrap().log;
        Row { org, log, meta: segment.meta(row).unwrap(), units: segment.units(row).unwrap() }
    };
    (0..segment.len()).map(row).collect()
}

fn write(path: &Path, rows: &[Row]) -> u64 {
    let mut tail = Tail::new();
    for Row { org, log, meta, units } in rows {
        let event = TailEvent {
            org,
            log: *log,
            seq: meta.seq,
            received_ms: meta.received_ms,
            occurred_us: meta.occurred_us,
            id: meta.id,
            salt: meta.salt,
            units_root: meta.units_root,
            outcome: meta.outcome,
            leaf_form: meta.leaf_form,
            units,
            terms: None,
        };
        tail.append(&event).unwrap();
    }
    std::fs::remove_file(path).unwrap();
    let file = BufWriter::new(std::fs::File::create(path).unwrap());
    write_segment(&[&tail], file).unwrap().file_bytes
}

/// Rewrites the segment that has an event of acme, and what the catalog says of the file.
pub(super) fn rewrite(dir: &Path, seq: u64, change: impl FnOnce(&mut Vec<Row>, usize)) {
    let holds = |path: &PathBuf| read(path).iter().any(|row| row.is_of_acme() && row.meta.seq == seq);
    let path = segments(dir).into_iter().find(holds).unwrap();
    let mut rows = read(&path);
    let at = rows.iter().position(|row| row.is_of_acme() && row.meta.seq == seq).unwrap();
    change(&mut rows, at);
    let bytes = write(&path, &rows);
    let (id, count) = (path.file_stem().unwrap().to_str().unwrap(), rows.len());
    sql(dir, &format!("UPDATE segments SET row_count = {count}, byte_count = {bytes} WHERE id = '{id}'"));
}

/// Makes the tree of acme's sealed events again, as if they had always been what they are now.
pub(super) fn make_tree_again(dir: &Path) {
    let mut rows: Vec<Row> =
        segments(dir).iter().flat_map(|path| read(path)).filter(Row::is_of_acme).collect();
    rows.sort_by_key(|row| row.meta.seq);
    let log = rows[0].log;
    let mut edge = Edge::new();
    let mut level_1 = Vec::new();
    for (index, Row { meta, .. }) in rows.iter().enumerate() {
        let form = meta.leaf_form;
        let leaf = Leaf {
            log,
            seq: index as u64,
            received_ms: meta.received_ms,
            id: meta.id,
            kind: form.kind,
            units: form.units,
            units_root: meta.units_root,
        };
        edge.append_noting(leaf.hash(), |noted| {
            if noted.level == 1 {
                level_1.extend_from_slice(&noted.hash);
            }
        });
    }
    let log = hex::encode(log.0);
    let (size, root, edge, tile) =
        (edge.size(), hex::encode(edge.root()), hex::encode(edge.encode()), hex::encode(level_1));
    sql(
        dir,
        &format!(
            "UPDATE log_heads SET size = {size}, root = X'{root}', edge = X'{edge}' WHERE org = 'acme';\
             UPDATE tiles SET hashes = X'{tile}' WHERE log_id = X'{log}' AND level = 1"
        ),
    );
}

/// Runs statements in the catalog.
pub(crate) fn sql(dir: &Path, statements: &str) {
    let script = "import sqlite3, sys\n\
                  with sqlite3.connect(sys.argv[1]) as catalog: catalog.executescript(sys.argv[2])";
    let mut command = Command::new("python3");
    let output = command.args(["-c", script]).arg(dir.join("catalog.db")).arg(statements).output().unwrap();
    assert!(output.status.success(), "{statements}: {}", String::from_utf8_lossy(&output.stderr));
}
