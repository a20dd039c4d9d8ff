//! What somebody may who looks at a log through a viewer token: read a part of one organization's events.

use tallystick_event::OrgId;

use super::{Denied, Reach};
use crate::feature::ForViewers;
use crate::{Feature, FeatureSet, Operation};

/// Somebody who looks through a viewer token.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// Whose log they see.
    pub org: OrgId,
    /// Who they are, as the product that shows the log knows them.
    pub actor: String,
    /// Query that every event they see matches; none: all.
    pub filter: Option<String>,
    /// What they may beside reading.
    pub features: FeatureSet,
    /// Origins of the pages that may ask with the token.
    pub origins: Vec<String>,
    /// Whether what they look at is recorded.
    pub record_views: bool,
}

impl Viewer {
    /// Whether the token has the feature, which a part of the operation needs.
    pub fn require(&self, operation: Operation, feature: Feature) -> Result<(), Denied> {
        if self.features.has(feature) {
            return Ok(());
        }
        Err(Denied::FeatureOff { operation: operation.rule().name, feature })
    }

    pub(super) fn authorize(&self, operation: Operation, asked: Option<&OrgId>) -> Result<Reach, Denied> {
        match operation.for_viewers() {
            ForViewers::Never => return Err(Denied::NotForViewers { operation: operation.rule().name }),
            ForViewers::With(feature) => self.require(operation, feature)?,
            ForViewers::Always => {}
        }
        match asked {
            Some(asked) if *asked != self.org => {
                Err(Denied::WrongOrg { bound: self.org.clone(), asked: asked.clone() })
            }
            _ => Ok(Reach::Org(self.org.clone())),
        }
    }
}
