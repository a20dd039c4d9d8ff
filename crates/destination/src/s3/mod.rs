//! Amazon S3, and what speaks its language: objects of events, each put once.

mod fields;
mod meaning;
mod store;

use crate::http::HttpClient;
use crate::object::{CheckedStore, Layout, ObjectDestination, SHAPE, is_conditional};
use crate::{BadSettings, Destination, Kind, Once, Settings, Surroundings};

pub use self::fields::FIELDS;
pub(crate) use self::store::S3Store;

/// S3.
pub(crate) static KIND: Kind = Kind {
    name: "s3",
    title: "Amazon S3 and compatible",
    summary: "Compressed files of events in a bucket of Amazon S3, or of a store that speaks its language, such as \
        MinIO, \
              Ceph, Cloudflare R2 or SeaweedFS.",
    fields: FIELDS,
    formats: &[],
    shape: SHAPE,
    once: Once::Exactly,
    open,
};

fn open(settings: &Settings, surroundings: &Surroundings) -> Result<Box<dyn Destination>, BadSettings> {
    let store = bucket(settings, surroundings)?;
    let (layout, is_conditional) = (Layout::new(settings)?, is_conditional(settings));
    Ok(Box::new(ObjectDestination { store, layout, is_conditional }))
}

/// A bucket for other things than events in files of lines. The settings have the fields of [`FIELDS`].
///
/// # Errors
/// The first setting that leads to no bucket.
pub fn open_store(
    settings: &Settings,
    surroundings: &Surroundings,
) -> Result<Box<dyn CheckedStore>, BadSettings> {
    Ok(Box::new(bucket(settings, surroundings)?))
}

fn bucket(settings: &Settings, surroundings: &Surroundings) -> Result<S3Store, BadSettings> {
    let client = HttpClient::open(settings, surroundings)?;
    S3Store::new(client, settings, surroundings)
}
