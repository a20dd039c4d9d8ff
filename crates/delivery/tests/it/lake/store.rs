//! Lakes in a store that speaks S3.

use serde_json::json;
use tallystick_destination::Destination;
use tallystick_receivers::{Receiver as _, Seaweed};

use super::rig::try_open;

/// A lake in the bucket of a store.
pub(crate) fn in_bucket(store: &Seaweed, prefix: &str) -> Box<dyn Destination> {
    let mut settings = store.settings();
    settings["place"] = json!("s3");
    settings["prefix"] = json!(prefix);
    try_open(settings, None).unwrap()
}
