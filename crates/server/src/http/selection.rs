//! What the reading calls have in common: organization, query, time range and zone.

use jiff::tz::TimeZone;
use tallystick_auth::{Feature, Operation, Reach};
use tallystick_engine::search::{Scope, Selection, TimeRange};
use tallystick_event::OrgId;
use tallystick_query::{
    Diagnostic, LowerOptions, Lowered, Me, Query, lower, parse, parse_time_parameter, time_twice, zone,
};

use super::{
    caller::Authenticated,
    confine,
    params::{Params, invalid},
    shown::Shown,
};
use crate::{
    error::{ApiError, convert::invalid_query},
    state::AppState,
};

/// Organizations that one read may name.
pub const ORGS_PER_READ_MAX: usize = 100;

/// The parameters that all reads have, for the document.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReadParams {
    /// Organizations, separated by commas; none: all within reach.
    pub org: Option<String>,
    /// The query; none: every event.
    pub q: Option<String>,
    /// Only events that occurred at or after this time: `2026-11-20`, `2026-11-20T10:00Z`, `now-24h`, ...
    pub from: Option<String>,
    /// Only events that occurred before this time; a whole day is included.
    pub to: Option<String>,
    /// Time zone of dates, for example `Europe/Madrid`; UTC by default.
    pub tz: Option<String>,
}

/// The parsed common parameters.
#[derive(Debug)]
pub struct Common {
    /// What to read.
    pub selection: Selection,
    /// Warnings about the query.
    pub warnings: Vec<Diagnostic>,
    /// The zone of `tz`.
    pub zone: TimeZone,
    /// The query as it was given.
    pub text: String,
    /// `from`, `to` and the name of the zone, as they were given.
    pub times: [Option<String>; 3],
}

impl Common {
    /// Takes `org`, `q`, `from`, `to` and `tz` out of the parameters.
    pub fn take(
        params: &mut Params,
        state: &AppState,
        caller: &Authenticated,
        operation: Operation,
    ) -> Result<Self, ApiError> {
        Self::take_without(params, state, caller, operation, None)
    }

    /// As [`Self::take`], with the terms on one field left out of the query.
    pub fn take_without(
        params: &mut Params,
        state: &AppState,
        caller: &Authenticated,
        operation: Operation,
        left_out: Option<&str>,
    ) -> Result<Self, ApiError> {
        let scope = take_scope(params, caller, operation)?;
        let zone = take_zone(params)?;
        let now_us = state.clock.now_ms() * 1_000;
        if ["q", "from", "to"].iter().any(|name| params.peek(name).is_some_and(|text| !text.is_empty())) {
            caller.needs(operation, Feature::Search)?;
        }
        let text = params.text("q")?.unwrap_or_default();
        let (query, mut warnings) =
            parse(&text).into_result().map_err(|errors| invalid_query("q", &errors))?;
        Shown::to(&caller.caller).check_query(caller, operation, &query)?;
        let mut range = TimeRange::ALL;
        let (from, to) = (params.text("from")?, params.text("to")?);
        if let Some(text) = &from {
            range.from_us = time("from", text, now_us, &zone)?.0;
        }
        if let Some(text) = &to {
            range.to_us = time("to", text, now_us, &zone)?.1;
        }
        if range.from_us >= range.to_us {
            return Err(invalid("to", "the range ends before it starts"));
        }
        if range != TimeRange::ALL {
            warnings.extend(time_twice(&query));
        }
        let query = match left_out {
            Some(field) => query.without_field(field),
            None => query,
        };
        let query = lowered(&query, now_us, &zone, confine::me(&caller.caller))?;
        let query = confine::narrowed(query, confine::of(&caller.caller, &scope, now_us)?);
        let deadline = AppState::search_deadline();
        let times = [from, to, zone.iana_name().map(str::to_owned)];
        Ok(Self { selection: Selection { scope, query, range, deadline }, warnings, zone, text, times })
    }
}

/// Takes `org`: none, one, or several separated by commas. Each is checked against the authorization table.
pub fn take_scope(
    params: &mut Params,
    caller: &Authenticated,
    operation: Operation,
) -> Result<Scope, ApiError> {
    let Some(text) = params.text("org")? else {
        return Ok(match caller.may(operation, None)? {
            Reach::All => Scope::All,
            Reach::Org(org) => Scope::Orgs(vec![org]),
            Reach::Orgs(orgs) => Scope::Orgs(orgs),
        });
    };
    let mut orgs: Vec<OrgId> = Vec::new();
    for id in text.split(',') {
        let org: OrgId = id.parse().map_err(|error| invalid("org", &format!("\"{id}\": {error}")))?;
        let _reach = caller.may(operation, Some(&org))?;
        if !orgs.contains(&org) {
            orgs.push(org);
        }
    }
    if orgs.len() > ORGS_PER_READ_MAX {
        return Err(invalid(
            "org",
            &format!("at most {ORGS_PER_READ_MAX} organizations can be named; name none for all"),
        ));
    }
    Ok(Scope::Orgs(orgs))
}

/// Takes `tz`; UTC if absent.
pub fn take_zone(params: &mut Params) -> Result<TimeZone, ApiError> {
    match params.text("tz")? {
        None => Ok(TimeZone::UTC),
        Some(name) => zone(&name).map_err(|error| invalid("tz", &error.to_string())),
    }
}

/// Makes a query ready to run; `None` if it asks for nothing in particular.
pub fn lowered(
    query: &Query,
    now_us: i64,
    zone: &TimeZone,
    me: Option<Me<'_>>,
) -> Result<Option<Lowered>, ApiError> {
    if query.root.is_none() {
        return Ok(None);
    }
    let options = LowerOptions { now_us, tz: zone, me };
    lower(query, &options).map(Some).map_err(|error| invalid_query("q", &[error]))
}

pub(crate) fn time(name: &str, text: &str, now_us: i64, zone: &TimeZone) -> Result<(i64, i64), ApiError> {
    let interval =
        parse_time_parameter(text, now_us, zone).map_err(|error| invalid(name, &error.to_string()))?;
    Ok((interval.from_us, interval.to_us))
}
