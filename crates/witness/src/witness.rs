//! The witness itself: compare, store, sign.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use tallystick_merkle::{
    AddCheckpoint, AddCheckpointError, AddCheckpointRefusal, CosigningKey, Note, NoteError, NoteSignature,
    OpenError as CheckpointOpenError, VerifierKey,
};
use tallystick_wal::lock::{DataLock, Holder};
use tallystick_wal::{Disk, RealDisk};

use crate::directory::{LATEST_DIR, read_key};
use crate::error::{OpenError, Refusal, StateError};
use crate::evidence::{self, Evidence};
use crate::latest::{Latest, OriginHash, Slot, origin_hash};
use crate::logs::Watched;
use crate::state::{LogState, State, log_state};

/// A witness that has its directory to itself. Shared by as many threads as one likes.
///
/// `slots` is the only owner of the files in `latest/`; each slot's lock is held from the comparison to the sync.
#[derive(Debug)]
pub struct Witness {
    dir: PathBuf,
    disk: Arc<dyn Disk>,
    key: CosigningKey,
    logs: Mutex<Watched>,
    slots: Mutex<HashMap<OriginHash, Arc<Mutex<Slot>>>>,
    /// Held while evidence is counted and written.
    evidence: Mutex<()>,
    lock: Mutex<DataLock>,
}

impl Witness {
    /// Opens a directory made by [`create`](crate::create). Everything in `latest/` is read, checked against the
    /// witness's own key and made durable first.
    ///
    /// # Errors
    /// If another process has it, or anything of it cannot be used.
    pub fn open(dir: &Path, holder: Holder) -> Result<Witness, OpenError> {
        Witness::open_on(Arc::new(RealDisk), dir, holder)
    }

    /// [`Witness::open`] with `latest/` on a given disk, for tests of crashes.
    ///
    /// # Errors
    /// As for [`Witness::open`].
    pub fn open_on(disk: Arc<dyn Disk>, dir: &Path, holder: Holder) -> Result<Witness, OpenError> {
        let key = read_key(dir)?;
        let lock = DataLock::take(dir, holder)?;
        let latest = dir.join(LATEST_DIR);
        let io = |source| StateError::Io { path: latest.clone(), source };
        let mut slots = HashMap::new();
        for name in disk.list(&latest).map_err(io)? {
            let mut origin: OriginHash = [0; 32];
            // Others are unfinished writes, and whatever somebody has put there.
            if hex::decode_to_slice(&name, &mut origin).is_ok() {
                let slot = Slot::open(&*disk, &latest, &origin, key.verifier_key())?;
                slots.insert(origin, Arc::new(Mutex::new(slot)));
            }
        }
        disk.sync_dir(&latest).map_err(io)?;
        let logs = Watched::open(dir)?;
        Ok(Witness {
            dir: dir.to_owned(),
            disk,
            key,
            logs: Mutex::new(logs),
            slots: Mutex::new(slots),
            evidence: Mutex::new(()),
            lock: Mutex::new(lock),
        })
    }

    /// Says in the lock file where the witness listens.
    ///
    /// # Errors
    /// If the lock file cannot be written.
    pub fn set_listen(&self, listen: &str) -> Result<(), OpenError> {
        Ok(self.lock.lock().set_listen(listen)?)
    }

    /// Its public key, to be given to those who are to trust it.
    pub fn verifier_key(&self) -> &VerifierKey {
        self.key.verifier_key()
    }

