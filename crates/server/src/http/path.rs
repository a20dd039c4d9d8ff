//! The id in an address, with its type.

use std::{fmt::Display, str::FromStr};

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};

use super::params::invalid;
use crate::error::ApiError;

/// The `{id}` of the route.
#[derive(Debug, Clone)]
pub struct Id<T>(pub T);

impl<T, S> FromRequestParts<S> for Id<T>
where
    T: FromStr<Err: Display>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|error| invalid("id", &error.to_string()))?;
        let text = params.iter().find(|(name, _)| *name == "id").map(|(_, value)| value);
        let text = text.ok_or_else(|| ApiError::internal("the route has no id"))?;
        text.parse().map(Id).map_err(|error| invalid("id", &format!("\"{text}\": {error}")))
    }
}
