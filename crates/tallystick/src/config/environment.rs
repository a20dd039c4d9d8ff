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

/// Credentials for buckets, under the names that all tools for S3 use.
pub(crate) struct Aws {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
}

/// The credentials for buckets, if there are any.
pub(crate) fn aws() -> Option<Aws> {
    Some(Aws {
        access_key_id: text("AWS_ACCESS_KEY_ID")?,
        secret_access_key: text("AWS_SECRET_ACCESS_KEY")?,
        session_token: text("AWS_SESSION_TOKEN"),
    })
}

/// The region of buckets.
pub(crate) fn aws_region() -> Option<String> {
    text("AWS_REGION").or_else(|| text("AWS_DEFAULT_REGION"))
}

/// Credentials for Elasticsearch and OpenSearch.
pub(crate) struct Elasticsearch {
    pub(crate) api_key: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
}

/// The credentials for Elasticsearch and OpenSearch, as far as there are any.
pub(crate) fn elasticsearch() -> Elasticsearch {
    Elasticsearch {
        api_key: text("ELASTICSEARCH_API_KEY"),
        username: text("ELASTICSEARCH_USERNAME"),
        password: text("ELASTICSEARCH_PASSWORD"),
    }
}

/// A variable that says something.
fn text(name: &str) -> Option<String> {
    std::env::var_os(name)?.into_string().ok().filter(|value| !value.is_empty())
}

/// Where the engine is to die, for crash tests. Not in release builds.
pub(crate) fn crash_point() -> Option<String> {
    if cfg!(debug_assertions) {
        return std::env::var_os("TALLYSTICK_TEST_CRASH_AT").and_then(|value| value.into_string().ok());
    }
    None
}
