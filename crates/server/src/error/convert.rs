//! From the errors of the layers below to answers. One place, so that each gets the same answer everywhere.

use axum::http::StatusCode;
use tallystick_auth::{
    AuthenticateError, Denied, KeyError, NoPasskeys, PasskeySignInError, PeopleError, SignInError,
    ViewerError,
};
use tallystick_catalog::{CatalogError, Conflict};
use tallystick_delivery::{
    schedules::{BadTiming, SchedulesError},
    streams::{StreamsError, kinds},
};
use tallystick_engine::{AppendError, ReadError, proof::ProofError};
use tallystick_event::{BodyError, EventError};
use tallystick_query::Diagnostic;

use super::{ApiError, ErrorCode, ErrorDetail};
use crate::{
    http::{caller::org_required, json::nearest, v1::streams::bad},
    streams::settings::{refused, with_remedy},
};

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::UnknownOrg { org } => org_not_found(org.as_str()),
            ReadError::BadCursor => Self::new(
                ErrorCode::InvalidCursor,
                "the cursor is not one that this list gave out for the same order; start without a cursor",
            ),
            ReadError::BadField { field } => Self::new(
                ErrorCode::InvalidField,
                format!(
                    "values of \"{field}\" cannot be counted; use for example action, actor, outcome, ip or \
                     metadata.<path>"
                ),
            ),
            ReadError::Corrupt(what) => corrupt(what),
            // A verdict about the caller's own log is for the caller; where bytes are damaged is for the operator.
            ReadError::Broken { verdict, what } => {
                let what = format!("{verdict}: {what}");
                let answer = Self::new(ErrorCode::StorageCorrupt, what.clone());
                answer.with_verdict(verdict.as_str()).caused_by(what)
            }
            ReadError::Unavailable(what) => {
                tracing::error!(what, "a read failed");
                Self::new(
                    ErrorCode::CatalogUnavailable,
                    "the service cannot read a part of its data at present",
                )
            }
        }
    }
}

impl From<ProofError> for ApiError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::UnknownLog { log } => {
                Self::new(ErrorCode::LogNotFound, format!("there is no log {log} within reach of this key"))
            }
            ProofError::NotPublished { published: 0 } => Self::new(
                ErrorCode::NotPublished,
                "nothing of this log is published yet; a checkpoint follows at most a second after its first event",
            ),
            ProofError::NotPublished { published } => Self::new(
                ErrorCode::NotPublished,
                format!(
                    "the log is published up to {published} leaves; more follow at most a second after they came"
                ),
            ),
            ProofError::Outside(what) => Self::new(ErrorCode::NotPublished, what),
            ProofError::Closed { log } => Self::new(
                ErrorCode::NotPublished,
                format!(
                    "log {log} is closed, and a closed log is not signed any more, so no new proof can be made of what \
                     is in it; proofs that were made before hold"
                ),
            ),
            ProofError::RolledBack => rolled_back(),
            ProofError::Read(error) => error.into(),
        }
    }
}

fn rolled_back() -> ApiError {
    ApiError::new(
        ErrorCode::LogRolledBack,
        "the stored data is older or other than what was signed before (a restored backup, exchanged files): \
         nothing is written and nothing is signed, reads go on. The operator sees what is wrong with \
         `tallystick recover --data-dir DIR`, and decides: bring the right data back, or add --new-log",
    )
}

impl From<AppendError> for ApiError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::UnknownOrg { org } => org_not_found(org.as_str()),
            AppendError::ArchivedOrg { org } => Self::new(
                ErrorCode::OrgArchived,
                format!(
                    "organization {org} is archived and takes no events; bring it back with PATCH /v1/orgs/{org}"
                ),
            ),
            AppendError::KeyReused { index, existing } => Self::new(
                ErrorCode::IdempotencyKeyReused,
                format!(
                    "event {index}: its idempotency key belongs to {existing}, which is a different \
                 event; nothing was stored"
                ),
            )
            .with_errors(vec![ErrorDetail::new(
                format!("/{index}/idempotency_key"),
                ErrorCode::IdempotencyKeyReused.as_str(),
                format!("used before for {existing}"),
            )]),
            AppendError::Overloaded => Self::new(
                ErrorCode::Overloaded,
                "more events are waiting than the service can take at once; nothing of this call was \
                 stored; send it again shortly",
            ),
            AppendError::NoSpace => Self::new(
                ErrorCode::StorageFull,
                "the disk is full; nothing of this call was stored; reads go on, and writes will when there is room",
            ),
            AppendError::Halted => Self::new(
                ErrorCode::LogHalted,
                "the log has stopped after a disk error; the operator has to restart the service. Send the \
                 call again then, with the same idempotency keys",
            ),
            AppendError::RolledBack => rolled_back(),
            AppendError::Corrupt(what) => corrupt(what),
        }
    }
}

