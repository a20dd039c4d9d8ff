//! The lake: streams as Parquet files that others query without asking us, each range of a log once, in a folder of the
//! server or in a bucket. docs/formats/lake.md has every byte.
//!
//! Invariants:
//! - A file is made of its batch alone: the same batch gives the same name and the same bytes.
//! - A file that can be seen is whole, and is never changed. What is in the place of one and is none of ours is left
//!   alone.
//! - In a folder nothing is written outside of the folder of the stream's owner, whatever the settings, the events and
//!   the names of organizations are, and whatever links lie there.

mod fields;
mod file;
mod folder;
pub mod limits;
mod manifest;
mod put;
mod row;

use sha2::{Digest as _, Sha256};
use tallystick_destination::{
    BadSettings, Destination, Kind, Once, Settings, Shape, Surroundings,
    object::{Prefix, is_conditional, open_s3},
};

use self::{
    fields::{FIELDS, Place, linger, place},
    folder::Folder,
    limits::{LAKE_BYTES_MAX, LAKE_EVENTS_MAX, LAKE_LINGER},
    put::{Bucket, Lake, Where},
};

/// The kind.
pub(crate) static KIND: Kind = Kind {
    name: "lake",
    title: "Data lake (Parquet)",
    summary: "Parquet files with the columns of exports, in a folder of the server or a bucket, for DuckDB, \
              ClickHouse, Spark and Athena.",
    fields: FIELDS,
    formats: &["native"],
    shape: Shape {
        events_max: LAKE_EVENTS_MAX,
        bytes_max: LAKE_BYTES_MAX,
        linger: LAKE_LINGER,
        is_by_hour: true,
    },
    once: Once::Exactly,
    open,
};

fn open(settings: &Settings, surroundings: &Surroundings) -> Result<Box<dyn Destination>, BadSettings> {
    let place = match place(settings)? {
        Place::Folder(path) => {
            let path = path.unwrap_or(&surroundings.stream);
            Where::Folder(Folder::new(surroundings.folder.as_deref(), path)?)
        }
        Place::Bucket => Where::Bucket(Bucket {
            store: open_s3(settings, surroundings)?,
            prefix: Prefix::new("prefix", settings.text("prefix").unwrap_or_default())?,
            is_conditional: is_conditional(settings),
        }),
    };
    Ok(Box::new(Lake { place, linger: linger(settings) }))
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
