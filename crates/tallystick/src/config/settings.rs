//! The list of all settings, with what each means.

use super::{
    Config,
    value::{Given, Value},
};

/// One setting.
pub(crate) struct Setting {
    /// Table in the file, dotted if nested.
    pub(crate) section: &'static str,
    /// Key in the table.
    pub(crate) key: &'static str,
    /// What it means, one line each.
    pub(crate) doc: &'static [&'static str],
    /// Its value as TOML.
    pub(crate) show: fn(&Config) -> String,
    /// Sets it, or says what was expected.
    pub(crate) set: fn(&mut Config, &Given) -> Result<(), String>,
}

impl Setting {
    /// The name of the environment variable that overrides it.
    pub(crate) fn variable(&self) -> String {
        format!("TALLYSTICK_{}__{}", self.section.replace('.', "__"), self.key).to_uppercase()
    }

    /// Section and key.
    pub(crate) fn path(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }
}

/// Sections in the order of the file, each with what it is about.
pub(crate) const SECTIONS: &[(&str, &str)] = &[
    ("server", "The HTTP service."),
    ("data", "Where things are kept."),
    (
        "log",
        "When events move from memory and the commit log into a segment file. The defaults suit nearly everybody.",
    ),
    ("limits", "What a caller may send. All limits, these and the fixed ones, are published at /v1/limits."),
    (
        "masking",
        "Secrets in metadata, changes and reasons are replaced by \"[masked]\" before anything is stored.",
    ),
    ("masking.patterns", "Secrets that are recognised by their looks, wherever they stand in a text."),
    ("telemetry", "The service's own log, on standard error."),
];

macro_rules! settings {
    ($($section:literal { $($(#[doc = $doc:literal])+ $key:literal => $($field:ident).+;)+ })+) => {
        /// All settings, in the order of the file.
        pub(crate) const SETTINGS: &[Setting] = &[$($(
            Setting {
                section: $section,
                key: $key,
                doc: &[$($doc),+],
                show: |config| config.$($field).+.show(),
                set: |config, given| {
                    config.$($field).+ = Value::take(given)?;
                    Ok(())
                },
            },
        )+)+];
    };
}

settings! {
    "server" {
        /// Address and port to listen on. There is no TLS here: put a proxy in front before you leave loopback.
        "listen" => server.listen;
        /// Whether /metrics answers without a key: "auto" (only if listen is a loopback address), "always", "never".
        "metrics_public" => server.metrics_public;
        /// File with the root key, which may do everything. Empty: keys/root.key in the data directory, made at the
        /// first start.
        "root_key_file" => server.root_key_file;
    }
    "data" {
        /// The data directory. One service a directory.
        "dir" => data.dir;
        /// The database of everything that is not an event: sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE.
        /// Empty: catalog.db in the data directory.
        "catalog" => data.catalog;
    }
    "log" {
        /// Events in memory after which they are sealed into a segment.
        "tail_events_max" => log.tail_events_max;
        /// Their bytes, without the index, after which they are sealed.
        "tail_bytes_max" => log.tail_bytes_max;
        /// Age of the oldest of them after which they are sealed, seconds.
        "tail_age_s" => log.tail_age_s;
    }
    "limits" {
        /// JSON text of one event, bytes; 1,024 to 1,048,576.
        "event_bytes_max" => limits.event_bytes_max;
        /// Events in one call.
        "batch_events_max" => limits.batch_events_max;
        /// Body of one call after decompression, bytes.
        "batch_bytes_max" => limits.batch_bytes_max;
    }
    "masking" {
        /// false: secrets are stored as they come.
        "enabled" => masking.enabled;
        /// Further names whose texts are secret, e.g. ["iban", "date_of_birth"]. Case and separators do not matter; a
        /// name matches if it ends in these words.
        "extra_keys" => masking.extra_keys;
        /// Names that are not secret although they look so, e.g. ["idempotency_token"].
        "exempt_keys" => masking.exempt_keys;
    }
    "masking.patterns" {
        /// Payment card numbers.
        "cards" => masking.patterns.cards;
        /// JSON web tokens, and what follows Bearer or Basic.
        "bearer_tokens" => masking.patterns.bearer_tokens;
        /// PEM blocks of private keys.
        "private_keys" => masking.patterns.private_keys;
        /// Tokens with a published prefix: GitHub, GitLab, Slack, Stripe, npm, Google, SendGrid.
        "vendor_tokens" => masking.patterns.vendor_tokens;
    }
    "telemetry" {
        /// error, warn, info, debug, trace, or by part: "info,tallystick_engine=debug".
        "level" => telemetry.level;
        /// "text" or "json".
        "format" => telemetry.format;
    }
}

/// The candidate nearest to a mistyped name, if one is near.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
