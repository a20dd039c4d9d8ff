//! `GET /v1/histogram`: events over time.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use tallystick_engine::search::{Histogram, HistogramRequest};
use tallystick_query::FieldRef;
use utoipa::ToSchema;

use crate::{
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        params::Params,
        schema::{QueryNote, notes, time_text},
        selection::{Common, ReadParams},
        shown::Shown,
    },
    state::AppState,
};

/// Buckets if the call does not say.
pub const BUCKETS_DEFAULT: usize = 60;
/// Buckets at most.
pub const BUCKETS_MAX: usize = 500;

/// Events over time.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistogramAnswer {
    /// Width of a bucket: `10s`, `5m`, `1h`, `1d`, `1w`, `1mo`, `1y`.
    interval: String,
    /// In order of time, without gaps.
    buckets: Vec<BucketAnswer>,
    /// The values of `by`, most frequent first; `other` sums up the rest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    series: Vec<String>,
    /// False if time ran out: the numbers are upper bounds then.
    exact: bool,
    /// What may not be as meant in the query.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<QueryNote>,
}

/// One bucket.
#[derive(Debug, Serialize, ToSchema)]
pub struct BucketAnswer {
    /// RFC 3339; it ends where the next one starts.
    start: String,
    /// Events in it.
    count: u64,
    /// Events by value of the field; only with `by`.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<BTreeMap<String, u64>>,
}

/// Events over time
///
/// Buckets are whole seconds, minutes, hours, days, weeks, months or years of the zone `tz`: the narrowest width
/// with which `buckets` of them are enough.
#[utoipa::path(
    get,
    path = "/v1/histogram",
    tag = "events",
    operation_id = "histogram_events",
    params(
        ReadParams,
        ("by" = Option<String>, Query, description = "A field to split by, for example `outcome`"),
        ("buckets" = Option<u32>, Query, description = "Buckets at most, 1 to 500; 60 by default"),
    ),
    responses(
        (status = 200, description = "The buckets", body = HistogramAnswer),
        (status = "4XX", description = "The request is not valid",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["events:read"])),
)]
pub async fn histogram(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Json<HistogramAnswer>, ApiError> {
    let Common { selection, warnings, zone, .. } =
        Common::take(&mut params, &state, &caller, Operation::HistogramEvents)?;
    let by = params.text("by")?;
    let known = by.as_deref().and_then(FieldRef::named);
    if let Some(known) = &known {
        Shown::to(&caller.caller).check_field(&caller, Operation::HistogramEvents, known)?;
    }
    let by = known.map(|field| field.to_string()).or(by);
    let buckets = params.number("buckets", BUCKETS_DEFAULT, BUCKETS_MAX)?;
    params.end()?;
    let request = HistogramRequest { selection, by, buckets, zone };
    let is_split = request.by.is_some();
    let histogram = state.read(move |engine| engine.histogram(&request)).await?;
    Ok(Json(answer(histogram, is_split, notes(&warnings))))
}

fn answer(histogram: Histogram, is_split: bool, warnings: Vec<QueryNote>) -> HistogramAnswer {
    let series = histogram.series;
    let buckets = histogram.buckets.into_iter().map(|bucket| BucketAnswer {
        start: time_text(bucket.start_us),
        count: bucket.count,
        by: is_split.then(|| series.iter().cloned().zip(bucket.by).collect()),
    });
    let buckets = buckets.collect();
    HistogramAnswer {
        interval: histogram.interval.to_string(),
        buckets,
        series,
        exact: histogram.exact,
        warnings,
    }
}
