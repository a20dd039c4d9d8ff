//! Destinations as the service opens them, and what their tests ask of servers.

use std::time::{Duration, Instant};

use serde_json::Value;
use tallystick_destination::{BadSettings, Destination, Settings, Surroundings, kind};
use tallystick_outbound::{OutboundOptions, Plain};

/// What takes longer to arrive is lost. Generous, because the machine may be busy.
const ARRIVAL_TIME_MAX: Duration = Duration::from_mins(2);

/// Waits until something is there.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + ARRIVAL_TIME_MAX;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: not there after {ARRIVAL_TIME_MAX:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What a destination on this machine may use of the world.
pub(crate) fn surroundings() -> Surroundings {
    Surroundings {
        outbound: OutboundOptions {
            allow_private: true,
            plain: Plain::Private,
            ..OutboundOptions::default()
        },
        agent: "Tallystick/0.0.0-test".to_owned(),
        stream: crate::batches::STREAM.to_owned(),
        folder: None,
    }
}

/// A destination of a kind, which must take the settings.
pub(crate) fn open(name: &str, settings: Value) -> Box<dyn Destination> {
    try_open(name, settings).unwrap()
}

/// A destination of a kind, if it takes the settings.
pub(crate) fn try_open(name: &str, settings: Value) -> Result<Box<dyn Destination>, BadSettings> {
    let kind = kind(name).unwrap_or_else(|| panic!("there is no kind {name}"));
    let Value::Object(values) = settings else { panic!("settings are an object") };
    (kind.open)(&Settings::new(kind.fields, values)?, &surroundings())
}
