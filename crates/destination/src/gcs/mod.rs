//! Google Cloud Storage: objects of events, each put once.

mod fields;
mod jwt;
mod meaning;
mod request;
mod store;
mod token;

use crate::http::HttpClient;
use crate::object::{CheckedStore, Layout, ObjectDestination, SHAPE};
use crate::{BadSettings, Destination, Kind, Once, Settings, Surroundings};

use self::store::GcsStore;
use self::token::ServiceAccount;

/// Google Cloud Storage.
pub(crate) static KIND: Kind = Kind {
    name: "gcs",
    title: "Google Cloud Storage",
    summary: "Compressed files of events in a bucket of Google Cloud Storage.",
    fields: fields::FIELDS,
    formats: &[],
    shape: SHAPE,
    once: Once::Exactly,
    open,
};

fn open(settings: &Settings, surroundings: &Surroundings) -> Result<Box<dyn Destination>, BadSettings> {
    let store = bucket(settings, surroundings)?;
    Ok(Box::new(ObjectDestination { store, layout: Layout::new(settings)?, is_conditional: true }))
}

/// A bucket for other things than events in files of lines.
pub(crate) fn open_store(
    settings: &Settings,
    surroundings: &Surroundings,
) -> Result<Box<dyn CheckedStore>, BadSettings> {
    Ok(Box::new(bucket(settings, surroundings)?))
}

fn bucket(settings: &Settings, surroundings: &Surroundings) -> Result<GcsStore, BadSettings> {
    let account = ServiceAccount::new(settings, surroundings)?;
    // The file is a secret as a whole; an echo would be of what is in it.
    let client = HttpClient::open_knowing(settings, surroundings, &[account.private_key()])?;
    GcsStore::new(client, account, settings, surroundings)
}
