//! `[integrity]`: how often checkpoints are made, and who vouches for them outside.

use tallystick_anchor::limits::RETAIN_DAYS_MAX;
use tallystick_anchor::{LockMode, ObjectLockOptions, S3Credentials};
use tallystick_merkle::{KeyType, VerifierKey, is_key_name};
use tallystick_outbound::{OutboundError, OutboundOptions, Plain, Url};
use zeroize::Zeroizing;

use super::value::{ObjectLockMode, Secret};

/// Witnesses at most: each is asked in every round.
const WITNESSES_MAX: usize = 32;
/// Bytes of an origin; the names of logs have 37 more.
const ORIGIN_BYTES_MAX: usize = 200;

/// `[integrity]`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct IntegrityConfig {
    pub(crate) directory_interval_s: u64,
    pub(crate) checkpoint_interval_ms: u64,
    pub(crate) origin: String,
    pub(crate) public: bool,
    pub(crate) witnesses: Vec<String>,
    pub(crate) witness_quorum: usize,
    pub(crate) witness_allow_private: bool,
    pub(crate) timestamp_url: String,
    pub(crate) timestamp_interval_s: u64,
    pub(crate) timestamp_allow_private: bool,
    pub(crate) object_lock: ObjectLockConfig,
}

/// The settings that begin with `object_lock_`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ObjectLockConfig {
    pub(crate) endpoint: String,
    pub(crate) region: String,
    pub(crate) bucket: String,
    pub(crate) prefix: String,
    pub(crate) mode: ObjectLockMode,
    pub(crate) retain_days: u32,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: Secret,
    pub(crate) allow_private: bool,
}

impl Default for IntegrityConfig {
    fn default() -> Self {
        Self {
            directory_interval_s: 60,
            checkpoint_interval_ms: 1000,
            origin: String::new(),
            public: false,
            witnesses: Vec::new(),
            witness_quorum: 1,
            witness_allow_private: false,
            timestamp_url: String::new(),
            timestamp_interval_s: 3600,
            timestamp_allow_private: false,
            object_lock: ObjectLockConfig {
                endpoint: String::new(),
                region: "us-east-1".to_owned(),
                bucket: String::new(),
                prefix: "tallystick/".to_owned(),
                mode: ObjectLockMode::Compliance,
                retain_days: 365,
                access_key_id: String::new(),
                secret_access_key: Secret::default(),
                allow_private: false,
            },
        }
    }
}

/// A witness to be asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WitnessTarget {
    /// What its word is checked with.
    pub(crate) key: VerifierKey,
    /// Its submission prefix.
    pub(crate) url: Url,
}

