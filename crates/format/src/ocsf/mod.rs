//! OCSF.
pub(crate) enum Release { V18, V19 }
pub(crate) fn record(_: &crate::view::View<'_>, _: &crate::place::Place<'_>, _: Release) -> serde_json::Map<String, serde_json::Value> { serde_json::Map::new() }
