//! Azure Blob Storage: objects of events, each put once.

mod auth;
mod fields;
mod meaning;
mod store;

use crate::http::HttpClient;
use crate::object::{CheckedStore, Layout, ObjectDestination, SHAPE};
use crate::{BadSettings, Destination, Kind, Once, Settings, Surroundings};

use self::store::AzureStore;

/// Azure Blob Storage.
pub(crate) static KIND: Kind = Kind {
    name: "azure_blob",
    title: "Azure Blob Storage",
    summary: "Compressed files of events in a container of an Azure storage account.",
    fields: fields::FIELDS,
    formats: &[],
    shape: SHAPE,
    once: Once::Exactly,
    open,
};

fn open(settings: &Settings, surroundings: &Surroundings) -> Result<Box<dyn Destination>, BadSettings> {
    let store = container(settings, surroundings)?;
    Ok(Box::new(ObjectDestination { store, layout: Layout::new(settings)?, is_conditional: true }))
}

/// A container for other things than events in files of lines.
pub(crate) fn open_store(
    settings: &Settings,
    surroundings: &Surroundings,
) -> Result<Box<dyn CheckedStore>, BadSettings> {
    Ok(Box::new(container(settings, surroundings)?))
}

fn container(settings: &Settings, surroundings: &Surroundings) -> Result<AzureStore, BadSettings> {
    let auth = auth::Auth::new(settings)?;
    // A signature stands in the query as one parameter of several.
    let secrets = auth.secrets();
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    let client = HttpClient::open_knowing(settings, surroundings, &secrets)?;
    AzureStore::new(client, auth, settings, surroundings)
}
