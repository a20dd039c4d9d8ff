//! Amazon S3, and what speaks its language: objects of events, each put once.

mod fields;
mod meaning;
mod store;

use crate::http::HttpClient;
use crate::object::{Layout, ObjectDestination, SHAPE, conditional};
use crate::{BadSettings, Destination, Kind, Once, Settings, Surroundings};

pub(crate) use self::store::S3Store;

/// S3.
pub(crate) static KIND: Kind = Kind {
    name: "s3",
    title: "Amazon S3 and compatible",
    summary: "Compressed files of events in a bucket of Amazon S3, or of a store that speaks its language, such as \
        MinIO, \
              Ceph, Cloudflare R2 or SeaweedFS.",
    fields: fields::FIELDS,
    formats: &[],
    shape: SHAPE,
    once: Once::Exactly,
    open,
};

fn open(settings: &Settings, surroundings: &Surroundings) -> Result<Box<dyn Destination>, BadSettings> {
    let client = HttpClient::open(settings, surroundings)?;
    let store = S3Store::new(client, settings, surroundings)?;
    let (layout, is_conditional) = (Layout::new(settings)?, conditional(settings));
    Ok(Box::new(ObjectDestination { store, layout, is_conditional }))
}
