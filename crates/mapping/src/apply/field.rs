//! What each text field of an event takes, and how a value from outside is made to fit.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::limits;
use crate::time;

/// A text field of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Action,
    Time,
    Outcome,
    Reason,
    /// `type` of an actor or target.
    Type,
    Id,
    Name,
    Email,
    Ip,
    UserAgent,
    Origin,
    /// Request, session and trace ids.
    Correlation,
    Country,
    /// `op` of a change.
    Op,
}

impl Field {
    /// The value as the field takes it, or `None` when it cannot be one (an IP that is not an IP), in
    /// which case the rule's next alternative is tried. Long values are cut at a character.
    pub(super) fn finish(self, text: Cow<'_, str>) -> Option<Cow<'_, str>> {
        let text = match self {
            Field::Action => action(text),
            Field::Time => Cow::Owned(time::rfc3339(&text)?),
            Field::Outcome => only(text, |t| matches!(t, "success" | "failure" | "denied" | "unknown"))?,
            Field::Op => only(text, |t| matches!(t, "add" | "remove" | "replace"))?,
            Field::Reason => cut(text, limits::REASON_BYTES_MAX),
            Field::Type => cut(without_controls(text), limits::TYPE_BYTES_MAX),
            Field::Id => cut(text, limits::ID_BYTES_MAX),
            Field::Name => cut(text, limits::NAME_BYTES_MAX),
            Field::Email => only(text, is_email)?,
            Field::Ip => only(text, |t| t.parse::<IpAddr>().is_ok())?,
            Field::UserAgent => cut(text, limits::USER_AGENT_BYTES_MAX),
            Field::Origin => cut(text, limits::ORIGIN_BYTES_MAX),
            Field::Correlation => cut(text, limits::CORRELATION_BYTES_MAX),
            Field::Country => Cow::Owned(
                only(text, |t| t.len() == 2 && t.bytes().all(|b| b.is_ascii_alphabetic()))?.to_uppercase(),
            ),
        };
        (!text.is_empty()).then_some(text)
    }
}

fn only(text: Cow<'_, str>, good: impl FnOnce(&str) -> bool) -> Option<Cow<'_, str>> {
    good(&text).then_some(text)
}

/// Loose on purpose: what a product calls an e-mail address is one, as long as it looks like it.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let plain = text.chars().all(|c| !c.is_whitespace() && !c.is_control());
    plain && !local.is_empty() && !domain.is_empty() && text.len() <= limits::EMAIL_BYTES_MAX
}

fn cut(text: Cow<'_, str>, bytes_max: usize) -> Cow<'_, str> {
    if text.len() <= bytes_max {
        return text;
    }
    Cow::Owned(text[..text.floor_char_boundary(bytes_max)].to_owned())
}

/// Types are words: a control character becomes `_`.
fn without_controls(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.chars().any(char::is_control) { text.replace(char::is_control, "_").into() } else { text }
}

/// Printable ASCII without spaces; every other character becomes one `_`.
fn action(text: Cow<'_, str>) -> Cow<'_, str> {
    let good = |c: char| c.is_ascii_graphic();
    if text.len() <= limits::ACTION_BYTES_MAX && text.chars().all(good) {
        return text;
    }
    text.chars()
        .take(limits::ACTION_BYTES_MAX)
        .map(|c| if good(c) { c } else { '_' })
        .collect::<String>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finish(field: Field, text: &str) -> Option<String> {
        field.finish(text.into()).map(Cow::into_owned)
    }

    #[test]
    fn takes_only_what_the_field_can_be() {
        assert_eq!(finish(Field::Ip, "2001:db8::1"), Some("2001:db8::1".into()));
        assert_eq!(finish(Field::Ip, "AWS Internal"), None);
        assert_eq!(finish(Field::Ip, "203.0.113.9:443"), None);
        assert_eq!(finish(Field::Email, "a@b"), Some("a@b".into()));
        assert_eq!(finish(Field::Email, "a b@c"), None);
        assert_eq!(finish(Field::Email, "unknown"), None);
        assert_eq!(finish(Field::Country, "us"), Some("US".into()));
        assert_eq!(finish(Field::Country, "United States"), None);
        assert_eq!(finish(Field::Outcome, "SUCCESS"), None);
        assert_eq!(finish(Field::Name, ""), None);
        assert_eq!(finish(Field::Type, "a\tb"), Some("a_b".into()));
    }

    #[test]
    fn cuts_at_a_character() {
        let long = "é".repeat(limits::ID_BYTES_MAX);
        assert_eq!(finish(Field::Id, &long).unwrap().len(), limits::ID_BYTES_MAX);
        let odd = format!("x{long}");
        assert_eq!(finish(Field::Id, &odd).unwrap().len(), limits::ID_BYTES_MAX - 1);
    }

    #[test]
    fn actions_are_printable() {
        assert_eq!(finish(Field::Action, "s3.GetObject"), Some("s3.GetObject".into()));
        assert_eq!(finish(Field::Action, "Créer un\tx"), Some("Cr_er_un_x".into()));
        assert_eq!(finish(Field::Action, &"é".repeat(300)).unwrap(), "_".repeat(limits::ACTION_BYTES_MAX));
    }
}