impl From<CatalogError> for ApiError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::NotFound { kind: "organization", id } => org_not_found(&id),
            CatalogError::NotFound { kind, id } => {
                let code = match kind {
                    "user" | "member" => ErrorCode::UserNotFound,
                    "role" => ErrorCode::RoleNotFound,
                    "session" => ErrorCode::SessionNotFound,
                    "viewer token" => ErrorCode::ViewerTokenNotFound,
                    "invitation" | "link" => ErrorCode::InvitationNotFound,
                    "search" => ErrorCode::SearchNotFound,
                    "share" => ErrorCode::ShareNotFound,
                    "connection" => ErrorCode::SsoNotFound,
                    "passkey" => ErrorCode::PasskeyNotFound,
                    "export" => ErrorCode::ExportNotFound,
                    "export schedule" => ErrorCode::ExportScheduleNotFound,
                    "run" => ErrorCode::ExportRunNotFound,
                    "stream" => ErrorCode::StreamNotFound,
                    _ => ErrorCode::KeyNotFound,
                };
                Self::new(code, format!("there is no {kind} {id} within reach of this caller"))
            }
            CatalogError::Conflict(conflict) => of_conflict(&conflict),
            CatalogError::Invalid { what, why } => {
                Self::new(ErrorCode::InvalidBody, format!("{what}: {why}"))
                    .with_errors(vec![ErrorDetail::new(format!("/{what}"), "invalid", why)])
            }
            CatalogError::NoSpace(cause) => {
                Self::new(ErrorCode::StorageFull, "the disk of the catalog is full; reads go on")
                    .caused_by(cause)
            }
            CatalogError::Unavailable(cause) => {
                Self::new(ErrorCode::CatalogUnavailable, "the catalog does not answer; try again shortly")
                    .caused_by(cause)
            }
            error if error.is_damage() => corrupt(error.to_string()),
            error => Self::internal(format!("{error:?}")),
        }
    }
}

impl From<StreamsError> for ApiError {
    fn from(error: StreamsError) -> Self {
        match error {
            StreamsError::Catalog(error) => error.into(),
            StreamsError::Read(error) => error.into(),
            StreamsError::UnknownKind(name) => {
                let names = || kinds().iter().map(|kind| kind.name);
                let hint = match nearest(&name, names()) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
                };
                bad("/kind", format!("there is no kind \"{name}\"; {hint}"))
            }
            StreamsError::Settings(settings) => refused(&settings),
            StreamsError::Invalid { what, why } => bad(&format!("/{what}"), why),
            StreamsError::Sealed => bad("/settings", StreamsError::Sealed.to_string()),
        }
    }
}

impl From<SchedulesError> for ApiError {
    fn from(error: SchedulesError) -> Self {
        match error {
            SchedulesError::Catalog(error) => error.into(),
            SchedulesError::Timing(BadTiming { member, why }) => bad(&format!("/timing/{member}"), why),
            SchedulesError::Settings(settings) => {
                let why = with_remedy(&settings.why);
                bad(&format!("/store/settings/{}", settings.field), why)
            }
            SchedulesError::Invalid { what, why } => bad(&format!("/{}", what.replace('.', "/")), why),
            SchedulesError::Sealed => bad("/store/settings", SchedulesError::Sealed.to_string()),
        }
    }
}

fn of_conflict(conflict: &Conflict) -> ApiError {
    let (code, advice) = match conflict {
        Conflict::OrganizationExists { .. } => {
            (ErrorCode::OrgExists, "ids that differ only in case count as equal")
        }
        Conflict::LogNotEmpty { .. } => {
            let advice = "an audit log is not deleted with its organization; archive it instead";
            (ErrorCode::OrgNotEmpty, advice)
        }
        Conflict::TooManyKeys { .. } => (ErrorCode::TooManyKeys, "revoke some first"),
        Conflict::EmailTaken => (ErrorCode::EmailTaken, "sign in with it"),
        Conflict::AlreadyMember { .. } => (ErrorCode::AlreadyMember, "change their role instead"),
        Conflict::LastOwner { .. } => (ErrorCode::LastOwner, "make somebody else an owner first"),
        Conflict::LastBreakGlass { .. } => {
            (ErrorCode::LastBreakGlass, "name an owner with a password who keeps it")
        }
        Conflict::SsoUntested => (ErrorCode::SsoUntested, "sign in for a test first"),
        Conflict::RoleExists { .. } => (ErrorCode::RoleExists, "choose another name"),
        Conflict::SearchExists { .. } => (ErrorCode::SearchExists, "choose another name"),
        Conflict::RoleInUse => (ErrorCode::RoleInUse, "give its holders another role first"),
        Conflict::PasskeyExists => (ErrorCode::PasskeyExists, "it cannot be added twice"),
        Conflict::ExportState { .. } => (ErrorCode::ExportState, "look at its status first"),
        Conflict::ScheduleChanged { .. } => (ErrorCode::ExportScheduleChanged, "look at it again"),
        Conflict::RunState { .. } => {
            (ErrorCode::ExportRunState, "it can be delivered again when it has ended")
        }
        Conflict::StreamChanged { .. } => (ErrorCode::StreamChanged, "look at it again"),
        Conflict::TooMany { .. } => (ErrorCode::TooManyEntries, "remove some first"),
    };
    ApiError::new(code, format!("{conflict}; {advice}"))
}

