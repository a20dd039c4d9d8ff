//! A log as others check it: checkpoint, tiles, bundles (C2SP tlog-tiles) and proofs. `{log}` is an organization, then
//! it means its present log, or a log's own id.

pub mod anchors;
pub mod checkpoint;
pub mod consistency;
pub mod directory;
pub mod integrity;
pub mod range;
pub mod tile;

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{header, request::Parts},
};
use tallystick_auth::Operation;
use tallystick_engine::proof::{LogInfo, ProofError, Proofs};

use crate::{
    error::{ApiError, ErrorCode},
    http::{caller::Authenticated, cookie},
    state::AppState,
};

/// Who reads what holds no content of events: a key, or anybody if the operator has made proofs public.
#[derive(Debug, Clone)]
pub struct Reader(Option<Authenticated>);

impl FromRequestParts<Arc<AppState>> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        if state.options.proofs_public
            && !parts.headers.contains_key(header::AUTHORIZATION)
            && cookie::session(&parts.headers, state).is_none()
        {
            return Ok(Self(None));
        }
        Ok(Self(Some(Authenticated::from_request_parts(parts, state).await?)))
    }
}

impl Reader {
    /// Asks the authorization table for what concerns the whole instance.
    pub fn may(&self, operation: Operation) -> Result<(), ApiError> {
        self.0.as_ref().map_or(Ok(()), |caller| caller.may(operation, None).map(drop))
    }

    /// The log, if the reader may see it.
    pub fn log(&self, state: &AppState, name: &str, operation: Operation) -> Result<LogInfo, ApiError> {
        match &self.0 {
            Some(caller) => log(state, caller, name, operation),
            None => Ok(state.engine.proofs().log(name)?),
        }
    }
}

/// The log, if the caller may see it. To a key of another organization it is not there or forbidden as that is.
pub fn log(
    state: &AppState,
    caller: &Authenticated,
    name: &str,
    operation: Operation,
) -> Result<LogInfo, ApiError> {
    let found = state.engine.proofs().log(name);
    let org = match &found {
        Ok(info) => Some(info.org.clone()),
        Err(_) => name.parse().ok(),
    };
    let _reach = caller.may(operation, org.as_ref())?;
    Ok(found?)
}

/// The `{log}` of the route, and the rest of the path if the route has one.
#[derive(Debug, Clone)]
pub struct LogPath {
    /// As asked.
    pub log: String,
    /// Behind it.
    pub rest: String,
}

impl<S: Send + Sync> FromRequestParts<S> for LogPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|_| ApiError::new(ErrorCode::NotFound, "the address is not UTF-8"))?;
        let value = |wanted: &str| {
            params.iter().find(|(name, _)| *name == wanted).map_or("", |(_, value)| value).to_owned()
        };
        Ok(Self { log: value("log"), rest: value("path") })
    }
}

/// Runs a blocking question about proofs on a thread of its own.
pub async fn ask<T: Send + 'static>(
    state: &Arc<AppState>,
    f: impl FnOnce(&Proofs) -> Result<T, ProofError> + Send + 'static,
) -> Result<T, ApiError> {
    let answer = state.read(move |engine| Ok(f(engine.proofs()))).await?;
    Ok(answer?)
}

/// The origin of a log by its id, or of the directory. Log ids are random, so asking for one tells nothing.
pub fn log_origin(state: &AppState, log: Option<&str>) -> Result<String, ApiError> {
    let proofs = state.engine.proofs();
    let Some(log) = log else { return Ok(proofs.directory_origin()) };
    // Only by id: names of organizations are not for everybody, and one may look like an id.
    let id = log.parse().map_err(|_| ProofError::UnknownLog { log: log.to_owned() })?;
    Ok(proofs.log_by_id(id)?.origin)
}
