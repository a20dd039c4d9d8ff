//! The proof of one event as JSON: `docs/formats/event-proof.md`.

use serde::{Deserialize, Serialize};
use tallystick_merkle::{Checkpoint, Policy, TlogProof, verify_inclusion};

use crate::limits::EVENT_PROOF_BYTES_MAX;
use crate::record::{ProvenErasure, Record};
use crate::report::{LogReport, LogStatus, Report, Subject};
use crate::tally::Tally;
use crate::trust::{DirectoryProof, demands_witnesses, log_id, open_log_of, witness};
use crate::{Options, VerifyError};

/// Version of the format.
pub const EVENT_PROOF_VERSION: u64 = 1;

/// An event with all that proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventProof {
    /// [`EVENT_PROOF_VERSION`].
    pub version: u64,
    /// Origin of the log.
    pub origin: String,
    /// The record.
    pub record: Record<'static>,
    /// Hash of its leaf, hexadecimal.
    pub leaf_hash: String,
    /// tlog-proof of its leaf, leading to a checkpoint of the log.
    pub proof: String,
    /// The erasures of units of the record, in the tree of the same checkpoint.
    #[serde(default)]
    pub erasures: Vec<ProvenErasure>,
    /// How the log is witnessed.
    pub directory: Option<DirectoryProof>,
}

impl EventProof {
    /// Reads the JSON document.
    ///
    /// # Errors
    /// If it is not one, or of another version.
    pub fn parse(json: &[u8]) -> Result<EventProof, VerifyError> {
        if json.len() > EVENT_PROOF_BYTES_MAX {
            return Err(VerifyError::malformed("the event proof", "it is too long"));
        }
        let proof: EventProof =
            serde_json::from_slice(json).map_err(|error| VerifyError::malformed("the event proof", error))?;
        if proof.version != EVENT_PROOF_VERSION {
            return Err(VerifyError::Version { what: "the event proof", version: proof.version });
        }
        Ok(proof)
    }

    /// Checks everything that the document says.
    ///
    /// # Errors
    /// If it is malformed; what is well-formed and wrong is in the report.
    pub fn verify(&self, policy: &Policy, options: &Options<'_>) -> Result<Report, VerifyError> {
        let proof: TlogProof =
            self.proof.parse().map_err(|error| VerifyError::malformed("the tlog-proof", error))?;
        let opened = open_log_of(&proof.checkpoint, policy, &self.origin)
            .and_then(|checkpoint| Ok((checkpoint, log_id(&self.origin)?)));
        let (checkpoint, log) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                let log = LogReport::unopened(&self.origin, error.status());
                return Ok(Report::new(Subject::Event, log));
            }
        };
        let mut log_report = LogReport::of(&checkpoint);
        witness(&mut log_report, &proof.checkpoint, &checkpoint, self.directory.as_ref(), policy);
        if let Err(why) = self.proves(&proof, &checkpoint) {
            log_report.worsen(LogStatus::Tampered { why });
        }
        let report = Report::new(Subject::Event, log_report);
        let mut tally = Tally::new(options, log, report, !demands_witnesses(policy));
        for erasure in &self.erasures {
            add_erasure(&mut tally, erasure, &checkpoint);
        }
        tally.judge(&self.record);
        Ok(tally.finish())
    }

    fn proves(&self, proof: &TlogProof, checkpoint: &Checkpoint) -> Result<(), String> {
        let hash = self.record.leaf_hash();
        if self.leaf_hash != hex::encode(hash) {
            return Err("leaf_hash is not the hash of the leaf".to_owned());
        }
        if proof.index != self.record.seq {
            return Err(format!("the proof is that of leaf {}", proof.index));
        }
        verify_inclusion(proof.index, checkpoint.size(), &hash, &proof.path, checkpoint.root())
            .map_err(|error| format!("the event is not proven to be in the log: {error}"))
    }
}

/// Checks an event proof.
///
/// # Errors
/// If it is malformed; what is well-formed and wrong is in the report.
pub fn verify_event(json: &[u8], policy: &Policy, options: &Options<'_>) -> Result<Report, VerifyError> {
    EventProof::parse(json)?.verify(policy, options)
}

/// Takes an erasure that is proven in the tree of the checkpoint; what is wrong with it is in the report.
pub(crate) fn add_erasure(tally: &mut Tally<'_>, erasure: &ProvenErasure, checkpoint: &Checkpoint) {
    let record = &erasure.record;
    let seq = record.seq;
    let in_tree =
        verify_inclusion(seq, checkpoint.size(), &record.leaf_hash(), &erasure.proof, checkpoint.root());
    if let Err(error) = in_tree {
        let why = format!("the erasure with seq {seq} is not proven to be in the log: {error}");
        tally.report.log.worsen(LogStatus::Tampered { why });
        return;
    }
    let checked = tally.checker().check(record).and_then(|sound| tally.erasures.add(&sound.leaf, record));
    match checked {
        Ok(()) => tally.rely_on(seq, tally.witnessed()),
        Err(why) => {
            let why = format!("the erasure with seq {seq}: {why}");
            tally.report.log.worsen(LogStatus::Tampered { why });
        }
    }
}
