//! The one list of error codes that can leave the server. Documented in `docs/errors.md`; codes are never renamed.

use axum::http::StatusCode;

/// What went wrong, for programs. Every code answers three questions exhaustively: which status, is it worth
/// trying again, and is it certain that nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "docs/errors.md explains each code, and tidy checks that it does")]
pub enum ErrorCode {
    InvalidParameter,
    InvalidBody,
    InvalidQuery,
    InvalidCursor,
    InvalidField,
    OrgRequired,
    InvalidEvent,
    BodyTooLarge,
    TooManyEvents,
    UnsupportedMediaType,
    UnsupportedEncoding,
    Unauthenticated,
    ViewerTokenEnded,
    Forbidden,
    WrongOrg,
    FeatureOff,
    OriginNotAllowed,
    NotFound,
    OrgNotFound,
    EventNotFound,
    LogNotFound,
    NotPublished,
    KeyNotFound,
    SignInFailed,
    SecondFactorNeeded,
    TooManyAttempts,
    CrossSite,
    VerificationFailed,
    UserNotFound,
    RoleNotFound,
    ViewerTokenNotFound,
    SessionNotFound,
    InvitationNotFound,
    SearchNotFound,
    ShareNotFound,
    PasskeyNotFound,
    ExportNotFound,
    ExportState,
    ExportExpired,
    ExportScheduleNotFound,
    ExportScheduleChanged,
    ExportRunNotFound,
    ExportRunState,
    StreamNotFound,
    StreamChanged,
    EmailTaken,
    AlreadyMember,
    LastOwner,
    LastBreakGlass,
    SsoRequired,
    SsoNotFound,
    SsoUntested,
    RoleExists,
    SearchExists,
    RoleInUse,
    TooManyEntries,
    PasskeyExists,
    PasskeysUnavailable,
    MethodNotAllowed,
    OrgExists,
    OrgNotEmpty,
    OrgArchived,
    OrgReserved,
    TooManyKeys,
    IdempotencyKeyReused,
    TooManyFailures,
    RequestTimeout,
    Overloaded,
    LogHalted,
    LogRolledBack,
    CatalogUnavailable,
    StorageFull,
    StorageCorrupt,
    Internal,
}

impl ErrorCode {
    /// All codes, in the order of the documentation.
    pub const ALL: &[Self] = &[
        Self::InvalidParameter,
        Self::InvalidBody,
        Self::InvalidQuery,
        Self::InvalidCursor,
        Self::InvalidField,
        Self::OrgRequired,
        Self::InvalidEvent,
        Self::BodyTooLarge,
        Self::TooManyEvents,
        Self::UnsupportedMediaType,
        Self::UnsupportedEncoding,
        Self::Unauthenticated,
        Self::ViewerTokenEnded,
        Self::Forbidden,
        Self::WrongOrg,
        Self::FeatureOff,
        Self::OriginNotAllowed,
        Self::NotFound,
        Self::OrgNotFound,
        Self::EventNotFound,
        Self::LogNotFound,
        Self::NotPublished,
        Self::KeyNotFound,
        Self::SignInFailed,
        Self::SecondFactorNeeded,
        Self::TooManyAttempts,
        Self::CrossSite,
        Self::VerificationFailed,
        Self::UserNotFound,
        Self::RoleNotFound,
        Self::ViewerTokenNotFound,
        Self::SessionNotFound,
        Self::InvitationNotFound,
        Self::SearchNotFound,
        Self::ShareNotFound,
        Self::PasskeyNotFound,
        Self::ExportNotFound,
        Self::ExportState,
        Self::ExportExpired,
        Self::ExportScheduleNotFound,
        Self::ExportScheduleChanged,
        Self::ExportRunNotFound,
        Self::ExportRunState,
        Self::StreamNotFound,
        Self::StreamChanged,
        Self::EmailTaken,
        Self::AlreadyMember,
        Self::LastOwner,
        Self::LastBreakGlass,
        Self::SsoRequired,
        Self::SsoNotFound,
        Self::SsoUntested,
        Self::RoleExists,
        Self::SearchExists,
        Self::RoleInUse,
        Self::TooManyEntries,
        Self::PasskeyExists,
        Self::PasskeysUnavailable,
        Self::MethodNotAllowed,
        Self::OrgExists,
        Self::OrgNotEmpty,
        Self::OrgArchived,
        Self::OrgReserved,
        Self::TooManyKeys,
        Self::IdempotencyKeyReused,
        Self::TooManyFailures,
        Self::RequestTimeout,
        Self::Overloaded,
        Self::LogHalted,
        Self::LogRolledBack,
        Self::CatalogUnavailable,
        Self::StorageFull,
        Self::StorageCorrupt,
        Self::Internal,
    ];