    /// Answers a request of C2SP tlog-witness: gives the cosignature, after it has made the checkpoint the latest of
    /// its log for good. `now` is Unix seconds; a cosignature is never older than the one before it of the same log,
    /// even if the clock is set back.
    ///
    /// # Errors
    /// Why it does not cosign. A fork has been kept as evidence then.
    pub fn add_checkpoint(&self, body: &[u8], now: u64) -> Result<Vec<NoteSignature>, Refusal> {
        let request = parse(body)?;
        let origin = request.checkpoint.unverified_text().split('\n').next().unwrap_or_default();
        let keys = self.logs.lock().now().of(origin);
        if keys.is_empty() {
            return Err(Refusal::UnknownLog);
        }
        let verified = request.checkpoint.verify(&keys).map_err(CheckpointOpenError::from)?;
        let log = &keys[verified[0].key];
        let slot = self.slot(origin)?;
        let mut slot = slot.lock();
        let latest = slot.latest()?;
        let checkpoint = match request.check(log, latest.map(|latest| &latest.checkpoint)) {
            Ok(checkpoint) => checkpoint,
            Err(refusal) => return Err(self.refuse(&request, latest, now, refusal)),
        };
        let time = latest.map_or(now, |latest| now.max(latest.time));
        let cosignature = self.key.cosign(&checkpoint, time).expect("the time is one of this age");
        let signed = request.checkpoint.signatures().iter().find(|signature| signature.is_of(log));
        let signed = signed.expect("it was verified with this key").clone();
        let next = Latest::new(checkpoint, signed, cosignature.clone(), time).map_err(Refusal::TooLong)?;
        assert!(
            latest.is_none_or(|latest| latest.checkpoint.size() <= next.checkpoint.size()),
            "a witness never goes back"
        );
        slot.replace(&*self.disk, next)?;
        Ok(vec![cosignature])
    }

    fn refuse(
        &self,
        request: &AddCheckpoint,
        latest: Option<&Latest>,
        now: u64,
        refusal: AddCheckpointRefusal,
    ) -> Refusal {
        match refusal {
            AddCheckpointRefusal::Checkpoint(error) => error.into(),
            AddCheckpointRefusal::Order { old_size, size } => Refusal::Order { old_size, size },
            AddCheckpointRefusal::Stale { latest, .. } => Refusal::Stale { latest },
            AddCheckpointRefusal::Inconsistent(error) => {
                let _one_at_a_time = self.evidence.lock();
                let origin = request.checkpoint.unverified_text().lines().next().unwrap_or_default();
                // Whether evidence can be kept or not, nothing is signed.
                let kept = evidence::keep(&self.dir, request, latest, now);
                let (is_new, error_of_keeping) =
                    (matches!(kept, Ok(true)), kept.err().map(|e| e.to_string()));
                tracing::error!(
                    origin,
                    is_new,
                    error_of_keeping,
                    "a checkpoint does not continue the latest"
                );
                Refusal::Inconsistent(error)
            }
        }
    }

    /// The newest cosigned checkpoint of a log, as the monitoring prefix serves it; none if there is none.
    ///
    /// # Errors
    /// If the state of that log cannot be used.
    pub fn latest(&self, origin: &OriginHash) -> Result<Option<Note>, StateError> {
        let slot = self.slots.lock().get(origin).cloned();
        let Some(slot) = slot else { return Ok(None) };
        let slot = slot.lock();
        Ok(slot.latest()?.map(|latest| latest.note.clone()))
    }

    /// Everything about it that may be shown.
    ///
    /// # Errors
    /// If the state of a log cannot be used.
    pub fn state(&self) -> Result<State, OpenError> {
        let logs = self.logs.lock().now().clone();
        let logs: Result<Vec<LogState>, OpenError> = logs
            .keys()
            .iter()
            .map(|key| {
                let slot = self.slot(key.name())?;
                let slot = slot.lock();
                log_state(key, &slot)
            })
            .collect();
        Ok(State { key: self.verifier_key().clone(), logs: logs?, evidence: Evidence::count(&self.dir)? })
    }

    /// The slot of a watched log. There are as many as logs were ever watched in this process.
    fn slot(&self, origin: &str) -> Result<Arc<Mutex<Slot>>, StateError> {
        let origin = origin_hash(origin);
        let mut slots = self.slots.lock();
        if let Some(slot) = slots.get(&origin) {
            return Ok(Arc::clone(slot));
        }
        let latest = self.dir.join(LATEST_DIR);
        let slot = Slot::open(&*self.disk, &latest, &origin, self.key.verifier_key())?;
        let slot = Arc::new(Mutex::new(slot));
        slots.insert(origin, Arc::clone(&slot));
        Ok(slot)
    }
}

fn parse(body: &[u8]) -> Result<AddCheckpoint, AddCheckpointError> {
    let text = std::str::from_utf8(body).map_err(|_| AddCheckpointError::Checkpoint(NoteError::Text))?;
    text.parse()
}
