//! `GET /v1/facets`: the values of a field among matching events, with counts.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use tallystick_engine::search::{FacetRequest, Facets};
use tallystick_query::FieldRef;
use utoipa::ToSchema;

use crate::{
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        params::{Params, invalid},
        schema::{QueryNote, notes},
        selection::{Common, ReadParams},
        shown::Shown,
    },
    state::AppState,
};

/// Values if the call does not say.
pub const VALUES_DEFAULT: usize = 10;
/// Values at most.
pub const VALUES_MAX: usize = 1_000;

/// The most frequent values of a field.
#[derive(Debug, Serialize, ToSchema)]
pub struct FacetsAnswer {
    /// The field, by its canonical name.
    field: String,
    /// Most frequent first.
    values: Vec<ValueAnswer>,
    /// Number of different values, those that are not listed included.
    distinct: u64,
    /// False if time ran out: the numbers are upper bounds then.
    exact: bool,
    /// What may not be as meant in the query.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<QueryNote>,
}

/// One value.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValueAnswer {
    /// As a query writes it.
    value: String,
    /// As a person reads it.
    label: String,
    /// Events that have it.
    count: u64,
}

/// Values of a field
///
/// The terms of the query on the field itself do not count, so that choosing one value does not hide the others.
#[utoipa::path(
    get,
    path = "/v1/facets",
    tag = "events",
    operation_id = "facet_events",
    params(
        ReadParams,
        ("field" = String, Query, description = "`action`, `actor`, `outcome`, `metadata.plan`, ..."),
        ("limit" = Option<u32>, Query, description = "Values at most, 1 to 1,000; 10 by default"),
        ("contains" = Option<String>, Query, description = "Only values that contain this text, in any case"),
    ),
    responses(
        (status = 200, description = "The values", body = FacetsAnswer),
        (status = "4XX", description = "The request is not valid",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["events:read"])),
)]
pub async fn facets(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Json<FacetsAnswer>, ApiError> {
    // Before anything about the parameters is said: who may not ask is told only that.
    let _reach = caller.may(Operation::FacetEvents, None)?;
    let named =
        params.text("field")?.ok_or_else(|| invalid("field", "it is required; for example field=action"))?;
    let known = FieldRef::named(&named);
    if let Some(known) = &known {
        Shown::to(&caller.caller).check_field(&caller, Operation::FacetEvents, known)?;
    }
    let field = known.map_or(named, |field| field.to_string());
    let Common { selection, warnings, .. } =
        Common::take_without(&mut params, &state, &caller, Operation::FacetEvents, Some(&field))?;
    let limit = params.number("limit", VALUES_DEFAULT, VALUES_MAX)?;
    let contains = params.text("contains")?;
    params.end()?;
    let request = FacetRequest { selection, field: field.clone(), limit, contains };
    let Facets { values, distinct, exact } = state.read(move |engine| engine.facets(&request)).await?;
    let values = values.into_iter();
    let values =
        values.map(|one| ValueAnswer { value: one.value, label: one.label, count: one.count }).collect();
    Ok(Json(FacetsAnswer { field, values, distinct, exact, warnings: notes(&warnings) }))
}
