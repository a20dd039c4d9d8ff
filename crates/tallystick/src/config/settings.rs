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
    ("accounts", "People's accounts."),
    ("data", "Where things are kept."),
    (
        "log",
        "When events move from memory and the commit log into a segment file. The defaults suit nearly everybody.",
    ),
    ("exports", "Files of events, made in the background, in exports/ of the data directory."),
    ("streams", "Events that are sent on to other systems as they come."),
    ("smtp", "Who takes the e-mail that schedules of exports send."),
    ("integrity", "What makes the logs provable: checkpoints, and who vouches for them outside."),
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
        /// Where people reach the service, such as "https://audit.example.com". With https, the session's cookie goes
        /// over nothing else; links to invite people begin with it. Empty: the address it listens on, over http.
        "public_url" => server.public_url;
        /// Proxies in front, as addresses or networks: ["10.0.0.5", "172.16.0.0/12"]. Only they are believed when they
        /// say in X-Forwarded-For whom they speak for, which failed sign-ins are counted by.
        "trusted_proxies" => server.trusted_proxies;
    }
    "accounts" {
        /// A session ends when it is not used for so long, seconds; 60 to 7,776,000.
        "session_idle_s" => accounts.session_idle_s;
        /// A session ends after so long in any case, seconds; 60 to 7,776,000.
        "session_life_s" => accounts.session_life_s;
        /// Providers of single sign-on may be in private networks and on this machine, and be asked over http there.
        /// Link-local addresses never are. Owners of organizations enter the addresses of providers.
        "sso_allow_private" => accounts.sso_allow_private;
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
    "exports" {
        /// How long files are kept if the one who asks for them does not say, days; 1 to 3,650.
        "keep_days" => exports.keep_days;
        /// Exports at the same time, each of another organization; 0 to 64. 0: none, they wait.
        "running_max" => exports.running_max;
        /// Bytes of events after which a point is made that a cut-short export goes on from; 1,024 to
        /// 1,099,511,627,776.
        "checkpoint_bytes" => exports.checkpoint_bytes;
        /// Bytes of the disk that exports leave free, so that they never take the log's room.
        "reserve_bytes" => exports.reserve_bytes;
    }
    "streams" {
        /// Logs that are read for streams at the same time; 1 to 64. More helps when many streams have much to catch up
        /// with, and takes the disk from searches.
        "reading_max" => streams.reading_max;
        /// true: destinations may be in private networks and on this machine, and be reached without TLS there, as many
        /// a SIEM is. Link-local addresses, among them the metadata services of clouds, never are. Whoever may make
        /// streams, in organizations too, enters the addresses.
        "allow_private_destinations" => streams.allow_private_destinations;
        /// Folder in which streams of the kind lake may write files, each organization in one of its own; it has to be
        /// there. Empty: none may.
        "lake_folder" => streams.lake_folder;
    }
    "smtp" {
        /// The mail server. Empty: no e-mail is sent. With it, public_url under [server] is needed, for links.
        "host" => smtp.host;
        /// Its port: most often 587 with "starttls", 465 with "implicit".
        "port" => smtp.port;
        /// How the connection is protected: "starttls", "implicit" (TLS from the first byte), or "none", which is for a
        /// server on this machine only.
        "tls" => smtp.tls;
        /// User and password, if the server wants them.
        "user" => smtp.user;
        /// Give it in the environment, or in a file.
        "password" => smtp.password;
        /// File with the password. Its last line break does not count.
        "password_file" => smtp.password_file;
        /// Whom messages are from: "Audit log <audit@example.com>".
        "from" => smtp.from;
        /// Domains that messages may go to, such as ["example.com"]. Empty: all.
        "recipient_domains" => smtp.recipient_domains;
        /// true: the server may be in a private network or on this machine.
        "allow_private" => smtp.allow_private;
        /// File with certificates of authorities (PEM) that are trusted beside the system's. Empty: only those.
        "ca_file" => smtp.ca_file;
    }
    "integrity" {
        /// Time between entries of the directory log, seconds; 5 to 3,600. What is older than this and witnessed cannot
        /// be rewritten unnoticed.
        "directory_interval_s" => integrity.directory_interval_s;
        /// Time after which a log that has grown gets a new checkpoint, milliseconds; 100 to 10,000.
        "checkpoint_interval_ms" => integrity.checkpoint_interval_ms;
        /// What the names of all logs begin with, such as "audit.example.com". Empty: made of the instance's id. It
        /// cannot be changed once there is a log.
        "origin" => integrity.origin;
        /// true: checkpoints, tiles and consistency proofs, which hold nothing of events' content, are given to anybody
        /// who knows the name of a log, without a key.
        "public" => integrity.public;
        /// Witnesses of the directory log, each its key and its address:
        /// ["witness.example/w1+20324abe+BCms... https://witness.example/"].
        "witnesses" => integrity.witnesses;
        /// How many of them must have cosigned a checkpoint for it to count as witnessed.
        "witness_quorum" => integrity.witness_quorum;
        /// true: witnesses may be in private networks and on this machine, and be asked without TLS there.
        "witness_allow_private" => integrity.witness_allow_private;
        /// Timestamp authority (RFC 3161), https or http. Empty: none.
        "timestamp_url" => integrity.timestamp_url;
        /// Time between timestamps, seconds; 60 to 86,400.
        "timestamp_interval_s" => integrity.timestamp_interval_s;
        /// true: the authority may be in a private network or on this machine.
        "timestamp_allow_private" => integrity.timestamp_allow_private;
        /// Store with S3 Object Lock that gets a checkpoint as often as timestamps are asked for, without the bucket.
        /// Empty: none.
        "object_lock_endpoint" => integrity.object_lock.endpoint;
        /// Its region.
        "object_lock_region" => integrity.object_lock.region;
        /// The bucket, made with object lock.
        "object_lock_bucket" => integrity.object_lock.bucket;
        /// What keys in it begin with.
        "object_lock_prefix" => integrity.object_lock.prefix;
        /// "compliance": nobody can shorten the time; "governance": who has a permission of its own can.
        "object_lock_mode" => integrity.object_lock.mode;
        /// Days that each object is locked; 1 to 36,500. In compliance mode a slip here cannot be undone.
        "object_lock_retain_days" => integrity.object_lock.retain_days;
        /// Id of the access key.
        "object_lock_access_key_id" => integrity.object_lock.access_key_id;
        /// The access key's secret. Give it in the environment.
        "object_lock_secret_access_key" => integrity.object_lock.secret_access_key;
        /// true: the store may be in a private network or on this machine, and be asked without TLS there.
        "object_lock_allow_private" => integrity.object_lock.allow_private;
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
