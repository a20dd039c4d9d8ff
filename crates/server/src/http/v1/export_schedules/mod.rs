//! Schedules: exports that are made again and again.

pub mod answer;
pub mod body;
pub mod create;
pub mod delete;
pub mod deliver;
pub mod get;
pub mod list;
pub mod pause;
pub mod resume;
pub mod run;
pub mod runs;
pub mod update;

use tallystick_auth::{Operation, Reach};
use tallystick_catalog::{CatalogError, Schedule, ScheduleId, ScheduleOwner};
use tallystick_delivery::schedules::Targets;
use tallystick_engine::search::Scope;
use tallystick_event::OrgId;

pub use self::answer::{RunAnswer, ScheduleAnswer};
use crate::{
    error::{ApiError, ErrorCode},
    http::{caller::Authenticated, confine},
    state::AppState,
};

/// The schedule with this id, if the caller may carry out the operation on it. Others are as unknown as those that do
/// not exist.
async fn reached(
    state: &AppState,
    caller: &Authenticated,
    operation: Operation,
    id: &ScheduleId,
) -> Result<Schedule, ApiError> {
    let reach: Reach = caller.may(operation, None)?;
    let schedule = state.schedules.get(id).await?;
    if reach.covers(Some(&schedule.org)) {
        return Ok(schedule);
    }
    Err(CatalogError::NotFound { kind: "export schedule", id: id.to_string() }.into())
}

/// Refuses whoever could not have a schedule's files themselves: it will have their rights.
fn require_rights(
    state: &AppState,
    caller: &Authenticated,
    org: &OrgId,
    sends_data: bool,
) -> Result<(), ApiError> {
    let _reach = caller.may(Operation::CreateExport, Some(org))?;
    if sends_data {
        let _reach = caller.may(Operation::SendExportSchedule, Some(org))?;
    }
    let scope = Scope::Orgs(vec![org.clone()]);
    if confine::of(&caller.caller, &scope, state.clock.now_ms() * 1_000)?.is_some() {
        return Err(ApiError::new(ErrorCode::Forbidden, "who sees a part of the events cannot export them"));
    }
    Ok(())
}

/// The caller, as the owner of a schedule.
fn owner(caller: &Authenticated) -> ScheduleOwner {
    ScheduleOwner {
        id: caller.caller.id.to_string(),
        name: caller.caller.name.clone(),
        by_sso: caller.caller.sso_org().is_some(),
    }
}

fn targets(schedule: &Schedule) -> Result<Targets, ApiError> {
    Targets::from_text(&schedule.parts.targets)
        .map_err(|error| ApiError::internal(format!("{}: {error}", schedule.id)))
}
