//! What each command does.

use std::cell::RefCell;
use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::fs::File;
use std::io::{self, BufReader, Read, Write as _};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tallystick_merkle::{Checkpoint, Policy};
use tallystick_verify::{
    Conclusion, LogReportAndPin, LogStatus, Options, PackReport, Pin, RangeContext, Report, Subject,
    VerifyError, continues, fetch_directory, verify_event, verify_log, verify_pack, verify_range,
    verify_since,
};

use crate::args::{Args, Meant, What};
use crate::http::Http;
use crate::source::{Source, bearer, is_address};
use crate::state::State;
use crate::{output, trust};

/// Events of a range that are asked for at once; services give no more.
const RANGE_EVENTS_AT_ONCE: u64 = 100_000;

/// Why nothing could be verified.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The input is not there or not what it should be.
    Verify(VerifyError),
    /// Anything else: what, and why.
    Other(String, Option<Box<dyn Error>>),
}

impl Failure {
    pub(crate) fn plain(what: String) -> Failure {
        Failure::Other(what, None)
    }

    pub(crate) fn with(what: String, why: impl Error + 'static) -> Failure {
        Failure::Other(what, Some(Box::new(why)))
    }

    pub(crate) fn file(path: &Path, why: io::Error) -> Failure {
        Failure::with(format!("{} cannot be used", path.display()), why)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Verify(error) => error.fmt(f),
            Failure::Other(what, _) => f.write_str(what),
        }
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Failure::Verify(error) => error.source(),
            Failure::Other(_, why) => why.as_deref(),
        }
    }
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Failure {
        Failure::Verify(error)
    }
}

/// The verifier page, as `web/verify/build.mjs` makes it.
const PAGE: &str = include_str!("../../../web/verify/verifier.html");

fn page(sha256: bool) -> Result<u8, Failure> {
    let hash = hex::encode(Sha256::digest(PAGE));
    let text = if sha256 { format!("{hash}\n") } else { PAGE.to_owned() };
    let written = io::stdout().lock().write_all(text.as_bytes());
    written.map_err(|error| Failure::with("the page cannot be written".to_owned(), error))?;
    Ok(0)
}

/// Verifies, prints, and says the exit status.
pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    if let What::Page { sha256 } = args.what {
        return page(sha256);
    }
    let policy = trust::policy(args)?;
    let bar = output::progress(match args.what {
        What::Log { .. } => "entries",
        _ => "records",
    });
    let tell = |count| bar.set_position(count);
    let options = Options {
        records_listed: args.list,
        age_max: args.max_age.map(|age| (now_ms(), age)),
        origin: None,
        needs_anchor: matches!(args.what, What::Pack { need_anchor: true, .. }),
        progress: Some(&tell),
        on_record: None,
    };
    let (report, json) = match verify(args, &policy, &options) {
        Err(Failure::Verify(VerifyError::Admitted { path, status })) => admitted(args, &path, status)?,
        outcome => outcome?,
    };
    bar.finish_and_clear();
    output::print(&if args.json { format!("{json:#}") } else { report.to_string() });
    Ok(report.exit_code)
}

fn verify(args: &Args, policy: &Policy, options: &Options<'_>) -> Result<(Report, Value), Failure> {
    let report = match &args.what {
        What::Event { file } => verify_event(&read(file)?, policy, options)?,
        What::Pack { file, .. } => {
            // Unbuffered: nearly all of a pack is read in large pieces, which would only be copied.
            let found = verify_pack(open(file)?, policy, options)?;
            let json = json_of(&found)?;
            output::say(stated(&found));
            return Ok((found.report, json));
        }
        What::Log { log, meant } => {
            let mut source = Source::open(log, bearer(args)?)?;
            let known = Known::of(log, meant)?;
            let pin = known.pin(&source.stated_origin())?;
            let options = Options { origin: known.origin(), ..*options };
            let found = verify_log(&mut source, policy, pin.as_ref(), &options);
            known.keep(found.map_err(|error| known.explain(error))?)?
        }
        What::Since { checkpoint, log } => {
            let kept = read(checkpoint)?;
            let mut source = Source::open(log, bearer(args)?)?;
            verify_since(&kept, &mut source, policy, options)?.report
        }
        What::Page { .. } => unreachable!("printed before"),
        What::Range { log, from, to, meant } => range(args, (log, meant), (*from, *to), policy, options)?,
    };
    let json = json_of(&report)?;
    Ok((report, json))
}

