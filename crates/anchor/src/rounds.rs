//! Rounds: every so often what logs have published becomes entries of the directory, and its checkpoint is shown to
//! witnesses, timestamp authorities and stores with object lock. Nothing of this is ever waited for by a write.

use std::{sync::Arc, time::Duration};

use tallystick_catalog::{Anchor, AnchorKind, DirectoryCheckpoint};
use tallystick_engine::{
    ReadError,
    proof::{Guarded, Proofs},
};
use tallystick_event::{Clock, Random};
use tallystick_merkle::{AddCheckpoint, Checkpoint, Note};

use crate::{ObjectLock, TimestampClient, WitnessAnswer, WitnessClient, WitnessError};

/// How often a witness is asked again in one round after it said that it is at another size.
const STALE_RETRIES: usize = 2;
/// How long checkpoints may wait for witnesses before it is logged as an alarm.
const UNWITNESSED_ALARM: Duration = Duration::from_mins(15);

/// Whom a round asks.
pub struct RoundsOptions {
    /// Time from one round to the next.
    pub interval: Duration,
    /// Witnesses; none: the directory is signed by us alone.
    pub witnesses: Vec<WitnessClient>,
    /// How many of them make a checkpoint a witnessed one.
    pub quorum: usize,
    /// A timestamp authority: its client, what to call it, and how often it is asked.
    pub timestamp: Option<(TimestampClient, String, Duration)>,
    /// A store with object lock: its client, what to call it, and how often it is given a checkpoint.
    pub object_lock: Option<(ObjectLock, String, Duration)>,
}

/// The rounds of one instance.
pub struct Rounds {
    proofs: Arc<Proofs>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    interval: Duration,
    quorum: usize,
    witnesses: Vec<Witness>,
    timestamp: Option<Hourly<TimestampClient>>,
    object_lock: Option<Hourly<ObjectLock>>,
    alarmed: bool,
}

struct Witness {
    client: WitnessClient,
    /// Size of the checkpoint that it cosigned last, as far as we know.
    size: u64,
}

/// Something that is done less often than every round, and only for a directory that has grown.
struct Hourly<T> {
    client: T,
    kind: AnchorKind,
    name: String,
    every: Duration,
    /// What was done before this process began is known.
    is_begun: bool,
    last_ms: Option<i64>,
    size: u64,
}

impl<T> Hourly<T> {
    fn new(kind: AnchorKind, (client, name, every): (T, String, Duration)) -> Self {
        Self { client, kind, name, every, is_begun: false, last_ms: None, size: 0 }
    }

    /// Goes on where the process before ended: a restart is no reason to do it again.
    async fn begin(&mut self, proofs: &Proofs) -> Result<(), ReadError> {
        if !self.is_begun {
            if let Some(last) = proofs.newest_anchor(self.kind, &self.name).await? {
                (self.last_ms, self.size) = (Some(last.time_ms), last.size);
            }
            self.is_begun = true;
        }
        Ok(())
    }

    fn is_due(&self, now_ms: i64, size: u64) -> bool {
        let waited = self.last_ms.is_none_or(|last| now_ms - last >= self.every.as_millis() as i64);
        waited && size > self.size
    }
}

impl std::fmt::Debug for Rounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rounds").field("witnesses", &self.witnesses.len()).finish_non_exhaustive()
    }
}

impl Rounds {
    /// Rounds over the logs of an engine.
    pub fn new(
        proofs: Arc<Proofs>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        options: RoundsOptions,
    ) -> Self {
        let witnesses = options.witnesses.into_iter().map(|client| Witness { client, size: 0 });
        Self {
            proofs,
            clock,
            random,
            interval: options.interval,
            quorum: options.quorum.max(1),
            witnesses: witnesses.collect(),
            timestamp: options.timestamp.map(|plan| Hourly::new(AnchorKind::Rfc3161, plan)),
            object_lock: options.object_lock.map(|plan| Hourly::new(AnchorKind::ObjectLock, plan)),
            alarmed: false,
        }
    }

