//! ECS.
pub(crate) fn document(_: &crate::view::View<'_>, _: &crate::place::Place<'_>) -> serde_json::Map<String, serde_json::Value> { serde_json::Map::new() }
