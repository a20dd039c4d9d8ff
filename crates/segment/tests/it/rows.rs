//! Every method of `Rows` gives the model's answer: for a tail, for the segment written of it, for merges of
//! segments, for
//! merges of merges and for a rebuilt index.

use std::{collections::BTreeSet, ops::ControlFlow};

use proptest::prelude::*;
use roaring::RoaringBitmap;
use tallystick_event::{OrgId, terms::text_of_key};
use tallystick_segment::{
    OrgRows, Rows, Segment, SegmentError, SegmentSource, Table, Tail, rebuild_index, write_segment,
};

use crate::{
    SMALL,
    model::Model,
    support::{Made, Maker, Numbers, Shape},
};

pub(crate) fn tail_of(events: &[Made]) -> Tail {
    let mut tail = Tail::new();
    for (row, made) in events.iter().enumerate() {
        assert_eq!(tail.append(&made.event()).unwrap(), row as u32);
    }
    tail
}

pub(crate) fn segment_of(sources: &[&dyn SegmentSource]) -> Segment {
    let mut bytes = Vec::new();
    let info = write_segment(sources, &mut bytes).unwrap();
    assert_eq!(info.file_bytes, bytes.len() as u64);
    let segment = Segment::from_bytes(bytes.into()).unwrap();
    assert_eq!((segment.info().rows, segment.info().orgs), (info.rows, info.orgs));
    assert_eq!(segment.verify(), []);
    segment
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn tail_segment_and_merges_answer_alike(seed in 1_u64..1 << 40, count in 0_usize..400, cut in 0_usize..400) {
        let events = Maker::new(seed, SMALL).take(count);
        let tail = tail_of(&events);
        check(&tail, &Model::new(events.clone()), seed);

        let sorted = Model::sorted(events.clone());
        let whole = segment_of(&[&tail]);
        check(&whole, &sorted, seed);

        let cut = cut.min(count);
        let first = segment_of(&[&tail_of(&events[..cut])]);
        let second = tail_of(&events[cut..]);
        check(&segment_of(&[&second, &first]), &sorted, seed);
        let thirds: Vec<Segment> = events.chunks(count / 3 + 1).map(|part| segment_of(&[&tail_of(part)])).collect();
        let thirds: Vec<&dyn SegmentSource> = thirds.iter().map(|part| part as &dyn SegmentSource).collect();
        let merged = segment_of(&thirds);
        check(&merged, &sorted, seed);

        let mut rebuilt = Vec::new();
        rebuild_index(&merged, &mut rebuilt).unwrap();
        check(&Segment::from_bytes(rebuilt.into()).unwrap(), &sorted, seed);
    }
}

#[test]
fn many_rows_use_every_form_of_a_list() {
    let events = Maker::new(77, Shape { odd: 50, ..SMALL }).take(5000);
    let parts: Vec<Segment> = events.chunks(3000).map(|part| segment_of(&[&tail_of(part)])).collect();
    let parts: Vec<&dyn SegmentSource> = parts.iter().map(|part| part as &dyn SegmentSource).collect();
    let merged = segment_of(&parts);
    check(&merged, &Model::sorted(events), 77);
}

#[test]
fn the_same_row_twice_is_refused() {
    let events = Maker::new(3, SMALL).take(10);
    let (a, b) = (tail_of(&events), tail_of(&events[4..5]));
    let result = write_segment(&[&a, &b], Vec::new());
    assert!(matches!(result, Err(SegmentError::Sources(_))), "{result:?}");
}

#[test]
fn a_tail_has_one_log_of_an_organization_and_a_merge_takes_the_newer_one() {
    let mut events = Maker::new(3, Shape { orgs: 1, ..SMALL }).take(2);
    let mut tail = tail_of(&events[..1]);
    events[1].log.0[0] ^= 1;
    assert!(matches!(tail.append(&events[1].event()), Err(SegmentError::Sources(_))));
    assert_eq!(tail.len(), 1);
    let other = tail_of(&events[1..]);
    let merged = write_segment(&[&tail, &other], Vec::new()).unwrap();
    assert_eq!((merged.orgs.len(), merged.orgs[0].log), (1, events[1].log));
}

