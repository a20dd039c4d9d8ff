//! Where `cargo xtask streams-setup` has put what the tests need besides ourselves.

use std::path::{Path, PathBuf};

/// A folder in `target`, unless a variable names another one.
#[expect(clippy::disallowed_methods, reason = "only tests ask where their programs are")]
pub(crate) fn folder(variable: &str, name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    std::env::var(variable).map_or_else(|_| target.join(name), PathBuf::from)
}

fn venv() -> PathBuf {
    folder("TALLYSTICK_STREAMS_VENV", "streams-venv")
}

/// Something of the Python environment, by its path in it, such as `bin/python`.
pub fn installed(path: &str) -> PathBuf {
    found(venv().join(path))
}

/// A file inside an installed Python package, such as `osmem_server/bin/osmem-server`.
pub fn in_package(path: &str) -> PathBuf {
    let versions = std::fs::read_dir(venv().join("lib")).into_iter().flatten().flatten();
    let places = versions.map(|version| version.path().join("site-packages").join(path));
    found(places.into_iter().find(|place| place.exists()).unwrap_or_else(|| venv().join(path)))
}

/// A file inside an installed package for Node, such as `azurite/dist/src/blob/main.js`.
pub fn in_node_package(path: &str) -> PathBuf {
    found(folder("TALLYSTICK_STREAMS_NODE", "streams-node").join("node_modules").join(path))
}

pub(crate) fn found(path: PathBuf) -> PathBuf {
    assert!(path.exists(), "{} is not there: run `cargo xtask streams-setup`", path.display());
    path
}