/// A service that says itself what is wrong with its log has given a verdict.
fn admitted(args: &Args, path: &str, status: LogStatus) -> Result<(Report, Value), Failure> {
    let (subject, log) = match &args.what {
        What::Log { log, .. } => (Subject::Log, log),
        What::Since { log, .. } => (Subject::Growth, log),
        What::Range { log, .. } => (Subject::Range, log),
        What::Event { .. } | What::Pack { .. } | What::Page { .. } => unreachable!("nobody is asked"),
    };
    let report = Report::admitted(subject, log, path, status);
    let json = json_of(&report)?;
    Ok((report, json))
}

/// Which log is meant, and where what is verified of it is kept.
struct Known<'a> {
    /// None for a folder: what lies in one is put there by whoever verifies it.
    address: Option<&'a str>,
    state: Option<State>,
    /// What the command line says.
    asked: Option<&'a str>,
    /// What was at the address before.
    before: Option<String>,
}

impl<'a> Known<'a> {
    fn of(log: &'a str, meant: &'a Meant) -> Result<Known<'a>, Failure> {
        let address = is_address(log).then(|| log.trim_end_matches('/'));
        let state = meant.state.as_deref().map(State::open).transpose()?;
        let before = match (&state, address) {
            (Some(state), Some(address)) => state.origin_at(address)?,
            _ => None,
        };
        Ok(Known { address, state, asked: meant.origin.as_deref(), before })
    }

    /// The origin of the log that is meant, if that is known.
    fn origin(&self) -> Option<&str> {
        self.asked.or(self.before.as_deref())
    }

    /// What is pinned of the log; `stated` is what it says itself that it is, for when nobody knows better.
    fn pin(&self, stated: &str) -> Result<Option<Pin>, Failure> {
        let read = |state: &State| state.read(self.origin().unwrap_or(stated));
        self.state.as_ref().map_or(Ok(None), read)
    }

    /// Pins what was verified.
    fn keep(&self, found: LogReportAndPin) -> Result<Report, Failure> {
        if let (Some(state), Some(pin)) = (&self.state, &found.pin) {
            let origin = &found.report.log.origin;
            state.write(origin, pin)?;
            if let Some(address) = self.address.filter(|_| self.before.as_ref() != Some(origin)) {
                state.bind(address, origin)?;
            }
        }
        Ok(found.report)
    }

    /// What to do when another log is where one was before.
    fn explain(&self, error: VerifyError) -> Failure {
        match (&error, self.address, self.asked) {
            (VerifyError::OtherLog { meant, .. }, Some(address), None) => Failure::with(
                format!(
                    "{address} was the log {meant} before. If it has a new one, and you know why, say which with \
                     --origin"
                ),
                error,
            ),
            _ => Failure::Verify(error),
        }
    }
}

