//! `[accounts]`: how long sessions last, and where providers of single sign-on may be. And of `[server]` what people's
//! browsers depend on: the public address, and the proxies in between.

use ipnet::IpNet;

/// `[accounts]`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AccountsConfig {
    pub(crate) session_idle_s: u64,
    pub(crate) session_life_s: u64,
    pub(crate) sso_allow_private: bool,
}

impl Default for AccountsConfig {
    fn default() -> Self {
        Self { session_idle_s: 12 * 3_600, session_life_s: 7 * 86_400, sso_allow_private: false }
    }
}

impl AccountsConfig {
    /// A session ends when it is not used for so long, ms.
    pub(crate) fn session_idle_ms(&self) -> i64 {
        self.session_idle_s as i64 * 1_000
    }

    /// A session ends after so long, ms.
    pub(crate) fn session_life_ms(&self) -> i64 {
        self.session_life_s as i64 * 1_000
    }

    /// What is wrong with the values: key and message of each.
    pub(crate) fn mistakes(&self) -> Vec<(&'static str, String)> {
        let between = |value: u64, max: u64| {
            (!(60..=max).contains(&value)).then(|| format!("{value} is not between 60 and {max}"))
        };
        let idle = between(self.session_idle_s, 90 * 86_400).map(|why| ("session_idle_s", why));
        let life = between(self.session_life_s, 90 * 86_400).map(|why| ("session_life_s", why));
        idle.into_iter().chain(life).collect()
    }
}

/// The public address without a slash at its end; none if it is empty.
pub(crate) fn public_url(text: &str) -> Result<Option<String>, String> {
    let text = text.trim_end_matches('/');
    if text.is_empty() {
        return Ok(None);
    }
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_good = host.is_some_and(|host| {
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-:[]".contains(c))
    });
    if is_good {
        return Ok(Some(text.to_owned()));
    }
    Err(format!("\"{text}\" is not an address such as https://audit.example.com, without a path"))
}

/// Networks, each an address or one with a length such as 10.0.0.0/8.
pub(crate) fn networks(list: &[String]) -> Result<Vec<IpNet>, String> {
    let one = |text: &String| {
        let network =
            text.parse::<IpNet>().ok().or_else(|| Some(IpNet::from(text.parse::<std::net::IpAddr>().ok()?)));
        network.ok_or_else(|| format!("\"{text}\" is neither an address nor a network such as 10.0.0.0/8"))
    };
    list.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_networks_are_checked() {
        assert_eq!(
            public_url("https://audit.example.com/").unwrap().as_deref(),
            Some("https://audit.example.com")
        );
        assert_eq!(public_url("http://[::1]:8440").unwrap().as_deref(), Some("http://[::1]:8440"));
        assert_eq!(public_url("").unwrap(), None);
        for bad in ["audit.example.com", "https://", "https://a/b", "ftp://a", "https://a b"] {
            assert!(public_url(bad).is_err(), "{bad}");
        }
        let list = ["10.0.0.0/8", "127.0.0.1", "::1"].map(String::from);
        assert_eq!(networks(&list).unwrap().len(), 3);
        assert!(networks(&["proxy.example".to_owned()]).is_err());
    }
}
