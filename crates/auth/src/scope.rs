//! Scopes: what a key may do, in words.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! scopes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+) => {
        /// One permission of a key.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Scope {$(
            $(#[doc = $doc])+
            #[serde(rename = $text)]
            $name,
        )+}

        impl Scope {
            /// Every scope.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// As it is written.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

scopes! {
    /// Write events.
    EventsWrite = "events:write",
    /// Read, search, count and tail events.
    EventsRead = "events:read",
    /// Read organizations.
    OrgsRead = "orgs:read",
    /// Make and change organizations.
    OrgsWrite = "orgs:write",
    /// List API keys.
    KeysRead = "keys:read",
    /// Make and revoke API keys, with no scope that the maker lacks.
    KeysWrite = "keys:write",
    /// List members and roles.
    MembersRead = "members:read",
    /// Invite, change and remove members, make and change roles, with nothing that the key lacks.
    MembersWrite = "members:write",
    /// Read checkpoints, tiles and the state of proofs; no content of events.
    IntegrityRead = "integrity:read",
    /// Make, list and revoke viewer tokens, with nothing that the key may not.
    ViewersWrite = "viewers:write",
    /// Make, change, test and delete streams, which send events to other systems.
    StreamsWrite = "streams:write",
    /// Read the metrics of the installation.
    MetricsRead = "metrics:read",
    /// Everything that is possible within the key's organization, or everywhere.
    Admin = "admin",
}

/// The word is no scope of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope {0:?}")]
pub struct UnknownScope(pub String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let known = Self::ALL.iter().find(|scope| scope.as_str() == text);
        known.copied().ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of scopes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScopeSet(u16);

// One bit each.
const _: () = assert!(Scope::ALL.len() <= 16);

impl ScopeSet {
    /// Whether the set has the scope, itself or through [`Scope::Admin`].
    pub fn allows(self, scope: Scope) -> bool {
        self.0 & (bit(scope) | bit(Scope::Admin)) != 0
    }

    /// The scopes of a stored key. A word that this version does not know, because a newer one wrote it,
    /// permits nothing.
    pub(crate) fn of_stored(words: &[String]) -> Self {
        words.iter().filter_map(|word| word.parse().ok()).collect()
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | bit(scope)))
    }
}

fn bit(scope: Scope) -> u16 {
    1 << scope as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip() {
        for scope in Scope::ALL {
            assert_eq!(scope.to_string().parse(), Ok(*scope));
        }
        assert!("events".parse::<Scope>().is_err() && "Admin".parse::<Scope>().is_err());
    }

    #[test]
    fn only_admin_implies_others() {
        for held in Scope::ALL {
            let set = ScopeSet::from_iter([*held]);
            for asked in Scope::ALL {
                assert_eq!(set.allows(*asked), held == asked || *held == Scope::Admin, "{held} {asked}");
            }
        }
        assert!(Scope::ALL.iter().all(|scope| !ScopeSet::default().allows(*scope)));
    }

    #[test]
    fn words_of_a_newer_version_permit_nothing() {
        let stored = ["exports:write", "superadmin", "events:read"].map(String::from);
        assert_eq!(ScopeSet::of_stored(&stored), ScopeSet::from_iter([Scope::EventsRead]));
    }
}
