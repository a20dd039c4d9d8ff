//! Streams in the catalog: what they are is understood, their secrets can be opened, and their places are in logs that
//! there are. While a service runs, how long logs are is not known; then only the rest is looked at.

use std::{collections::BTreeMap, path::Path, str::FromStr as _, sync::Arc};

use serde_json::{Map, Value};
use tallystick_auth::SealKey;
use tallystick_catalog::{
    Catalog, CatalogError, CatalogUrl, DeadLetter, LIST_MAX, Stream, StreamCursor, StreamsOf,
};
use tallystick_delivery::streams::{Mask, kind};
use tallystick_destination::Settings;
use tallystick_event::OrgId;
use tallystick_format::FormatName;

use super::finding::Findings;
use crate::{
    accounts,
    output::thousands,
    system::{OsRandom, SystemClock},
};

/// Findings that are printed; more are counted.
const SHOWN_MAX: usize = 20;

/// Looks at every stream. `sizes`: behind the last event of each log, if that is known.
pub(super) async fn check(
    folder: &Path,
    url: &CatalogUrl,
    sizes: Option<&BTreeMap<OrgId, u64>>,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let mut look = Look { sizes, told: Vec::new(), cursors: 0, letters: 0 };
    let looked = async {
        let catalog = Catalog::open(url, Arc::new(SystemClock), Arc::new(OsRandom)).await?;
        let streams = look.all(&catalog, folder).await?;
        catalog.close().await;
        Ok::<_, CatalogError>(streams)
    };
    let streams = match looked.await {
        Ok(streams) => streams,
        Err(error) => return findings.fail_with("streams", &error),
    };
    if look.told.is_empty() {
        let (streams, cursors, letters) =
            (thousands(streams), thousands(look.cursors), thousands(look.letters));
        let unknown = if sizes.is_none() { "; their places were not compared with the logs" } else { "" };
        return findings.ok(
            "streams",
            format!("{streams} streams with {cursors} places in logs, {letters} dead letters{unknown}"),
        );
    }
    for told in look.told.iter().take(SHOWN_MAX) {
        findings.fail("streams", told)?;
    }
    match look.told.len().saturating_sub(SHOWN_MAX) {
        0 => Ok(()),
        hidden => findings.fail("streams", format!("and {hidden} more")),
    }
}

struct Look<'a> {
    sizes: Option<&'a BTreeMap<OrgId, u64>>,
    /// What is wrong.
    told: Vec<String>,
    cursors: u64,
    letters: u64,
}

impl Look<'_> {
    /// Looks at all of them: how many there are.
    async fn all(&mut self, catalog: &Catalog, folder: &Path) -> Result<u64, CatalogError> {
        let streams = catalog.list_streams(StreamsOf::Everybody).await?;
        if streams.is_empty() {
            return Ok(0);
        }
        let key = match accounts::read_seal_key(folder) {
            Ok(key) => Some(key),
            Err(error) => {
                self.told
                    .push(format!("no stream can send, because their secrets cannot be opened: {error:#}"));
                None
            }
        };
        for stream in &streams {
            if let Err(why) = understood(stream, key.as_ref()) {
                self.told.push(format!("{} ({}): {why}", stream.id, stream.name));
            }
            for cursor in catalog.stream_cursors(&stream.id).await? {
                self.cursors += 1;
                self.cursor(stream, &cursor);
            }
            self.dead_letters(catalog, stream).await?;
        }
        Ok(streams.len() as u64)
    }

    /// Behind the last event of a log; none if that is not known. What is wrong if there is no such log.
    fn size(&mut self, stream: &Stream, what: &str, org: &OrgId) -> Option<u64> {
        let size = self.sizes?.get(org).copied();
        if size.is_none() {
            self.told.push(format!("{}: {what} is in the log of {org}, and there is none", stream.id));
        }
        size
    }

    fn cursor(&mut self, stream: &Stream, cursor: &StreamCursor) {
        let Some(size) = self.size(stream, "its place", &cursor.org) else { return };
        let (id, org) = (&stream.id, &cursor.org);
        let end = thousands(size);
        if cursor.next_seq > size {
            let next = thousands(cursor.next_seq);
            self.told.push(format!(
                "{id}: its place in the log of {org} is seq {next}, and the log ends before {end}; it would leave out \
                 what comes next. Was the log restored from an older backup? `tallystick streams rewind` mends it"
            ));
        } else if let Some(last) = cursor.in_flight_last.filter(|last| *last >= size) {
            let last = thousands(last);
            self.told.push(format!(
                "{id}: the batch that is on its way ends with seq {last} of {org}, and the log ends before {end}"
            ));
        }
    }

    async fn dead_letters(&mut self, catalog: &Catalog, stream: &Stream) -> Result<(), CatalogError> {
        let mut after: Option<DeadLetter> = None;
        loop {
            let place = after.as_ref().map(|letter| (letter.at_ms, &letter.id));
            let page = catalog.dead_letters(&stream.id, place, LIST_MAX).await?;
            for letter in &page {
                self.letters += 1;
                let what = format!("the dead letter {}", letter.id);
                let Some(size) = self.size(stream, &what, &letter.org) else { continue };
                let seq = letter.letter.seq;
                if seq >= size {
                    let (seq, end) = (thousands(seq), thousands(size));
                    let (id, org) = (&stream.id, &letter.org);
                    self.told.push(format!(
                        "{id}: {what} is about seq {seq} of {org}, and the log ends before {end}"
                    ));
                }
            }
            match page.into_iter().last() {
                Some(last) => after = Some(last),
                None => return Ok(()),
            }
        }
    }
}

/// Whether a service of this version can send as the stream says.
fn understood(stream: &Stream, key: Option<&SealKey>) -> Result<(), String> {
    let known = kind(&stream.kind)
        .ok_or_else(|| format!("this version cannot send to {:?}: the kind is unknown", stream.kind))?;
    FormatName::from_str(&stream.format)
        .map_err(|error| format!("the format {:?}: {error}", stream.format))?;
    let mask = Mask::from_text(&stream.mask).and_then(|mask| mask.check());
    mask.map_err(|error| format!("its mask is not understood: {error}"))?;
    if tallystick_query::parse(&stream.query).into_result().is_err() {
        return Err(format!("its query is not understood: {}", stream.query));
    }
    let Some(key) = key else { return Ok(()) };
    let opened = key.open_stream(stream.id.as_str(), &stream.settings_sealed);
    let opened = opened.map_err(|error| format!("its settings: {error}"))?;
    let values: Map<String, Value> =
        serde_json::from_slice(&opened).map_err(|_| "its settings are not JSON".to_owned())?;
    Settings::new(known.fields, values).map(drop).map_err(|error| format!("its settings: {error}"))
}