    /// Asks every witness for the checkpoint of the directory that it has seen last, and compares: the data may be
    /// older than what a witness remembers. To be called before anything is written. A witness that does not answer
    /// stops nobody.
    pub async fn compare_with_witnesses(&self) {
        let asked = self.witnesses.iter().map(|witness| self.compare(&witness.client));
        futures::future::join_all(asked).await;
    }

    async fn compare(&self, witness: &WitnessClient) {
        let origin = self.proofs.directory_origin();
        let name = witness.key().name();
        let seen = match witness.latest(&origin).await {
            Ok(Some(note)) => self.own_checkpoint(&note, &origin),
            Ok(None) => None,
            Err(error) => {
                tracing::warn!(witness = name, error = %chain(&error), "a witness cannot be compared with");
                None
            }
        };
        let Some(seen) = seen else { return };
        let seen = Guarded { size: seen.size(), root: *seen.root() };
        let proofs = Arc::clone(&self.proofs);
        let by = name.to_owned();
        let compared = tokio::task::spawn_blocking(move || proofs.compare_directory(seen, &by)).await;
        match compared {
            Ok(Ok(Some(rolled_back))) => {
                tracing::error!(%rolled_back, "nothing is written and nothing is signed from now on");
            }
            Ok(Ok(None)) => {}
            Ok(Err(error)) => tracing::error!(%error, "the directory cannot be compared with a witness"),
            Err(error) => tracing::error!(%error, "the comparison with a witness failed"),
        }
    }

    /// The checkpoint, if we signed it ourselves: a witness alone cannot stop us.
    fn own_checkpoint(&self, note: &Note, origin: &str) -> Option<Checkpoint> {
        let keys = self.proofs.keys().public(origin);
        keys.iter().find_map(|key| Checkpoint::open(note, &key.verifier_key).ok())
    }

