//! From the JSON of an event to everything the log needs of it. Runs on request tasks, in parallel; nothing here is
//! ordered yet.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};

use crate::body::{BodyKind, split_body};
use crate::canonicalize;
use crate::check::check;
use crate::clock::{Clock, Random};
use crate::digest::{DigestScratch, SALT_BYTES};
use crate::error::{BodyError, Errors, EventError, code};
use crate::ids::{EventId, OrgId};
use crate::json::strict::{self, Pointer};
use crate::leaf::{LeafForm, LeafKind};
use crate::limits::Limits;
use crate::mask::{MaskRules, Masker};
use crate::model::{Input, Member, Walk};
use crate::outcome::Outcome;
use crate::terms::{TermSink, Terms, of_unit};
use crate::units::{Unit, Units};

/// An event that passed every check and is ready to be ordered.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The organization whose log it goes to.
    pub org: OrgId,
    /// Its id, made from `salt` and the time of preparation.
    pub id: EventId,
    /// The secret from which its unit salts are derived.
    pub salt: [u8; SALT_BYTES],
    /// When it happened, Unix microseconds.
    pub occurred_us: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// Its canonical bytes, masked.
    pub units: Units,
    /// What its leaf commits to.
    pub units_root: [u8; 32],
    /// What its leaf records; [`LeafKind::Event`] for whatever comes from outside.
    pub kind: LeafKind,
    /// At most one event of the organization is taken with this key.
    pub idempotency_key: Option<Box<str>>,
    /// Terms of the units `event`, `context`, `changes` and `metadata`. Those of `actor` and `targets` are taken by
    /// whoever interns these units, once for each different one.
    pub terms: Terms,
}

impl Prepared {
    /// What its leaf says of it.
    pub fn leaf_form(&self) -> LeafForm {
        LeafForm { kind: self.kind, units: self.units.count() }
    }
}

/// What the request says of its events.
#[derive(Debug, Clone, Default)]
pub struct PrepareContext<'a> {
    /// The organization the caller's key is bound to.
    pub org: Option<OrgId>,
    /// What the event's `source` becomes, e.g. `key:ak_…` or `import:cloudtrail`.
    pub source: &'a str,
    /// Idempotency key of an event that has none of its own. In a body that is a list, event i gets `<key>/<i>`.
    pub default_idempotency: Option<&'a str>,
}

