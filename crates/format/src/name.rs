//! The formats by name: what a stream's configuration says, and what of a format is part of a batch's identity.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A format of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FormatName {
    /// The event as the API shows it, with its place in the log.
    #[serde(rename = "native")]
    Native,
    /// Open Cybersecurity Schema Framework 1.8.0.
    #[serde(rename = "ocsf_1_8")]
    Ocsf18,
    /// Open Cybersecurity Schema Framework 1.9.0.
    #[serde(rename = "ocsf_1_9")]
    Ocsf19,
    /// Elastic Common Schema 9.
    #[serde(rename = "ecs")]
    Ecs,
    /// Common Event Format, version 1.
    #[serde(rename = "cef")]
    Cef,
    /// Log Event Extended Format 2.0.
    #[serde(rename = "leef")]
    Leef,
    /// CloudEvents 1.0, structured JSON.
    #[serde(rename = "cloudevents")]
    CloudEvents,
    /// The event as WorkOS log streams send it.
    #[serde(rename = "workos")]
    Workos,
}

/// What one rendered event is. Both are UTF-8 without a line break inside and without one at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Media {
    /// One JSON object.
    Json,
    /// One line of text.
    Line,
}

impl FormatName {
    /// All formats.
    pub const ALL: [Self; 8] = [
        Self::Native,
        Self::Ocsf18,
        Self::Ocsf19,
        Self::Ecs,
        Self::Cef,
        Self::Leef,
        Self::CloudEvents,
        Self::Workos,
    ];

    /// The name in configurations and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Ocsf18 => "ocsf_1_8",
            Self::Ocsf19 => "ocsf_1_9",
            Self::Ecs => "ecs",
            Self::Cef => "cef",
            Self::Leef => "leef",
            Self::CloudEvents => "cloudevents",
            Self::Workos => "workos",
        }
    }

    /// What one event is in this format.
    pub const fn media(self) -> Media {
        match self {
            Self::Cef | Self::Leef => Media::Line,
            Self::Native | Self::Ocsf18 | Self::Ocsf19 | Self::Ecs | Self::CloudEvents | Self::Workos => {
                Media::Json
            }
        }
    }

    /// Names the bytes: part of a batch's identity. It changes whenever the same event would give other bytes, which
    /// the golden files notice.
    pub const fn version(self) -> &'static str {
        match self {
            Self::Native => "native/1",
            Self::Ocsf18 => "ocsf_1_8/1",
            Self::Ocsf19 => "ocsf_1_9/1",
            Self::Ecs => "ecs/1",
            Self::Cef => "cef/1",
            Self::Leef => "leef/1",
            Self::CloudEvents => "cloudevents/1",
            Self::Workos => "workos/1",
        }
    }
}

impl fmt::Display for FormatName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a format is one of native, ocsf_1_8, ocsf_1_9, ecs, cef, leef, cloudevents, workos")]
pub struct UnknownFormat;

impl FromStr for FormatName {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.as_str() == text).ok_or(UnknownFormat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_everywhere() {
        for format in FormatName::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
            assert_eq!(serde_json::to_string(&format).unwrap(), format!("\"{format}\""));
            assert_eq!(format.version().split_once('/').unwrap().0, format.as_str());
            assert!(UnknownFormat.to_string().contains(format.as_str()));
        }
        assert_eq!("OCSF".parse::<FormatName>(), Err(UnknownFormat));
    }
}
