//! Which member names hold secrets.

use std::collections::HashSet;

/// Names that are secret whatever stands before them, even without a word boundary (`dbpassword`).
const STRONG: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "privatekey",
    "clientsecret",
    "secretkey",
    "secretaccesskey",
    "authorization",
    "accesstoken",
    "refreshtoken",
    "sessiontoken",
];

/// Names that are secret as the last words of a name (`session_token`, not `broken`). Without separators, folded.
const AT_WORD: &[&str] = &[
    "accesskey",
    "apikey",
    "apikeys",
    "authheader",
    "authkey",
    "authtoken",
    "bearer",
    "connectionstring",
    "cookie",
    "cookies",
    "credential",
    "credentials",
    "cvc",
    "cvv",
    "encryptionkey",
    "jwt",
    "masterkey",
    "otp",
    "passcode",
    "passwords",
    "pwd",
    "recoverycodes",
    "secret",
    "secrets",
    "sessioncookie",
    "signingkey",
    "sshkey",
    "token",
    "tokens",
];

/// Words that may follow: `password_hash` is as secret as `password`, `token_count` is not.
const SUFFIXES: &[&str] = &[
    "base64",
    "confirm",
    "confirmation",
    "current",
    "encrypted",
    "hash",
    "header",
    "new",
    "old",
    "plain",
    "plaintext",
    "previous",
    "raw",
    "string",
    "text",
    "value",
];

/// Names that end like a secret and are cursors or idempotency keys.
const EXEMPT: &[&str] = &[
    "clientrequesttoken",
    "clienttoken",
    "continuationtoken",
    "idempotencytoken",
    "nextpagetoken",
    "nexttoken",
    "pagetoken",
    "paginationtoken",
    "synctoken",
];

/// Last words of members that describe a secret rather than being it.
const DESCRIPTIVE: &[&str] = &[
    "algorithm",
    "arn",
    "at",
    "count",
    "date",
    "expiration",
    "expires",
    "expiry",
    "fingerprint",
    "id",
    "ids",
    "kind",
    "length",
    "method",
    "name",
    "provider",
    "scope",
    "scopes",
    "source",
    "status",
    "time",
    "type",
    "uri",
    "url",
    "version",
];

/// Longer names are judged by their end.
const NAME_BYTES_MAX: usize = 96;
/// How many bytes of a name's end the filter looks at.
const TAIL_BYTES: usize = 3;

/// Compiled rules for names.
#[derive(Debug)]
pub(super) struct KeyRules {
    at_word: HashSet<String>,
    /// Lengths that occur in `at_word`.
    lengths: Vec<usize>,
    exempt: HashSet<String>,
    /// A bit for each hash of the last bytes of every secret name and suffix. Nearly all names end otherwise and
    /// are done with after one look here.
    tails: [u64; 16],
}

impl KeyRules {
    pub(super) fn new(extra: &[String], exempt: &[String]) -> KeyRules {
        let compact = |name: &String| Split::new(name).compact().to_owned();
        let mut at_word: HashSet<String> = AT_WORD.iter().map(|s| (*s).to_owned()).collect();
        at_word.extend(extra.iter().map(compact).filter(|name| !name.is_empty()));
        let mut lengths: Vec<usize> = at_word.iter().map(String::len).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let mut exempt: HashSet<String> = exempt.iter().map(compact).collect();
        exempt.extend(EXEMPT.iter().map(|s| (*s).to_owned()));
        let mut rules = KeyRules { at_word, lengths, exempt, tails: [0; 16] };
        let mut tails = [0u64; 16];
        let ends = STRONG.iter().chain(SUFFIXES).copied().chain(rules.at_word.iter().map(String::as_str));
        for end in ends {
            let (slot, bit) = tail_bit(end.as_bytes());
            tails[slot] |= bit;
        }
        rules.tails = tails;
        rules
    }

    pub(super) fn is_secret(&self, name: &str) -> bool {
        let bytes = name.as_bytes();
        let Some(&last) = bytes.last() else { return false };
        // A name that ends in a digit, a separator or beyond ASCII is rare enough for the whole check.
        if last.is_ascii_alphabetic() {
            let (slot, bit) = tail_bit(bytes);
            if self.tails[slot] & bit == 0 {
                return false;
            }
        }
        self.is_secret_exactly(name)
    }

