//! `[smtp]`: who takes the e-mail that is sent.

use std::net::IpAddr;

use anyhow::Context as _;
use tallystick_delivery::mail::{MailOptions, MailTls};
use zeroize::Zeroizing;

use super::value::{Secret, SmtpTls};

/// `[smtp]`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SmtpConfig {
    pub(crate) host: String,
    pub(crate) port: u32,
    pub(crate) tls: SmtpTls,
    pub(crate) user: String,
    pub(crate) password: Secret,
    pub(crate) password_file: String,
    pub(crate) from: String,
    pub(crate) recipient_domains: Vec<String>,
    pub(crate) allow_private: bool,
    pub(crate) ca_file: String,
}

impl Default for SmtpConfig {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 587,
            tls: SmtpTls::StartTls,
            user: String::new(),
            password: Secret::default(),
            password_file: String::new(),
            from: String::new(),
            recipient_domains: Vec::new(),
            allow_private: false,
            ca_file: String::new(),
        }
    }
}

impl SmtpConfig {
    /// As messages are sent; none: they are not. Reads the files.
    pub(crate) fn options(&self) -> anyhow::Result<Option<MailOptions>> {
        if self.host.is_empty() {
            return Ok(None);
        }
        let read = |what: &str, path: &str| {
            std::fs::read_to_string(path).with_context(|| format!("smtp.{what}: {path} cannot be read"))
        };
        let password = if self.password_file.is_empty() {
            Zeroizing::new(self.password.expose().to_owned())
        } else {
            let text = Zeroizing::new(read("password_file", &self.password_file)?);
            Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())
        };
        let ca_pem = (!self.ca_file.is_empty()).then(|| read("ca_file", &self.ca_file)).transpose()?;
        Ok(Some(MailOptions {
            host: self.host.clone(),
            port: u16::try_from(self.port).context("smtp.port is no port")?,
            tls: match self.tls {
                SmtpTls::StartTls => MailTls::StartTls,
                SmtpTls::Implicit => MailTls::Implicit,
                SmtpTls::None => MailTls::None,
            },
            credentials: (!self.user.is_empty()).then(|| (self.user.clone(), password)),
            from: self.from.clone(),
            recipient_domains: self.recipient_domains.clone(),
            allow_private: self.allow_private,
            ca_pem,
        }))
    }

    /// What is wrong with the values: key and message of each.
    pub(super) fn mistakes(&self) -> Vec<(&'static str, String)> {
        let mut wrong = Vec::new();
        if !(1..=65_535).contains(&self.port) {
            wrong.push(("port", format!("{} is not between 1 and 65535", self.port)));
        }
        if self.host.is_empty() {
            return wrong;
        }
        if self.from.is_empty() {
            wrong.push(("from", "it is needed with host: whom messages are from".to_owned()));
        }
        let is_here = self.host == "localhost"
            || self
                .host
                .trim_matches(['[', ']'])
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        if self.tls == SmtpTls::None && !is_here {
            wrong.push((
                "tls",
                format!("without TLS the server has to be on this machine, and {} is not", self.host),
            ));
        }
        if !self.password.expose().is_empty() && !self.password_file.is_empty() {
            wrong.push(("password_file", "password is given, too: one of them is enough".to_owned()));
        }
        let has_password = !self.password.expose().is_empty() || !self.password_file.is_empty();
        if has_password && self.user.is_empty() {
            wrong.push(("user", "it is needed with a password".to_owned()));
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> SmtpConfig {
        SmtpConfig {
            host: "127.0.0.1".to_owned(),
            from: "audit@example.com".to_owned(),
            ..SmtpConfig::default()
        }
    }

    #[test]
    fn mistakes_are_found_before_the_first_message() {
        assert!(SmtpConfig::default().mistakes().is_empty() && config().mistakes().is_empty());
        assert!(SmtpConfig::default().options().unwrap().is_none());
        let wrong =
            |config: SmtpConfig| config.mistakes().into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        assert_eq!(wrong(SmtpConfig { port: 70_000, ..config() }), ["port"]);
        assert_eq!(wrong(SmtpConfig { from: String::new(), ..config() }), ["from"]);
        let plain = |host: &str| SmtpConfig { tls: SmtpTls::None, host: host.to_owned(), ..config() };
        assert_eq!(wrong(plain("mail.example.com")), ["tls"]);
        assert!(wrong(plain("localhost")).is_empty() && wrong(plain("[::1]")).is_empty());
        assert_eq!(wrong(SmtpConfig { password_file: "/x".to_owned(), ..config() }), ["user"]);
    }

    #[test]
    fn a_password_is_read_from_its_file_without_its_line_break() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "pass word \r\n").unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        let with = SmtpConfig { user: "u".to_owned(), password_file: path, ..config() };
        let (user, password) = with.options().unwrap().unwrap().credentials.unwrap();
        assert_eq!((user.as_str(), password.as_str()), ("u", "pass word "));
        let gone = SmtpConfig { password_file: "/nowhere/at/all".to_owned(), ..with };
        assert!(gone.options().unwrap_err().to_string().contains("smtp.password_file"));
    }
}
