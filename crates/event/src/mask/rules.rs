//! The masking rules as an operator writes them in the configuration.

use serde::{Deserialize, Serialize};

/// What to mask. The default masks all that is known to be secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MaskRules {
    /// Off means that secrets are stored as they come.
    pub enabled: bool,
    /// Further names whose strings are secret, e.g. `["iban", "date_of_birth"]`. Case and separators do not matter;
    /// a name matches if it ends in these words.
    pub extra_keys: Vec<String>,
    /// Names that are not secret although they look so, e.g. `["idempotency_token"]`. They are compared as a whole,
    /// case and separators do not matter.
    pub exempt_keys: Vec<String>,
    /// What is masked wherever it occurs in a string.
    pub patterns: MaskPatterns,
}

/// Kinds of secrets that are recognised by their looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a configuration file")]
pub struct MaskPatterns {
    /// Payment card numbers: the issuer's prefix and length, and the Luhn check digit.
    pub cards: bool,
    /// JSON web tokens and what follows `Bearer` or `Basic`.
    pub bearer_tokens: bool,
    /// PEM blocks of private keys.
    pub private_keys: bool,
    /// Tokens with a published prefix: GitHub, GitLab, Slack, Stripe, npm, Google, SendGrid.
    pub vendor_tokens: bool,
}

impl Default for MaskRules {
    fn default() -> Self {
        MaskRules {
            enabled: true,
            extra_keys: Vec::new(),
            exempt_keys: Vec::new(),
            patterns: MaskPatterns::default(),
        }
    }
}

impl Default for MaskPatterns {
    fn default() -> Self {
        MaskPatterns { cards: true, bearer_tokens: true, private_keys: true, vendor_tokens: true }
    }
}
