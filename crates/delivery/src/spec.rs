//! How a file is made: what an export's `spec` in the catalog says.

use std::{fmt, str::FromStr};

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use tallystick_engine::search::{Order, TimeRange};
use tallystick_query::{Expr, Leaf, LowerOptions, Lowered, lower, parse, zone};

use crate::column::{Column, ColumnList};

macro_rules! names {
    ($($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $one_doc:literal])+ $one:ident = $text:literal,)+ })+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {$(
            $(#[doc = $one_doc])+
            #[serde(rename = $text)]
            $one,
        )+}

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$one),+];

            /// As it is written.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$one => $text,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let found = Self::ALL.iter().copied().find(|one| one.as_str() == text);
                found.ok_or_else(|| {
                    let known: Vec<_> = Self::ALL.iter().map(|one| one.as_str()).collect();
                    format!("{text:?} is none of {}", known.join(", "))
                })
            }
        }
    )+};
}

names! {
    /// What a file is.
    Format {
        /// RFC 4180, for spreadsheets.
        Csv = "csv",
        /// One object with all events.
        Json = "json",
        /// One event a line.
        Ndjson = "ndjson",
        /// Apache Parquet.
        Parquet = "parquet",
        /// An evidence pack: the events with all that proves them.
        Evidence = "evidence",
    }

    /// How a file is made smaller.
    Compression {
        /// It is not.
        None = "none",
        /// RFC 1952.
        Gzip = "gzip",
        /// RFC 8878.
        Zstd = "zstd",
    }
}

impl Format {
    /// What files of it are called.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Evidence => "tallystick-pack.tar",
            other => other.as_str(),
        }
    }

    /// Of the file without compression.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Evidence => "application/x-tar",
        }
    }
}

impl Compression {
    /// What is added to a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
        }
    }
}

/// Who `@me` is in the query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// Id of the account.
    pub id: String,
    /// Its e-mail address.
    pub email: String,
}

/// Which run of which schedule a file is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfSchedule {
    /// Id of the schedule.
    pub id: String,
    /// Which run, from 1.
    pub run: u64,
    /// Only events that were taken in, if the schedule goes by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Received>,
}

/// Events by when they were taken in. Where the range ends is for the export to say, as its log's size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// Only events with this seq or a higher one.
    pub first_seq: u64,
    /// When the first of them could have been taken in, Unix ms.
    pub from_ms: i64,
    /// All of them had been taken in before, Unix ms.
    pub to_ms: i64,
}

/// How a file is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// See [`Format`].
    pub format: Format,
    /// From this time of occurrence on, Unix microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_us: Option<i64>,
    /// Before this time of occurrence, Unix microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_us: Option<i64>,
    /// The oldest first.
    #[serde(default)]
    pub ascending: bool,
    /// Of a CSV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<ColumnList>,
    /// IANA name of the zone of the local time, and of dates in the query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// See [`Compression`].
    pub compression: Compression,
    /// Cells that a spreadsheet would run get a `'`.
    pub formula_guard: bool,
    /// What relative times of the query are relative to, Unix microseconds.
    pub now_us: i64,
    /// Who `@me` is, if it is somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub me: Option<Me>,
    /// It was asked for with a session of the organization's own provider.
    #[serde(default)]
    pub by_sso: bool,
    /// The schedule that has made it, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<OfSchedule>,
}

/// The parts of a spec do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct BadSpec {
    /// The member that is wrong.
    pub what: &'static str,
    /// What is wrong with it.
    pub why: String,
}

impl Spec {
    /// Checks that the parts fit together.
    pub fn check(&self) -> Result<(), BadSpec> {
        let bad = |what, why: &str| Err(BadSpec { what, why: why.to_owned() });
        if self.columns.is_some() && self.format != Format::Csv {
            return bad("columns", "only a CSV has a choice of columns; other formats hold whole events");
        }
        if self.format == Format::Parquet && self.compression != Compression::None {
            return bad("compression", "a Parquet file is compressed inside, with zstd");
        }
        if self.format == Format::Evidence && self.compression != Compression::None {
            return bad("compression", "verifiers read an evidence pack as it is");
        }
        let wants_local = self.columns.as_ref().is_some_and(|columns| columns.has(&Column::OccurredAtLocal));
        if wants_local && self.time_zone.is_none() {
            return bad("columns", "occurred_at_local needs a time_zone");
        }
        if self.from_us.zip(self.to_us).is_some_and(|(from, to)| from >= to) {
            return bad("to", "the range ends before it starts");
        }
        self.zone().map(drop)
    }

    /// The columns of a CSV.
    pub fn column_list(&self) -> ColumnList {
        self.columns.clone().unwrap_or_else(|| ColumnList::standard(self.time_zone.is_some()))
    }

    /// Bounds on the time of occurrence.
    pub fn range(&self) -> TimeRange {
        TimeRange {
            from_us: self.from_us.unwrap_or(TimeRange::ALL.from_us),
            to_us: self.to_us.unwrap_or(TimeRange::ALL.to_us),
        }
    }

    /// In which order events stand.
    pub fn order(&self) -> Order {
        if self.ascending { Order::OldestFirst } else { Order::NewestFirst }
    }

