//! `cargo xtask tidy`: the rules of CONTRIBUTING.md that neither rustfmt nor clippy can check. A written limit without
//! a check does not hold, so each rule here is one small file with its own tests.

mod rules;
mod tree;

use std::path::Path;

use anyhow::Result;

pub(crate) use tree::{File, Tree};

/// Something a rule objects to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) path: String,
    /// From 1; 0 if it is about the file as a whole.
    pub(crate) line: usize,
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn at(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }

    pub(crate) fn whole(path: &str, message: impl Into<String>) -> Self {
        Self::at(path, 0, message)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.message),
            line => write!(f, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// A check of the whole tree; the name is printed with each problem.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) check: fn(&Tree) -> Vec<Problem>,
}

/// Checks the files git knows or would add below `root`. True if nothing was found.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let tree = Tree::read(root)?;
    let mut found = 0;
    for rule in rules::ALL {
        for problem in (rule.check)(&tree) {
            found += 1;
            println!("{problem} [{}]", rule.name);
        }
    }
    println!("tidy: {} files, {} rules, {found} problems", tree.len(), rules::ALL.len());
    Ok(found == 0)
}
