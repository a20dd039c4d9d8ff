//! Passwords: which are good enough, and argon2id over them.
//!
//! Hashing costs memory and a core for a while on purpose, so no more than a few run at once, and those that would wait
//! for long are told to come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tallystick_event::Random;
use tokio::sync::Semaphore;

use crate::Secret;

/// Fewest characters of a password.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// Most bytes of a password.
pub const PASSWORD_BYTES_MAX: usize = 1_024;
/// Fewest different characters of a password.
const DIFFERENT_CHARS_MIN: usize = 5;
/// Hashes at the same time.
const HASHING_MAX: usize = 2;
/// Hashes that run and wait before more are refused.
const WAITING_MAX: usize = 32;
const SALT_BYTES: usize = 16;

/// What a hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for PasswordCost {
    /// What OWASP recommends for argon2id: 19 MiB, two passes.
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2 }
    }
}

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too few characters.
    #[error("it has fewer than {PASSWORD_CHARS_MIN} characters")]
    TooShort,
    /// Too many bytes.
    #[error("it is longer than {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
    /// One that many people choose, or that is made of next to nothing.
    #[error("it is one of the first that somebody would try")]
    Common,
    /// Made of the person's own name or address.
    #[error("it is made of your name or e-mail address")]
    Personal,
}

/// There are too many sign-ins at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy;

/// Makes and checks hashes.
pub(crate) struct Hasher {
    argon2: Argon2<'static>,
    /// What is checked for accounts that do not exist, so that they take as long as those that do.
    dummy: String,
    running: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    begun: AtomicU64,
}

impl Hasher {
    pub(crate) fn new(cost: PasswordCost, random: &dyn Random) -> Self {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None).expect("within argon2's bounds");
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let dummy = hash_with(&argon2, "nobody has this password", random);
        Self {
            argon2,
            dummy,
            running: Arc::new(Semaphore::new(HASHING_MAX)),
            waiting: Arc::default(),
            begun: AtomicU64::new(0),
        }
    }

    /// The PHC string of a password.
    pub(crate) async fn hash(&self, password: &Secret, random: &dyn Random) -> Result<String, Busy> {
        let mut salt = [0; SALT_BYTES];
        random.fill(&mut salt);
        let (argon2, password) = (self.argon2.clone(), password.clone());
        self.in_turn(move || salted(&argon2, password.expose(), &salt)).await
    }

    /// Whether the password is that of the hash. Without a hash the answer is no, after as long a time.
    pub(crate) async fn verify(&self, password: &Secret, hash: Option<&str>) -> Result<bool, Busy> {
        let (argon2, password) = (self.argon2.clone(), password.clone());
        let (hash, exists) = (hash.unwrap_or(&self.dummy).to_owned(), hash.is_some());
        self.in_turn(move || {
            let parsed = PasswordHash::new(&hash);
            let fits =
                parsed.is_ok_and(|hash| argon2.verify_password(password.expose().as_bytes(), &hash).is_ok());
            fits & exists
        })
        .await
    }

    /// Hashes that were begun since the start.
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Place and turn go with the work: a thread cannot be stopped when its request is dropped.
    async fn in_turn<T: Send + 'static>(&self, f: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let place = Place::join(&self.waiting)?;
        let turn = Arc::clone(&self.running).acquire_owned().await.map_err(|_| Busy)?;
        self.begun.fetch_add(1, Ordering::Relaxed);
        let work = move || {
            let _held = (place, turn);
            f()
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| Busy)
    }
}

/// A place among those that wait or run, left also when the request is dropped before its turn.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn join(waiting: &Arc<AtomicUsize>) -> Result<Self, Busy> {
        let place = Self(Arc::clone(waiting));
        if waiting.fetch_add(1, Ordering::AcqRel) >= WAITING_MAX {
            return Err(Busy);
        }
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn hash_with(argon2: &Argon2<'_>, password: &str, random: &dyn Random) -> String {
    let mut salt = [0; SALT_BYTES];
    random.fill(&mut salt);
    salted(argon2, password, &salt)
}

fn salted(argon2: &Argon2<'_>, password: &str, salt: &[u8]) -> String {
    let hash: PasswordHash =
        argon2.hash_password_with_salt(password.as_bytes(), salt).expect("a salt of 16 bytes");
    hash.to_string()
}

/// Says whether somebody with this name and address may have the password. Length counts, not kinds of characters.
pub fn check_password(password: &Secret, name: &str, email: &str) -> Result<(), WeakPassword> {
    let text = password.expose();
    if text.len() > PASSWORD_BYTES_MAX {
        return Err(WeakPassword::TooLong);
    }
    if text.chars().count() < PASSWORD_CHARS_MIN {
        return Err(WeakPassword::TooShort);
    }
    let bare: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let mut different: Vec<char> = text.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < DIFFERENT_CHARS_MIN || is_common(&bare) || is_run(&bare) {
        return Err(WeakPassword::Common);
    }
    let own = [name, email, email.split('@').next().unwrap_or_default()];
    if own.iter().any(|own| is_padded(&bare, own)) {
        return Err(WeakPassword::Personal);
    }
    Ok(())
}

