//! What can be wrong with a policy's file, by line, and why a policy refuses a checkpoint.

use crate::checkpoint::OpenError;
use crate::limits::{POLICY_BYTES_MAX, POLICY_ITEMS_MAX};
use crate::note::{KeyError, KeyType};

/// A fault of a policy's file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy line {line}: {fault}")]
pub struct PolicyError {
    /// Number of the line, from 1; of what is missing, the last.
    pub line: usize,
    /// What is wrong in it.
    pub fault: PolicyFault,
}

/// What is wrong in a line of a policy's file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// The file is over the limit.
    #[error("the file is over the limit of {POLICY_BYTES_MAX} bytes")]
    TooLong,
    /// There is a control character other than tab and line break.
    #[error("control character")]
    ControlCharacter,
    /// The line begins with a word other than log, witness, group and quorum.
    #[error("unknown word {0}")]
    UnknownWord(String),
    /// The line has too few or too many items.
    #[error("expected: {0}")]
    Items(&'static str),
    /// The key is malformed, or of a kind that is not supported.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Logs sign with keys of type 1 and witnesses with keys of type 4.
    #[error("a key of type {} is needed, this one is of type {}", *.expected as u8, *.found as u8)]
    KeyType {
        /// The type that such a line needs.
        expected: KeyType,
        /// The type of the key.
        found: KeyType,
    },
    /// Another line of this kind has the same public key, under whatever name.
    #[error("the public key occurs twice")]
    DuplicateKey,
    /// A witness or group of that name exists already, or the name is `none`.
    #[error("name {0} is taken")]
    NameTaken(String),
    /// No line before this one defines a witness or group of that name.
    #[error("no witness or group {0} is defined before this line")]
    UnknownName(String),
    /// The witness or group is a member of a group already.
    #[error("{0} is a member of a group already")]
    MemberTwice(String),
    /// The threshold is not `all`, `any`, or a decimal number from 1 to the number of members.
    #[error("the threshold is all, any, or a number from 1 to the number of members")]
    Threshold,
    /// There is a second quorum.
    #[error("there is a quorum already")]
    SecondQuorum,
    /// There is no quorum.
    #[error("there is no quorum line")]
    NoQuorum,
    /// There are more logs, witnesses or groups than the limit.
    #[error("more than {POLICY_ITEMS_MAX} lines of this kind")]
    TooMany,
}

/// Why a policy does not accept a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// No log of the policy has this origin.
    #[error("the policy knows no log {origin}")]
    UnknownLog {
        /// Origin of the checkpoint.
        origin: String,
    },
    /// It is no checkpoint, the log has not signed it, or one of the signatures is bad.
    #[error(transparent)]
    Checkpoint(#[from] OpenError),
    /// Too few witnesses have cosigned it, or the wrong ones.
    #[error("cosigned by {cosigned} witnesses of the policy, which are no quorum")]
    NoQuorum {
        /// How many witnesses of the policy have cosigned it.
        cosigned: usize,
    },
}
