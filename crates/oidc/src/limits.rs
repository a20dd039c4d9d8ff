//! Every limit of a conversation with a provider, with its unit, in one place.

/// Longest discovery document, set of keys or answer with tokens, bytes. Large ones have some tens of KiB.
pub const ANSWER_BYTES_MAX: usize = 512 << 10;

/// Time after which a discovery document and keys are fetched again, ms: an hour.
pub const DOCUMENT_AGE_MS_MAX: i64 = 3_600_000;

/// Time between two looks for keys that a provider is said to have made since the last, ms. Tokens with made-up keys
/// must not make this service ask the provider each time.
pub const KEYS_PAUSE_MS: i64 = 60_000;

/// Providers that are remembered; beyond that all are forgotten and asked again.
pub const PROVIDERS_MAX: usize = 1_000;

/// How far a provider's clock may be from ours, seconds.
pub const CLOCK_SKEW_S: i64 = 60;

/// Age of a token at most when it arrives, seconds: it was made for this sign-in, which takes ten minutes at most.
pub const TOKEN_AGE_S_MAX: i64 = 900;

/// Longest authorization code, state or token that is looked at, bytes.
pub const TOKEN_BYTES_MAX: usize = 64 << 10;

/// Groups of one person that are looked at.
pub const GROUPS_MAX: usize = 2_000;
