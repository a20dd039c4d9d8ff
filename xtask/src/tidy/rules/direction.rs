//! Crates depend in one direction only, and each heavy library has one home. ARCHITECTURE.md draws the same table.

use toml::{Table, Value};

use crate::tidy::{Problem, Tree};

/// What a crate may depend on of ours, transitively complete so that each line can be read alone.
const ALLOWED: &[(&str, &[&str])] = &[
    ("event", &[]),
    ("merkle", &[]),
    ("verify", &["event", "merkle"]),
    ("auditor", &["event", "merkle", "verify"]),
    ("mapping", &[]),
    ("format", &["event"]),
    ("wal", &[]),
    ("query", &["event"]),
    ("segment", &["event"]),
    ("catalog", &["event", "merkle"]),
    ("engine", &["event", "merkle", "query", "wal", "segment", "catalog"]),
    ("auth", &["event", "catalog"]),
    ("destination", &["outbound"]),
    (
        "delivery",
        &[
            "event",
            "merkle",
            "verify",
            "query",
            "format",
            "wal",
            "catalog",
            "engine",
            "outbound",
            "destination",
        ],
    ),
    ("witness", &["merkle", "wal"]),
    ("outbound", &[]),
    ("anchor", &["event", "merkle", "catalog", "engine", "outbound"]),
    ("oidc", &["event", "outbound"]),
    (
        "server",
        &[
            "event",
            "merkle",
            "verify",
            "query",
            "mapping",
            "catalog",
            "engine",
            "auth",
            "delivery",
            "witness",
            "format",
            "outbound",
            "destination",
            "oidc",
        ],
    ),
    ("tallystick", EVERYTHING),
    ("testkit", &["event"]),
    ("receivers", &[]),
    ("fuzz", EVERYTHING),
    ("xtask", &[]),
];

/// What the tests of all crates may depend on, and nothing else.
const FOR_ALL_TESTS: &[&str] = &["testkit", "receivers"];

/// What only the tests of a crate may depend on, besides those: mapped records must pass the event's own
/// checks, and real ones are rendered.
const FOR_TESTS: &[(&str, &[&str])] = &[("mapping", &["event"]), ("format", &["mapping"])];

const EVERYTHING: &[&str] = &[
    "event",
    "merkle",
    "verify",
    "auditor",
    "query",
    "mapping",
    "format",
    "wal",
    "segment",
    "catalog",
    "engine",
    "auth",
    "delivery",
    "witness",
    "outbound",
    "destination",
    "anchor",
    "oidc",
    "server",
];

/// Crates that compute and touch nothing: they can run in a browser or in somebody's verifier.
pub(super) const PURE: &[&str] = &["event", "merkle", "verify", "query", "mapping", "format"];

/// Libraries that do what a pure crate must not: wait, open, listen, ask the time or roll dice.
const IMPURE: &[&str] = &[
    "tokio",
    "axum",
    "hyper",
    "reqwest",
    "sqlx",
    "object_store",
    "memmap2",
    "rustix",
    "getrandom",
    "rand",
    "tracing",
    "crossbeam-channel",
    "tower",
    "tower-http",
];

/// Libraries with one home, and the crates that may have them.
const HOMES: &[(&str, &[&str])] = &[
    ("axum", &["server"]),
    ("tower-http", &["server"]),
    ("utoipa", &["server"]),
    ("utoipa-axum", &["server"]),
    ("sqlx", &["catalog"]),
    ("parquet", &["delivery"]),
    ("clap", &["tallystick", "auditor"]),
];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    tree.crates()
        .flat_map(|(name, file)| {
            match file.text.parse::<Table>() {
                Ok(manifest) => of_crate(name, &manifest),
                Err(error) => vec![error.message().to_owned()],
            }
            .into_iter()
            .map(|message| Problem::whole(&file.path, message))
        })
        .collect()
}