pub(crate) fn check(rows: &dyn Rows, model: &Model, seed: u64) {
    check_events(rows, model);
    check_orgs(rows, model);
    check_values(rows, model, seed);
    check_words(rows, model);
    for (hash, expected) in &model.opaque {
        let found = rows.opaque(*hash).unwrap();
        assert!(found.is_sorted() && expected.iter().all(|row| found.contains(row)), "{hash:x} {found:?}");
        assert!(found.len() <= expected.len() + 1, "hashes tell ids apart");
    }
}

fn check_events(rows: &dyn Rows, model: &Model) {
    assert_eq!(rows.len() as usize, model.events.len());
    for (row, made) in model.events.iter().enumerate() {
        let row = row as u32;
        let meta = rows.meta(row).unwrap();
        assert_eq!(
            (meta.seq, meta.received_ms, meta.occurred_us),
            (made.seq, made.received_ms, made.occurred_us)
        );
        assert_eq!((meta.id, meta.salt, meta.units_root), (made.id, made.salt, made.units_root));
        assert_eq!((meta.outcome, rows.outcome(row).unwrap()), (made.outcome, made.outcome));
        assert_eq!(meta.leaf_form, tallystick_event::LeafForm::of_event(&made.units));
        assert_eq!((rows.seq(row).unwrap(), rows.received_ms(row).unwrap()), (made.seq, made.received_ms));
        assert_eq!(
            (rows.occurred_us(row).unwrap(), rows.org_of(row).unwrap()),
            (made.occurred_us, made.org.clone())
        );
        assert_eq!(rows.units(row).unwrap(), made.units);
        assert_eq!(rows.find_id(&made.id).unwrap(), Some(row));
        for (table, unit) in [(Table::Actor, 0), (Table::Targets, 5)] {
            let no = rows.table_no(table, row).unwrap();
            let expected = made.units.get(tallystick_event::Unit::ALL[unit]).unwrap_or_default();
            assert_eq!(rows.table_entry(table, no).unwrap(), expected);
        }
        let action = rows.table_entry(Table::Action, rows.table_no(Table::Action, row).unwrap()).unwrap();
        assert!(model.keys[&[&[1], action.as_slice()].concat()].contains(&row));
    }
    let mut unknown = model.events.first().map_or([1; 16], |made| made.id.0);
    unknown[15] ^= 1;
    assert_eq!(rows.find_id(&tallystick_event::EventId(unknown)).unwrap(), None);
    assert!(rows.meta(rows.len()).is_err() && rows.units(rows.len()).is_err());
}

fn check_orgs(rows: &dyn Rows, model: &Model) {
    let spans = rows.orgs();
    let known: BTreeSet<&OrgId> = model.events.iter().map(|made| &made.org).collect();
    assert!(spans.iter().map(|span| &span.org).eq(known.iter().copied()));
    for span in &spans {
        let mut mine: Vec<(u64, u32)> = Vec::new();
        for (row, made) in model.events.iter().enumerate().filter(|(_, made)| made.org == span.org) {
            assert!(span.log == made.log && (span.seq.0..=span.seq.1).contains(&made.seq));
            assert!((span.occurred_us.0..=span.occurred_us.1).contains(&made.occurred_us));
            assert!((span.received_ms.0..=span.received_ms.1).contains(&made.received_ms));
            mine.push((made.seq, row as u32));
        }
        mine.sort_unstable();
        assert_eq!(span.rows as usize, mine.len());
        let found: Vec<u32> = match rows.org_rows(&span.org) {
            OrgRows::Range(range) => range.collect(),
            OrgRows::List(list) => list.iter().collect(),
        };
        let expected: BTreeSet<u32> = mine.iter().map(|(_, row)| *row).collect();
        assert!(found.iter().eq(&expected));
        for (from, limit) in
            [(0, 3), (span.seq.0 + 5, 4), (span.seq.1, 10), (span.seq.1 + 1, 10), (0, usize::MAX)]
        {
            let expected = mine.iter().filter(|(seq, _)| *seq >= from).take(limit).map(|(_, row)| *row);
            assert!(
                rows.rows_by_seq(&span.org, from, limit).unwrap().into_iter().eq(expected),
                "{from} {limit}"
            );
        }
    }
    let nobody = OrgId::new("nobody").unwrap();
    assert!(rows.org_rows(&nobody).is_empty() && rows.rows_by_seq(&nobody, 0, 10).unwrap().is_empty());
}

