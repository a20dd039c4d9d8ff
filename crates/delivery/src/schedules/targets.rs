//! Where the files of a schedule go besides the history, and how far each delivery of a run is: what stands in the
//! catalog of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tallystick_catalog::RunState;

use super::{
    error::SchedulesError,
    host::Target,
    limits::{DELIVERY_ATTEMPTS_MAX, DETAIL_BYTES_MAX, RECIPIENTS_MAX, RETRY_FIRST_MS, RETRY_MAX_MS},
};
use crate::mail::Mailer;

/// People who are written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailTarget {
    /// Their addresses.
    pub to: Vec<String>,
    /// The file goes with the message if it is not too large; else, and by default, only a link.
    #[serde(default)]
    pub attach: bool,
}

/// A store of objects, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreTarget {
    /// The kind of store.
    pub kind: String,
    /// The pattern of keys.
    pub key: String,
    /// What the store was told, without secrets.
    pub settings: Map<String, Value>,
}

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Targets {
    /// See [`EmailTarget`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailTarget>,
    /// See [`StoreTarget`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreTarget>,
}

impl Targets {
    /// Whether events leave the house without anybody signing in.
    pub fn send_data(&self) -> bool {
        self.store.is_some() || self.email.as_ref().is_some_and(|email| email.attach)
    }

    /// As it is stored.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("plain data")
    }

    /// What [`Targets::to_text`] wrote.
    pub fn from_text(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

impl EmailTarget {
    /// Refuses addresses that nothing can be sent to.
    pub(crate) fn checked(mut self, mailer: Option<&Mailer>) -> Result<Self, SchedulesError> {
        let bad = |why: String| SchedulesError::Invalid { what: "email.to", why };
        let Some(mailer) = mailer else {
            return Err(bad("this service sends no e-mail: the operator has to set smtp.host".to_owned()));
        };
        for address in &mut self.to {
            *address = address.trim().to_owned();
        }
        if self.to.is_empty() || self.to.len() > RECIPIENTS_MAX {
            return Err(bad(format!("it takes 1 to {RECIPIENTS_MAX} addresses")));
        }
        for address in &self.to {
            mailer.check(address).map_err(|error| bad(error.to_string()))?;
        }
        Ok(self)
    }
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It has not arrived yet.
    Waiting,
    /// It has.
    Delivered,
    /// It was given up.
    Failed,
}

impl DeliveryState {
    /// As it is shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// One delivery of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// How far it is.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// It is tried again then, Unix ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_ms: Option<i64>,
    /// Where it has arrived, or what the other side said.
    #[serde(default)]
    pub detail: String,
    /// When it was tried last, Unix ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
    /// Whom a message has reached, while it has not reached all: they get no other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reached: Vec<String>,
}

impl Delivery {
    fn new() -> Self {
        Self {
            state: DeliveryState::Waiting,
            attempts: 0,
            next_ms: None,
            detail: String::new(),
            at_ms: None,
            reached: Vec::new(),
        }
    }

    /// Whether it is to be tried now.
    pub(crate) fn is_due(&self, now_ms: i64) -> bool {
        self.state == DeliveryState::Waiting && self.next_ms.is_none_or(|at| at <= now_ms)
    }

    /// After an attempt: `Err` has what is said of it, and whether trying again gives the same.
    pub(crate) fn tried(&mut self, now_ms: i64, outcome: Result<String, (String, bool)>) {
        self.attempts += 1;
        self.at_ms = Some(now_ms);
        self.next_ms = None;
        let detail = match outcome {
            Ok(detail) => {
                self.state = DeliveryState::Delivered;
                detail
            }
            Err((detail, is_final)) => {
                if is_final || self.attempts >= DELIVERY_ATTEMPTS_MAX {
                    self.state = DeliveryState::Failed;
                } else {
                    let doubled = RETRY_FIRST_MS.saturating_mul(1 << (self.attempts - 1).min(16));
                    self.next_ms = Some(now_ms.saturating_add(doubled.min(RETRY_MAX_MS)));
                }
                detail
            }
        };
        detail[..detail.floor_char_boundary(DETAIL_BYTES_MAX)].clone_into(&mut self.detail);
    }
}

/// The deliveries of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliveries {
    /// The message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Delivery>,
    /// The object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<Delivery>,
}

impl Deliveries {
    /// Those that targets ask for, none of which was tried.
    pub(crate) fn of(targets: &Targets) -> Self {
        Self {
            email: targets.email.as_ref().map(|_| Delivery::new()),
            store: targets.store.as_ref().map(|_| Delivery::new()),
        }
    }

    /// That of a target.
    pub(crate) fn of_target(&self, target: Target) -> Option<&Delivery> {
        match target {
            Target::Email => self.email.as_ref(),
            Target::Store => self.store.as_ref(),
        }
    }

    pub(crate) fn set(&mut self, target: Target, delivery: Delivery) {
        let place = match target {
            Target::Email => &mut self.email,
            Target::Store => &mut self.store,
        };
        *place = Some(delivery);
    }

    /// Once more what `before` has not brought to its end, of what targets ask for now.
    pub(crate) fn again(before: &Self, targets: &Targets) -> Self {
        let again = |before: &Option<Delivery>, new: Option<Delivery>| match before {
            Some(before) if before.state == DeliveryState::Delivered => Some(before.clone()),
            Some(before) => new.map(|new| Delivery { reached: before.reached.clone(), ..new }),
            None => new,
        };
        let new = Self::of(targets);
        Self { email: again(&before.email, new.email), store: again(&before.store, new.store) }
    }

    /// What a run is when nothing of it is to be delivered any more; none while something is.
    pub(crate) fn end(&self) -> Option<RunState> {
        if self.all().any(|one| one.state == DeliveryState::Waiting) {
            return None;
        }
        let has_failed = self.all().any(|one| one.state == DeliveryState::Failed);
        Some(if has_failed { RunState::Failed } else { RunState::Done })
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Delivery> {
        self.email.iter().chain(&self.store)
    }

    /// As it is stored.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("plain data")
    }

    /// What [`Deliveries::to_text`] wrote.
    pub fn from_text(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_tried_ever_more_seldom_and_then_given_up() {
        let mut delivery = Delivery::new();
        let (mut now, mut pauses) = (0, Vec::new());
        while delivery.state == DeliveryState::Waiting {
            assert!(delivery.is_due(now));
            delivery.tried(now, Err(("é".repeat(DETAIL_BYTES_MAX), false)));
            if let Some(next) = delivery.next_ms {
                assert!(!delivery.is_due(next - 1));
                pauses.push((next - now) / 60_000);
                now = next;
            }
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Failed, DELIVERY_ATTEMPTS_MAX));
        assert!(delivery.detail.len() <= DETAIL_BYTES_MAX);
        let mut delivery = Delivery::new();
        delivery.tried(7, Err(("no such user".to_owned(), true)));
        assert_eq!((delivery.state, delivery.at_ms), (DeliveryState::Failed, Some(7)));
    }

    #[test]
    fn what_has_arrived_is_not_sent_again() {
        let email = EmailTarget { to: vec!["a@example.com".to_owned()], attach: false };
        let targets = Targets { email: Some(email), store: None };
        let mut before = Deliveries::of(&targets);
        before.store = Some(Delivery::new());
        if let Some(email) = &mut before.email {
            email.tried(1, Ok("3 recipients".to_owned()));
        }
        let again = Deliveries::again(&before, &targets);
        assert_eq!((&again.email, &again.store), (&before.email, &None));
        assert_eq!(Deliveries::from_text(&before.to_text()).unwrap(), before);
    }
}
