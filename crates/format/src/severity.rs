//! How severe an event is: the log has no severity of its own, so it follows from the outcome. A refusal is worth more
//! of an analyst's time than a failure, and both more than a success.

use tallystick_event::Outcome;

/// `severity_id` and `severity` of OCSF.
pub(crate) const fn ocsf(outcome: Outcome) -> (u32, &'static str) {
    match outcome {
        Outcome::Success | Outcome::Unknown => (1, "Informational"),
        Outcome::Failure => (2, "Low"),
        Outcome::Denied => (3, "Medium"),
    }
}

/// 0 to 10 of CEF and LEEF: 0-3 is low, 4-6 medium.
pub(crate) const fn of_ten(outcome: Outcome) -> u32 {
    match outcome {
        Outcome::Success | Outcome::Unknown => 3,
        Outcome::Failure => 5,
        Outcome::Denied => 6,
    }
}