    /// The code as it is written in answers.
    #[expect(clippy::too_many_lines, reason = "one line a code")]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidParameter => "invalid_parameter",
            Self::InvalidBody => "invalid_body",
            Self::InvalidQuery => "invalid_query",
            Self::InvalidCursor => "invalid_cursor",
            Self::InvalidField => "invalid_field",
            Self::OrgRequired => "org_required",
            Self::InvalidEvent => "invalid_event",
            Self::BodyTooLarge => "body_too_large",
            Self::TooManyEvents => "too_many_events",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::UnsupportedEncoding => "unsupported_encoding",
            Self::Unauthenticated => "unauthenticated",
            Self::ViewerTokenEnded => "viewer_token_ended",
            Self::Forbidden => "forbidden",
            Self::WrongOrg => "wrong_org",
            Self::FeatureOff => "feature_off",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::NotFound => "not_found",
            Self::OrgNotFound => "org_not_found",
            Self::EventNotFound => "event_not_found",
            Self::LogNotFound => "log_not_found",
            Self::NotPublished => "not_published",
            Self::KeyNotFound => "key_not_found",
            Self::SignInFailed => "sign_in_failed",
            Self::SecondFactorNeeded => "second_factor_needed",
            Self::TooManyAttempts => "too_many_attempts",
            Self::CrossSite => "cross_site",
            Self::VerificationFailed => "verification_failed",
            Self::UserNotFound => "user_not_found",
            Self::RoleNotFound => "role_not_found",
            Self::ViewerTokenNotFound => "viewer_token_not_found",
            Self::SessionNotFound => "session_not_found",
            Self::InvitationNotFound => "invitation_not_found",
            Self::SearchNotFound => "search_not_found",
            Self::ShareNotFound => "share_not_found",
            Self::PasskeyNotFound => "passkey_not_found",
            Self::ExportNotFound => "export_not_found",
            Self::ExportState => "export_state",
            Self::ExportExpired => "export_expired",
            Self::ExportScheduleNotFound => "export_schedule_not_found",
            Self::ExportScheduleChanged => "export_schedule_changed",
            Self::ExportRunNotFound => "export_run_not_found",
            Self::ExportRunState => "export_run_state",
            Self::StreamNotFound => "stream_not_found",
            Self::StreamChanged => "stream_changed",
            Self::EmailTaken => "email_taken",
            Self::AlreadyMember => "already_member",
            Self::LastOwner => "last_owner",
            Self::LastBreakGlass => "last_break_glass",
            Self::SsoRequired => "sso_required",
            Self::SsoNotFound => "sso_not_found",
            Self::SsoUntested => "sso_untested",
            Self::RoleExists => "role_exists",
            Self::SearchExists => "search_exists",
            Self::RoleInUse => "role_in_use",
            Self::TooManyEntries => "too_many_entries",
            Self::PasskeyExists => "passkey_exists",
            Self::PasskeysUnavailable => "passkeys_unavailable",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::OrgExists => "org_exists",
            Self::OrgNotEmpty => "org_not_empty",
            Self::OrgArchived => "org_archived",
            Self::OrgReserved => "org_reserved",
            Self::TooManyKeys => "too_many_keys",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::TooManyFailures => "too_many_failures",
            Self::RequestTimeout => "request_timeout",
            Self::Overloaded => "overloaded",
            Self::LogHalted => "log_halted",
            Self::LogRolledBack => "log_rolled_back",
            Self::CatalogUnavailable => "catalog_unavailable",
            Self::StorageFull => "storage_full",
            Self::StorageCorrupt => "storage_corrupt",
            Self::Internal => "internal",
        }
    }

    /// The HTTP status.
    #[expect(clippy::too_many_lines, reason = "one line a code")]
    pub fn status(self) -> StatusCode {
        match self {
            Self::InvalidParameter
            | Self::InvalidBody
            | Self::InvalidQuery
            | Self::InvalidCursor
            | Self::InvalidField
            | Self::OrgRequired => StatusCode::BAD_REQUEST,
            Self::InvalidEvent => StatusCode::UNPROCESSABLE_ENTITY,
            Self::BodyTooLarge | Self::TooManyEvents => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType | Self::UnsupportedEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unauthenticated
            | Self::ViewerTokenEnded
            | Self::SignInFailed
            | Self::SecondFactorNeeded => StatusCode::UNAUTHORIZED,
            Self::Forbidden
            | Self::WrongOrg
            | Self::FeatureOff
            | Self::OriginNotAllowed
            | Self::OrgReserved
            | Self::CrossSite
            | Self::SsoRequired
            | Self::VerificationFailed => StatusCode::FORBIDDEN,
            Self::NotFound
            | Self::OrgNotFound
            | Self::EventNotFound
            | Self::LogNotFound
            | Self::NotPublished
            | Self::KeyNotFound
            | Self::UserNotFound
            | Self::RoleNotFound
            | Self::ViewerTokenNotFound
            | Self::SessionNotFound
            | Self::SsoNotFound
            | Self::InvitationNotFound
            | Self::SearchNotFound
            | Self::ShareNotFound
            | Self::PasskeyNotFound
            | Self::ExportNotFound
            | Self::ExportScheduleNotFound
            | Self::ExportRunNotFound
            | Self::StreamNotFound => StatusCode::NOT_FOUND,
            Self::ExportExpired => StatusCode::GONE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::OrgExists
            | Self::OrgNotEmpty
            | Self::OrgArchived
            | Self::TooManyKeys
            | Self::EmailTaken
            | Self::AlreadyMember
            | Self::LastOwner
            | Self::LastBreakGlass
            | Self::SsoUntested
            | Self::RoleExists
            | Self::SearchExists
            | Self::RoleInUse
            | Self::TooManyEntries
            | Self::PasskeyExists
            | Self::PasskeysUnavailable
            | Self::ExportState
            | Self::ExportScheduleChanged
            | Self::ExportRunState
            | Self::StreamChanged
            | Self::IdempotencyKeyReused => StatusCode::CONFLICT,
            Self::TooManyFailures | Self::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Overloaded | Self::LogHalted | Self::LogRolledBack | Self::CatalogUnavailable => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::StorageCorrupt | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A short title, the same for every occurrence.
    #[expect(clippy::too_many_lines, reason = "one line a code")]
    pub fn title(self) -> &'static str {
        match self {
            Self::InvalidParameter => "A parameter is not valid",
            Self::InvalidBody => "The body is not valid",
            Self::InvalidQuery => "The query is not valid",
            Self::InvalidCursor => "The cursor is not valid here",
            Self::InvalidField => "The field cannot be used here",
            Self::OrgRequired => "An organization must be named",
            Self::InvalidEvent => "An event is not valid",
            Self::BodyTooLarge => "The body is too large",
            Self::TooManyEvents => "Too many events in one call",
            Self::UnsupportedMediaType => "The content type is not supported",
            Self::UnsupportedEncoding => "The content encoding is not supported",
            Self::Unauthenticated => "A valid API key or session is needed",
            Self::ViewerTokenEnded => "The viewer token is not good any more",
            Self::Forbidden => "The caller may not do this",
            Self::WrongOrg => "The caller belongs to another organization",
            Self::FeatureOff => "The viewer token does not have the feature",
            Self::OriginNotAllowed => "The viewer token is not for this page",
            Self::NotFound => "There is nothing at this address",
            Self::OrgNotFound => "The organization does not exist",
            Self::EventNotFound => "The event does not exist",
            Self::LogNotFound => "The log does not exist",
            Self::NotPublished => "The log is not published that far",
            Self::KeyNotFound => "The API key does not exist",
            Self::SignInFailed => "The sign-in failed",
            Self::SecondFactorNeeded => "A code is needed",
            Self::TooManyAttempts => "Too many failed sign-ins",
            Self::CrossSite => "The request comes from another site",
            Self::VerificationFailed => "The password, code or link is wrong",
            Self::UserNotFound => "The person does not exist",
            Self::RoleNotFound => "The role does not exist",
            Self::ViewerTokenNotFound => "The viewer token does not exist",
            Self::SessionNotFound => "The session does not exist",
            Self::InvitationNotFound => "The invitation does not exist",
            Self::SearchNotFound => "The search does not exist",
            Self::ShareNotFound => "The shared link does not exist",
            Self::PasskeyNotFound => "The passkey does not exist",
            Self::ExportNotFound => "The export does not exist",
            Self::ExportState => "The export is in another state",
            Self::ExportExpired => "The export has expired",
            Self::ExportScheduleNotFound => "The schedule does not exist",
            Self::ExportScheduleChanged => "The schedule was changed meanwhile",
            Self::ExportRunNotFound => "The run does not exist",
            Self::ExportRunState => "The run is under way",
            Self::StreamNotFound => "The stream does not exist",
            Self::StreamChanged => "The stream was changed meanwhile",
            Self::EmailTaken => "The e-mail address has an account",
            Self::AlreadyMember => "They are a member already",
            Self::LastOwner => "The organization would have no owner",
            Self::LastBreakGlass => "Nobody could get in without single sign-on",
            Self::SsoRequired => "The organization takes single sign-on only",
            Self::SsoNotFound => "There is no single sign-on",
            Self::SsoUntested => "Single sign-on was not tested",
            Self::RoleExists => "The role exists already",
            Self::SearchExists => "The search exists already",
            Self::RoleInUse => "The role is in use",
            Self::TooManyEntries => "There are too many of these",
            Self::PasskeyExists => "The passkey is in use",
            Self::PasskeysUnavailable => "There are no passkeys at this address",
            Self::MethodNotAllowed => "The method is not allowed here",
            Self::OrgExists => "The organization exists already",
            Self::OrgNotEmpty => "The organization's log is not empty",
            Self::OrgArchived => "The organization is archived",
            Self::OrgReserved => "The organization belongs to the instance",
            Self::TooManyKeys => "There are too many API keys",
            Self::IdempotencyKeyReused => "The idempotency key was used for another event",
            Self::TooManyFailures => "Too many failed authentications",
            Self::RequestTimeout => "The request did not arrive in time",
            Self::Overloaded => "The service is overloaded",
            Self::LogHalted => "The log has stopped",
            Self::LogRolledBack => "The data is not what was signed before",
            Self::CatalogUnavailable => "The catalog is unavailable",
            Self::StorageFull => "The storage is full",
            Self::StorageCorrupt => "Stored data is damaged",
            Self::Internal => "Internal error",
        }
    }

    /// Whether the same request may succeed later without being changed.
    #[expect(clippy::too_many_lines, reason = "one line a code")]
    pub fn retryable(self) -> bool {
        match self {
            Self::TooManyFailures
            | Self::TooManyAttempts
            | Self::RequestTimeout
            | Self::Overloaded
            | Self::LogHalted
            | Self::CatalogUnavailable
            | Self::StorageFull => true,
            Self::InvalidParameter
            | Self::InvalidBody
            | Self::InvalidQuery
            | Self::InvalidCursor
            | Self::InvalidField
            | Self::OrgRequired
            | Self::InvalidEvent
            | Self::BodyTooLarge
            | Self::TooManyEvents
            | Self::UnsupportedMediaType
            | Self::UnsupportedEncoding
            | Self::Unauthenticated
            | Self::ViewerTokenEnded
            | Self::Forbidden
            | Self::WrongOrg
            | Self::FeatureOff
            | Self::OriginNotAllowed
            | Self::NotFound
            | Self::OrgNotFound
            | Self::EventNotFound
            | Self::LogNotFound
            | Self::NotPublished
            | Self::KeyNotFound
            | Self::SignInFailed
            | Self::SecondFactorNeeded
            | Self::CrossSite
            | Self::VerificationFailed
            | Self::UserNotFound
            | Self::RoleNotFound
            | Self::ViewerTokenNotFound
            | Self::SessionNotFound
            | Self::InvitationNotFound
            | Self::SearchNotFound
            | Self::ShareNotFound
            | Self::PasskeyNotFound
            | Self::ExportNotFound
            | Self::ExportState
            | Self::ExportExpired
            | Self::ExportScheduleNotFound
            | Self::ExportScheduleChanged
            | Self::ExportRunNotFound
            | Self::ExportRunState
            | Self::StreamNotFound
            | Self::StreamChanged
            | Self::EmailTaken
            | Self::AlreadyMember
            | Self::LastOwner
            | Self::LastBreakGlass
            | Self::SsoRequired
            | Self::SsoNotFound
            | Self::SsoUntested
            | Self::RoleExists
            | Self::SearchExists
            | Self::RoleInUse
            | Self::TooManyEntries
            | Self::PasskeyExists
            | Self::PasskeysUnavailable
            | Self::MethodNotAllowed
            | Self::OrgExists
            | Self::OrgNotEmpty
            | Self::OrgArchived
            | Self::OrgReserved
            | Self::TooManyKeys
            | Self::IdempotencyKeyReused
            | Self::LogRolledBack
            | Self::StorageCorrupt
            | Self::Internal => false,
        }
    }

    /// Whether it is certain that nothing was changed. Where it is not, an idempotency key makes repeating safe.
    #[expect(clippy::too_many_lines, reason = "one line a code")]
    pub fn no_side_effects(self) -> bool {
        match self {
            Self::LogHalted | Self::CatalogUnavailable | Self::StorageCorrupt | Self::Internal => false,
            Self::InvalidParameter
            | Self::InvalidBody
            | Self::InvalidQuery
            | Self::InvalidCursor
            | Self::InvalidField
            | Self::OrgRequired
            | Self::InvalidEvent
            | Self::BodyTooLarge
            | Self::TooManyEvents
            | Self::UnsupportedMediaType
            | Self::UnsupportedEncoding
            | Self::Unauthenticated
            | Self::ViewerTokenEnded
            | Self::Forbidden
            | Self::WrongOrg
            | Self::FeatureOff
            | Self::OriginNotAllowed
            | Self::NotFound
            | Self::OrgNotFound
            | Self::EventNotFound
            | Self::LogNotFound
            | Self::NotPublished
            | Self::KeyNotFound
            | Self::SignInFailed
            | Self::SecondFactorNeeded
            | Self::TooManyAttempts
            | Self::CrossSite
            | Self::VerificationFailed
            | Self::UserNotFound
            | Self::RoleNotFound
            | Self::ViewerTokenNotFound
            | Self::SessionNotFound
            | Self::InvitationNotFound
            | Self::SearchNotFound
            | Self::ShareNotFound
            | Self::PasskeyNotFound
            | Self::ExportNotFound
            | Self::ExportState
            | Self::ExportExpired
            | Self::ExportScheduleNotFound
            | Self::ExportScheduleChanged
            | Self::ExportRunNotFound
            | Self::ExportRunState
            | Self::StreamNotFound
            | Self::StreamChanged
            | Self::EmailTaken
            | Self::AlreadyMember
            | Self::LastOwner
            | Self::LastBreakGlass
            | Self::SsoRequired
            | Self::SsoNotFound
            | Self::SsoUntested
            | Self::RoleExists
            | Self::SearchExists
            | Self::RoleInUse
            | Self::TooManyEntries
            | Self::PasskeyExists
            | Self::PasskeysUnavailable
            | Self::MethodNotAllowed
            | Self::OrgExists
            | Self::OrgNotEmpty
            | Self::OrgArchived
            | Self::OrgReserved
            | Self::TooManyKeys
            | Self::IdempotencyKeyReused
            | Self::TooManyFailures
            | Self::RequestTimeout
            | Self::Overloaded
            | Self::LogRolledBack
            | Self::StorageFull => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_complete() {
        let mut names: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ErrorCode::ALL.len());
        assert_eq!(ErrorCode::ALL.len(), ErrorCode::Internal as usize + 1, "a code is missing in ALL");
    }

    #[test]
    fn what_is_worth_retrying_is_a_server_side_or_timing_matter() {
        for code in ErrorCode::ALL.iter().filter(|code| code.retryable()) {
            let status = code.status();
            assert!(status.is_server_error() || matches!(status.as_u16(), 408 | 429), "{}", code.as_str());
        }
    }
}
