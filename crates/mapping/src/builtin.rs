//! The mappings that come with the program.

use std::sync::LazyLock;

use crate::mapping::Mapping;

/// Name and file of each, in the order they are listed to users.
const FILES: &[(&str, &str)] = &[
    ("cloudtrail", include_str!("../mappings/cloudtrail.toml")),
    ("github", include_str!("../mappings/github.toml")),
    ("okta", include_str!("../mappings/okta.toml")),
    ("auth0", include_str!("../mappings/auth0.toml")),
    ("slack", include_str!("../mappings/slack.toml")),
    ("gcp", include_str!("../mappings/gcp.toml")),
    ("kubernetes", include_str!("../mappings/kubernetes.toml")),
    ("ndjson", include_str!("../mappings/ndjson.toml")),
];

pub(crate) static NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| FILES.iter().map(|(name, _)| *name).collect());

static MAPPINGS: LazyLock<Vec<Mapping>> = LazyLock::new(|| {
    let parse = |text| Mapping::from_toml(text).expect("a test reads every built-in mapping");
    FILES.iter().map(|(_, text)| parse(text)).collect()
});

pub(crate) fn all() -> &'static [Mapping] {
    &MAPPINGS
}

pub(crate) fn get(name: &str) -> Option<&'static Mapping> {
    MAPPINGS.iter().find(|mapping| mapping.name() == name)
}

pub(crate) fn source(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_mapping_of_its_name() {
        for (name, text) in FILES {
            let mapping = Mapping::from_toml(text).unwrap_or_else(|error| panic!("{name}.toml: {error}"));
            assert_eq!(mapping.name(), *name);
        }
    }
}
