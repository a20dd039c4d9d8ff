//! The environment. Nothing else in the project reads it.

/// Start of every variable that is ours.
const PREFIX: &str = "TALLYSTICK_";

/// Variables that override settings (`TALLYSTICK_SERVER__LISTEN`), with their values. Two underscores tell them from
/// the others that are ours, such as `TALLYSTICK_KEY`.
pub(super) fn overrides() -> Vec<(String, String)> {
    let mut found: Vec<_> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
        .filter(|(name, _)| name.strip_prefix(PREFIX).is_some_and(|rest| rest.contains("__")))
        .collect();
    found.sort_unstable();
    found
}

/// Whether colours are unwanted (<https://no-color.org>).
pub(crate) fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Where the engine is to die, for crash tests. Not in release builds.
pub(crate) fn crash_point() -> Option<String> {
    if cfg!(debug_assertions) {
        return std::env::var_os("TALLYSTICK_TEST_CRASH_AT").and_then(|value| value.into_string().ok());
    }
    None
}