fn range(
    args: &Args,
    (log, meant): (&str, &Meant),
    (from, to): (u64, Option<u64>),
    policy: &Policy,
    options: &Options<'_>,
) -> Result<Report, Failure> {
    if !is_address(log) {
        return Err(Failure::plain(
            "a range is asked for at an address: https://host/v1/logs/<org>".to_owned(),
        ));
    }
    let key = bearer(args)?;
    let places = Known::of(log, meant)?;
    // Which range to ask for, and which pin to look for, is all that depends on what is not verified yet.
    let source = Source::open(log, key.clone())?;
    let to = to.map_or_else(|| size_of(&source), Ok)?;
    let pin = places.pin(&source.stated_origin())?;
    let mut clients = Clients {
        lines: Http::new(log, key.clone())?,
        erasures: Http::new(log, key.clone())?,
        tiles: Http::new(log, key)?,
    };
    let mut known: Option<Checkpoint> = None;
    let mut whole: Option<Report> = None;
    let mut is_kept = true;
    let mut at = from;
    loop {
        let end = to.min(at.saturating_add(RANGE_EVENTS_AT_ONCE));
        let mut seen = None;
        let meant = known.as_ref().map(Checkpoint::origin).or(places.origin());
        let options = Options { origin: meant, ..*options };
        let pin = pin.as_ref().filter(|_| at == from);
        let part = range_part(&mut clients, (at, end), policy, &options, (pin, &mut seen));
        let LogReportAndPin { report: part, pin: newest } = part.map_err(|error| match error {
            Failure::Verify(error) => places.explain(error),
            error @ Failure::Other(..) => error,
        })?;
        is_kept &= newest.is_some();
        let mut report = match whole.take() {
            None => part,
            Some(mut report) => {
                report.join(part, args.list);
                report
            }
        };
        if let (Some(old), Some(now)) = (&known, &seen)
            && old != now
        {
            report.accuse(continues(&mut clients.tiles, old, now)?);
        }
        known = seen.or(known);
        at = end;
        if at >= to {
            is_kept &= report.conclusion != Conclusion::Tampered;
            return places.keep(LogReportAndPin { report, pin: newest.filter(|_| is_kept) });
        }
        whole = Some(report);
    }
}

/// Those of a range: its lines are still being read while erasures and tiles are asked for.
struct Clients {
    lines: Http,
    erasures: Http,
    tiles: Http,
}

/// One call's worth of a range, which continues the pin. `seen` becomes its checkpoint.
fn range_part(
    clients: &mut Clients,
    (from, to): (u64, u64),
    policy: &Policy,
    options: &Options<'_>,
    (pin, seen): (Option<&Pin>, &mut Option<Checkpoint>),
) -> Result<LogReportAndPin, Failure> {
    let path = |from: u64, to: u64| format!("range?from={from}&to={to}");
    let Clients { lines, erasures, tiles } = clients;
    let mut erasure = |seq: u64| erasures.get(&path(seq, seq.saturating_add(1)));
    let tiles = RefCell::new(tiles);
    let mut directory = |known: &Checkpoint| {
        *seen = Some(known.clone());
        fetch_directory(&mut **tiles.borrow_mut(), policy, known)
    };
    let mut is_continued =
        |old: &Checkpoint, now: &Checkpoint| continues(&mut **tiles.borrow_mut(), old, now);
    let context = RangeContext {
        asked: Some((from, to)),
        pin,
        directory: Some(&mut directory),
        erasure: Some(&mut erasure),
        continues: Some(&mut is_continued),
    };
    let reader = BufReader::with_capacity(1 << 20, lines.stream(&path(from, to))?);
    Ok(verify_range(reader, policy, options, context)?)
}

/// What the log states as its size; only which range to ask for depends on it.
fn size_of(source: &Source) -> Result<u64, Failure> {
    source.stated_size().ok_or_else(|| Failure::plain("the log's checkpoint is malformed".to_owned()))
}

/// What the exporter says of a pack.
fn stated(found: &PackReport) -> String {
    let manifest = &found.manifest;
    let whose = manifest.organization.as_ref().map_or_else(String::new, |org| format!(" of {:?}", org.id));
    let query = manifest.query.as_ref().map_or_else(String::new, |query| format!(", searched for {query:?}"));
    format!("a pack{whose}, made {:?} by {:?}{query}, as its maker says", manifest.created_at, manifest.tool)
}

fn json_of(report: &impl serde::Serialize) -> Result<Value, Failure> {
    serde_json::to_value(report)
        .map_err(|error| Failure::with("the report cannot be written".to_owned(), error))
}

fn open(file: &Path) -> Result<Box<dyn Read>, Failure> {
    if file == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    Ok(Box::new(File::open(file).map_err(|error| Failure::file(file, error))?))
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    // One more than is allowed, so that whoever reads it knows that it is too long.
    let limit = tallystick_verify::limits::EVENT_PROOF_BYTES_MAX as u64 + 1;
    open(file)?.take(limit).read_to_end(&mut bytes).map_err(|error| Failure::file(file, error))?;
    Ok(bytes)
}

#[expect(clippy::disallowed_methods, reason = "the one place where this command asks for the time")]
fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
