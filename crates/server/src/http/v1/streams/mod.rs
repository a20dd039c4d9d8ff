//! Streams: events that are sent on to other systems as they arrive.

pub mod answer;
pub mod attempts;
pub mod body;
pub mod create;
pub mod dead_letters;
pub mod delete;
pub mod gaps;
pub mod get;
pub mod kinds;
pub mod list;
pub mod pause;
pub mod replay;
pub mod resume;
pub mod rewind;
pub mod test;
pub mod test_draft;
pub mod update;

use tallystick_auth::{Operation, Reach};
use tallystick_catalog::{CatalogError, Stream, StreamId};
use tallystick_destination::Kind;
use tallystick_event::OrgId;
use tallystick_format::FormatName;

pub use self::{answer::StreamAnswer, body::bad};
use crate::{
    error::ApiError,
    http::caller::{Authenticated, org_required},
    state::AppState,
};

/// Names of the formats that a kind takes, the best first.
fn formats_of(kind: &Kind) -> Vec<&'static str> {
    if kind.formats.is_empty() {
        return FormatName::ALL.iter().map(|format| format.as_str()).collect();
    }
    kind.formats.to_vec()
}

/// Which streams a caller may carry out an operation on.
#[derive(Debug)]
struct Manages {
    /// Those of organizations.
    orgs: Option<Reach>,
    /// Those of all organizations.
    instance: bool,
}

impl Manages {
    /// Asks the authorization table. Who may not on any stream at all is refused.
    fn of(caller: &Authenticated, operation: Operation) -> Result<Self, ApiError> {
        let instance = caller.may(Operation::ManageInstanceStreams, None).is_ok();
        match caller.may(operation, None) {
            Ok(reach) => Ok(Self { orgs: Some(reach), instance }),
            Err(_) if instance => Ok(Self { orgs: None, instance }),
            Err(denied) => Err(denied),
        }
    }

    fn covers(&self, org: Option<&OrgId>) -> bool {
        match org {
            Some(_) => self.orgs.as_ref().is_some_and(|reach| reach.covers(org)),
            None => self.instance,
        }
    }
}

/// Whose a new stream is to be: as it says (null: all organizations), or else the only organization that the caller
/// may make one for.
#[expect(clippy::option_option, reason = "left out and null mean different things")]
fn whose(
    caller: &Authenticated,
    operation: Operation,
    named: Option<Option<OrgId>>,
) -> Result<Option<OrgId>, ApiError> {
    match named {
        Some(None) => {
            let _reach = caller.may(Operation::ManageInstanceStreams, None)?;
            Ok(None)
        }
        Some(Some(org)) => {
            let _reach = caller.may(operation, Some(&org))?;
            Ok(Some(org))
        }
        None => match caller.may(operation, None)? {
            Reach::Org(org) => Ok(Some(org)),
            Reach::All | Reach::Orgs(_) => Err(org_required()),
        },
    }
}

/// The stream with this id, if the caller may carry out the operation on it. Others are as unknown as those that do not
/// exist.
async fn reached(
    state: &AppState,
    caller: &Authenticated,
    operation: Operation,
    id: &StreamId,
) -> Result<Stream, ApiError> {
    let manages = Manages::of(caller, operation)?;
    let stream = state.engine.catalog().stream(id).await?;
    if manages.covers(stream.org.as_ref()) { Ok(stream) } else { Err(unknown(id)) }
}

fn unknown(id: &StreamId) -> ApiError {
    CatalogError::NotFound { kind: "stream", id: id.to_string() }.into()
}