    /// The zone.
    pub fn zone(&self) -> Result<TimeZone, BadSpec> {
        let Some(name) = &self.time_zone else { return Ok(TimeZone::UTC) };
        zone(name).map_err(|error| BadSpec { what: "time_zone", why: error.to_string() })
    }

    /// The query as it was meant when the export was made, behind what a schedule has exported before; `None`: every
    /// event.
    pub fn lowered(&self, query: &str) -> Result<Option<Lowered>, BadSpec> {
        let from_seq = self.received().map(|received| received.first_seq).filter(|seq| *seq > 0);
        let from_seq = from_seq.map(|from| Expr::Leaf(Leaf::Seq { from, to: u64::MAX }));
        Ok(match (from_seq, self.lowered_query(query)?) {
            (Some(from_seq), Some(lowered)) => Some(Lowered { expr: Expr::and([from_seq, lowered.expr]) }),
            (from_seq, lowered) => from_seq.map(|expr| Lowered { expr }).or(lowered),
        })
    }

    /// The query alone; `None`: every event.
    pub(crate) fn lowered_query(&self, query: &str) -> Result<Option<Lowered>, BadSpec> {
        let broken = |why: String| BadSpec { what: "query", why };
        let (query, _) = parse(query).into_result().map_err(|errors| broken(format!("{errors:?}")))?;
        if query.root.is_none() {
            return Ok(None);
        }
        let me = self.me.as_ref().map(|me| tallystick_query::Me { id: &me.id, email: Some(&me.email) });
        let zone = self.zone()?;
        let options = LowerOptions { now_us: self.now_us, tz: &zone, me };
        lower(&query, &options).map(Some).map_err(|error| broken(format!("{error:?}")))
    }

    /// Which events by when they were taken in, if not all.
    pub fn received(&self) -> Option<&Received> {
        self.schedule.as_ref()?.received.as_ref()
    }

    /// Of the file as it lies there.
    pub fn media_type(&self) -> &'static str {
        match self.compression {
            Compression::None => self.format.media_type(),
            Compression::Gzip => "application/gzip",
            Compression::Zstd => "application/zstd",
        }
    }

    /// As it is stored.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("plain data")
    }

    /// What [`Spec::to_text`] wrote.
    pub fn from_text(text: &str) -> Result<Self, BadSpec> {
        serde_json::from_str(text).map_err(|error| BadSpec { what: "spec", why: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(format: Format) -> Spec {
        Spec {
            format,
            from_us: Some(1),
            to_us: None,
            ascending: false,
            columns: None,
            time_zone: None,
            compression: Compression::None,
            formula_guard: true,
            now_us: 7_000_000,
            me: None,
            by_sso: false,
            schedule: None,
        }
    }

    #[test]
    fn stored_specs_come_back() {
        let full = Spec {
            columns: Some(ColumnList::standard(true)),
            time_zone: Some("Europe/Madrid".into()),
            compression: Compression::Zstd,
            me: Some(Me { id: "usr_1".into(), email: "ana@acme.example".into() }),
            schedule: Some(OfSchedule { id: "sch_1".into(), run: 3, received: None }),
            ..spec(Format::Csv)
        };
        for one in [full, spec(Format::Parquet)] {
            one.check().unwrap();
            assert_eq!(Spec::from_text(&one.to_text()).as_ref(), Ok(&one));
        }
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let columns = || Some(ColumnList::standard(false));
        let wrong = [
            ("columns", Spec { columns: columns(), ..spec(Format::Json) }),
            ("columns", Spec { columns: Some(ColumnList::standard(true)), ..spec(Format::Csv) }),
            ("compression", Spec { compression: Compression::Gzip, ..spec(Format::Parquet) }),
            ("compression", Spec { compression: Compression::Zstd, ..spec(Format::Evidence) }),
            ("to", Spec { to_us: Some(1), ..spec(Format::Csv) }),
            ("time_zone", Spec { time_zone: Some("Mars/Olympus".into()), ..spec(Format::Csv) }),
        ];
        for (what, spec) in wrong {
            assert_eq!(spec.check().unwrap_err().what, what);
        }
    }

    #[test]
    fn relative_times_are_fixed_once() {
        let one = spec(Format::Csv);
        let first = one.lowered("created:>now-1h").unwrap();
        assert!(first.is_some());
        assert_eq!(format!("{:?}", one.lowered("created:>now-1h").unwrap()), format!("{first:?}"));
        assert!(one.lowered("").unwrap().is_none());
        assert!(one.lowered("outcome:(").is_err());
    }

    #[test]
    fn a_schedule_leaves_out_what_was_exported_before() {
        let received = Received { first_seq: 70, from_ms: 0, to_ms: 1_000 };
        let of = OfSchedule { id: "sch_1".into(), run: 2, received: Some(received) };
        let one = Spec { schedule: Some(of), ..spec(Format::Csv) };
        for query in ["", "outcome:failure"] {
            let lowered = format!("{:?}", one.lowered(query).unwrap().unwrap());
            assert!(lowered.contains("Seq { from: 70"), "{lowered}");
        }
    }
}
