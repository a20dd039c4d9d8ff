//! The authorization table: every operation that the service offers, once.

use crate::Scope;

/// What a key that is bound to an organization may do with an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Carry it out, confined to its organization.
    Own,
    /// Nothing: the operation concerns the whole installation, or which organizations there are.
    Never,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Stable name, for logs and the matrix.
    pub name: &'static str,
    /// The scope it takes; none: any accepted key will do.
    pub scope: Option<Scope>,
    /// Whether a bound key may.
    pub bound: Bound,
}

macro_rules! operations {
    ($($(#[doc = $doc:literal])+ $op:ident, $name:literal, $scope:expr, $bound:expr;)+) => {
        /// Something a caller can ask for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation {$(
            $(#[doc = $doc])+
            $op,
        )+}

        impl Operation {
            /// Every operation, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$op),+];

            /// Its row in the table.
            pub fn rule(self) -> Rule {
                match self {
                    $(Self::$op => Rule { name: $name, scope: $scope, bound: $bound },)+
                }
            }
        }
    };
}

operations! {
    /// `POST /v1/events`.
    WriteEvents, "events.write", Some(Scope::EventsWrite), Bound::Own;
    /// `GET /v1/events`.
    ReadEvents, "events.read", Some(Scope::EventsRead), Bound::Own;
    /// `GET /v1/events/{id}`.
    GetEvent, "events.get", Some(Scope::EventsRead), Bound::Own;
    /// `GET /v1/count`.
    CountEvents, "events.count", Some(Scope::EventsRead), Bound::Own;
    /// `GET /v1/histogram`.
    HistogramEvents, "events.histogram", Some(Scope::EventsRead), Bound::Own;
    /// `GET /v1/facets`.
    FacetEvents, "events.facets", Some(Scope::EventsRead), Bound::Own;
    /// `GET /v1/tail`.
    TailEvents, "events.tail", Some(Scope::EventsRead), Bound::Own;
    /// `GET /v1/query/explain`: the plan tells how many events have a value.
    ExplainQuery, "query.explain", Some(Scope::EventsRead), Bound::Own;
    /// `POST /v1/orgs`.
    CreateOrg, "orgs.create", Some(Scope::OrgsWrite), Bound::Never;
    /// `GET /v1/orgs`: a bound key sees its own.
    ListOrgs, "orgs.list", Some(Scope::OrgsRead), Bound::Own;
    /// `GET /v1/orgs/{id}`.
    GetOrg, "orgs.get", Some(Scope::OrgsRead), Bound::Own;
    /// `PATCH /v1/orgs/{id}`, the name.
    UpdateOrg, "orgs.update", Some(Scope::OrgsWrite), Bound::Own;
    /// `PATCH /v1/orgs/{id}`, the state: whoever is audited must not be able to stop the audit.
    ArchiveOrg, "orgs.archive", Some(Scope::OrgsWrite), Bound::Never;
    /// `DELETE /v1/orgs/{id}`.
    DeleteOrg, "orgs.delete", Some(Scope::OrgsWrite), Bound::Never;
    /// `POST /v1/keys`.
    CreateKey, "keys.create", Some(Scope::KeysWrite), Bound::Own;
    /// `GET /v1/keys`.
    ListKeys, "keys.list", Some(Scope::KeysRead), Bound::Own;
    /// `GET /v1/keys/{id}`.
    GetKey, "keys.get", Some(Scope::KeysRead), Bound::Own;
    /// `DELETE /v1/keys/{id}`.
    RevokeKey, "keys.revoke", Some(Scope::KeysWrite), Bound::Own;
    /// `GET /v1/logs/{log}/checkpoint`.
    GetCheckpoint, "log.checkpoint", Some(Scope::IntegrityRead), Bound::Own;
    /// `GET /v1/logs/{log}/tile/…`: nothing of events' content.
    GetTile, "log.tile", Some(Scope::IntegrityRead), Bound::Own;
    /// `GET /v1/logs/{log}/consistency`.
    GetConsistency, "log.consistency", Some(Scope::IntegrityRead), Bound::Own;
    /// `GET /v1/logs/{log}/directory`.
    GetLogDirectory, "log.directory", Some(Scope::IntegrityRead), Bound::Own;
    /// `GET /v1/logs/{log}/anchors`.
    ListAnchors, "log.anchors", Some(Scope::IntegrityRead), Bound::Own;
    /// `GET /v1/logs/{log}/range`: whole events.
    ReadRange, "log.range", Some(Scope::EventsRead), Bound::Own;
    /// `GET /v1/evidence`: many events with all that proves them.
    ExportEvidence, "evidence.export", Some(Scope::EventsRead), Bound::Own;
    /// `GET /v1/logs/{log}/integrity`.
    GetIntegrity, "log.integrity", Some(Scope::IntegrityRead), Bound::Own;
    /// `GET /v1/events/{id}/proof`: the event with its proof.
    ProveEvent, "events.proof", Some(Scope::EventsRead), Bound::Own;
    /// `GET /v1/directory/checkpoint`: the directory goes by pseudonyms and is the same for all.
    GetDirectoryCheckpoint, "directory.checkpoint", Some(Scope::IntegrityRead), Bound::Own;
    /// `GET /v1/directory/tile/…`.
    GetDirectoryTile, "directory.tile", Some(Scope::IntegrityRead), Bound::Own;
    /// `GET /v1/directory/consistency`.
    GetDirectoryConsistency, "directory.consistency", Some(Scope::IntegrityRead), Bound::Own;
    /// `POST /v1/log-keys/rotate`.
    RotateLogKeys, "log_keys.rotate", Some(Scope::Admin), Bound::Never;
    /// `GET /v1/limits`.
    GetLimits, "limits.get", None, Bound::Own;
    /// `GET /metrics`: figures of all organizations.
    GetMetrics, "metrics.get", Some(Scope::MetricsRead), Bound::Never;
}
