//! The stored form of an event's units, as read back from a commit log or a segment.

use tallystick_event::{Unit, Units};

use crate::Target;

pub(crate) const TARGET: Target = Target { name: "event_units", seeds, run };

fn seeds() -> Vec<Vec<u8>> {
    let small = br#"{"id":"u_1","type":"user"}"#.as_slice();
    let large = vec![b'x'; 300];
    let parts = [
        [None; Unit::ALL.len()],
        [Some(small), None, None, Some(small), None, None],
        [Some(small), Some(&large), Some(small), Some(&large), Some(small), Some(small)],
    ];
    let encoded = parts.map(|parts| {
        let mut out = Vec::new();
        Units::from_parts(parts).encode(&mut out);
        out
    });
    let hostile =
        [vec![0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], vec![0x40], vec![]];
    encoded.into_iter().chain(hostile).collect()
}

fn run(input: &[u8]) {
    let Ok((units, used)) = Units::decode(input) else { return };
    assert!(used <= input.len(), "what was read lies inside the input");
    assert_eq!(units.iter().map(|(_, bytes)| bytes.len()).sum::<usize>(), units.total_len());
    let mut again = Vec::new();
    units.encode(&mut again);
    let (reread, all) = Units::decode(&again).expect("what was written can be read");
    assert_eq!((reread, all), (units, again.len()));
}
