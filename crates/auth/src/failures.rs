//! Failed authentications by address: whoever fails often is told to slow down and causes no more work.
//!
//! An accepted token is never counted and never held up, so nobody can lock others out, not even from
//! behind the same proxy. Guessing needs no further defence: a token has 256 random bits.

use std::collections::HashMap;
use std::net::IpAddr;

use parking_lot::Mutex;

/// Failures of one address that go uncommented.
const BURST: i64 = 20;
/// One more is allowed after each of these, milliseconds.
const REFILL_MS: i64 = 3_000;
/// Addresses that are remembered.
const ADDRESSES_MAX: usize = 10_000;

/// What is remembered of an address: when its failures will be forgiven, Unix ms.
#[derive(Default)]
pub(crate) struct Failures(Mutex<HashMap<IpAddr, i64>>);

impl Failures {
    /// Whether the next failure of this address will be one too many.
    pub(crate) fn is_held(&self, from: IpAddr, now_ms: i64) -> bool {
        let forgiven = self.0.lock();
        forgiven.get(&network_of(from)).is_some_and(|at| wait_ms(*at, now_ms) > 0)
    }

    /// Counts a failure; if there were too many, how long to wait, milliseconds.
    pub(crate) fn count(&self, from: IpAddr, now_ms: i64) -> Result<(), i64> {
        let mut forgiven = self.0.lock();
        if forgiven.len() >= ADDRESSES_MAX {
            forgiven.retain(|_, at| *at > now_ms);
            if forgiven.len() >= ADDRESSES_MAX {
                // Under attack from everywhere at once, forgetting costs less than remembering.
                forgiven.clear();
            }
        }
        let at = forgiven.entry(network_of(from)).or_insert(now_ms);
        // A clock that was set back must not hold an address for long.
        *at = (*at).clamp(now_ms, now_ms + BURST * REFILL_MS);
        match wait_ms(*at, now_ms) {
            wait if wait > 0 => Err(wait),
            _ => {
                *at += REFILL_MS;
                Ok(())
            }
        }
    }
}

/// How long until one more failure is allowed to an address that is forgiven at `forgiven_ms`.
fn wait_ms(forgiven_ms: i64, now_ms: i64) -> i64 {
    forgiven_ms + REFILL_MS - BURST * REFILL_MS - now_ms
}

/// The holder of an IPv6 address usually has the whole /64.
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & (u128::MAX << 64)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_burst_is_allowed_and_then_one_at_a_time() {
        let failures = Failures::default();
        let from = ip("203.0.113.9");
        for _ in 0..BURST {
            assert_eq!(failures.count(from, 1_000), Ok(()));
        }
        assert!(failures.is_held(from, 1_000) && !failures.is_held(from, 1_000 + REFILL_MS));
        assert_eq!(failures.count(from, 1_000), Err(REFILL_MS));
        assert_eq!(failures.count(from, 1_000), Err(REFILL_MS), "asking while held costs nothing");
        assert_eq!(failures.count(from, 1_000 + REFILL_MS - 1), Err(1));
        assert_eq!(failures.count(from, 1_000 + REFILL_MS), Ok(()));
        assert_eq!(failures.count(from, 1_000 + REFILL_MS), Err(REFILL_MS));
        assert_eq!(failures.count(ip("203.0.113.10"), 1_000), Ok(()), "others are not held");
        assert_eq!(failures.count(from, 0), Err(REFILL_MS), "a clock that was set back");
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        let failures = Failures::default();
        for i in 0..BURST {
            assert_eq!(failures.count(ip(&format!("2001:db8::{i}")), 0), Ok(()));
        }
        assert!(failures.count(ip("2001:db8::ffff"), 0).is_err());
        assert_eq!(failures.count(ip("2001:db8:0:1::1"), 0), Ok(()));
        for _ in 0..BURST {
            failures.count(ip("::ffff:192.0.2.1"), 0).unwrap();
        }
        assert!(failures.count(ip("192.0.2.1"), 0).is_err(), "both forms of an IPv4 address");
    }

    #[test]
    fn memory_is_bounded() {
        let failures = Failures::default();
        for i in 0..3 * ADDRESSES_MAX as u32 {
            assert_eq!(failures.count(IpAddr::V4(i.into()), 0), Ok(()));
            assert!(failures.0.lock().len() <= ADDRESSES_MAX);
        }
    }
}
