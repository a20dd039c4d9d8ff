//! What destinations with columns or attributes of their own take out of an event as the API shows it.

use serde_json::Value;

/// An event as the API shows it. What was erased, masked away or never said is absent.
pub(crate) struct Native(Value);

impl Native {
    /// Reads [`crate::Record::native`]. It was JSON when it was rendered; what is none has nothing in it.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        Self(serde_json::from_slice(bytes).unwrap_or(Value::Null))
    }

    /// A text in one of the event's objects, such as `("context", "ip")`.
    pub(crate) fn text(&self, part: &str, name: &str) -> Option<&str> {
        self.0.get(part)?.get(name)?.as_str()
    }

    /// A text of the event itself, such as `reason`.
    pub(crate) fn own(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// What it was done to, in order.
    pub(crate) fn targets(&self) -> &[Value] {
        self.0.get("targets").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Texts of all targets under a name; empty where a target has none, so that lists of several names fit together.
    pub(crate) fn of_targets(&self, name: &str) -> Vec<&str> {
        self.targets().iter().map(|target| target.get(name).and_then(Value::as_str).unwrap_or("")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_found_and_what_is_not_is_absent() {
        let event = Native::read(
            br#"{"actor":{"id":"u_1"},"reason":"why","targets":[{"type":"a","id":"1"},{"type":"b"}],"outcome":7}"#,
        );
        assert_eq!(event.text("actor", "id"), Some("u_1"));
        assert_eq!(event.text("actor", "name"), None);
        assert_eq!(event.text("context", "ip"), None);
        assert_eq!(event.own("reason"), Some("why"));
        assert_eq!(event.own("outcome"), None);
        assert_eq!(event.of_targets("id"), ["1", ""]);
        assert_eq!(Native::read(b"CEF:1|").targets(), &[] as &[Value]);
    }
}
