//! Why a passkey was refused, for the audit log.

use webauthn_rs::prelude::WebauthnError;

use super::challenge::Unanswerable;

/// Why a passkey was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeyRefusal {
    /// The browser had no challenge, or one for something else.
    NoChallenge,
    /// It took too long.
    Expired,
    /// The challenge was answered before.
    Replayed,
    /// The answer is to another challenge.
    OtherChallenge,
    /// No account has it.
    Unknown,
    /// The authenticator takes it for another account's.
    OtherAccount,
    /// It was used on a page of another address.
    WrongOrigin,
    /// The authenticator has not verified its person.
    NotVerified,
    /// The counter of signatures did not grow: there may be a copy of the passkey.
    CounterWentBack,
    /// It was kept in one place only when it was added, and now says otherwise, or the other way round.
    BackupChanged,
    /// The account is suspended.
    Suspended,
    /// The signature, or anything else, is wrong.
    Invalid,
}

impl PasskeyRefusal {
    /// As it is recorded.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoChallenge => "passkey: no challenge of this browser",
            Self::Expired => "passkey: the challenge had expired",
            Self::Replayed => "passkey: the challenge was answered before",
            Self::OtherChallenge => "passkey: another challenge was answered",
            Self::Unknown => "passkey: unknown",
            Self::OtherAccount => "passkey: of another account",
            Self::WrongOrigin => "passkey: used at another address",
            Self::NotVerified => "passkey: the person was not verified",
            Self::CounterWentBack => "passkey: the counter of signatures went back",
            Self::BackupChanged => "passkey: whether it can be backed up changed",
            Self::Suspended => "suspended account",
            Self::Invalid => "passkey: wrong signature or malformed",
        }
    }

    /// Whether starting again is all that it takes.
    pub fn is_of_challenge(self) -> bool {
        matches!(self, Self::NoChallenge | Self::Expired | Self::Replayed | Self::OtherChallenge)
    }
}

impl From<Unanswerable> for PasskeyRefusal {
    fn from(why: Unanswerable) -> Self {
        match why {
            Unanswerable::Missing => Self::NoChallenge,
            Unanswerable::Expired => Self::Expired,
            Unanswerable::Spent => Self::Replayed,
        }
    }
}

impl From<&WebauthnError> for PasskeyRefusal {
    fn from(error: &WebauthnError) -> Self {
        match error {
            WebauthnError::MismatchedChallenge => Self::OtherChallenge,
            WebauthnError::InvalidRPOrigin
            | WebauthnError::InvalidRPIDHash
            | WebauthnError::CredentialCrossOrigin => Self::WrongOrigin,
            WebauthnError::UserNotPresent | WebauthnError::UserNotVerified => Self::NotVerified,
            WebauthnError::CredentialPossibleCompromise => Self::CounterWentBack,
            WebauthnError::CredentialBackupEligibilityInconsistent
            | WebauthnError::CredentialMayNotBeHardwareBound => Self::BackupChanged,
            _ => Self::Invalid,
        }
    }
}