fn of_crate(name: &str, manifest: &Table) -> Vec<String> {
    let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
        return vec![format!("crate {name} has no place in the direction of dependencies; give it one")];
    };
    let mut problems = Vec::new();
    for (dependency, for_tests) in dependencies(manifest) {
        if let Some(ours) = our_name(&dependency) {
            // A crate's own tests may ask for itself, to get a feature that only tests need.
            let testing = || FOR_TESTS.iter().any(|(tested, with)| *tested == name && with.contains(&ours));
            let fine = allowed.contains(&ours)
                || (for_tests && (FOR_ALL_TESTS.contains(&ours) || ours == name || testing()));
            if !fine {
                problems.push(format!("{name} must not depend on {ours}"));
            }
        } else if !for_tests {
            problems.extend(foreign(name, &dependency));
        }
    }
    problems
}

fn foreign(name: &str, dependency: &str) -> Option<String> {
    if PURE.contains(&name) && IMPURE.contains(&dependency) {
        return Some(format!("{name} is pure and must not depend on {dependency}"));
    }
    let (_, homes) = HOMES.iter().find(|(library, _)| *library == dependency)?;
    (!homes.contains(&name)).then(|| format!("only {} may depend on {dependency}", homes.join(", ")))
}

fn our_name(dependency: &str) -> Option<&str> {
    if dependency == "tallystick" { Some(dependency) } else { dependency.strip_prefix("tallystick-") }
}

/// Every dependency with whether only tests have it, those of one platform included.
fn dependencies(manifest: &Table) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for (section, for_tests) in
        [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)]
    {
        let names = manifest.get(section).and_then(Value::as_table).into_iter().flat_map(Table::keys);
        found.extend(names.map(|name| (name.clone(), for_tests)));
    }
    let platforms = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    found.extend(platforms.filter_map(Value::as_table).flat_map(dependencies));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, manifest: &str) -> Vec<String> {
        check(&Tree::of(&[(path, manifest)])).into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn up_the_list_is_refused_and_down_is_fine() {
        let manifest = "[dependencies]\ntallystick-event = {}\ntallystick-engine.workspace = true\n";
        assert_eq!(messages("crates/segment/Cargo.toml", manifest), ["segment must not depend on engine"]);
        assert!(messages("crates/auth/Cargo.toml", "[dependencies]\ntallystick-catalog = {}\n").is_empty());
    }

    #[test]
    fn server_reaches_storage_only_through_the_engine() {
        let manifest = "[dependencies]\ntallystick-wal = {}\ntallystick = {}\n";
        let found = messages("crates/server/Cargo.toml", manifest);
        assert_eq!(found, ["server must not depend on tallystick", "server must not depend on wal"]);
    }

    #[test]
    fn testkit_is_for_tests_only() {
        let with = |name: &str, section: &str, dependency: &str| {
            let manifest = format!("[{section}]\ntallystick-{dependency} = {{}}\n");
            messages(&format!("crates/{name}/Cargo.toml"), &manifest)
        };
        assert_eq!(with("engine", "dependencies", "testkit"), ["engine must not depend on testkit"]);
        assert!(with("engine", "dev-dependencies", "testkit").is_empty());
        assert!(with("wal", "dev-dependencies", "wal").is_empty());
        assert_eq!(with("wal", "dev-dependencies", "event"), ["wal must not depend on event"]);
        assert!(with("mapping", "dev-dependencies", "event").is_empty());
        assert_eq!(with("mapping", "dependencies", "event"), ["mapping must not depend on event"]);
    }

    #[test]
    fn pure_crates_have_no_runtime_even_on_one_platform() {
        let found = messages("crates/event/Cargo.toml", "[target.'cfg(unix)'.dependencies]\ntokio = \"1\"\n");
        assert_eq!(found, ["event is pure and must not depend on tokio"]);
    }

    #[test]
    fn heavy_libraries_have_one_home() {
        let found = messages("crates/engine/Cargo.toml", "[dependencies]\nsqlx = \"1\"\naxum = \"1\"\n");
        assert_eq!(found, ["only server may depend on axum", "only catalog may depend on sqlx"]);
        assert!(messages("crates/catalog/Cargo.toml", "[dependencies]\nsqlx = \"1\"\n").is_empty());
    }

    #[test]
    fn a_new_crate_must_be_given_a_place() {
        assert_eq!(messages("crates/extra/Cargo.toml", "").len(), 1);
    }
}