/// Whether it is one of the list, once or over and over, with digits before or after.
fn is_common(bare: &str) -> bool {
    let core = bare.trim_matches(|c: char| c.is_ascii_digit());
    let mut words = include_str!("common_passwords.txt").lines();
    words.any(|word| {
        let mut rest = if word.chars().any(|c| c.is_ascii_digit()) { bare } else { core };
        let mut times = 0;
        while let Some(after) = rest.strip_prefix(word) {
            (rest, times) = (after, times + 1);
        }
        times > 0 && rest.is_empty()
    })
}

/// Whether each character follows the one before in the alphabet, the digits or on a keyboard, in either direction.
fn is_run(bare: &str) -> bool {
    const ROWS: [&str; 5] =
        ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
    let characters: Vec<char> = bare.chars().collect();
    let follows = |a: char, b: char| {
        ROWS.iter().any(|row| {
            let place = |c: char| row.find(c);
            matches!((place(a), place(b)), (Some(a), Some(b)) if a.abs_diff(b) == 1)
        })
    };
    let breaks = characters.windows(2).filter(|pair| !follows(pair[0], pair[1])).count();
    // Two rows one after the other are still a run; signs alone are none, whatever they are.
    characters.len() > 1 && breaks <= characters.len() / 6
}

/// Whether it is `own` with at most three characters more.
fn is_padded(bare: &str, own: &str) -> bool {
    let own: String = own.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    own.chars().count() >= 4 && bare.contains(&own) && bare.chars().count() - own.chars().count() <= 3
}

#[cfg(test)]
mod tests {
    use tallystick_testkit::SeededRandom;

    use super::*;

    #[tokio::test]
    async fn a_hash_fits_its_password_only() {
        let random = SeededRandom::new(3);
        let hasher = Hasher::new(PasswordCost { memory_kib: 64, passes: 1 }, &random);
        let (good, bad) = (Secret::from("correct horse battery"), Secret::from("correct horse batterz"));
        let hash = hasher.hash(&good, &random).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        assert_eq!(hasher.verify(&good, Some(&hash)).await, Ok(true));
        assert_eq!(hasher.verify(&bad, Some(&hash)).await, Ok(false));
        assert_eq!(hasher.verify(&good, None).await, Ok(false));
        assert_eq!(hasher.verify(&Secret::from("nobody has this password"), None).await, Ok(false));
        assert_eq!(hasher.verify(&good, Some("$scrypt$x")).await, Ok(false));
        assert_ne!(hash, hasher.hash(&good, &random).await.unwrap(), "another salt");
        assert_eq!(hasher.waiting.load(Ordering::Acquire), 0);
    }

    #[tokio::test]
    async fn dropped_requests_do_not_get_around_the_limit() {
        let hasher = Hasher::new(PasswordCost { memory_kib: 64, passes: 1 }, &SeededRandom::new(3));
        let mut working = Vec::new();
        for number in 1..=HASHING_MAX {
            let (finish, finished) = std::sync::mpsc::channel::<()>();
            let mut work = std::pin::pin!(hasher.in_turn(move || finished.recv()));
            let waker = &mut std::task::Context::from_waker(std::task::Waker::noop());
            assert!(work.as_mut().poll(waker).is_pending(), "polled once and dropped");
            working.push(finish);
            assert_eq!(hasher.waiting.load(Ordering::Acquire), number);
        }
        assert_eq!(hasher.running.available_permits(), 0);
        assert_eq!(hasher.waiting.load(Ordering::Acquire), HASHING_MAX);
        drop(working);
        let _all = hasher.running.acquire_many(HASHING_MAX as u32).await.unwrap();
    }

    #[test]
    fn what_anybody_would_try_is_refused() {
        let check = |text: &str| check_password(&Secret::from(text), "Ana Ruiz", "ana.ruiz@acme.example");
        for (text, why) in [
            ("short", WeakPassword::TooShort),
            ("éééééé", WeakPassword::TooShort),
            ("aaaaaaaaaaaaaaaa", WeakPassword::Common),
            ("abababababab", WeakPassword::Common),
            ("Password1234!", WeakPassword::Common),
            ("passwordpassword", WeakPassword::Common),
            ("letmeinletmein", WeakPassword::Common),
            ("qwertyuiopas", WeakPassword::Common),
            ("abcdefghijklm", WeakPassword::Common),
            ("123456789012", WeakPassword::Common),
            ("ana.ruiz@acme.example", WeakPassword::Personal),
            ("Ana Ruiz  99 .", WeakPassword::TooShort),
        ] {
            let found = check(text).unwrap_err();
            assert!(found == why || text.starts_with("Ana"), "{text}: {found}");
        }
        assert_eq!(check(&"x y z 1 2".repeat(200)), Err(WeakPassword::TooLong));
        for good in [
            "+-*/ <>[]{} ;:_",
            "x+-*/ <>[]{} ;:",
            "correct horse battery",
            "three tall ticks",
            "вчера было тепло",
            "J7#kd02-Lqpw",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }
}
