//! Time and randomness come in as parameters, so that tests decide both. The real ones live in the binary.

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;
}

/// Where random bytes come from. Implementations must be cryptographically secure: salts depend on it.
pub trait Random: Send + Sync {
    /// Fills `out` with random bytes.
    fn fill(&self, out: &mut [u8]);
}
