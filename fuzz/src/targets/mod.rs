//! The list of targets; one file each, named after the parser it feeds.

mod anchor_token;
mod event_leaf;
mod event_units;
mod mapping_file;
mod mapping_record;
mod merkle_note;
mod merkle_policy;
mod merkle_tiles;
mod query_parse;
mod segment_open;
mod wal_open;
mod wal_recover;

use crate::Target;

pub(crate) const ALL: &[Target] = &[
    anchor_token::TARGET,
    event_leaf::TARGET,
    event_units::TARGET,
    mapping_file::TARGET,
    mapping_record::TARGET,
    merkle_note::TARGET,
    merkle_policy::TARGET,
    merkle_tiles::TARGET,
    query_parse::TARGET,
    segment_open::TARGET,
    wal_open::TARGET,
    wal_recover::TARGET,
];
