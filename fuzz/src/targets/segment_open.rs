//! Segment files with any bytes in them: whatever a reader asks, the answer is data or an error, never a panic.

use std::ops::ControlFlow;

use tallystick_event::{EventId, LeafForm, LogId, OrgId, Outcome, Units};
use tallystick_segment::{Rows, Segment, Tail, TailEvent, rebuild_index, write_segment};

use crate::Target;

pub(crate) const TARGET: Target = Target { name: "segment_open", seeds, run };

/// Rows that are read of one input; a damaged header may promise far more than there is time for.
const ROWS_READ_MAX: u32 = 200;

fn seeds() -> Vec<Vec<u8>> {
    [1, 3, 130].map(file_with).into()
}

/// A segment of that many events in two organizations.
fn file_with(events: u64) -> Vec<u8> {
    let mut tail = Tail::new();
    for seq in 0..events {
        let org: OrgId = if seq % 3 == 0 { "acme" } else { "globex" }.parse().expect("a valid id");
        let actor = format!(r#"{{"id":"u_{}","name":"Ana Ruiz","type":"user"}}"#, seq % 5);
        let targets = r#"[{"id":"p_1","name":"Payments","type":"project"}]"#;
        let context = format!(r#"{{"ip":"203.0.113.{}","request_id":"req_{seq}"}}"#, seq % 7);
        let event = format!(
            r#"{{"action":"user.login","occurred_at":"2026-01-01T00:00:00.000Z","org":"{org}","outcome":"success"}}"#
        );
        let texts = [Some(actor.as_str()), None, Some(&context), Some(&event), None, Some(targets)];
        let units = Units::from_parts(texts.map(|text| text.map(str::as_bytes)));
        let row = TailEvent {
            org: &org,
            log: LogId([(seq % 3 == 0).into(); 16]),
            seq,
            received_ms: 1_767_225_600_000 + seq.cast_signed(),
            occurred_us: 1_767_225_600_000_000 + seq.cast_signed(),
            id: EventId([u8::try_from(seq).expect("few events"); 16]),
            salt: [7; 16],
            units_root: [8; 32],
            outcome: Outcome::Success,
            leaf_form: LeafForm::of_event(&units),
            units: &units,
            terms: None,
        };
        tail.append(&row).expect("a well-formed event fits");
    }
    let mut file = Vec::new();
    write_segment(&[&tail], &mut file).expect("a tail can be written to memory");
    file
}

fn run(input: &[u8]) {
    let Ok(segment) = Segment::from_bytes(input.to_vec().into()) else { return };
    let damage = segment.verify();
    let _ = segment.index_state();
    for span in segment.orgs().iter().take(4) {
        let _ = segment.rows_by_seq(&span.org, span.seq.0, 10);
    }
    for row in 0..segment.len().min(ROWS_READ_MAX) {
        let meta = segment.meta(row);
        let units = segment.units(row);
        if damage.is_empty() {
            assert!(meta.is_ok() && units.is_ok(), "row {row} cannot be read although nothing is damaged");
        }
    }
    let mut values = 0;
    let _ = segment.scan(&[], None, &mut |_, value| {
        let _ = segment.postings(value);
        values += 1;
        if values < ROWS_READ_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let rebuilt = rebuild_index(&segment, Vec::new());
    assert!(rebuilt.is_ok() || !damage.is_empty(), "an undamaged segment can be written again");
}
