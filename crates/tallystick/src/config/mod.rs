//! The configuration: one TOML file, overridden by the environment, overridden by flags.
//!
//! [`settings`] is the one list of all settings; reading, the environment's names, the documented default file and
//! `check-config` are all made from it, so they cannot drift apart.

pub(crate) mod accounts;
pub(crate) mod environment;
mod exports;
mod integrity;
mod read;
mod render;
mod settings;
mod smtp;
mod streams;
mod value;

use std::{
    net::{SocketAddr, ToSocketAddrs},
    path::{Path, PathBuf},
    time::Duration,
};

use tallystick_catalog::CatalogUrl;
use tallystick_event::{Limits, MaskRules};

use accounts::AccountsConfig;
use exports::ExportsConfig;
pub(crate) use integrity::IntegrityConfig;
pub(crate) use read::{ConfigProblems, Loaded, Origin, load};
pub(crate) use render::{default_file, effective};
use smtp::SmtpConfig;
use streams::StreamsConfig;
pub(crate) use value::{LogFormat, MetricsPublic, Redacted};

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Config {
    pub(crate) server: ServerConfig,
    pub(crate) accounts: AccountsConfig,
    pub(crate) exports: ExportsConfig,
    pub(crate) streams: StreamsConfig,
    pub(crate) smtp: SmtpConfig,
    pub(crate) data: DataConfig,
    pub(crate) log: LogConfig,
    pub(crate) integrity: IntegrityConfig,
    pub(crate) limits: Limits,
    pub(crate) masking: MaskRules,
    pub(crate) telemetry: TelemetryConfig,
}

/// `[server]`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ServerConfig {
    pub(crate) listen: String,
    pub(crate) metrics_public: MetricsPublic,
    pub(crate) root_key_file: String,
    pub(crate) public_url: String,
    pub(crate) trusted_proxies: Vec<String>,
}

/// `[data]`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DataConfig {
    pub(crate) dir: String,
    pub(crate) catalog: Redacted,
}

/// `[log]`
#[expect(
    clippy::struct_field_names,
    reason = "the names are those of the file, where other bounds may join them"
)]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LogConfig {
    pub(crate) tail_events_max: u32,
    pub(crate) tail_bytes_max: usize,
    pub(crate) tail_age_s: u64,
}

/// `[telemetry]`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TelemetryConfig {
    pub(crate) level: String,
    pub(crate) format: LogFormat,
}

impl Default for Config {
    fn default() -> Self {
        let engine = tallystick_engine::Options::new("");
        Self {
            server: ServerConfig {
                listen: "127.0.0.1:8440".to_owned(),
                metrics_public: MetricsPublic::Auto,
                root_key_file: String::new(),
                public_url: String::new(),
                trusted_proxies: Vec::new(),
            },
            accounts: AccountsConfig::default(),
            data: DataConfig { dir: "data".to_owned(), catalog: Redacted::default() },
            log: LogConfig {
                tail_events_max: engine.tail_events_max,
                tail_bytes_max: engine.tail_bytes_max,
                tail_age_s: engine.tail_age_max.as_secs(),
            },
            exports: ExportsConfig::default(),
            streams: StreamsConfig::default(),
            smtp: SmtpConfig::default(),
            integrity: IntegrityConfig::default(),
            limits: Limits::default(),
            masking: MaskRules::default(),
            telemetry: TelemetryConfig { level: "info".to_owned(), format: LogFormat::Text },
        }
    }
}

impl Config {
    /// The data directory.
    pub(crate) fn data_dir(&self) -> PathBuf {
        PathBuf::from(&self.data.dir)
    }

    /// Where the catalog is: as set, else a SQLite file in the data directory.
    pub(crate) fn catalog_url(&self) -> Result<CatalogUrl, tallystick_catalog::CatalogError> {
        match self.data.catalog.expose() {
            "" => Ok(CatalogUrl::Sqlite(self.data_dir().join("catalog.db"))),
            text => CatalogUrl::parse(text),
        }
    }

    /// The root key's file: as set, else `keys/root.key` in the data directory.
    pub(crate) fn root_key_path(&self) -> PathBuf {
        match self.server.root_key_file.as_str() {
            "" => self.data_dir().join("keys").join("root.key"),
            path => PathBuf::from(path),
        }
    }

