//! Trust policies (C2SP tlog-policy): which logs are believed, and which witnesses must have seen a checkpoint first.

mod error;
mod parse;
mod quorum;

pub use error::{PolicyError, PolicyFault, PolicyRefusal};

use crate::checkpoint::{Checkpoint, OpenError};
use crate::note::{Note, SignatureError, VerifierKey};
use quorum::{Group, Member, Quorum};

/// A policy: which checkpoints of which logs are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    /// Members of each stand before it in the file, so there are no circles.
    groups: Vec<Group>,
    quorum: Quorum,
}

/// A log that is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyLog {
    /// Its key; the name of the key is the log's origin.
    pub key: VerifierKey,
    /// Where it is. Means nothing here; as bytes, since the format does not demand UTF-8.
    pub url: Option<Vec<u8>>,
}

/// A witness that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyWitness {
    /// Its name within the policy, as bytes: the format does not demand UTF-8.
    pub name: Vec<u8>,
    /// Its key.
    pub key: VerifierKey,
    /// Where it is. Means nothing here.
    pub url: Option<Vec<u8>>,
}

/// A checkpoint that a policy accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedCheckpoint {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// Place in [`Policy::logs`] of the log that signed it.
    pub log: usize,
    /// Cosignatures of witnesses of the policy, in the order of the note: place in [`Policy::witnesses`], and time in
    /// Unix seconds. A witness that signed twice occurs twice.
    pub cosignatures: Vec<(usize, u64)>,
}

impl Policy {
    /// The logs, in the order of the file.
    pub fn logs(&self) -> &[PolicyLog] {
        &self.logs
    }

    /// The witnesses, in the order of the file.
    pub fn witnesses(&self) -> &[PolicyWitness] {
        &self.witnesses
    }

    /// Whether these witnesses, by their keys, are a quorum. Keys that are no witness's count for nothing, and one that
    /// occurs twice counts once.
    pub fn is_quorum(&self, cosigned: &[VerifierKey]) -> bool {
        let seen = |witness: &PolicyWitness| cosigned.contains(&witness.key);
        self.is_met(&self.witnesses.iter().map(seen).collect::<Vec<bool>>())
    }

    /// For each witness whether it cosigned.
    fn is_met(&self, cosigned: &[bool]) -> bool {
        let mut groups: Vec<bool> = Vec::with_capacity(self.groups.len());
        let is_met = |member: &Member, groups: &[bool]| match *member {
            Member::Witness(place) => cosigned[place],
            Member::Group(place) => groups[place],
        };
        for group in &self.groups {
            let met = group.members.iter().filter(|member| is_met(member, &groups)).count();
            groups.push(met >= group.threshold);
        }
        match &self.quorum {
            Quorum::None => true,
            Quorum::Of(member) => is_met(member, &groups),
        }
    }

    /// Reads a checkpoint that must be signed by a log of the policy and cosigned by a quorum of its witnesses.
    /// Signatures of keys that the policy does not name are ignored.
    ///
    /// # Errors
    /// Which of these does not hold. A bad signature of any known key makes the whole checkpoint bad.
    pub fn open(&self, note: &Note) -> Result<TrustedCheckpoint, PolicyRefusal> {
        let checkpoint: Checkpoint = note.unverified_text().parse().map_err(OpenError::Checkpoint)?;
        // A log vouches for its own origin only, so other logs' keys are not even looked for.
        let logs: Vec<usize> = (0..self.logs.len())
            .filter(|place| checkpoint.expect_origin(&self.logs[*place].key).is_ok())
            .collect();
        if logs.is_empty() {
            return Err(PolicyRefusal::UnknownLog { origin: checkpoint.origin().to_owned() });
        }
        let log_keys = logs.iter().map(|place| &self.logs[*place].key);
        let keys: Vec<VerifierKey> =
            log_keys.chain(self.witnesses.iter().map(|witness| &witness.key)).cloned().collect();
        let verified = note.verify(&keys).map_err(OpenError::Signature)?;
        let log = verified.iter().find_map(|signature| logs.get(signature.key).copied());
        let log = log.ok_or(OpenError::Signature(SignatureError::Unsigned))?;
        let cosignatures: Vec<(usize, u64)> = verified
            .iter()
            .filter_map(|signature| Some((signature.key.checked_sub(logs.len())?, signature.time?)))
            .collect();
        let mut cosigned = vec![false; self.witnesses.len()];
        for (witness, _) in &cosignatures {
            cosigned[*witness] = true;
        }
        if !self.is_met(&cosigned) {
            return Err(PolicyRefusal::NoQuorum { cosigned: cosigned.iter().filter(|seen| **seen).count() });
        }
        Ok(TrustedCheckpoint { checkpoint, log, cosignatures })
    }
}
