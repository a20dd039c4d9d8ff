//! How often one address may ask a witness: generous for logs, which ask once a minute, and bounded for all others.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::Mutex,
};

/// Requests an address may make at once.
const BURST: f64 = 100.0;
/// Requests a second it may make in the long run.
const PER_SECOND: f64 = 20.0;
/// Addresses remembered. Those that have not asked for a while are forgotten first.
const ADDRESSES_MAX: usize = 8192;

/// A bucket of requests for each address.
#[derive(Debug, Default)]
pub(super) struct Rates(Mutex<HashMap<IpAddr, Bucket>>);

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at_ms: i64,
}

impl Bucket {
    fn at(self, now_ms: i64) -> Bucket {
        let passed = (now_ms - self.at_ms).max(0) as f64 / 1000.0;
        Bucket { left: (self.left + passed * PER_SECOND).min(BURST), at_ms: now_ms }
    }
}

impl Rates {
    /// Takes one request of this address. False if it has made too many.
    pub(super) fn take(&self, address: IpAddr, now_ms: i64) -> bool {
        let mut buckets = self.0.lock().expect("nothing panics while it is held");
        if buckets.len() >= ADDRESSES_MAX {
            buckets.retain(|_, bucket| bucket.at(now_ms).left < BURST);
            // Too many busy ones: starting anew is bounded too, as connections are.
            if buckets.len() >= ADDRESSES_MAX {
                buckets.clear();
            }
        }
        let fresh = Bucket { left: BURST, at_ms: now_ms };
        let bucket = buckets.entry(one_holder(address)).or_insert(fresh);
        *bucket = bucket.at(now_ms);
        let is_fine = bucket.left >= 1.0;
        if is_fine {
            bucket.left -= 1.0;
        }
        is_fine
    }
}

/// Whoever has one IPv6 address mostly has the 2^64 beside it.
fn one_holder(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(rates: &Rates, address: &str, now_ms: i64, times: usize) -> usize {
        (0..times).filter(|_| rates.take(address.parse().unwrap(), now_ms)).count()
    }

    #[test]
    fn a_burst_is_fine_and_a_flood_is_not() {
        let rates = Rates::default();
        assert_eq!(asked(&rates, "192.0.2.1", 0, 1000), 100);
        assert_eq!(asked(&rates, "192.0.2.2", 0, 1), 1);
        assert_eq!(asked(&rates, "192.0.2.1", 1000, 1000), 20);
        assert_eq!(asked(&rates, "192.0.2.1", 0, 10), 0, "a clock that is set back gives nothing");
    }

    #[test]
    fn neighbours_in_ipv6_are_one() {
        let rates = Rates::default();
        asked(&rates, "2001:db8::1", 0, 100);
        assert_eq!(asked(&rates, "2001:db8::2", 0, 1), 0);
        assert_eq!(asked(&rates, "2001:db8:0:1::2", 0, 1), 1);
    }

    #[test]
    fn memory_is_bounded() {
        let rates = Rates::default();
        for n in 0..20_000_u32 {
            rates.take(IpAddr::V4(n.into()), 0);
        }
        assert!(rates.0.lock().unwrap().len() <= ADDRESSES_MAX);
    }
}