    /// Rounds for ever.
    pub async fn run(mut self) {
        let mut ticks = tokio::time::interval(self.interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // The first tick comes at once, when nothing may be published yet; a new log should not wait a whole interval.
        tokio::time::sleep(Duration::from_secs(2).min(self.interval)).await;
        loop {
            ticks.tick().await;
            if let Err(error) = self.round().await {
                tracing::error!(%error, "a round of the directory failed; it is tried again");
            }
        }
    }

    /// One round.
    pub async fn round(&mut self) -> Result<(), ReadError> {
        let Some(round) = self.proofs.directory_round().await? else { return Ok(()) };
        let checkpoint = round.checkpoint;
        if !self.witnesses.is_empty() {
            self.ask_witnesses(&checkpoint).await?;
        }
        self.stamp(&checkpoint).await?;
        self.lock(&checkpoint).await
    }

    async fn ask_witnesses(&mut self, checkpoint: &DirectoryCheckpoint) -> Result<(), ReadError> {
        let Ok(note) = Note::parse(checkpoint.note.as_bytes()) else {
            return Err(ReadError::Corrupt("the stored checkpoint of the directory is no note".to_owned()));
        };
        let size = checkpoint.edge.size();
        // They are put back before anything can fail: a round that forgot them would be the last one with witnesses.
        let mut witnesses = std::mem::take(&mut self.witnesses);
        let missing = witnesses.iter_mut().filter(|witness| !has(&note, witness));
        let asked = missing.map(|witness| self.ask(witness, note.clone(), size));
        let answers = futures::future::join_all(asked).await;
        self.witnesses = witnesses;
        let now = self.clock.now_ms();
        let mut cosigned = note.clone();
        let mut anchors = Vec::new();
        for (name, lines) in answers.into_iter().flatten() {
            let mut receipt = String::new();
            for signature in lines {
                receipt.push_str(&signature.to_string());
                receipt.push('\n');
                if let Err(error) = cosigned.add(signature) {
                    tracing::warn!(witness = name, %error, "a cosignature does not fit the note");
                }
            }
            let receipt = receipt.into_bytes();
            anchors.push(Anchor { kind: AnchorKind::Witness, name, size, time_ms: now, receipt });
        }
        let count = self.witnesses.iter().filter(|witness| has(&cosigned, witness)).count();
        let is_witnessed = count >= self.quorum;
        self.note_lag(is_witnessed, checkpoint.time_ms);
        // What was gathered before may suffice now: the quorum is a setting.
        let is_news = cosigned != note || is_witnessed && checkpoint.witnessed_ms.is_none();
        if is_news || !anchors.is_empty() {
            let witnessed_ms = is_witnessed.then_some(now);
            self.proofs.add_directory_signatures(size, &cosigned, witnessed_ms, &anchors).await?;
        }
        Ok(())
    }

    /// Keeps the time since when witnesses are missing, and says so once when it becomes long.
    fn note_lag(&mut self, is_witnessed: bool, time_ms: i64) {
        if is_witnessed {
            self.proofs.set_unwitnessed_since(None);
            self.alarmed = false;
            return;
        }
        let since = self.proofs.unwitnessed_since_ms().unwrap_or(time_ms);
        self.proofs.set_unwitnessed_since(Some(since));
        let waited = self.clock.now_ms() - since;
        if waited >= UNWITNESSED_ALARM.as_millis() as i64 && !self.alarmed {
            self.alarmed = true;
            tracing::error!(seconds = waited / 1_000, "the directory has not been witnessed for long");
        }
    }

    async fn ask(
        &self,
        witness: &mut Witness,
        note: Note,
        size: u64,
    ) -> Option<(String, Vec<tallystick_merkle::NoteSignature>)> {
        let name = witness.client.key().name().to_owned();
        for _ in 0..=STALE_RETRIES {
            let now = (self.clock.now_ms() / 1_000) as u64;
            let request = self.request(witness.size, size, note.clone()).await?;
            match witness.client.add_checkpoint(&request, now).await {
                Ok(WitnessAnswer::Cosigned(signatures)) => {
                    witness.size = size;
                    return Some((name, signatures));
                }
                Ok(WitnessAnswer::Stale { size: latest }) if latest <= size => witness.size = latest,
                Ok(WitnessAnswer::Stale { size: latest }) => {
                    tracing::error!(witness = name, latest, size, "a witness has seen a larger directory");
                    self.compare(&witness.client).await;
                    return None;
                }
                Err(error @ WitnessError::Fork { .. }) => {
                    tracing::error!(witness = name, error = %chain(&error), "a witness sees a fork");
                    self.compare(&witness.client).await;
                    return None;
                }
                Err(error) => {
                    tracing::warn!(witness = name, error = %chain(&error), "a witness did not cosign");
                    return None;
                }
            }
        }
        tracing::warn!(witness = name, "a witness names another size each time");
        None
    }

    async fn request(&self, old_size: u64, size: u64, checkpoint: Note) -> Option<AddCheckpoint> {
        if old_size == 0 {
            return Some(AddCheckpoint { old_size, path: Vec::new(), checkpoint });
        }
        let proofs = Arc::clone(&self.proofs);
        let path =
            tokio::task::spawn_blocking(move || proofs.directory_consistency(old_size, Some(size))).await;
        match path {
            Ok(Ok(path)) => Some(AddCheckpoint { old_size, path, checkpoint }),
            Ok(Err(error)) => {
                tracing::error!(%error, "no consistency proof for a witness");
                None
            }
            Err(error) => {
                tracing::error!(%error, "no consistency proof for a witness");
                None
            }
        }
    }

    async fn stamp(&mut self, checkpoint: &DirectoryCheckpoint) -> Result<(), ReadError> {
        let (now, size) = (self.clock.now_ms(), checkpoint.edge.size());
        let Some(plan) = self.timestamp.as_mut() else { return Ok(()) };
        plan.begin(&self.proofs).await?;
        if !plan.is_due(now, size) {
            return Ok(());
        }
        let mut nonce = [0; 8];
        self.random.fill(&mut nonce);
        let message = text_of(&checkpoint.note);
        plan.last_ms = Some(now);
        match plan.client.stamp(message.as_bytes(), u64::from_be_bytes(nonce)).await {
            Ok(token) => {
                plan.size = size;
                let (kind, name) = (plan.kind, plan.name.clone());
                self.proofs.add_anchor(&Anchor { kind, name, size, time_ms: now, receipt: token }).await
            }
            Err(error) => {
                tracing::warn!(authority = plan.name, error = %chain(&error), "no timestamp");
                Ok(())
            }
        }
    }

    async fn lock(&mut self, checkpoint: &DirectoryCheckpoint) -> Result<(), ReadError> {
        let (now, size) = (self.clock.now_ms(), checkpoint.edge.size());
        let Some(plan) = self.object_lock.as_mut() else { return Ok(()) };
        plan.begin(&self.proofs).await?;
        if !plan.is_due(now, size) {
            return Ok(());
        }
        plan.last_ms = Some(now);
        let name = format!("directory-checkpoint-{size:020}");
        // As it is now, with the cosignatures of this round.
        let newest = self.proofs.directory_newest().filter(|newest| newest.edge.size() == size);
        let note = newest.map_or_else(|| checkpoint.note.clone(), |newest| newest.note.clone());
        let put = plan.client.put(&name, "text/plain; charset=utf-8", note.into_bytes(), now / 1_000);
        let object = match put.await {
            Ok(object) => object,
            Err(error) => {
                tracing::warn!(store = plan.name, error = %chain(&error), "no locked copy of the checkpoint");
                return Ok(());
            }
        };
        // A bucket without object lock may take the object all the same, and then it vouches for nothing.
        match plan.client.is_locked(&object, now / 1_000).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!(
                    store = plan.name,
                    key = object.key,
                    "the copy of the checkpoint is not locked"
                );
                return Ok(());
            }
            Err(error) => {
                let error = chain(&error);
                tracing::warn!(store = plan.name, %error, "whether the copy of the checkpoint is locked is not known");
                return Ok(());
            }
        }
        plan.size = size;
        let version = object.version.map_or_else(String::new, |version| format!("?versionId={version}"));
        let receipt = format!("{}/{}{version}", plan.name, object.key).into_bytes();
        let (kind, name) = (plan.kind, plan.name.clone());
        self.proofs.add_anchor(&Anchor { kind, name, size, time_ms: now, receipt }).await
    }
}

/// Whether the note has a signature that says it is of this witness; it was checked when it came.
fn has(note: &Note, witness: &Witness) -> bool {
    note.signatures().iter().any(|signature| signature.is_of(witness.client.key()))
}

/// What is signed: the note up to its last empty line.
fn text_of(note: &str) -> &str {
    note.rfind("\n\n").map_or(note, |end| &note[..=end])
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_text_of_a_note_is_stamped() {
        assert_eq!(text_of("log\n1\nroot\n\n— log sig\n— w sig\n"), "log\n1\nroot\n");
    }

    #[test]
    fn what_is_done_hourly_waits_for_time_and_growth() {
        let mut plan = Hourly::new(AnchorKind::Rfc3161, ((), String::new(), Duration::from_hours(1)));
        assert!(plan.is_due(0, 1) && !plan.is_due(0, 0));
        (plan.last_ms, plan.size) = (Some(1_000), 5);
        assert!(!plan.is_due(1_000 + 3_599_999, 6) && plan.is_due(1_000 + 3_600_000, 6));
        assert!(!plan.is_due(1_000 + 7_200_000, 5), "nothing new");
    }
}
