//! What a role with a filter leaves of the events. The filter is joined to every read of events after the query is
//! resolved, so nothing in a request (a zone, a left-out field) can change what it means.

use jiff::tz::TimeZone;
use tallystick_auth::Caller;
use tallystick_engine::{
    ReadError, facts,
    search::{Scope, StoredEvent},
};
use tallystick_event::OrgId;
use tallystick_query::{Expr, LowerOptions, Lowered, lower, matches, parse};

use crate::error::ApiError;

/// What every event that the caller sees within the scope must match; none: there is no such limit.
pub fn of(caller: &Caller, scope: &Scope, now_us: i64) -> Result<Option<Lowered>, ApiError> {
    let Scope::Orgs(orgs) = scope else { return Ok(None) };
    if orgs.iter().all(|org| caller.filter(org).is_none()) {
        return Ok(None);
    }
    let mut parts = Vec::with_capacity(orgs.len());
    for org in orgs {
        let own = resolved(&format!("org:\"{org}\""), now_us)?;
        parts.push(match caller.filter(org) {
            None => own,
            Some(filter) => Expr::and([own, resolved(filter, now_us)?]),
        });
    }
    Ok(Some(Lowered { expr: Expr::or(parts) }))
}

/// Both together.
pub fn narrowed(query: Option<Lowered>, confined: Option<Lowered>) -> Option<Lowered> {
    match (query, confined) {
        (Some(query), Some(confined)) => Some(Lowered { expr: Expr::and([query.expr, confined.expr]) }),
        (query, confined) => query.or(confined),
    }
}

/// Whether one event is seen.
pub fn shows(confined: Option<&Lowered>, event: &StoredEvent) -> Result<bool, ReadError> {
    match confined {
        None => Ok(true),
        Some(confined) => Ok(matches(confined, &facts::of(&event.meta, &event.units)?)),
    }
}

/// Whether every event that the caller may read of an organization is seen.
pub fn is_whole(caller: &Caller, org: &OrgId) -> bool {
    caller.filter(org).is_none()
}

/// A filter that does not parse any more lets nothing through.
fn resolved(text: &str, now_us: i64) -> Result<Expr, ApiError> {
    let broken = |what: String| ApiError::internal(format!("the filter {text:?} of a role: {what}"));
    let (query, _) = parse(text).into_result().map_err(|errors| broken(format!("{errors:?}")))?;
    let options = LowerOptions { now_us, tz: &TimeZone::UTC, me: None };
    match lower(&query, &options) {
        Ok(lowered) => Ok(lowered.expr),
        Err(error) => Err(broken(format!("{error:?}"))),
    }
}
