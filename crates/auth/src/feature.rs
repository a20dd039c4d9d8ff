//! Features: what whoever looks through a viewer token may do beside reading the events that it shows.

use std::fmt;
use std::str::FromStr;

use crate::Operation;

/// Something that a viewer token can allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// Ask own queries and choose a range of time; counts, histograms and values of fields.
    Search,
    /// See events as they are stored, with metadata, the whole context and the proof.
    Raw,
    /// See new events as they come.
    Live,
    /// Take events away as an evidence pack. It shows them as they are stored.
    Export,
}

impl Feature {
    /// Every feature.
    pub const ALL: &[Self] = &[Self::Search, Self::Raw, Self::Live, Self::Export];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Raw => "raw",
            Self::Live => "live",
            Self::Export => "export",
        }
    }
}

/// The word is no feature of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown feature {0:?}")]
pub struct UnknownFeature(pub String);

impl FromStr for Feature {
    type Err = UnknownFeature;

    fn from_str(text: &str) -> Result<Self, UnknownFeature> {
        let known = Self::ALL.iter().find(|feature| feature.as_str() == text);
        known.copied().ok_or_else(|| UnknownFeature(text.to_owned()))
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of features.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FeatureSet(u8);

impl FeatureSet {
    /// Whether it is in the set.
    pub fn has(self, feature: Feature) -> bool {
        self.0 & 1 << feature as u8 != 0
    }

    /// What is in the set, in the order of the list.
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL.iter().copied().filter(move |feature| self.has(*feature))
    }

    /// The features of a stored token. A word that this version does not know, because a newer one wrote it, allows
    /// nothing.
    pub(crate) fn of_stored(words: &[String]) -> Self {
        words.iter().filter_map(|word| word.parse().ok()).collect()
    }
}

impl FromIterator<Feature> for FeatureSet {
    fn from_iter<I: IntoIterator<Item = Feature>>(features: I) -> Self {
        Self(features.into_iter().fold(0, |bits, feature| bits | 1 << feature as u8))
    }
}

/// What an operation is to a viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ForViewers {
    /// Every viewer token allows it.
    Always,
    /// Only one with the feature does.
    With(Feature),
    /// None does.
    Never,
}

impl Operation {
    /// The part of the authorization table that is about viewers. What is not named here they cannot do, so a new
    /// operation is closed to them until somebody has decided otherwise.
    pub(crate) fn for_viewers(self) -> ForViewers {
        match self {
            Self::GetViewer | Self::ReadEvents | Self::GetEvent => ForViewers::Always,
            Self::CountEvents | Self::HistogramEvents | Self::FacetEvents | Self::ExplainQuery => {
                ForViewers::With(Feature::Search)
            }
            Self::TailEvents => ForViewers::With(Feature::Live),
            // A proof holds the whole event. Where the log begins, and whether one head of it continues another, are
            // parts of checking it.
            Self::ProveEvent | Self::GetConsistency | Self::GetIntegrity => ForViewers::With(Feature::Raw),
            Self::ExportEvidence => ForViewers::With(Feature::Export),
            _ => ForViewers::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip_and_those_of_a_newer_version_allow_nothing() {
        for feature in Feature::ALL {
            assert_eq!(feature.to_string().parse(), Ok(*feature));
            let only = FeatureSet::from_iter([*feature]);
            assert_eq!(only.iter().collect::<Vec<_>>(), [*feature]);
        }
        let stored = ["raw", "admin", "Search"].map(String::from);
        assert_eq!(FeatureSet::of_stored(&stored), FeatureSet::from_iter([Feature::Raw]));
    }
}
