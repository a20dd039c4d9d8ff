//! Which addresses may be asked. A URL that somebody configured, and a name server that somebody else runs, must not
//! lead to what only this machine can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Realm {
    /// The Internet.
    Public,
    /// This machine or a network of its owner.
    Private,
    /// Nothing that is ever meant: link-local, among it the metadata services of clouds; multicast; reserved.
    Never,
}

/// Which realms are permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guard {
    pub(crate) public: bool,
    pub(crate) private: bool,
}

impl Guard {
    pub(crate) fn permits(self, address: IpAddr) -> bool {
        match realm(address) {
            Realm::Public => self.public,
            Realm::Private => self.private,
            Realm::Never => false,
        }
    }
}

/// Metadata services outside the link-local networks: Alibaba Cloud, Amazon over IPv6.
const METADATA: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254)),
];

pub(crate) fn realm(address: IpAddr) -> Realm {
    let address = address.to_canonical();
    if METADATA.contains(&address) {
        return Realm::Never;
    }
    match address {
        IpAddr::V4(address) => realm_v4(address),
        IpAddr::V6(address) => realm_v6(address),
    }
}

fn realm_v4(address: Ipv4Addr) -> Realm {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        (10 | 127, ..) | (192, 168, _) | (172, 16..=31, _) | (100, 64..=127, _) => Realm::Private,
        // This network, link-local, protocol assignments, documentation, benchmarks, multicast, reserved.
        (0 | 224..=255, ..)
        | (169, 254, _)
        | (192, 0, 0 | 2)
        | (192, 88, 99)
        | (198, 18..=19, _)
        | (198, 51, 100)
        | (203, 0, 113) => Realm::Never,
        _ => Realm::Public,
    }
}

fn realm_v6(address: Ipv6Addr) -> Realm {
    let segments = address.segments();
    let embedded =
        |high: u16, low: u16| realm_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 1] | [0xfc00..=0xfdff, ..] => Realm::Private,
        // NAT64 and 6to4 lead to the IPv4 address inside.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => embedded(high, low),
        // Teredo, documentation.
        [0x2001, 0 | 0xdb8, ..] | [0x3fff, ..] => Realm::Never,
        [0x2000..=0x3fff, ..] => Realm::Public,
        _ => Realm::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_has_its_realm() {
        let expect = |realm_of: Realm, addresses: &[&str]| {
            for address in addresses {
                assert_eq!(realm(address.parse().unwrap()), realm_of, "{address}");
            }
        };
        expect(
            Realm::Public,
            &["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::101:101"],
        );
        expect(
            Realm::Private,
            &[
                "127.0.0.1",
                "127.9.9.9",
                "10.0.0.1",
                "172.16.0.1",
                "192.168.1.1",
                "100.64.0.1",
                "::1",
                "fd12::1",
                "::ffff:127.0.0.1",
                "64:ff9b::a00:1",
                "2002:7f00:1::",
            ],
        );
        expect(
            Realm::Never,
            &[
                "169.254.169.254",
                "0.0.0.0",
                "255.255.255.255",
                "224.0.0.1",
                "::",
                "fe80::1",
                "ff02::1",
                "fd00:ec2::254",
                "100.100.100.200",
                "::ffff:169.254.169.254",
                "64:ff9b::a9fe:a9fe",
                "2001::1",
                "2001:db8::1",
                "::127.0.0.1",
            ],
        );
    }

    #[test]
    fn a_guard_permits_what_it_says() {
        let private: IpAddr = "192.168.0.9".parse().unwrap();
        let metadata: IpAddr = "169.254.169.254".parse().unwrap();
        assert!(!Guard { public: true, private: false }.permits(private));
        assert!(Guard { public: false, private: true }.permits(private));
        assert!(!Guard { public: true, private: true }.permits(metadata));
    }
}
