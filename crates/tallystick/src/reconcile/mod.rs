//! Comparing a copy of events with the log that they are from: what is missing in it, what was changed, what the log
//! does not have, and what is out of order.
//!
//! The copy is read once, in its order. The log is read in pieces, each event of it checked against its leaf; each
//! record is compared with the event rendered anew. Memory: a window of records, a few pieces of the log, and one bit
//! for each event.

mod compare;
mod copied;
mod expected;
mod lines;
mod log;
mod recognize;
pub(crate) mod report;
mod seen;
mod side;
pub(crate) mod source;
pub(crate) mod stream;
mod tally;
#[cfg(test)]
mod testing;

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
};

use indicatif::{ProgressBar, ProgressStyle};
use tallystick_event::LogId;

use self::{
    compare::Rules,
    copied::{Copied, Item},
    log::{LogInfo, LogReader},
    report::{Broken, Report, Unreadable},
    side::{Place, Side},
    source::Source,
    stream::Stream,
    tally::{Findings, Unknown},
};
use crate::client::{Client, ClientError};

/// Records that wait to be compared.
const WINDOW_RECORDS: usize = 1 << 16;
/// Their bytes.
const WINDOW_BYTES: usize = 64 << 20;
/// Logs whose names a copy may have. A copy of all organizations has one for each.
const LOGS_MAX: usize = 100_000;

/// What of the logs is to be compared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bounds {
    pub(crate) from_seq: Option<u64>,
    /// Not included.
    pub(crate) to_seq: Option<u64>,
    /// Times of receipt, Unix ms.
    pub(crate) from_ms: Option<i64>,
    pub(crate) to_ms: Option<i64>,
}

/// What is to be done.
pub(crate) struct Task {
    pub(crate) client: Client,
    pub(crate) source: Source,
    /// Only this organization.
    pub(crate) org: Option<String>,
    pub(crate) stream: Option<Stream>,
    pub(crate) bounds: Bounds,
    /// Members that are not compared.
    pub(crate) except: Vec<String>,
}

/// A log that the copy names.
enum Known {
    /// It is compared, at this place of the list.
    Side(usize),
    /// It is that of an organization that was not asked for.
    Other,
    /// The service does not show one: why.
    None(String),
}

struct Walk {
    client: Client,
    org: Option<String>,
    query: Option<tallystick_query::Lowered>,
    places: HashMap<String, Place>,
    bounds: Bounds,
    has_order: bool,
    rules: Rules,
    sides: Vec<(Side<LogReader>, Range<u64>)>,
    known: HashMap<String, Known>,
    waiting: (usize, usize),
    report: Report,
    /// Why the first log that is not shown is not.
    refused: Option<ClientError>,
}

/// Compares.
pub(crate) async fn run(task: Task) -> anyhow::Result<Report> {
    let has_order = task.source.has_order();
    let (mask, query, places, stream) = match task.stream {
        Some(stream) => (stream.mask, stream.query, stream.places, Some((stream.id, stream.org))),
        None => Default::default(),
    };
    let org = task.org.or_else(|| stream.as_ref().and_then(|(_, org)| org.clone()));
    let mut walk = Walk {
        client: task.client,
        report: Report::new(stream.map(|(id, _)| id), &mask, &task.except),
        rules: Rules::new(mask, &task.except),
        org,
        query,
        places,
        bounds: task.bounds,
        has_order,
        sides: Vec::new(),
        known: HashMap::new(),
        waiting: (0, 0),
        refused: None,
    };
    walk.begin().await?;
    let bar = ProgressBar::new_spinner().with_style(
        ProgressStyle::with_template("{spinner} {human_pos} records, {per_sec}")
            .expect("the template is well formed"),
    );
    let mut items = task.source.open();
    while let Some(batch) = items.recv().await {
        for item in batch? {
            walk.take(item).await?;
            bar.inc(1);
        }
    }
    walk.compare().await?;
    bar.set_style(
        ProgressStyle::with_template("{spinner} {human_pos} records; looking for what is missing")
            .expect("the template is well formed"),
    );
    let report = walk.end().await;
    bar.finish_and_clear();
    report
}

impl Walk {
    /// Logs that have to be looked at even if the copy has nothing of them.
    async fn begin(&mut self) -> anyhow::Result<()> {
        let orgs: BTreeSet<String> = match &self.org {
            Some(org) => BTreeSet::from([org.clone()]),
            None => self.places.keys().cloned().collect(),
        };
        for org in orgs {
            self.resolve(&org).await?;
        }
        Ok(())
    }

    async fn take(&mut self, item: Item) -> anyhow::Result<()> {
        match item {
            Item::Whole => self.report.pieces += 1,
            Item::LeftAlone => self.report.left_alone += 1,
            Item::Broken { piece, why } => {
                self.report.pieces += 1;
                self.report.broken.add(Broken { piece: piece.to_string(), why });
            }
            Item::Unreadable { at, why } => {
                self.report.unreadable.add(Unreadable { at: at.to_string(), why });
            }
            Item::Record(record) => self.record(*record).await?,
        }
        Ok(())
    }