fn check_values(rows: &dyn Rows, model: &Model, seed: u64) {
    for (key, expected) in &model.keys {
        let value = rows.lookup(key).unwrap().expect("key is known");
        assert!(rows.postings(value).unwrap().iter().eq(expected.iter().copied()), "{key:?}");
        assert_eq!(rows.cardinality(value).unwrap() as usize, expected.len());
        assert_eq!(&rows.key(value).unwrap(), key);
        let text = rows.value_text(value).unwrap();
        let (expected, cut) = text_of_key(key).unwrap_or_default();
        assert_eq!((text.text.as_str(), text.cut), (expected.as_ref(), cut));
        assert_eq!(rows.lookup(&[key.as_slice(), b"\0"].concat()).unwrap(), None);
    }
    assert_eq!(rows.lookup(b"").unwrap(), None);
    let mut all = Vec::new();
    let mut each = |key: &[u8], _| {
        all.push(key.to_vec());
        ControlFlow::Continue(())
    };
    rows.scan(b"", None, &mut each).unwrap();
    assert!(all.iter().eq(model.keys.keys()));
    let mut numbers = Numbers::new(seed);
    for _ in 0..8 {
        let mut ends = [numbers.below(all.len() as u64 + 1), numbers.below(all.len() as u64 + 1)];
        ends.sort_unstable();
        let bound = |at: u64| all.get(at as usize).cloned().unwrap_or(vec![0xff]);
        let (from, to) = (bound(ends[0]), bound(ends[1]));
        let mut found = Vec::new();
        let mut each = |key: &[u8], _| {
            found.push(key.to_vec());
            ControlFlow::Continue(())
        };
        rows.scan(&from, Some(&to), &mut each).unwrap();
        assert!(found.iter().eq(model.keys.range(from..to).map(|(key, _)| key)));
        check_counts(rows, model, &mut numbers);
    }
}

fn check_counts(rows: &dyn Rows, model: &Model, numbers: &mut Numbers) {
    let prefix = [numbers.below(26) as u8];
    let share = numbers.below(4);
    let set: RoaringBitmap =
        (0..rows.len()).filter(|_| share == 0 || numbers.below(share + 1) == 0).collect();
    let mut counts = Vec::new();
    let mut each = |key: &[u8], count: u32| {
        counts.push((key.to_vec(), count as usize));
        ControlFlow::Continue(())
    };
    rows.count_values(&prefix, &set, &mut each).unwrap();
    let expected = model
        .keys
        .iter()
        .filter(|(key, _)| key.starts_with(&prefix))
        .map(|(key, found)| (key.clone(), found.iter().filter(|row| set.contains(**row)).count()));
    assert!(counts.into_iter().eq(expected.filter(|(_, count)| *count > 0)));
}

fn check_words(rows: &dyn Rows, model: &Model) {
    for (word, keys) in &model.words {
        let no = rows.word(word).unwrap().expect("word is known");
        let values = rows.word_values(no).unwrap();
        assert_eq!((values.len(), rows.word_cardinality(no).unwrap() as usize), (keys.len(), keys.len()));
        let found: BTreeSet<Vec<u8>> = values.iter().map(|value| rows.key(*value).unwrap()).collect();
        assert_eq!(&found, keys, "{word}");
        let expected: RoaringBitmap = keys.iter().flat_map(|key| &model.keys[key]).copied().collect();
        assert_eq!(rows.word_rows(no).unwrap(), expected, "{word}");
    }
    assert_eq!(rows.word("nosuchword").unwrap(), None);
    for prefix in ["", "a", "pay", "東", "zzzz"] {
        let mut found = Vec::new();
        let mut each = |word: &str, _| {
            found.push(word.to_owned());
            ControlFlow::Continue(())
        };
        rows.scan_words(prefix, &mut each).unwrap();
        assert!(found.iter().eq(model.words.keys().filter(|word| word.starts_with(prefix))));
    }
}
