//! A mail server: aiosmtpd, plain on this machine, with STARTTLS, or with TLS from the first byte. It refuses
//! `nobody@…` for good and `later@…` for now.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{Authority, Pair, Process, free_port, installed};

/// Whom it lets in over TLS.
pub const USER: &str = "audit";
/// The password of the same.
pub const PASSWORD: &str = "tick tock";

/// How its connections are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Not at all, and nobody has to say who they are.
    None,
    /// TLS once it is asked for.
    StartTls,
    /// TLS from the first byte.
    Implicit,
}

/// A message that it was handed.
#[derive(Debug)]
pub struct Message {
    /// What it knows of it: `from`, `to`, `tls`, `user`.
    pub about: Value,
    /// The message itself.
    pub text: String,
}

/// The server, on `localhost`.
#[derive(Debug)]
pub struct MailServer {
    process: Option<Process>,
    folder: TempDir,
    /// Its port.
    pub port: u16,
    /// See [`Protection`].
    pub protection: Protection,
    /// The authority that vouches for it.
    pub ca_pem: String,
}

impl MailServer {
    /// With nothing in it.
    pub fn start(protection: Protection) -> MailServer {
        let authority = Authority::new();
        Self::with(protection, &authority.server, authority.ca_pem)
    }

    /// With a certificate of the same authority that is not for `localhost`.
    pub fn start_as_another(protection: Protection) -> MailServer {
        let authority = Authority::new();
        Self::with(protection, &authority.client, authority.ca_pem)
    }

    fn with(protection: Protection, pair: &Pair, ca_pem: String) -> MailServer {
        let folder = TempDir::new().unwrap();
        let (certificate, key) = (folder.path().join("server.pem"), folder.path().join("server.key"));
        std::fs::write(&certificate, &pair.cert_pem).unwrap();
        std::fs::write(&key, &pair.key_pem).unwrap();
        let port = free_port();
        let word = match protection {
            Protection::None => "none",
            Protection::StartTls => "starttls",
            Protection::Implicit => "implicit",
        };
        let mut command = Command::new(installed("bin/python"));
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/smtp_server.py"));
        command.arg(folder.path()).arg(port.to_string()).arg(word).arg(certificate).arg(key);
        let mut process = Process::start(&mut command);
        process.until_listening(port);
        MailServer { process: Some(process), folder, port, protection, ca_pem }
    }

    /// Ends it. What it was handed stays.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// What it was handed, in order.
    pub fn messages(&self) -> Vec<Message> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut found: Vec<PathBuf> =
            entries.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect();
        found.sort();
        let read = |path: &Path| std::fs::read_to_string(path).unwrap();
        let message = |path: &PathBuf| Message {
            about: read(path).parse().unwrap(),
            text: read(&path.with_extension("eml")),
        };
        found.iter().map(message).collect()
    }
}
