//! The HTTP surface: the router, what handlers share, and one file for each call.

pub mod body;
pub mod caller;
pub mod compress;
pub mod confine;
pub mod cookie;
pub mod cross_origin;
pub mod docs_page;
pub mod headers;
pub mod health;
pub mod json;
pub mod metrics;
pub mod openapi;
pub mod page;
pub mod params;
pub mod path;
pub mod ranges;
pub mod request_id;
pub mod router;
pub mod same_site;
pub mod schema;
pub mod selection;
pub mod shown;
pub mod static_file;
pub mod told;
pub mod v1;
pub mod verifier_page;
