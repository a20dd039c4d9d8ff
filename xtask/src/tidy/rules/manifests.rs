//! Every crate takes its lints and its versions from the workspace, so that both are decided in one place.

use toml::{Table, Value};

use crate::tidy::{Problem, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (_, file) in tree.crates() {
        // A manifest that cannot be parsed is the direction rule's to report.
        let Ok(manifest) = file.text.parse::<Table>() else { continue };
        let inherits =
            manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool);
        if inherits != Some(true) {
            problems.push(Problem::whole(&file.path, "needs [lints] workspace = true"));
        }
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let entries = manifest.get(section).and_then(Value::as_table).into_iter().flatten();
            for (name, entry) in entries {
                if entry.get("workspace").and_then(Value::as_bool) != Some(true) {
                    let message = format!("{name} must take its version from [workspace.dependencies]");
                    problems.push(Problem::whole(&file.path, message));
                }
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lints_and_versions_come_from_the_workspace() {
        let good = "[lints]\nworkspace = true\n[dependencies]\nserde.workspace = true\n";
        assert!(check(&Tree::of(&[("crates/a/Cargo.toml", good)])).is_empty());
        let bad = "[dependencies]\nserde = \"1\"\n[dev-dependencies]\ntempfile = { version = \"3\" }\n";
        assert_eq!(check(&Tree::of(&[("crates/a/Cargo.toml", bad)])).len(), 3);
    }
}
