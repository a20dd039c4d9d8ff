//! The authorization table: every operation that the service offers, once. It decides for keys and for people: a key
//! has a permission by its scope, a person by their role.

use crate::{Permission, Scope};

/// What a key that is bound to an organization, or a member of one, may do with an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Carry it out, confined to its organization.
    Own,
    /// Nothing: the operation concerns the whole installation, or which organizations there are. Of people, only
    /// operators may.
    Never,
    /// Nothing, nor may any other key: it is about the signed-in person's own account.
    Person,
    /// Nothing, nor may any person: it is about a viewer's own token.
    Viewer,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Stable name, for logs and the matrix.
    pub name: &'static str,
    /// The permission it takes; none: any accepted key or person will do.
    pub permission: Option<Permission>,
    /// Whether a bound key, or a member, may.
    pub bound: Bound,
}

impl Rule {
    /// The scope by which a key has the permission.
    pub fn scope(&self) -> Option<Scope> {
        self.permission.map(Permission::scope)
    }
}

macro_rules! operations {
    ($($(#[doc = $doc:literal])+ $op:ident, $name:literal, $permission:expr, $bound:expr;)+) => {
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
                    $(Self::$op => Rule { name: $name, permission: $permission, bound: $bound },)+
                }
            }
        }
    };
}

