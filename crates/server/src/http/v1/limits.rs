//! `GET /v1/limits`: every limit that a caller can meet, with its value.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use tallystick_auth::{
    CHALLENGE_MS, INVITATION_MS, ORIGINS_MAX, Operation, PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN,
    RESET_LINK_MS, SETUP_LINK_MS, SHARE_MS_MAX, VIEWER_TOKEN_MS_MAX,
};
use tallystick_catalog::{
    BREAK_GLASS_MAX, DEAD_LETTERS_MAX, DOMAINS_MAX, EMAIL_BYTES_MAX, EXPORT_SCHEDULES_MAX, EXPORTS_KEPT_MAX,
    EXPORTS_WAITING_MAX, GROUP_ROLES_MAX, INVITATIONS_MAX, LIVE_KEYS_MAX, MEMBERS_MAX, MEMBERSHIPS_MAX,
    NAME_CHARS_MAX, PASSKEYS_MAX, ROLES_MAX, SCHEDULE_RUNS_KEPT, SEARCHES_MAX, SESSIONS_MAX,
    SHARE_NOTE_CHARS_MAX, SHARES_MAX, SHORT_LINK_PATH_BYTES_MAX, SHORT_LINKS_MAX, STREAM_ATTEMPTS_KEPT,
    STREAM_GAPS_KEPT, STREAMS_MAX, USERS_MAX, VIEWER_TOKENS_MAX,
};
use tallystick_delivery::{
    limits::{COLUMNS_MAX, KEEP_DAYS_MAX, SELECTION_EVENTS_MAX},
    schedules::limits as schedules,
    streams::limits::MASK_FIELDS_MAX,
};
use tallystick_destination::limits::SETTING_BYTES_MAX;
use tallystick_engine::LIVE_LAG_EVENTS_MAX;
use tallystick_query::limits::{LIST_VALUES_MAX, QUERY_CHARS_MAX, QUERY_DEPTH_MAX, QUERY_TERMS_MAX};

use super::{events, evidence, exports, facets, histogram, logs, searches};
use crate::{
    error::{ApiError, Problem},
    http::{body, caller::Authenticated, json, page, params::Params, selection},
    serve::CONNECTIONS_MAX,
    sso::ATTEMPT_MS,
    state::{AppState, PACKS_MAX, SEARCH_TIME_MAX, STREAM_TESTS_MAX, TAILS_MAX},
};

/// Limits
///
/// Every limit that a caller can meet. The unit is part of the name.
#[utoipa::path(
    get,
    path = "/v1/limits",
    tag = "service",
    operation_id = "get_limits",
    responses(
        (status = 200, description = "Name and value of each", body = BTreeMap<String, u64>),
        (status = 401, description = "No valid key", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = [])),
)]
pub async fn limits(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
) -> Result<Json<BTreeMap<&'static str, u64>>, ApiError> {
    let _reach = caller.may(Operation::GetLimits, None)?;
    params.end()?;
    Ok(Json(all(&state)))
}

