//! Budgets for failed attempts, by address, and for sign-ins by account and address as well: guessing is slowed down,
//! and nobody can lock somebody else out, because failures elsewhere do not count here.
//!
//! Each node keeps its own budgets in memory: with n nodes behind a balancer a guesser has n times as many tries.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;

use parking_lot::Mutex;

/// Most entries that are remembered.
const ENTRIES_MAX: usize = 10_000;

/// A number of failures that go uncommented, and the time after which one more is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Failures at once.
    pub(crate) burst: i64,
    /// One more after each of these, milliseconds.
    pub(crate) refill_ms: i64,
}

/// What is spent of budgets, by key: when all will be forgiven, Unix ms.
pub(crate) struct Spent<K> {
    budget: Budget,
    forgiven: Mutex<HashMap<K, i64>>,
}

impl<K: Eq + Hash> Spent<K> {
    pub(crate) fn new(budget: Budget) -> Self {
        Self { budget, forgiven: Mutex::new(HashMap::new()) }
    }

    /// Counts an attempt before it is known how it ends, so that many at once do not get around the budget; give it
    /// back if it was no failure. The answer is whether it spent the budget, or how long to wait, milliseconds. Asking
    /// while there is nothing left costs nothing.
    pub(crate) fn take(&self, key: K, now_ms: i64) -> Result<bool, i64> {
        let mut forgiven = self.forgiven.lock();
        make_room(&mut forgiven, now_ms);
        let at = forgiven.entry(key).or_insert(now_ms);
        // A clock that was set back must not hold anybody for long.
        *at = (*at).clamp(now_ms, now_ms + self.whole_ms());
        match self.wait_of(*at, now_ms) {
            wait if wait > 0 => Err(wait),
            _ => {
                *at += self.budget.refill_ms;
                Ok(self.wait_of(*at, now_ms) > 0)
            }
        }
    }

    /// Undoes a [`Self::take`] or a [`Self::count`].
    pub(crate) fn give_back(&self, key: &K) {
        if let Some(at) = self.forgiven.lock().get_mut(key) {
            *at -= self.budget.refill_ms;
        }
    }

    /// How long until this key may fail once more, milliseconds; 0: now.
    pub(crate) fn wait_ms(&self, key: &K, now_ms: i64) -> i64 {
        let forgiven = self.forgiven.lock();
        forgiven.get(key).map_or(0, |at| self.wait_of(*at, now_ms).clamp(0, self.whole_ms()))
    }

    /// Counts an attempt that goes on even if nothing is left. True if the budget is spent by it.
    pub(crate) fn count(&self, key: K, now_ms: i64) -> bool {
        let mut forgiven = self.forgiven.lock();
        make_room(&mut forgiven, now_ms);
        let at = forgiven.entry(key).or_insert(now_ms);
        // A clock that was set back must not hold anybody for long.
        *at = (*at).clamp(now_ms, now_ms + self.whole_ms()) + self.budget.refill_ms;
        self.wait_of(*at, now_ms) > 0
    }

    /// Forgives everything.
    pub(crate) fn forgive(&self, key: &K) {
        self.forgiven.lock().remove(key);
    }

    fn whole_ms(&self) -> i64 {
        self.budget.burst * self.budget.refill_ms
    }

    fn wait_of(&self, forgiven_ms: i64, now_ms: i64) -> i64 {
        forgiven_ms + self.budget.refill_ms - self.whole_ms() - now_ms
    }
}