    /// The address to listen on; a name is looked up.
    pub(crate) fn listen_address(&self) -> std::io::Result<SocketAddr> {
        self.server.listen.to_socket_addrs()?.next().ok_or_else(|| {
            std::io::Error::new(std::io::ErrorKind::AddrNotAvailable, "the name has no address")
        })
    }

    /// What the engine is opened with. The crash point is for crash tests.
    pub(crate) fn engine_options(&self, listen: &str) -> tallystick_engine::Options {
        let mut options = tallystick_engine::Options::new(Path::new(&self.data.dir));
        listen.clone_into(&mut options.listen);
        options.tail_events_max = self.log.tail_events_max;
        options.tail_bytes_max = self.log.tail_bytes_max;
        options.tail_age_max = Duration::from_secs(self.log.tail_age_s);
        options.origin.clone_from(&self.integrity.origin);
        options.checkpoint_interval = Duration::from_millis(self.integrity.checkpoint_interval_ms);
        options.crash_at = environment::crash_point();
        options
    }

    /// How exports are run; their files are in the data directory.
    pub(crate) fn exports_options(&self) -> tallystick_delivery::ExportsOptions {
        self.exports.options(self.data_dir().join("exports"))
    }

    /// How streams are run.
    pub(crate) fn streams_options(&self) -> tallystick_delivery::streams::StreamsOptions {
        self.streams.options()
    }

    /// How schedules of exports are run; stores may be where streams may send to. Reads the files that `[smtp]` names.
    pub(crate) fn schedules_options(
        &self,
    ) -> anyhow::Result<tallystick_delivery::schedules::SchedulesOptions> {
        Ok(tallystick_delivery::schedules::SchedulesOptions {
            outbound: self.streams.options().outbound,
            mail: self.smtp.options()?,
            product: "Tallystick".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    /// What is wrong with the values taken together: section, key and message of each.
    pub(crate) fn mistakes(&self) -> Vec<(&'static str, &'static str, String)> {
        let mut found = Vec::new();
        let listen = &self.server.listen;
        let port = listen
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        if !port {
            found.push((
                "server",
                "listen",
                format!("\"{listen}\" is not an address and port such as 127.0.0.1:8440"),
            ));
        }
        if let Err(message) = accounts::public_url(&self.server.public_url) {
            found.push(("server", "public_url", message));
        }
        if let Err(message) = accounts::networks(&self.server.trusted_proxies) {
            found.push(("server", "trusted_proxies", message));
        }
        found.extend(self.accounts.mistakes().into_iter().map(|(key, message)| ("accounts", key, message)));
        if self.data.dir.is_empty() {
            found.push(("data", "dir", "a directory is needed".to_owned()));
        }
        if let Err(error) = self.catalog_url() {
            found.push(("data", "catalog", error.to_string()));
        }
        let between = |value: u64, min: u64, max: u64| {
            (!(min..=max).contains(&value)).then(|| format!("{value} is not between {min} and {max}"))
        };
        let log = &self.log;
        for (key, problem) in [
            ("tail_events_max", between(u64::from(log.tail_events_max), 1, 4 << 20)),
            ("tail_bytes_max", between(log.tail_bytes_max as u64, 1 << 10, 4 << 30)),
            ("tail_age_s", between(log.tail_age_s, 1, 86_400)),
        ] {
            found.extend(problem.map(|message| ("log", key, message)));
        }
        found.extend(self.exports.mistakes().into_iter().map(|(key, message)| ("exports", key, message)));
        found.extend(self.streams.mistakes().into_iter().map(|(key, message)| ("streams", key, message)));
        found.extend(self.smtp.mistakes().into_iter().map(|(key, message)| ("smtp", key, message)));
        if !self.smtp.host.is_empty() && self.server.public_url.is_empty() {
            let why = "it is needed with smtp.host: messages have links to the service";
            found.push(("server", "public_url", why.to_owned()));
        }
        found.extend(self.integrity.mistakes().into_iter().map(|(key, message)| ("integrity", key, message)));
        if let Err(error) = self.limits.validate() {
            found.push(("limits", error.name, error.to_string()));
        }
        if let Err(error) = crate::telemetry::filter(&self.telemetry.level) {
            found.push(("telemetry", "level", error.to_string()));
        }
        found
    }
}

#[cfg(test)]
mod tests;