    fn is_secret_exactly(&self, name: &str) -> bool {
        let split = Split::new(name);
        let whole = split.compact();
        if self.exempt.contains(whole) {
            return false;
        }
        let mut words = split.words;
        loop {
            let compact = &whole[..split.end_of(words)];
            if self.ends_secret(compact, &split, words) {
                return true;
            }
            let Some(last) = words.checked_sub(1) else { return false };
            let word = &compact[split.starts[last]..];
            if last == 0 || !(SUFFIXES.contains(&word) || word.bytes().all(|b| b.is_ascii_digit())) {
                return false;
            }
            words = last;
        }
    }

    fn ends_secret(&self, compact: &str, split: &Split, words: usize) -> bool {
        if STRONG.iter().any(|s| compact.ends_with(s)) {
            return true;
        }
        self.lengths.iter().any(|len| {
            let Some(start) = compact.len().checked_sub(*len) else { return false };
            split.starts[..words].contains(&start) && self.at_word.contains(&compact[start..])
        })
    }
}

/// Whether a member only describes the secret that it stands in.
pub(super) fn is_descriptive(name: &str) -> bool {
    let split = Split::new(name);
    let Some(last) = split.words.checked_sub(1) else { return false };
    DESCRIPTIVE.contains(&&split.compact()[split.starts[last]..])
}

/// Strings under a secret name that give nothing away.
pub(super) fn is_harmless(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "",
        super::MASKED,
        "[redacted]",
        "<redacted>",
        "redacted",
        "[filtered]",
        "<hidden>",
        "hidden_due_to_security_reasons",
        "none",
        "null",
        "true",
        "false",
        "yes",
        "no",
    ];
    let is_blotted = text.len() >= 3 && text.bytes().all(|b| matches!(b, b'*' | b'x' | b'X' | b'.'));
    is_blotted || WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The slot and bit for the end of a name. Bytes are folded by setting a bit, which is exact for letters and harmless
/// for the rest.
fn tail_bit(bytes: &[u8]) -> (usize, u64) {
    let start = bytes.len().saturating_sub(TAIL_BYTES);
    let tail = bytes[start..].iter().fold(0u32, |tail, b| tail << 8 | u32::from(b | 0x20));
    let hash = tail.wrapping_mul(0x9e37_79b1) >> 22;
    ((hash >> 6) as usize, 1 << (hash & 63))
}

/// A name in folded ASCII without separators, and where its words start. Words end at separators, between a small
/// and a capital letter, and before the last capital of several (`APIKey` is `api key`).
struct Split {
    bytes: [u8; NAME_BYTES_MAX],
    len: usize,
    starts: [usize; NAME_BYTES_MAX],
    words: usize,
}

impl Split {
    fn new(name: &str) -> Split {
        let all = name.as_bytes();
        let name = &all[all.len().saturating_sub(NAME_BYTES_MAX)..];
        let mut split = Split { bytes: [0; NAME_BYTES_MAX], len: 0, starts: [0; NAME_BYTES_MAX], words: 0 };
        let mut boundary = true;
        for (i, &byte) in name.iter().enumerate() {
            if !byte.is_ascii_alphanumeric() {
                boundary = true;
                continue;
            }
            let before = i.checked_sub(1).map_or(0, |p| name[p]);
            let after = name.get(i + 1).copied().unwrap_or(0);
            let hump = byte.is_ascii_uppercase()
                && (before.is_ascii_lowercase() || before.is_ascii_digit() || after.is_ascii_lowercase());
            let number = byte.is_ascii_digit() && !before.is_ascii_digit();
            if boundary || hump || number {
                split.starts[split.words] = split.len;
                split.words += 1;
            }
            boundary = false;
            split.bytes[split.len] = byte.to_ascii_lowercase();
            split.len += 1;
        }
        split
    }

    fn compact(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).expect("only ASCII is kept")
    }

    /// Length of the first `words` words.
    fn end_of(&self, words: usize) -> usize {
        if words < self.words { self.starts[words] } else { self.len }
    }
}