/// All of them, by name.
#[expect(clippy::too_many_lines, reason = "one line a limit")]
pub fn all(state: &AppState) -> BTreeMap<&'static str, u64> {
    let mut limits: BTreeMap<_, _> = state.preparer.limits().published().into_iter().collect();
    limits.extend([
        ("batch_errors_listed_max", events::ingest::ERRORS_LISTED_MAX as u64),
        ("idempotency_header_bytes_max", events::ingest::IDEMPOTENCY_HEADER_BYTES_MAX as u64),
        ("search_page_events_max", events::search::PAGE_EVENTS_MAX as u64),
        ("search_time_ms_max", SEARCH_TIME_MAX.as_millis() as u64),
        ("histogram_buckets_max", histogram::BUCKETS_MAX as u64),
        ("facet_values_max", facets::VALUES_MAX as u64),
        ("orgs_per_read_max", selection::ORGS_PER_READ_MAX as u64),
        ("query_chars_max", QUERY_CHARS_MAX as u64),
        ("query_terms_max", QUERY_TERMS_MAX as u64),
        ("query_depth_max", QUERY_DEPTH_MAX as u64),
        ("query_list_values_max", LIST_VALUES_MAX as u64),
        ("tails_max", TAILS_MAX as u64),
        ("tail_lag_events_max", LIVE_LAG_EVENTS_MAX),
        ("range_events_max", logs::range::RANGE_EVENTS_MAX),
        ("evidence_selection_events_max", SELECTION_EVENTS_MAX as u64),
        ("evidence_packs_max", PACKS_MAX as u64),
        ("evidence_pause_ms_max", evidence::PAUSE_MAX.as_millis() as u64),
        ("proven_events_max", events::receipts::PROVEN_EVENTS_MAX as u64),
        ("proof_wait_ms_max", events::proof::PUBLISH_WAIT_MAX.as_millis() as u64),
        ("exports_waiting_max", EXPORTS_WAITING_MAX),
        ("exports_listed_max", EXPORTS_KEPT_MAX),
        ("export_columns_max", COLUMNS_MAX as u64),
        ("export_keep_days", u64::from(state.options.export_keep_days)),
        ("export_keep_days_max", u64::from(KEEP_DAYS_MAX)),
        ("export_link_minutes_max", u64::from(exports::link::LINK_MINUTES_MAX)),
        ("exports_running_max", state.exports.options().running_max as u64),
        ("export_schedules_max", EXPORT_SCHEDULES_MAX),
        ("export_schedule_runs_listed_max", SCHEDULE_RUNS_KEPT),
        ("export_schedule_interval_ms_min", schedules::INTERVAL_MIN.as_millis() as u64),
        ("export_schedule_recipients_max", schedules::RECIPIENTS_MAX as u64),
        ("export_schedule_attachment_bytes_max", schedules::ATTACHMENT_BYTES_MAX),
        ("export_schedule_object_bytes_max", schedules::OBJECT_BYTES_MAX),
        ("export_schedule_delivery_attempts_max", u64::from(schedules::DELIVERY_ATTEMPTS_MAX)),
        ("streams_max", STREAMS_MAX),
        ("stream_dead_letters_max", DEAD_LETTERS_MAX),
        ("stream_attempts_listed_max", STREAM_ATTEMPTS_KEPT),
        ("stream_gaps_listed_max", STREAM_GAPS_KEPT),
        ("stream_mask_fields_max", MASK_FIELDS_MAX as u64),
        ("stream_tests_max", STREAM_TESTS_MAX as u64),
        ("stream_setting_bytes_max", SETTING_BYTES_MAX as u64),
        ("connections_max", CONNECTIONS_MAX as u64),
        ("body_time_ms_max", body::BODY_TIME_MAX.as_millis() as u64),
        ("body_pause_ms_max", body::BODY_PAUSE_MAX.as_millis() as u64),
        ("admin_body_bytes_max", json::JSON_BODY_BYTES_MAX as u64),
        ("list_page_max", page::LIMIT_MAX as u64),
        ("name_chars_max", NAME_CHARS_MAX as u64),
        ("live_keys_max", LIVE_KEYS_MAX),
        ("users_max", USERS_MAX),
        ("members_max", MEMBERS_MAX),
        ("memberships_max", MEMBERSHIPS_MAX),
        ("roles_max", ROLES_MAX),
        ("open_invitations_max", INVITATIONS_MAX),
        ("sso_domains_max", DOMAINS_MAX as u64),
        ("sso_group_roles_max", GROUP_ROLES_MAX as u64),
        ("sso_break_glass_max", BREAK_GLASS_MAX as u64),
        ("sso_attempt_ms_max", ATTEMPT_MS as u64),
        ("sessions_max", SESSIONS_MAX as u64),
        ("email_bytes_max", EMAIL_BYTES_MAX as u64),
        ("password_chars_min", PASSWORD_CHARS_MIN as u64),
        ("password_bytes_max", PASSWORD_BYTES_MAX as u64),
        ("invitation_ms_max", INVITATION_MS as u64),
        ("reset_link_ms_max", RESET_LINK_MS as u64),
        ("setup_link_ms_max", SETUP_LINK_MS as u64),
        ("saved_searches_max", SEARCHES_MAX),
        ("view_columns_max", searches::VIEW_COLUMNS_MAX as u64),
        ("short_links_max", SHORT_LINKS_MAX),
        ("short_link_path_bytes_max", SHORT_LINK_PATH_BYTES_MAX as u64),
        ("shares_max", SHARES_MAX),
        ("share_ms_max", SHARE_MS_MAX as u64),
        ("share_note_chars_max", SHARE_NOTE_CHARS_MAX as u64),
        ("viewer_token_ms_max", VIEWER_TOKEN_MS_MAX as u64),
        ("viewer_token_origins_max", ORIGINS_MAX as u64),
        ("viewer_tokens_max", VIEWER_TOKENS_MAX),
        ("passkeys_max", PASSKEYS_MAX),
        ("passkey_challenge_ms_max", CHALLENGE_MS as u64),
    ]);
    limits
}
