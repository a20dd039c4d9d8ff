//! The 88-byte leaf, which verifiers read from strangers.

use tallystick_event::{EventId, LEAF_BYTES, Leaf, LeafKind, LogId};

use crate::Target;

pub(crate) const TARGET: Target = Target { name: "event_leaf", seeds, run };

fn seeds() -> Vec<Vec<u8>> {
    let leaf = |kind, seq, received_ms| Leaf {
        log: LogId([1; 16]),
        seq,
        received_ms,
        id: EventId([2; 16]),
        kind,
        units: 6,
        units_root: [3; 32],
    };
    let leaves = [leaf(LeafKind::Event, 0, 0), leaf(LeafKind::Imported, u64::MAX, i64::MAX)];
    leaves.map(|leaf| leaf.encode().to_vec()).into()
}

fn run(input: &[u8]) {
    let Some(bytes) = input.first_chunk::<LEAF_BYTES>() else { return };
    // The hash is over the bytes, so a second spelling of the same leaf would be a forgery.
    if let Ok(leaf) = Leaf::decode(bytes) {
        assert_eq!(&leaf.encode(), bytes, "a leaf has one spelling");
    }
}
