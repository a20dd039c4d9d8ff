//! Searches that fit the generated events. It exists so that a benchmark asks for things that are there, with a known
//! shape (a rare actor, a request that occurs once, three words of one event) and the same ones on every engine.

use std::collections::HashMap;

use super::GeneratorConfig;
use super::draw::{Drawn, Draws};
use super::format::Formatter;
use super::vocabulary::{self, Vocabulary};
use crate::seeded::Rng;

/// What a search is an example of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueryKind {
    /// The newest of one organization, no filter.
    Newest,
    /// One action in one organization.
    Action,
    /// An actor with few events, by exact id, over all organizations.
    RareActor,
    /// An actor with many events within their organization.
    BusyActor,
    /// One target, by id.
    Target,
    /// A request id: one event.
    Request,
    /// A session id: about twenty events.
    Session,
    /// Three words that occur together in the note of at least one event.
    ThreeWords,
    /// Events that were refused, in one organization.
    Denied,
    /// Events with a changed value at a path, in one organization.
    Changed,
    /// A number in the metadata above a bound, in one organization.
    Number,
    /// The addresses of a network.
    Network,
    /// An hour of one organization.
    Hour,
}

/// All kinds, in the order of reports.
pub const QUERY_KINDS: [QueryKind; 13] = [
    QueryKind::Newest,
    QueryKind::Action,
    QueryKind::RareActor,
    QueryKind::BusyActor,
    QueryKind::Target,
    QueryKind::Request,
    QueryKind::Session,
    QueryKind::ThreeWords,
    QueryKind::Denied,
    QueryKind::Changed,
    QueryKind::Number,
    QueryKind::Network,
    QueryKind::Hour,
];

/// One search, both as a query of ours and as its parts, so that other engines can be asked the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadQuery {
    /// What it is an example of.
    pub kind: QueryKind,
    /// The organization it is restricted to; `None` for all.
    pub org: Option<String>,
    /// The query in our language; empty for no filter.
    pub text: String,
    /// The searched values: the id, the action, the three words, the lower and upper end.
    pub values: Vec<String>,
}

/// Searches derived from the same seed as the events.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Grouped by kind in the order of [`QUERY_KINDS`].
    pub queries: Vec<WorkloadQuery>,
}

impl Workload {
    /// `per_kind` searches of each kind for the first `events` events of `Generator::new(seed, config)`. Replays the
    /// choices of those events (about a quarter of a microsecond each) to know what is there.
    pub fn new(seed: u64, config: &GeneratorConfig, events: u64, per_kind: usize) -> Self {
        let mut rng = Rng::new(seed);
        let vocabulary = Vocabulary::new(&mut rng);
        let mut draws = Draws::new(seed, config.clone(), vocabulary.topics.clone());
        let mut formatter = Formatter::new(seed, vocabulary, vocabulary::actions());
        let mut choice = Rng::new(seed ^ 0x776f_726b);
        let samples = per_kind.max(1) * QUERY_KINDS.len() * 4;
        let mut sampled: Vec<Drawn> = Vec::with_capacity(samples);
        let mut counts: HashMap<u32, u32> = HashMap::new();
        for index in 0..events {
            let drawn = draws.next();
            *counts.entry(drawn.actor).or_default() += 1;
            // Reservoir sampling: each event has the same chance, whatever their number.
            if sampled.len() < samples {
                sampled.push(drawn);
            } else {
                let at = choice.between(0, index as i64) as usize;
                if at < samples {
                    sampled[at] = drawn;
                }
            }
        }
        let queries = QUERY_KINDS
            .iter()
            .flat_map(|&kind| {
                let fits = candidates(kind, &sampled, &counts);
                let turn = kind as usize * per_kind;
                (0..per_kind.min(fits.len().max(1)))
                    .filter_map(|no| fits.get((turn + no) % fits.len().max(1)).copied())
                    .map(|drawn| query(kind, drawn, &mut formatter))
                    .collect::<Vec<_>>()
            })
            .collect();
        Self { queries }
    }
}

/// The sampled events that can be an example of a kind.
fn candidates<'a>(kind: QueryKind, sampled: &'a [Drawn], counts: &HashMap<u32, u32>) -> Vec<&'a Drawn> {
    let mut fits: Vec<&Drawn> = sampled.iter().collect();
    match kind {
        QueryKind::RareActor => {
            fits.sort_by_key(|drawn| (counts[&drawn.actor], drawn.index));
            fits.truncate(sampled.len().div_ceil(8));
        }
        QueryKind::BusyActor => {
            fits.sort_by_key(|drawn| (std::cmp::Reverse(counts[&drawn.actor]), drawn.index));
            fits.truncate(sampled.len().div_ceil(8));
        }
        QueryKind::Network => fits.retain(|drawn| drawn.actor % 8 != 3),
        _ => {}
    }
    fits
}

fn query(kind: QueryKind, drawn: &Drawn, formatter: &mut Formatter) -> WorkloadQuery {
    let mut json = Vec::new();
    formatter.write(&mut json, drawn);
    let event: serde_json::Value = serde_json::from_slice(&json).expect("the generator writes JSON");
    let of = |pointer: &str| {
        event.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let (in_org, text, values) = match kind {
        QueryKind::Newest => (true, String::new(), Vec::new()),
        QueryKind::Action => one(true, "action:=", of("/action")),
        QueryKind::RareActor => one(false, "actor.id:", of("/actor/id")),
        QueryKind::BusyActor => one(true, "actor.id:", of("/actor/id")),
        QueryKind::Target => one(false, "target.id:", of("/targets/0/id")),
        QueryKind::Request => one(false, "request:", of("/context/request_id")),
        QueryKind::Session => one(false, "session:", of("/context/session_id")),
        QueryKind::ThreeWords => {
            let words: Vec<String> =
                [1, 3, 5].map(|at| formatter.vocabulary.words[usize::from(drawn.note[at])].clone()).to_vec();
            (false, words.join(" "), words)
        }
        QueryKind::Denied => one(true, "outcome:", "denied".to_owned()),
        QueryKind::Changed => one(true, "changed:", "owner".to_owned()),
        QueryKind::Number => one(true, "metadata.duration_ms:>", "4000".to_owned()),
        QueryKind::Network => {
            let ip = of("/context/ip");
            let network = ip.rsplit_once('.').map_or(ip.clone(), |(network, _)| format!("{network}.0/24"));
            one(false, "ip:", network)
        }
        QueryKind::Hour => {
            let hour = of("/occurred_at")[..13].to_owned();
            (
                true,
                format!("created:{hour}:00..{hour}:59"),
                vec![format!("{hour}:00:00Z"), format!("{hour}:59:59.999Z")],
            )
        }
    };
    WorkloadQuery { kind, org: in_org.then(|| of("/org")), text, values }
}

fn one(in_org: bool, field: &str, value: String) -> (bool, String, Vec<String>) {
    (in_org, format!("{field}{value}"), vec![value])
}
