//! What it means when there is no answer at all.

use std::error::Error;

use tallystick_outbound::OutboundError;

use crate::Outcome;

/// What an error of the way out means, and what is said of it. What a person has to mend (the address, a name that does
/// not exist, a certificate, a network that may not be asked) is [`Outcome::Misconfigured`]; what may be over soon is
/// [`Outcome::Retry`].
pub(crate) fn misfortune(error: &OutboundError) -> (Outcome, String) {
    let outcome =
        if error.is_misconfigured() { Outcome::Misconfigured } else { Outcome::Retry { after: None } };
    (outcome, told(error))
}

/// The error with all that led to it, each said once.
fn told(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_has_to_mend_is_told_from_what_passes() {
        let host = || "hook.example".to_owned();
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let passes = OutboundError::Unreachable { host: host(), source: refused.into() };
        let told = "hook.example gives no answer: connection refused".to_owned();
        assert_eq!(misfortune(&passes), (Outcome::Retry { after: None }, told));
        for stays in [
            OutboundError::Name { host: host() },
            OutboundError::Address { host: host() },
            OutboundError::Plain { host: host() },
            OutboundError::Certificate { host: host(), why: "it is over".to_owned() },
        ] {
            assert_eq!(misfortune(&stays).0, Outcome::Misconfigured, "{stays}");
        }
    }
}
