//! Texts that nobody else has or guesses: where answers go, and what a login begins with.

/// 32 hexadecimal digits, from the same source as the secrets of TLS: what is made of them is forgotten with the
/// connection, and no event depends on it.
pub(crate) fn unique() -> String {
    let mut bytes = [0; 16];
    let source = rustls::crypto::ring::default_provider().secure_random;
    source.fill(&mut bytes).expect("the system has random bytes, or there is no TLS either");
    hex::encode(bytes)
}