/// The holder of an IPv6 address usually has the whole /64.
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & (u128::MAX << 64)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn make_room<K: Eq + Hash>(forgiven: &mut HashMap<K, i64>, now_ms: i64) {
    if forgiven.len() >= ENTRIES_MAX {
        forgiven.retain(|_, at| *at > now_ms);
        if forgiven.len() >= ENTRIES_MAX {
            // Under attack from everywhere at once, forgetting costs less than remembering.
            forgiven.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget { burst: 5, refill_ms: 1_000 };

    #[test]
    fn a_burst_is_allowed_and_then_one_at_a_time() {
        let spent = Spent::new(BUDGET);
        for number in 1..=5 {
            assert_eq!(spent.wait_ms(&"a", 10_000), 0);
            assert_eq!(spent.count("a", 10_000), number == 5);
        }
        assert_eq!((spent.wait_ms(&"a", 10_000), spent.wait_ms(&"b", 10_000)), (1_000, 0));
        assert_eq!((spent.wait_ms(&"a", 10_999), spent.wait_ms(&"a", 11_000)), (1, 0));
        assert!(spent.count("a", 11_000));
        assert_eq!(spent.wait_ms(&"a", 0), 5_000, "a clock that was set back");
        spent.forgive(&"a");
        assert_eq!(spent.wait_ms(&"a", 11_000), 0);
    }

    #[test]
    fn what_is_taken_counts_until_it_is_given_back() {
        let spent = Spent::new(BUDGET);
        let taken: Vec<_> = (0..8).map(|_| spent.take("a", 10_000)).collect();
        assert_eq!(taken[..5], [Ok(false), Ok(false), Ok(false), Ok(false), Ok(true)]);
        assert_eq!(taken[5..], [Err(1_000); 3]);
        spent.give_back(&"a");
        assert_eq!((spent.take("a", 10_000), spent.take("a", 10_000)), (Ok(true), Err(1_000)));
        assert_eq!((spent.take("a", 11_000), spent.take("a", 11_000)), (Ok(true), Err(1_000)));
        assert_eq!(spent.take("a", 0), Err(1_000), "a clock that was set back");
        spent.give_back(&"unknown");
    }

    #[test]
    fn memory_is_bounded() {
        let spent = Spent::new(BUDGET);
        for key in 0..3 * ENTRIES_MAX {
            spent.count(key, 0);
            assert!(spent.forgiven.lock().len() <= ENTRIES_MAX);
        }
    }

    /// Of tokens that are not accepted.
    const KEYS: Budget = Budget { burst: 20, refill_ms: 3_000 };

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn take(spent: &Spent<IpAddr>, from: IpAddr, now_ms: i64) -> Result<(), i64> {
        spent.take(network_of(from), now_ms).map(drop)
    }

    #[test]
    fn who_is_held_takes_nothing() {
        let failures = Spent::new(KEYS);
        let from = ip("203.0.113.9");
        for _ in 0..KEYS.burst {
            assert_eq!(take(&failures, from, 1_000), Ok(()));
        }
        assert_eq!(
            (failures.wait_ms(&from, 1_000), failures.wait_ms(&from, 1_000 + KEYS.refill_ms)),
            (KEYS.refill_ms, 0)
        );
        assert_eq!(take(&failures, from, 1_000), Err(KEYS.refill_ms));
        assert_eq!(take(&failures, from, 1_000), Err(KEYS.refill_ms), "asking while held costs nothing");
        assert_eq!(take(&failures, from, 1_000 + KEYS.refill_ms - 1), Err(1));
        assert_eq!(take(&failures, from, 1_000 + KEYS.refill_ms), Ok(()));
        assert_eq!(take(&failures, from, 1_000 + KEYS.refill_ms), Err(KEYS.refill_ms));
        assert_eq!(take(&failures, ip("203.0.113.10"), 1_000), Ok(()), "others are not held");
        assert_eq!(take(&failures, from, 0), Err(KEYS.refill_ms), "a clock that was set back");
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        let failures = Spent::new(KEYS);
        for i in 0..KEYS.burst {
            assert_eq!(take(&failures, ip(&format!("2001:db8::{i}")), 0), Ok(()));
        }
        assert!(take(&failures, ip("2001:db8::ffff"), 0).is_err());
        assert_eq!(take(&failures, ip("2001:db8:0:1::1"), 0), Ok(()));
        for _ in 0..KEYS.burst {
            take(&failures, ip("::ffff:192.0.2.1"), 0).unwrap();
        }
        assert!(take(&failures, ip("192.0.2.1"), 0).is_err(), "both forms of an IPv4 address");
    }
}