impl From<PeopleError> for ApiError {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Denied(denied) => denied.into(),
            PeopleError::Catalog(error) => error.into(),
            PeopleError::Beyond { .. } | PeopleError::Oneself => {
                Self::new(ErrorCode::Forbidden, error.to_string())
            }
            PeopleError::UnknownRole { ref role } => {
                let why = format!("there is no role {role:?}; GET /v1/roles lists what there is");
                Self::new(ErrorCode::InvalidBody, error.to_string()).with_errors(vec![ErrorDetail::new(
                    "/role",
                    "unknown_role",
                    why,
                )])
            }
            PeopleError::Invalid { field, ref why } => Self::new(ErrorCode::InvalidBody, error.to_string())
                .with_errors(vec![ErrorDetail::new(format!("/{field}"), "invalid", why.clone())]),
            PeopleError::Refused(why) => Self::new(ErrorCode::VerificationFailed, why),
            PeopleError::Busy => busy(),
        }
    }
}

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused { .. } => Self::new(ErrorCode::SignInFailed, error.to_string()),
            SignInError::SecondFactorNeeded => {
                Self::new(ErrorCode::SecondFactorNeeded, format!("{error}; send it as \"code\""))
            }
            SignInError::TooManyAttempts { retry_after_ms } => {
                let seconds = retry_after_ms.max(0) as u64 / 1_000 + 1;
                Self::new(ErrorCode::TooManyAttempts, format!("{error}; wait {seconds} s"))
                    .retry_after(seconds)
            }
            SignInError::SsoRequired { .. } => Self::new(ErrorCode::SsoRequired, error.to_string()),
            SignInError::Busy => busy(),
            SignInError::Catalog(error) => error.into(),
        }
    }
}

impl From<PasskeySignInError> for ApiError {
    fn from(error: PasskeySignInError) -> Self {
        match error {
            PasskeySignInError::Refused { why, .. } if why.is_of_challenge() => Self::new(
                ErrorCode::SignInFailed,
                "that took too long, or was answered before; begin again with the passkey",
            ),
            PasskeySignInError::Refused { .. } => Self::new(
                ErrorCode::SignInFailed,
                format!("{error}; try another one, or sign in with your password"),
            ),
            PasskeySignInError::Malformed(ref why) => Self::new(ErrorCode::InvalidBody, error.to_string())
                .with_errors(vec![ErrorDetail::new("/credential", "invalid", why.clone())]),
            PasskeySignInError::SignIn(error) => error.into(),
        }
    }
}

impl From<NoPasskeys> for ApiError {
    fn from(why: NoPasskeys) -> Self {
        Self::new(ErrorCode::PasskeysUnavailable, why.to_string())
    }
}

fn busy() -> ApiError {
    ApiError::new(ErrorCode::Overloaded, "too many people sign in at once; try again shortly")
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        let code = match denied {
            Denied::WrongOrg { .. } | Denied::NotMember { .. } => ErrorCode::WrongOrg,
            Denied::MissingScope { .. }
            | Denied::MissingPermission { .. }
            | Denied::InstanceOnly { .. }
            | Denied::OperatorOnly { .. }
            | Denied::Confined { .. }
            | Denied::PersonOnly { .. }
            | Denied::ViewerOnly { .. }
            | Denied::NotForViewers { .. } => ErrorCode::Forbidden,
            Denied::FeatureOff { .. } => ErrorCode::FeatureOff,
        };
        Self::new(code, denied.to_string())
    }
}

