//! Everything the engine needs when it starts, as of one moment.

use std::collections::HashSet;

use crate::catalog::counter;
use crate::{
    Catalog, CatalogError, ClosedLog, LogHead, Organization, SegmentRow, closed, heads, organizations,
    segments,
};

/// The state from which the engine replays the commit log.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// All organizations, by id.
    pub organizations: Vec<Organization>,
    /// Heads of the logs that have sealed events, by organization.
    pub heads: Vec<LogHead>,
    /// Logs that organizations had before their present one.
    pub closed_logs: Vec<ClosedLog>,
    /// Live segments in order of position; they cover `0..sealed_position`.
    pub segments: Vec<SegmentRow>,
    /// Replay starts here.
    pub sealed_position: u64,
}

impl Catalog {
    /// Reads one consistent state and checks it: live segments without gap or overlap up to the sealed
    /// position, heads of known organizations only, at least as many events in the logs as in the segments.
    pub async fn load(&self) -> Result<Loaded, CatalogError> {
        let mut tx = self.db.snapshot().await?;
        let sealed_position = counter(&mut tx, segments::SEALED_POSITION).await?;
        let loaded = Loaded {
            organizations: organizations::all(&mut tx).await?,
            heads: heads::all(&mut tx).await?,
            closed_logs: closed::all(&mut tx).await?,
            segments: segments::live(&mut tx, sealed_position).await?,
            sealed_position,
        };
        tx.commit().await?;
        loaded.check()?;
        Ok(loaded)
    }
}

impl Loaded {
    fn check(&self) -> Result<(), CatalogError> {
        let known: HashSet<&str> = self.organizations.iter().map(|org| org.id.as_str()).collect();
        if let Some(head) = self.heads.iter().find(|head| !known.contains(head.org.as_str())) {
            let what = format!("{} has a head but is no organization", head.org);
            return Err(CatalogError::inconsistent(heads::TABLE, what));
        }
        let in_closed_logs = self.organizations.iter().map(|org| org.log_base).sum::<u64>();
        let in_logs = in_closed_logs + self.heads.iter().map(|head| head.size).sum::<u64>();
        let in_segments = self.segments.iter().map(|segment| segment.rows).sum::<u64>();
        // Removing expired events makes segments smaller, never logs.
        if in_logs < in_segments || in_logs > self.sealed_position {
            let what = format!(
                "{in_logs} events in logs, {in_segments} in segments, {} sealed positions",
                self.sealed_position
            );
            return Err(CatalogError::inconsistent(heads::TABLE, what));
        }
        Ok(())
    }
}