/// Checks, masks, canonicalises and hashes events.
pub struct Preparer {
    limits: Limits,
    masker: Masker,
    mask_rules: MaskRules,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Preparer {
    /// A preparer with these limits and masking rules.
    pub fn new(limits: Limits, mask: &MaskRules, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Preparer {
        Preparer { limits, masker: Masker::new(mask), mask_rules: mask.clone(), clock, random }
    }

    /// The limits it applies.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The masking rules it applies.
    pub fn mask_rules(&self) -> &MaskRules {
        &self.mask_rules
    }

    /// Prepares the one event in `json`.
    pub fn prepare(&self, json: &[u8], context: &PrepareContext<'_>) -> Result<Prepared, EventError> {
        self.prepare_with(json, context, &mut PrepareScratch::default())
    }

    /// [`Preparer::prepare`] with buffers that the caller keeps from one event to the next.
    pub fn prepare_with(
        &self,
        json: &[u8],
        context: &PrepareContext<'_>,
        scratch: &mut PrepareScratch,
    ) -> Result<Prepared, EventError> {
        let mut errors = Errors::default();
        let prepared = self.try_prepare(json, context, scratch, &mut errors);
        prepared.ok_or_else(|| errors.into_event_error())
    }

    /// Prepares every event of a body, in its order. An event's error has its index.
    pub fn parse_body(
        &self,
        body: &[u8],
        kind: BodyKind,
        context: &PrepareContext<'_>,
    ) -> Result<Vec<Result<Prepared, EventError>>, BodyError> {
        let split = split_body(body, kind, &self.limits)?;
        let mut scratch = PrepareScratch { expected: split.events.len(), ..PrepareScratch::default() };
        let mut prepared = Vec::with_capacity(split.events.len());
        for (index, json) in split.events.iter().enumerate() {
            let numbered = context.default_idempotency.map(|key| format!("{key}/{index}"));
            let default_idempotency =
                if split.is_single { context.default_idempotency } else { numbered.as_deref() };
            let one =
                PrepareContext { org: context.org.clone(), source: context.source, default_idempotency };
            let result = self.prepare_with(json, &one, &mut scratch);
            prepared.push(result.map_err(|error| EventError { index, ..error }));
        }
        Ok(prepared)
    }

    /// `None` means that `errors` says why.
    fn try_prepare(
        &self,
        json: &[u8],
        context: &PrepareContext<'_>,
        scratch: &mut PrepareScratch,
        errors: &mut Errors,
    ) -> Option<Prepared> {
        if json.len() > self.limits.event_bytes_max {
            let (bytes, max) = (json.len(), self.limits.event_bytes_max);
            let message = format!("the event has {bytes} bytes, at most {max} are kept; send less metadata");
            errors.push("", code::EVENT_TOO_LARGE, message);
            return None;
        }
        let mut input = parse(json, errors)?;
        let now_ms = self.clock.now_ms();
        if input.idempotency_key.is_none() {
            input.idempotency_key = context.default_idempotency.map(Cow::Borrowed);
        }
        let checked = check(&mut input, context.org.as_ref(), now_ms, errors)?;
        self.masker.mask(&mut input);
        let units = canonicalize::units(&input, &checked, context.source, &mut scratch.canonical);
        let salt = scratch.salt(self.random.as_ref());
        Some(Prepared {
            id: EventId::derive(now_ms, &salt),
            occurred_us: checked.occurred.us(),
            outcome: checked.outcome,
            units_root: scratch.digest.units_root(&salt, &units),
            kind: LeafKind::Event,
            idempotency_key: input.idempotency_key.as_deref().map(Box::from),
            terms: scratch.terms(&units),
            org: checked.org,
            salt,
            units,
        })
    }
}

/// Buffers that [`Preparer::prepare_with`] reuses, and random bytes drawn ahead.
#[derive(Default)]
pub struct PrepareScratch {
    canonical: Vec<u8>,
    digest: DigestScratch,
    sink: TermSink,
    salts: Vec<u8>,
    /// Events still to come, as far as known: how many salts are worth drawing at once.
    expected: usize,
}

/// Salts drawn from the random source in one call.
const SALTS_AT_ONCE_MAX: usize = 256;

impl PrepareScratch {
    fn salt(&mut self, random: &dyn Random) -> [u8; SALT_BYTES] {
        if self.salts.is_empty() {
            self.salts.resize(self.expected.clamp(1, SALTS_AT_ONCE_MAX) * SALT_BYTES, 0);
            random.fill(&mut self.salts);
        }
        self.expected = self.expected.saturating_sub(1);
        let mut salt = [0; SALT_BYTES];
        salt.copy_from_slice(&self.salts[self.salts.len() - SALT_BYTES..]);
        self.salts.truncate(self.salts.len() - SALT_BYTES);
        salt
    }

    fn terms(&mut self, units: &Units) -> Terms {
        for unit in [Unit::Event, Unit::Context, Unit::Changes, Unit::Metadata] {
            if let Some(bytes) = units.get(unit) {
                of_unit(unit, bytes, &mut self.sink).expect("these bytes were written by canonicalize");
            }
        }
        self.sink.take()
    }
}

/// An event as the whole of a JSON text.
struct Whole<'a>(Option<Input<'a>>);

impl<'de> Deserialize<'de> for Whole<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Input::from_json(deserializer).map(Whole)
    }
}

/// The fast parser, and for what it refuses the exact one.
fn parse<'a>(json: &'a [u8], errors: &mut Errors) -> Option<Input<'a>> {
    if let Ok(text) = std::str::from_utf8(json)
        && let Ok(Whole(Some(input))) = sonic_rs::from_str(text)
    {
        return Some(input);
    }
    let value = match strict::parse(json, errors) {
        Ok(value) => value,
        Err(error) => {
            let message = format!("not readable JSON at byte {}: {}", error.offset, error.message);
            errors.push("", error.code, message);
            return None;
        }
    };
    let mut walk = Walk { path: Pointer::default(), errors };
    let input = Input::from_tree(value, &mut walk);
    if input.is_none() && errors.is_empty() {
        errors.push("", code::WRONG_TYPE, "an event is an object, not null");
    }
    input
}
