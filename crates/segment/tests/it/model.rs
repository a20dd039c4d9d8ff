//! The slow and obvious answer to every question: events in a list, terms extracted again for each question.

use std::collections::{BTreeMap, BTreeSet};

use tallystick_event::{
    Unit,
    terms::{Term, TermSink, of_unit},
    text,
};

use crate::support::Made;

/// Events, and what is found where. Rows are positions in `events`.
pub(crate) struct Model {
    pub(crate) events: Vec<Made>,
    pub(crate) keys: BTreeMap<Vec<u8>, BTreeSet<u32>>,
    /// Word to keys whose text contains it.
    pub(crate) words: BTreeMap<String, BTreeSet<Vec<u8>>>,
    pub(crate) opaque: BTreeMap<u64, BTreeSet<u32>>,
}

impl Model {
    pub(crate) fn new(events: Vec<Made>) -> Self {
        let mut model =
            Self { events, keys: BTreeMap::new(), words: BTreeMap::new(), opaque: BTreeMap::new() };
        for row in 0..model.events.len() {
            let mut sink = TermSink::new();
            for unit in Unit::ALL {
                if let Some(bytes) = model.events[row].units.get(unit) {
                    of_unit(unit, bytes, &mut sink).unwrap();
                }
            }
            for term in sink.terms() {
                model.add(row as u32, &term);
            }
        }
        model
    }

    /// The same events as a segment holds them: by organization, time of occurrence and seq.
    pub(crate) fn sorted(mut events: Vec<Made>) -> Self {
        events.sort_by(|a, b| (&a.org, a.occurred_us, a.seq).cmp(&(&b.org, b.occurred_us, b.seq)));
        Self::new(events)
    }

    fn add(&mut self, row: u32, term: &Term<'_>) {
        match term {
            Term::Opaque(hash) => drop(self.opaque.entry(*hash).or_default().insert(row)),
            Term::Key { key, words } => {
                self.keys.entry(key.to_vec()).or_default().insert(row);
                if let Some(whole) = words.text() {
                    text::words(&whole, |word| {
                        self.words.entry(word.to_owned()).or_default().insert(key.to_vec());
                    });
                }
            }
        }
    }
}
