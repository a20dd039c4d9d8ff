//! What a role with a filter leaves of the events. The filter is joined to every read of events after the query is
//! resolved, so nothing in a request (a zone, a left-out field) can change what it means.

use jiff::tz::TimeZone;
use tallystick_auth::Caller;
use tallystick_engine::{
    ReadError, facts,
    search::{Scope, StoredEvent},
};
use tallystick_query::{Diagnostic, Expr, LowerOptions, Lowered, Me, lower, matches, parse};

use crate::error::{ApiError, convert::invalid_query};

/// What every event that the caller sees within the scope must match; none: there is no such limit.
pub fn of(caller: &Caller, scope: &Scope, now_us: i64) -> Result<Option<Lowered>, ApiError> {
    let Scope::Orgs(orgs) = scope else { return Ok(None) };
    if orgs.iter().all(|org| caller.filter(org).is_none()) {
        return Ok(None);
    }
    let mut parts = Vec::with_capacity(orgs.len());
    for org in orgs {
        let resolved = |text: &str| {
            let broken = |errors| {
                ApiError::internal(format!("the filter {text:?} of a role or a viewer token: {errors:?}"))
            };
            resolve(text, now_us, me(caller)).map_err(broken)
        };
        let own = resolved(&format!("org:\"{org}\""))?;
        parts.push(match caller.filter(org) {
            None => own,
            Some(filter) => Expr::and([own, resolved(filter)?]),
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

/// Who `@me` is: the person who is signed in, or who looks through a viewer token.
pub fn me(caller: &Caller) -> Option<Me<'_>> {
    if let Some(viewer) = caller.viewer() {
        return Some(Me { id: &viewer.actor, email: None });
    }
    let person = caller.person()?;
    Some(Me { id: caller.user()?.as_str(), email: Some(&person.email) })
}

/// Refuses a filter, in this member of a body, that would not work for whoever has it. That is always a person or a
/// viewer, so it can say `@me`.
pub fn check_filter(path: &str, text: &str) -> Result<(), ApiError> {
    let somebody = Me { id: "usr_00000000000000000000", email: Some("somebody@example.com") };
    resolve(text, 0, Some(somebody)).map(drop).map_err(|errors| invalid_query(path, &errors))
}

/// A filter that does not resolve any more lets nothing through.
fn resolve(text: &str, now_us: i64, me: Option<Me<'_>>) -> Result<Expr, Vec<Diagnostic>> {
    let (query, _) = parse(text).into_result()?;
    let options = LowerOptions { now_us, tz: &TimeZone::UTC, me };
    lower(&query, &options).map(|lowered| lowered.expr).map_err(|error| vec![error])
}