/// A setting of this section and what is wrong with it.
type Mistake = (&'static str, String);

impl IntegrityConfig {
    /// The witnesses, in the order of the list.
    pub(crate) fn witness_targets(&self) -> Result<Vec<WitnessTarget>, String> {
        self.witnesses.iter().map(|text| witness(text)).collect()
    }

    /// Whom the client of the witnesses may ask.
    pub(crate) fn witness_outbound(&self) -> OutboundOptions {
        lan(self.witness_allow_private)
    }

    /// The timestamp authority, if there is one.
    pub(crate) fn timestamp_target(&self) -> Result<Option<Url>, String> {
        match self.timestamp_url.as_str() {
            "" => Ok(None),
            text => url(text).map(Some),
        }
    }

    /// Whom the client of the timestamp authority may ask: `http` too if the URL has it, as a timestamp is signed.
    pub(crate) fn timestamp_outbound(&self) -> OutboundOptions {
        let host = self.timestamp_target().ok().flatten().and_then(|url| url.host_str().map(str::to_owned));
        let plain = host.map_or(Plain::Never, |host| Plain::Hosts(vec![host]));
        OutboundOptions { allow_private: self.timestamp_allow_private, plain, ..OutboundOptions::default() }
    }

    /// The store for locked objects, if there is one.
    pub(crate) fn object_lock_target(&self) -> Result<Option<ObjectLockOptions>, String> {
        let store = &self.object_lock;
        if store.endpoint.is_empty() {
            return Ok(None);
        }
        Ok(Some(ObjectLockOptions {
            endpoint: url(&store.endpoint)?,
            region: store.region.clone(),
            bucket: store.bucket.clone(),
            prefix: store.prefix.clone(),
            mode: match store.mode {
                ObjectLockMode::Compliance => LockMode::Compliance,
                ObjectLockMode::Governance => LockMode::Governance,
            },
            retain_days: store.retain_days,
            credentials: S3Credentials {
                access_key_id: store.access_key_id.clone(),
                secret_access_key: Zeroizing::new(store.secret_access_key.expose().to_owned()),
            },
        }))
    }

    /// Whom the client of the store may ask.
    pub(crate) fn object_lock_outbound(&self) -> OutboundOptions {
        lan(self.object_lock.allow_private)
    }

    /// What is wrong with the values: key and message of each.
    pub(crate) fn mistakes(&self) -> Vec<Mistake> {
        let between = |key, value: u64, min: u64, max: u64| {
            (!(min..=max).contains(&value)).then(|| (key, format!("{value} is not between {min} and {max}")))
        };
        let mut found: Vec<Mistake> = [
            between("directory_interval_s", self.directory_interval_s, 5, 3600),
            between("checkpoint_interval_ms", self.checkpoint_interval_ms, 100, 10_000),
            between("timestamp_interval_s", self.timestamp_interval_s, 60, 86_400),
        ]
        .into_iter()
        .flatten()
        .collect();
        let origin = &self.origin;
        if !origin.is_empty() && (!is_key_name(origin) || origin.len() > ORIGIN_BYTES_MAX) {
            let message =
                format!("\"{origin}\" cannot name a log: no spaces, no +, at most {ORIGIN_BYTES_MAX} bytes");
            found.push(("origin", message));
        }
        found.extend(self.witness_mistakes());
        found.extend(self.timestamp_mistake());
        found.extend(self.object_lock_mistakes());
        found
    }

    fn witness_mistakes(&self) -> Vec<Mistake> {
        let targets = match self.witness_targets() {
            Ok(targets) => targets,
            Err(message) => return vec![("witnesses", message)],
        };
        let mut found = Vec::new();
        if targets.len() > WITNESSES_MAX {
            found.push((
                "witnesses",
                format!("there are {}, at most {WITNESSES_MAX} are asked", targets.len()),
            ));
        }
        for (at, target) in targets.iter().enumerate() {
            if targets[..at].iter().any(|other| other.key.public_key() == target.key.public_key()) {
                found.push(("witnesses", format!("the key of {} is there twice", target.key.name())));
            }
            if let Err(error) = self.witness_outbound().check(&target.url) {
                found.push(("witnesses", allow(&error, "witness_allow_private")));
            }
        }
        let most = targets.len().max(1);
        if !(1..=most).contains(&self.witness_quorum) {
            found.push(("witness_quorum", format!("{} is not between 1 and {most}", self.witness_quorum)));
        }
        found
    }

    fn timestamp_mistake(&self) -> Option<Mistake> {
        let message = match self.timestamp_target() {
            Ok(None) => return None,
            Ok(Some(url)) => {
                let refused = self.timestamp_outbound().check(&url).err()?;
                allow(&refused, "timestamp_allow_private")
            }
            Err(message) => message,
        };
        Some(("timestamp_url", message))
    }

    fn object_lock_mistakes(&self) -> Vec<Mistake> {
        let options = match self.object_lock_target() {
            Ok(None) => return Vec::new(),
            Ok(Some(options)) => options,
            Err(message) => return vec![("object_lock_endpoint", message)],
        };
        let mut found = Vec::new();
        if let Err(error) = self.object_lock_outbound().check(&options.endpoint) {
            found.push(("object_lock_endpoint", allow(&error, "object_lock_allow_private")));
        }
        for (key, value) in [
            ("object_lock_region", &options.region),
            ("object_lock_bucket", &options.bucket),
            ("object_lock_access_key_id", &options.credentials.access_key_id),
            ("object_lock_secret_access_key", &options.credentials.secret_access_key),
        ] {
            if value.is_empty() {
                found.push((key, "is needed for a store with object lock".to_owned()));
            }
        }
        if !(1..=RETAIN_DAYS_MAX).contains(&options.retain_days) {
            let message = format!("{} is not between 1 and {RETAIN_DAYS_MAX}", options.retain_days);
            found.push(("object_lock_retain_days", message));
        }
        found
    }
}

fn lan(allow_private: bool) -> OutboundOptions {
    let plain = if allow_private { Plain::Private } else { Plain::Never };
    OutboundOptions { allow_private, plain, ..OutboundOptions::default() }
}

fn allow(error: &OutboundError, setting: &str) -> String {
    format!("{error} (if it is in a network of yours, set {setting} = true)")
}

fn witness(text: &str) -> Result<WitnessTarget, String> {
    let Some((key, address)) = text.trim().split_once(char::is_whitespace) else {
        return Err(format!("\"{text}\" is not a key and an address with a space between"));
    };
    let key: VerifierKey = key.parse().map_err(|error| format!("\"{key}\" is no key: {error}"))?;
    if key.key_type() != KeyType::Cosignature {
        return Err(format!("\"{}\" is the key of a log, not of a witness", key.name()));
    }
    Ok(WitnessTarget { key, url: url(address.trim())? })
}

fn url(text: &str) -> Result<Url, String> {
    // What was given is not repeated: it may hold a password.
    text.parse().map_err(|error| format!("it is no URL: {error}"))
}
