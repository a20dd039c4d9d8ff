//! The list of rules; one file each.

mod crate_map;
mod direction;
mod error_codes;
mod formats;
mod headers;
mod layout;
mod links;
mod manifests;
mod markers;
mod names;
mod places;
mod prints;
mod purity;
mod sizes;

use super::Rule;

pub(super) const ALL: &[Rule] = &[
    Rule { name: "direction", check: direction::check },
    Rule { name: "manifests", check: manifests::check },
    Rule { name: "purity", check: purity::check },
    Rule { name: "prints", check: prints::check },
    Rule { name: "headers", check: headers::check },
    Rule { name: "sizes", check: sizes::check },
    Rule { name: "names", check: names::check },
    Rule { name: "markers", check: markers::check },
    Rule { name: "places", check: places::check },
    Rule { name: "layout", check: layout::check },
    Rule { name: "links", check: links::check },
    Rule { name: "formats", check: formats::check },
    Rule { name: "error-codes", check: error_codes::check },
    Rule { name: "crate-map", check: crate_map::check },
];
