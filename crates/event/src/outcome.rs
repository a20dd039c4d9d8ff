//! How an action ended.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How an action ended. The number is what indexes and segments store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Outcome {
    /// It was done.
    Success = 0,
    /// It was tried and did not work.
    Failure = 1,
    /// It was not allowed.
    Denied = 2,
    /// The producer did not say.
    #[default]
    Unknown = 3,
}

impl Outcome {
    /// All outcomes in the order of their numbers.
    pub const ALL: [Outcome; 4] = [Outcome::Success, Outcome::Failure, Outcome::Denied, Outcome::Unknown];

    /// The name in JSON and in queries.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Success => "success",
            Outcome::Failure => "failure",
            Outcome::Denied => "denied",
            Outcome::Unknown => "unknown",
        }
    }

    /// The outcome with this number.
    pub fn from_u8(number: u8) -> Option<Outcome> {
        Outcome::ALL.get(usize::from(number)).copied()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an outcome is one of success, failure, denied, unknown")]
pub struct OutcomeError;

impl FromStr for Outcome {
    type Err = OutcomeError;

    fn from_str(text: &str) -> Result<Self, OutcomeError> {
        Outcome::ALL.into_iter().find(|o| o.as_str() == text).ok_or(OutcomeError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_agree() {
        for (number, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, number);
            assert_eq!(Outcome::from_u8(number as u8), Some(outcome));
            assert_eq!(outcome.as_str().parse(), Ok(outcome));
        }
        assert_eq!(Outcome::from_u8(4), None);
        assert!("Success".parse::<Outcome>().is_err());
    }
}
