//! Why a provider's word was not taken.

use openidconnect::{ClaimsVerificationError, SignatureVerificationError};
use tallystick_outbound::OutboundError;

/// What is wrong with a provider, or with what it says. The text is for whoever set the connection up; people who sign
/// in get less.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The provider may not be asked, or gives no answer.
    #[error("the provider cannot be reached: {0}")]
    Unreachable(#[from] OutboundError),
    /// It answers, but not as a provider does.
    #[error("the provider is not set up right: {0}")]
    Misconfigured(String),
    /// The provider calls itself something else.
    #[error("the provider calls itself {found:?}; enter exactly that as the issuer")]
    OtherIssuer {
        /// What it calls itself.
        found: String,
    },
    /// The provider did not give tokens for the code.
    #[error("the provider did not accept the code: {0}")]
    CodeRefused(String),
    /// What came is no ID token.
    #[error("the ID token is malformed")]
    Malformed,
    /// The answer, or the token, is of another issuer.
    #[error("the answer comes from another issuer")]
    WrongIssuer,
    /// The token is for somebody else.
    #[error("the ID token is for another client")]
    WrongAudience,
    /// The token was not made for this sign-in.
    #[error("the ID token has another nonce")]
    WrongNonce,
    /// The token is over.
    #[error("the ID token has expired")]
    Expired,
    /// The token is from the future, or older than a sign-in takes.
    #[error("the ID token was issued at an impossible time; compare the clocks")]
    WrongTime,
    /// Not signed, or signed in a way that anybody could.
    #[error("the ID token is not signed with an algorithm that is accepted")]
    Algorithm,
    /// Signed with a key that the provider does not publish.
    #[error("the ID token is signed with a key that the provider does not publish")]
    UnknownKey,
    /// The signature is not of this text.
    #[error("the signature of the ID token is wrong")]
    BadSignature,
}

impl Fault {
    /// Stable word for the audit log.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "provider_unreachable",
            Self::Misconfigured(_) | Self::OtherIssuer { .. } => "provider_misconfigured",
            Self::CodeRefused(_) => "code_refused",
            Self::Malformed => "malformed_token",
            Self::WrongIssuer => "wrong_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::WrongNonce => "wrong_nonce",
            Self::Expired => "expired_token",
            Self::WrongTime => "wrong_time",
            Self::Algorithm => "algorithm_not_allowed",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
        }
    }
}

impl From<ClaimsVerificationError> for Fault {
    fn from(error: ClaimsVerificationError) -> Self {
        use ClaimsVerificationError as Claims;
        use SignatureVerificationError as Signature;
        match error {
            Claims::Expired(_) => Self::Expired,
            Claims::InvalidAudience(_) => Self::WrongAudience,
            Claims::InvalidIssuer(_) => Self::WrongIssuer,
            Claims::InvalidNonce(_) => Self::WrongNonce,
            Claims::SignatureVerification(error) => match error {
                Signature::NoMatchingKey | Signature::AmbiguousKeyId(_) => Self::UnknownKey,
                Signature::DisallowedAlg(_) | Signature::NoSignature | Signature::UnsupportedAlg(_) => {
                    Self::Algorithm
                }
                _ => Self::BadSignature,
            },
            _ => Self::Malformed,
        }
    }
}