impl From<AuthenticateError> for ApiError {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Malformed | AuthenticateError::Unknown => Self::new(
                ErrorCode::Unauthenticated,
                format!("{error}; send it as Authorization: Bearer tsk_…"),
            ),
            AuthenticateError::TooManyFailures { retry_after_ms } => {
                let seconds = retry_after_ms.max(0) as u64 / 1_000 + 1;
                Self::new(ErrorCode::TooManyFailures, format!("{error}; wait {seconds} s"))
                    .retry_after(seconds)
            }
            AuthenticateError::Unavailable(ref cause) => {
                let cause = cause.to_string();
                Self::new(
                    ErrorCode::CatalogUnavailable,
                    "API keys cannot be checked at present; try again shortly",
                )
                .caused_by(cause)
            }
        }
    }
}

impl From<ViewerError> for ApiError {
    fn from(error: ViewerError) -> Self {
        match error {
            ViewerError::Refused => Self::new(
                ErrorCode::ViewerTokenEnded,
                format!("{error}; get a new one from the product that shows this log"),
            ),
            ViewerError::TooManyFailures { retry_after_ms } => {
                let seconds = retry_after_ms.max(0) as u64 / 1_000 + 1;
                Self::new(ErrorCode::TooManyFailures, format!("{error}; wait {seconds} s"))
                    .retry_after(seconds)
            }
            ViewerError::Catalog(error) => error.into(),
        }
    }
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Denied(denied) => denied.into(),
            KeyError::Catalog(error) => error.into(),
            KeyError::OrgNeeded => org_required(),
            KeyError::ScopeNotHeld { .. } => Self::new(ErrorCode::Forbidden, error.to_string()),
            KeyError::OutlivesMaker | KeyError::Expiry => Self::new(
                ErrorCode::InvalidBody,
                error.to_string(),
            )
            .with_errors(vec![ErrorDetail::new("/expires_at", "invalid", error.to_string())]),
        }
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        let code = match error {
            BodyError::Empty | BodyError::BadJson { .. } => ErrorCode::InvalidBody,
            BodyError::TooLarge { .. } => ErrorCode::BodyTooLarge,
            BodyError::TooManyEvents { .. } => ErrorCode::TooManyEvents,
        };
        Self::new(code, error.to_string())
    }
}

/// The places of an event's errors; `index` is its place in the body, if the body is a list.
pub(crate) fn event_details(error: &EventError, index: Option<usize>) -> Vec<ErrorDetail> {
    let prefix = index.map(|index| format!("/{index}")).unwrap_or_default();
    let details = error.errors.iter();
    details
        .map(|one| ErrorDetail::new(format!("{prefix}{}", one.path), one.code, one.message.clone()))
        .collect()
}

/// A query that does not parse, with the place and the repair of each error.
pub(crate) fn invalid_query(parameter: &str, diagnostics: &[Diagnostic]) -> ApiError {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    let errors: Vec<ErrorDetail> = errors.map(|diagnostic| query_detail(parameter, diagnostic)).collect();
    let detail = errors.first().map_or_else(String::new, |first| first.message.clone());
    ApiError::new(ErrorCode::InvalidQuery, detail).with_errors(errors)
}

fn query_detail(parameter: &str, diagnostic: &Diagnostic) -> ErrorDetail {
    let json = serde_json::to_value(diagnostic).unwrap_or_default();
    let code = json["code"].as_str().unwrap_or_default().to_owned();
    let span = serde_json::from_value(json["span"].clone()).ok();
    let fix = json.get("fix").filter(|fix| !fix.is_null()).cloned();
    ErrorDetail { span, fix, ..ErrorDetail::new(parameter, code, diagnostic.message.clone()) }
}

fn org_not_found(org: &str) -> ApiError {
    ApiError::new(
        ErrorCode::OrgNotFound,
        format!("there is no organization {org}; create it with POST /v1/orgs {{\"id\": \"{org}\"}}"),
    )
}

fn corrupt(what: String) -> ApiError {
    ApiError::new(
        ErrorCode::StorageCorrupt,
        "stored data does not match its checksum, so there is no answer that could be trusted; the operator \
         finds the place in the service's log",
    )
    .caused_by(what)
}

/// An answer for a status that a layer below made by itself (unknown route, wrong method, a panic).
pub(crate) fn of_status(status: StatusCode) -> ApiError {
    match status {
        StatusCode::NOT_FOUND => {
            ApiError::new(ErrorCode::NotFound, "there is nothing at this address; /docs lists what there is")
        }
        StatusCode::METHOD_NOT_ALLOWED => ApiError::new(
            ErrorCode::MethodNotAllowed,
            "this address exists, but not with this method; see /docs",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::new(ErrorCode::BodyTooLarge, "the body is larger than the limit; see /v1/limits")
        }
        StatusCode::REQUEST_TIMEOUT => {
            ApiError::new(ErrorCode::RequestTimeout, "the request did not arrive in time")
        }
        status => ApiError::internal(format!("unexpected status {status}")),
    }
}