    async fn record(&mut self, record: Copied) -> anyhow::Result<()> {
        self.report.records += 1;
        *self.report.formats.entry(record.form.to_string()).or_default() += 1;
        if record.is_test() {
            self.report.tests += 1;
            return Ok(());
        }
        let name = match (&record.log, &record.org) {
            // The origin of a log ends with its id; that of no log is the name of an organization.
            (Some(log), _) => {
                let id = log.rsplit('/').next().unwrap_or_default();
                if id.parse::<LogId>().is_ok() { id } else { "" }
            }
            (None, Some(org)) => org,
            (None, None) => "",
        };
        let name = name.to_owned();
        if !self.known.contains_key(&name) {
            self.resolve(&name).await?;
        }
        match self.known.get(&name) {
            Some(Known::Side(at)) => {
                let (side, range) = &mut self.sides[*at];
                if !range.contains(&record.seq) {
                    self.report.outside += 1;
                    return Ok(());
                }
                self.waiting.0 += 1;
                self.waiting.1 += record.bytes.len();
                side.take(record);
                if self.waiting.0 >= WINDOW_RECORDS || self.waiting.1 >= WINDOW_BYTES {
                    self.compare().await?;
                }
            }
            Some(Known::Other) => self.report.others += 1,
            Some(Known::None(why)) => {
                let (at, why) = (record.at.to_string(), why.clone());
                self.report.unknown.add(Unknown { at, seq: record.seq, event_id: record.id, why });
            }
            None => unreachable!("it was resolved"),
        }
        Ok(())
    }

    /// Finds out which log a name means.
    async fn resolve(&mut self, name: &str) -> anyhow::Result<()> {
        anyhow::ensure!(self.known.len() < LOGS_MAX, "the copy names more than {LOGS_MAX} logs");
        let known = match LogInfo::find(&self.client, name).await {
            Ok(Some(info)) => match &self.org {
                Some(org) if *org != info.org => Known::Other,
                _ => Known::Side(self.side(info).await?),
            },
            Ok(None) if name.is_empty() => Known::None("it names a log that cannot be".to_owned()),
            Ok(None) => {
                Known::None(format!("the service has no log {name}, or does not show it to this key"))
            }
            Err(error) => match error.downcast::<ClientError>()? {
                ClientError::Refused(problem) if problem.status == 403 => {
                    let why = format!("the log {name}: {problem}");
                    self.refused.get_or_insert(ClientError::Refused(problem));
                    Known::None(why)
                }
                other => return Err(other.into()),
            },
        };
        self.known.insert(name.to_owned(), known);
        Ok(())
    }

    /// Its place among the logs that are compared.
    async fn side(&mut self, info: LogInfo) -> anyhow::Result<usize> {
        if let Some(at) = self.sides.iter().position(|(side, _)| side.origin == info.origin) {
            return Ok(at);
        }
        let place = self.places.remove(&info.org).unwrap_or_default();
        let (origin, org) = (info.origin.clone(), info.org.clone());
        let mut log = LogReader::new(self.client.clone(), info);
        let mut range = self.bounds.from_seq.unwrap_or(0)..self.bounds.to_seq.unwrap_or(u64::MAX);
        if let Some(ms) = self.bounds.from_ms {
            range.start = range.start.max(log.first_since(ms).await?);
        }
        if let Some(ms) = self.bounds.to_ms {
            range.end = range.end.min(log.first_since(ms).await?);
        }
        self.sides.push((Side::new(log, origin, org, place), range));
        Ok(self.sides.len() - 1)
    }

    async fn compare(&mut self) -> anyhow::Result<()> {
        self.waiting = (0, 0);
        for (side, _) in &mut self.sides {
            side.compare(&self.rules, self.has_order).await?;
        }
        Ok(())
    }

    async fn end(mut self) -> anyhow::Result<Report> {
        if let Some(refused) = self.refused.take_if(|_| self.sides.is_empty()) {
            return Err(refused.into());
        }
        for (mut side, bounds) in self.sides {
            let log = side.log.info.clone();
            let seen = side.tally.seen.bounds();
            let has_start = self.bounds.from_seq.is_some() || self.bounds.from_ms.is_some();
            let has_end = self.bounds.to_seq.is_some() || self.bounds.to_ms.is_some();
            let first = seen.map_or(log.base, |(first, _)| first);
            // Without a word of where it ends, a copy ends with its last event; a stream knows better.
            let known_end = side.place.next_seq.unwrap_or(if seen.is_none() { log.end } else { 0 });
            let last = seen.map_or(0, |(_, last)| last + 1).max(known_end);
            let start = if has_start { bounds.start } else { first };
            let end = if has_end { bounds.end } else { last };
            let range = start.max(log.base)..end.min(log.end).max(start.max(log.base));
            side.find_absent(range.clone(), self.query.as_ref()).await?;
            self.report.add_log(&log, range, side.tally);
        }
        Ok(self.report)
    }
}

impl<T> Findings<T> {
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.count == 0
    }
}
