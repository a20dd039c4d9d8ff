//! Organizations.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod update;

use serde::Serialize;
use tallystick_catalog::{Catalog, CatalogError, Organization};
use tallystick_engine::INSTANCE_ORG;
use tallystick_event::{OrgId, format_ms};
use utoipa::ToSchema;

use crate::error::{ApiError, ErrorCode};

/// An organization.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrgView {
    /// Its id.
    id: String,
    /// For people.
    name: String,
    /// Id of its log, a UUID that says nothing about the organization.
    log_id: String,
    /// `active`, or `archived`: reads go on, writes are refused.
    state: &'static str,
    /// RFC 3339.
    created_at: String,
    /// RFC 3339.
    updated_at: String,
    /// Events in its log.
    events: u64,
}

impl OrgView {
    fn new(org: &Organization, events: u64) -> Self {
        Self {
            id: org.id.to_string(),
            name: org.name.clone(),
            log_id: org.log_id.to_string(),
            state: org.state.as_str(),
            created_at: format_ms(org.created_ms),
            updated_at: format_ms(org.updated_ms),
            events,
        }
    }
}

/// These organizations, in this order.
pub(crate) async fn organizations(
    catalog: &Catalog,
    ids: &[OrgId],
) -> Result<Vec<Organization>, CatalogError> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.push(catalog.organization(id).await?);
    }
    Ok(found)
}

/// The instance's own organization cannot be changed.
pub(crate) fn refuse_instance(org: &OrgId) -> Result<(), ApiError> {
    if org.as_str() != INSTANCE_ORG {
        return Ok(());
    }
    let detail = format!("organization {INSTANCE_ORG} holds the instance's own events and cannot be changed");
    Err(ApiError::new(ErrorCode::OrgReserved, detail))
}
