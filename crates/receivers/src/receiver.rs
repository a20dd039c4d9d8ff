//! What all receivers have in common.

use serde_json::Value;

use crate::{Event, Gate};

/// A receiver that a stream can send to.
pub trait Receiver: Send {
    /// The kind of the destination.
    fn kind(&self) -> &'static str;

    /// The settings of a stream to it.
    fn settings(&self) -> Value;

    /// The port of loopback that the settings name.
    fn port(&self) -> u16;

    /// It is not there any more; what it has it keeps.
    fn stop(&mut self);

    /// It is there again, with what it had.
    fn start(&mut self);

    /// It lets in only who has this secret from now on, and `settings` have it.
    fn change_secret(&mut self, _secret: &str) {
        panic!("{} lets in everybody here", self.kind());
    }

    /// What has arrived until now, in the order in which it arrived, or, in stores that know none, of `seq`.
    fn events(&self) -> Vec<Event>;

    /// The gate that its port is, if it is one.
    fn gate(&self) -> Option<&Gate> {
        None
    }

    /// The settings of a stream that comes to it by way of another port.
    fn settings_by(&self, port: u16) -> Value {
        let text = self.settings().to_string().replace(&format!(":{}", self.port()), &format!(":{port}"));
        serde_json::from_str(&text).unwrap()
    }
}
