//! Addresses and networks as written in a query.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Serialize, Serializer};

/// An address or a network, with the host bits cleared and IPv4 inside IPv6 turned into IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpNet);

impl Network {
    /// First address, as 16 bytes; IPv4 as `::ffff:a.b.c.d`.
    pub fn first(&self) -> [u8; 16] {
        bytes(self.0.network())
    }

    /// Last address, included.
    pub fn last(&self) -> [u8; 16] {
        bytes(self.0.broadcast())
    }

    /// Whether this is IPv4.
    pub fn is_v4(&self) -> bool {
        matches!(self.0, IpNet::V4(_))
    }

    /// Reads `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`; the error is the message for the person.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (addr, prefix) = match text.split_once('/') {
            Some((_, more)) if more.contains('/') => return Err("too many slashes".to_owned()),
            Some((addr, prefix)) => (addr, Some(prefix)),
            None => (text, None),
        };
        if looks_like_v4(addr) {
            return parse_v4(text, addr, prefix);
        }
        let address: Ipv6Addr = addr.parse().map_err(|_| not_an_address(text, addr))?;
        let length = prefix_length(prefix, 128)?;
        if let (Some(v4), true) = (address.to_ipv4_mapped(), length >= 96) {
            let net = Ipv4Net::new(v4, length - 96).expect("at most 32: 128 - 96");
            return Ok(Self(IpNet::V4(net.trunc())));
        }
        Ok(Self(IpNet::V6(Ipv6Net::new(address, length).expect("length was checked").trunc())))
    }
}

/// The canonical 16 bytes of an address; IPv4 as `::ffff:a.b.c.d`.
pub(crate) fn bytes(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

fn looks_like_v4(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

fn parse_v4(text: &str, addr: &str, prefix: Option<&str>) -> Result<Network, String> {
    let groups: Vec<&str> = addr.trim_end_matches('.').split('.').collect();
    if groups.iter().any(|g| g.is_empty() || g.len() > 3)
        || groups.len() > 4
        || (groups.len() == 4 && addr.ends_with('.'))
    {
        return Err(format!("“{text}” is not an IP address or network"));
    }
    let mut octets = [0u8; 4];
    for (octet, group) in octets.iter_mut().zip(&groups) {
        *octet = group.parse().map_err(|_| format!("{group} is not an address byte (0–255)"))?;
    }
    let address = Ipv4Addr::from(octets);
    if groups.len() < 4 {
        return Err(format!(
            "incomplete address; for the whole network write {address}/{}",
            groups.len() * 8
        ));
    }
    let length = prefix_length(prefix, 32)?;
    Ok(Network(IpNet::V4(Ipv4Net::new(address, length).expect("length was checked").trunc())))
}

fn prefix_length(prefix: Option<&str>, max: u8) -> Result<u8, String> {
    let Some(prefix) = prefix else { return Ok(max) };
    let digits = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_digit());
    match prefix.parse::<u8>() {
        Ok(length) if digits && length <= max => Ok(length),
        _ => Err(format!("/{prefix} is not a prefix length (0–{max})")),
    }
}

fn not_an_address(text: &str, addr: &str) -> String {
    let v6_like = addr.contains(':') && addr.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
    if !v6_like {
        return format!("“{text}” is not an IP address or network");
    }
    if addr.matches("::").count() > 1 {
        return "“::” may appear once".to_owned();
    }
    if addr.split(':').any(|group| group.len() > 4) {
        return "an IPv6 group has at most 4 digits".to_owned();
    }
    format!("“{text}” is not an IPv6 address")
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() { self.0.addr().fmt(f) } else { self.0.fmt(f) }
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_normalised() {
        for (text, canonical) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.1.2.3", "10.1.2.3"),
            ("10.1.2.3/32", "10.1.2.3"),
            ("::FFFF:10.0.0.1", "10.0.0.1"),
            ("::ffff:10.1.0.0/104", "10.0.0.0/8"),
            ("2001:DB8:0:0::1/32", "2001:db8::/32"),
            ("0.0.0.0/0", "0.0.0.0/0"),
        ] {
            assert_eq!(Network::parse(text).unwrap().to_string(), canonical);
        }
    }

    #[test]
    fn an_error_names_the_network_that_was_meant() {
        assert!(Network::parse("10.0").unwrap_err().ends_with("10.0.0.0/16"));
        assert!(Network::parse("10.0.").unwrap_err().ends_with("10.0.0.0/16"));
        for bad in [
            "10.0.0.300",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "1.2.3.4.5",
            "::1::2",
            "12345::",
            "x",
            "",
            "1/2/3",
            "fe80::1%eth0",
        ] {
            assert!(Network::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ends_are_inclusive() {
        let net = Network::parse("10.0.0.0/8").unwrap();
        assert_eq!(net.first()[12..], [10, 0, 0, 0]);
        assert_eq!(net.last()[12..], [10, 255, 255, 255]);
        assert_eq!(net.first()[10..12], [0xff, 0xff]);
    }
}