operations! {
    /// `POST /v1/events`.
    WriteEvents, "events.write", Some(Permission::AuditLogsWrite), Bound::Own;
    /// `GET /v1/events`.
    ReadEvents, "events.read", Some(Permission::AuditLogsRead), Bound::Own;
    /// `GET /v1/events/{id}`.
    GetEvent, "events.get", Some(Permission::AuditLogsRead), Bound::Own;
    /// `GET /v1/count`.
    CountEvents, "events.count", Some(Permission::AuditLogsRead), Bound::Own;
    /// `GET /v1/histogram`.
    HistogramEvents, "events.histogram", Some(Permission::AuditLogsRead), Bound::Own;
    /// `GET /v1/facets`.
    FacetEvents, "events.facets", Some(Permission::AuditLogsRead), Bound::Own;
    /// `GET /v1/tail`.
    TailEvents, "events.tail", Some(Permission::AuditLogsRead), Bound::Own;
    /// `GET /v1/query/explain`: the plan tells how many events have a value.
    ExplainQuery, "query.explain", Some(Permission::AuditLogsRead), Bound::Own;
    /// `GET /v1/events/{id}/related`: numbers of events that belong to one.
    RelatedEvents, "events.related", Some(Permission::AuditLogsRead), Bound::Own;
    /// `POST /v1/query/parse`: what the language makes of a text; nothing of any event.
    ParseQuery, "query.parse", None, Bound::Own;
    /// `GET /v1/searches`: one's own, and those that are shared.
    ListSearches, "searches.list", Some(Permission::AuditLogsRead), Bound::Own;
    /// `POST /v1/searches`.
    CreateSearch, "searches.create", Some(Permission::AuditLogsRead), Bound::Own;
    /// `GET /v1/searches/{id}`.
    GetSearch, "searches.get", Some(Permission::AuditLogsRead), Bound::Own;
    /// `PATCH /v1/searches/{id}`, one's own.
    UpdateSearch, "searches.update", Some(Permission::AuditLogsRead), Bound::Own;
    /// `DELETE /v1/searches/{id}`, one's own.
    DeleteSearch, "searches.delete", Some(Permission::AuditLogsRead), Bound::Own;
    /// `PATCH` and `DELETE /v1/searches/{id}`, one that somebody else shares.
    ManageSharedSearch, "searches.manage_shared", Some(Permission::SettingsManage), Bound::Own;
    /// `POST /v1/short-links`: it leads nobody to more than they may see.
    CreateShortLink, "short_links.create", Some(Permission::AuditLogsRead), Bound::Own;
    /// `GET /v1/short-links/{id}`, and following one.
    GetShortLink, "short_links.get", Some(Permission::AuditLogsRead), Bound::Own;
    /// `POST /v1/events/{id}/shares`: an event goes out of the house.
    CreateShare, "shares.create", Some(Permission::AuditLogsExport), Bound::Own;
    /// `GET /v1/shares`.
    ListShares, "shares.list", Some(Permission::AuditLogsExport), Bound::Own;
    /// `DELETE /v1/shares/{id}`.
    RevokeShare, "shares.revoke", Some(Permission::AuditLogsExport), Bound::Own;
    /// `POST /v1/exports`: events go out of the house.
    CreateExport, "exports.create", Some(Permission::AuditLogsExport), Bound::Own;
    /// `GET /v1/exports`: the history.
    ListExports, "exports.list", Some(Permission::AuditLogsExport), Bound::Own;
    /// `GET /v1/exports/{id}`.
    GetExport, "exports.get", Some(Permission::AuditLogsExport), Bound::Own;
    /// `GET /v1/exports/{id}/progress`.
    FollowExport, "exports.progress", Some(Permission::AuditLogsExport), Bound::Own;
    /// `POST /v1/exports/{id}/cancel`.
    CancelExport, "exports.cancel", Some(Permission::AuditLogsExport), Bound::Own;
    /// `POST /v1/exports/{id}/retry`.
    RetryExport, "exports.retry", Some(Permission::AuditLogsExport), Bound::Own;
    /// `DELETE /v1/exports/{id}`.
    DeleteExport, "exports.delete", Some(Permission::AuditLogsExport), Bound::Own;
    /// `GET /v1/exports/{id}/download`; with a link whoever has it.
    DownloadExport, "exports.download", Some(Permission::AuditLogsExport), Bound::Own;
    /// `GET /v1/exports/{id}/manifest`: what the file says of itself.
    GetExportManifest, "exports.manifest", Some(Permission::AuditLogsExport), Bound::Own;
    /// `POST /v1/exports/{id}/url`: a link that works for minutes.
    CreateExportUrl, "exports.url", Some(Permission::AuditLogsExport), Bound::Own;
    /// `GET /v1/export-schedules`.
    ListExportSchedules, "export_schedules.list", Some(Permission::AuditLogsExport), Bound::Own;
    /// `POST /v1/export-schedules`: exports from now on, again and again.
    CreateExportSchedule, "export_schedules.create", Some(Permission::AuditLogsExport), Bound::Own;
    /// `GET /v1/export-schedules/{id}`.
    GetExportSchedule, "export_schedules.get", Some(Permission::AuditLogsExport), Bound::Own;
    /// `PATCH /v1/export-schedules/{id}`.
    UpdateExportSchedule, "export_schedules.update", Some(Permission::AuditLogsExport), Bound::Own;
    /// `DELETE /v1/export-schedules/{id}`.
    DeleteExportSchedule, "export_schedules.delete", Some(Permission::AuditLogsExport), Bound::Own;
    /// `POST /v1/export-schedules/{id}/pause`.
    PauseExportSchedule, "export_schedules.pause", Some(Permission::AuditLogsExport), Bound::Own;
    /// `POST /v1/export-schedules/{id}/resume`.
    ResumeExportSchedule, "export_schedules.resume", Some(Permission::AuditLogsExport), Bound::Own;
    /// `POST /v1/export-schedules/{id}/run`.
    RunExportSchedule, "export_schedules.run", Some(Permission::AuditLogsExport), Bound::Own;
    /// `GET /v1/export-schedules/{id}/runs`.
    ListExportScheduleRuns, "export_schedules.runs", Some(Permission::AuditLogsExport), Bound::Own;
    /// `POST /v1/export-schedules/{id}/deliver`.
    DeliverExportSchedule, "export_schedules.deliver", Some(Permission::AuditLogsExport), Bound::Own;
    /// Any of these calls, about a schedule whose files leave the house by themselves: as much as a stream.
    SendExportSchedule, "export_schedules.send", Some(Permission::StreamsManage), Bound::Own;
    /// `GET /v1/stream_kinds`: what streams can send to.
    ListStreamKinds, "streams.kinds", Some(Permission::StreamsManage), Bound::Own;
    /// `GET /v1/streams`.
    ListStreams, "streams.list", Some(Permission::StreamsManage), Bound::Own;
    /// `POST /v1/streams`: events go out of the house from now on.
    CreateStream, "streams.create", Some(Permission::StreamsManage), Bound::Own;
    /// `POST /v1/streams/test`: a stream that is not kept.
    TestStreamDraft, "streams.test_draft", Some(Permission::StreamsManage), Bound::Own;
    /// `GET /v1/streams/{id}`.
    GetStream, "streams.get", Some(Permission::StreamsManage), Bound::Own;
    /// `PATCH /v1/streams/{id}`.
    UpdateStream, "streams.update", Some(Permission::StreamsManage), Bound::Own;
    /// `DELETE /v1/streams/{id}`.
    DeleteStream, "streams.delete", Some(Permission::StreamsManage), Bound::Own;
    /// `POST /v1/streams/{id}/pause`.
    PauseStream, "streams.pause", Some(Permission::StreamsManage), Bound::Own;
    /// `POST /v1/streams/{id}/resume`.
    ResumeStream, "streams.resume", Some(Permission::StreamsManage), Bound::Own;
    /// `POST /v1/streams/{id}/rewind`.
    RewindStream, "streams.rewind", Some(Permission::StreamsManage), Bound::Own;
    /// `POST /v1/streams/{id}/test`.
    TestStream, "streams.test", Some(Permission::StreamsManage), Bound::Own;
    /// `GET /v1/streams/{id}/attempts`.
    ListStreamAttempts, "streams.attempts", Some(Permission::StreamsManage), Bound::Own;
    /// `GET /v1/streams/{id}/dead_letters`.
    ListDeadLetters, "streams.dead_letters", Some(Permission::StreamsManage), Bound::Own;
    /// `POST /v1/streams/{id}/dead_letters/replay`.
    ReplayDeadLetters, "streams.replay", Some(Permission::StreamsManage), Bound::Own;
    /// `GET /v1/streams/{id}/gaps`.
    ListStreamGaps, "streams.gaps", Some(Permission::StreamsManage), Bound::Own;
    /// Any of these calls, about a stream of all organizations.
    ManageInstanceStreams, "streams.instance", Some(Permission::InstanceStreamsManage), Bound::Never;
    /// `POST /v1/orgs`.
    CreateOrg, "orgs.create", Some(Permission::OrganizationsManage), Bound::Never;
    /// `GET /v1/orgs`: a bound key sees its own.
    ListOrgs, "orgs.list", Some(Permission::OrganizationRead), Bound::Own;
    /// `GET /v1/orgs/{id}`.
    GetOrg, "orgs.get", Some(Permission::OrganizationRead), Bound::Own;
    /// `PATCH /v1/orgs/{id}`, the name.
    UpdateOrg, "orgs.update", Some(Permission::SettingsManage), Bound::Own;
    /// `PATCH /v1/orgs/{id}`, the state: whoever is audited must not be able to stop the audit.
    ArchiveOrg, "orgs.archive", Some(Permission::OrganizationsManage), Bound::Never;
    /// `DELETE /v1/orgs/{id}`.
    DeleteOrg, "orgs.delete", Some(Permission::OrganizationsManage), Bound::Never;
    /// `POST /v1/keys`.
    CreateKey, "keys.create", Some(Permission::KeysManage), Bound::Own;
    /// `GET /v1/keys`.
    ListKeys, "keys.list", Some(Permission::KeysRead), Bound::Own;
    /// `GET /v1/keys/{id}`.
    GetKey, "keys.get", Some(Permission::KeysRead), Bound::Own;
    /// `DELETE /v1/keys/{id}`.
    RevokeKey, "keys.revoke", Some(Permission::KeysManage), Bound::Own;
    /// `GET /v1/logs/{log}/checkpoint`.
    GetCheckpoint, "log.checkpoint", Some(Permission::IntegrityRead), Bound::Own;
    /// `GET /v1/logs/{log}/tile/…`: nothing of events' content.
    GetTile, "log.tile", Some(Permission::IntegrityRead), Bound::Own;
    /// `GET /v1/logs/{log}/consistency`.
    GetConsistency, "log.consistency", Some(Permission::IntegrityRead), Bound::Own;
    /// `GET /v1/logs/{log}/directory`.
    GetLogDirectory, "log.directory", Some(Permission::IntegrityRead), Bound::Own;
    /// `GET /v1/logs/{log}/anchors`.
    ListAnchors, "log.anchors", Some(Permission::IntegrityRead), Bound::Own;
    /// `GET /v1/logs/{log}/range`: whole events.
    ReadRange, "log.range", Some(Permission::AuditLogsExport), Bound::Own;
    /// `GET /v1/evidence`: many events with all that proves them.
    ExportEvidence, "evidence.export", Some(Permission::AuditLogsExport), Bound::Own;
    /// `GET /v1/logs/{log}/integrity`.
    GetIntegrity, "log.integrity", Some(Permission::IntegrityRead), Bound::Own;
    /// `GET /v1/events/{id}/proof`: the event with its proof.
    ProveEvent, "events.proof", Some(Permission::AuditLogsRead), Bound::Own;
    /// `GET /v1/directory/checkpoint`: the directory goes by pseudonyms and is the same for all.
    GetDirectoryCheckpoint, "directory.checkpoint", Some(Permission::IntegrityRead), Bound::Own;
    /// `GET /v1/directory/tile/…`.
    GetDirectoryTile, "directory.tile", Some(Permission::IntegrityRead), Bound::Own;
    /// `GET /v1/directory/consistency`.
    GetDirectoryConsistency, "directory.consistency", Some(Permission::IntegrityRead), Bound::Own;
    /// `POST /v1/log-keys/rotate`.
    RotateLogKeys, "log_keys.rotate", Some(Permission::LogKeysRotate), Bound::Never;
    /// `GET /v1/session`: who one is.
    GetSession, "session.get", None, Bound::Person;
    /// `DELETE /v1/session`: signing out.
    EndSession, "session.end", None, Bound::Person;
    /// `GET /v1/sessions`, one's own.
    ListSessions, "sessions.list", None, Bound::Person;
    /// `DELETE /v1/sessions/{id}`, one's own.
    RevokeSession, "sessions.revoke", None, Bound::Person;
    /// `GET /v1/sessions?user=`, a member's.
    ListMemberSessions, "sessions.list_member", Some(Permission::MembersManage), Bound::Own;
    /// `DELETE /v1/sessions/{id}`, a member's.
    RevokeMemberSession, "sessions.revoke_member", Some(Permission::MembersManage), Bound::Own;
    /// `POST /v1/account/password`.
    ChangePassword, "account.password", None, Bound::Person;
    /// `PATCH /v1/account`: name and time zone.
    UpdateAccount, "account.update", None, Bound::Person;
    /// `POST /v1/account/email`.
    ChangeEmail, "account.email", None, Bound::Person;
    /// `POST /v1/account/totp`.
    BeginTotp, "account.totp_begin", None, Bound::Person;
    /// `POST /v1/account/totp/confirm`.
    ConfirmTotp, "account.totp_confirm", None, Bound::Person;
    /// `DELETE /v1/account/totp`.
    RemoveTotp, "account.totp_remove", None, Bound::Person;
    /// `GET /v1/account/passkeys`.
    ListPasskeys, "account.passkeys", None, Bound::Person;
    /// `POST /v1/account/passkeys/begin`.
    BeginPasskey, "account.passkey_begin", None, Bound::Person;
    /// `POST /v1/account/passkeys`.
    AddPasskey, "account.passkey_add", None, Bound::Person;
    /// `PATCH /v1/account/passkeys/{id}`.
    RenamePasskey, "account.passkey_rename", None, Bound::Person;
    /// `DELETE /v1/account/passkeys/{id}`.
    RemovePasskey, "account.passkey_remove", None, Bound::Person;
    /// `GET /v1/members`.
    ListMembers, "members.list", Some(Permission::MembersRead), Bound::Own;
    /// `POST /v1/members`.
    AddMember, "members.add", Some(Permission::MembersManage), Bound::Own;
    /// `PATCH /v1/members/{user}`.
    UpdateMember, "members.update", Some(Permission::MembersManage), Bound::Own;
    /// `DELETE /v1/members/{user}`.
    RemoveMember, "members.remove", Some(Permission::MembersManage), Bound::Own;
    /// `POST /v1/members/{user}/password-reset`.
    ResetMemberPassword, "members.reset_password", Some(Permission::MembersManage), Bound::Own;
    /// `DELETE /v1/members/{user}/totp`.
    RemoveMemberTotp, "members.remove_totp", Some(Permission::MembersManage), Bound::Own;
    /// `POST /v1/members/{user}/suspend`.
    SuspendMember, "members.suspend", Some(Permission::MembersManage), Bound::Own;
    /// `POST /v1/members/{user}/resume`.
    ResumeMember, "members.resume", Some(Permission::MembersManage), Bound::Own;
    /// `POST /v1/invitations`.
    CreateInvitation, "invitations.create", Some(Permission::MembersManage), Bound::Own;
    /// `GET /v1/invitations`.
    ListInvitations, "invitations.list", Some(Permission::MembersManage), Bound::Own;
    /// `DELETE /v1/invitations/{id}`.
    RevokeInvitation, "invitations.revoke", Some(Permission::MembersManage), Bound::Own;
    /// `GET /v1/roles`.
    ListRoles, "roles.list", Some(Permission::MembersRead), Bound::Own;
    /// `POST /v1/roles`.
    CreateRole, "roles.create", Some(Permission::MembersManage), Bound::Own;
    /// `PATCH /v1/roles/{id}`.
    UpdateRole, "roles.update", Some(Permission::MembersManage), Bound::Own;
    /// `DELETE /v1/roles/{id}`.
    DeleteRole, "roles.delete", Some(Permission::MembersManage), Bound::Own;
    /// `GET /v1/sso`.
    GetSso, "sso.get", Some(Permission::MembersRead), Bound::Own;
    /// `PUT /v1/sso`.
    PutSso, "sso.put", Some(Permission::SsoManage), Bound::Own;
    /// `DELETE /v1/sso`.
    DeleteSso, "sso.delete", Some(Permission::SsoManage), Bound::Own;
    /// `POST /v1/sso/test`.
    TestSso, "sso.test", Some(Permission::SsoManage), Bound::Own;
    /// `PUT /v1/sso/enforcement`.
    EnforceSso, "sso.enforce", Some(Permission::SsoManage), Bound::Own;
    /// `POST /v1/viewer-tokens`.
    CreateViewerToken, "viewer_tokens.create", Some(Permission::ViewerTokensManage), Bound::Own;
    /// `GET /v1/viewer-tokens`.
    ListViewerTokens, "viewer_tokens.list", Some(Permission::ViewerTokensManage), Bound::Own;
    /// `DELETE /v1/viewer-tokens/{id}`.
    RevokeViewerToken, "viewer_tokens.revoke", Some(Permission::ViewerTokensManage), Bound::Own;
    /// `DELETE /v1/viewer-tokens`: all of an organization.
    RevokeViewerTokens, "viewer_tokens.revoke_all", Some(Permission::ViewerTokensManage), Bound::Own;
    /// `GET /v1/viewer`: what the viewer's own token shows.
    GetViewer, "viewer.get", None, Bound::Viewer;
    /// `GET /v1/ui/boot`: what the caller may, for the interface.
    GetBoot, "ui.boot", None, Bound::Own;
    /// `GET /v1/limits`.
    GetLimits, "limits.get", None, Bound::Own;
    /// `GET /v1/masking`: what is masked is the same for all.
    GetMasking, "masking.get", Some(Permission::SettingsManage), Bound::Own;
    /// `POST /v1/masking/check`.
    CheckMasking, "masking.check", Some(Permission::SettingsManage), Bound::Own;
    /// `GET /metrics`: figures of all organizations.
    GetMetrics, "metrics.get", Some(Permission::MetricsRead), Bound::Never;
}
