//! What the rules look at: the text of every file of the repository, read once.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// A text file; `path` is relative to the repository with `/` between its parts.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Endings of files that are written by hand, and so obey the rules of layout and wording.
const WRITTEN: &[&str] =
    &["rs", "toml", "md", "mjs", "js", "css", "html", "sql", "sh", "py", "yml", "yaml", "ebnf"];

/// Put together by a program from files that are checked themselves; tests say that they are up to date, and
/// `.gitattributes` says that they are generated.
const BUILT: &[&str] = &["web/verify/verifier.html"];

impl File {
    pub(crate) fn extension(&self) -> &str {
        self.path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, end)| end)
    }

    /// Written by hand and by us, as opposed to test data, lock files, licences, and what is built.
    pub(crate) fn is_written(&self) -> bool {
        let is_ours = !self.is_data() && !BUILT.contains(&self.path.as_str());
        is_ours && (WRITTEN.contains(&self.extension()) || self.path.starts_with(".ci/"))
    }

    /// Test data keeps whatever bytes its source had.
    pub(crate) fn is_data(&self) -> bool {
        self.path.split('/').any(|part| matches!(part, "testdata" | "vectors" | "snapshots"))
    }

    /// Code that is not shipped: integration tests, benchmarks, examples, or a test module in a file of its own.
    pub(crate) fn is_test(&self) -> bool {
        self.path.split('/').any(|part| matches!(part, "tests" | "benches" | "examples" | "tests.rs"))
    }

    /// The lines of the shipped part with their numbers from 1: tests come last in a file, so the part ends where an
    /// inline test module begins. Lines that are only a comment are left out.
    pub(crate) fn shipped_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let whole = if self.is_test() { "" } else { self.text.as_str() };
        let end = inline_tests_start(whole).unwrap_or(whole.len());
        let lines = whole[..end].lines().enumerate();
        lines.map(|(index, line)| (index + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// Where `#[cfg(test)] mod … {` begins; a bare `mod tests;` is a declaration and ends nothing.
fn inline_tests_start(text: &str) -> Option<usize> {
    text.match_indices("#[cfg(test)]").map(|(at, _)| at).find(|at| {
        let mut rest = text[at + "#[cfg(test)]".len()..].lines().skip(1);
        rest.find(|line| !line.starts_with("#["))
            .is_some_and(|line| line.starts_with("mod ") && line.ends_with('{'))
    })
}

/// All files of the repository; those that are not text count only by name.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: Vec<File>,
    paths: BTreeSet<String>,
}

impl Tree {
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("run git to list the files")?;
        ensure!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
        let listed = String::from_utf8(listed.stdout).context("a file name is not UTF-8")?;
        let mut tree = Self::default();
        for path in listed.split('\0').filter(|path| !path.is_empty()) {
            // A file that is deleted but not yet committed is listed and absent.
            if let Ok(bytes) = std::fs::read(root.join(path)) {
                tree.add(path, bytes);
            }
        }
        Ok(tree)
    }

    /// A tree of these files, for the tests of the rules.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.add(path, text.as_bytes().to_vec());
        }
        tree
    }

    fn add(&mut self, path: &str, bytes: Vec<u8>) {
        if !self.paths.insert(path.to_owned()) {
            return; // listed once per side of an unfinished merge
        }
        if let Ok(text) = String::from_utf8(bytes)
            && !text.contains('\0')
        {
            self.files.push(File { path: path.to_owned(), text });
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.paths.len()
    }

    pub(crate) fn files(&self) -> &[File] {
        &self.files
    }

    pub(crate) fn written(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is_written())
    }

    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.written().filter(|file| file.extension() == "rs")
    }

    pub(crate) fn get(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Whether a file or a folder of that path exists.
    pub(crate) fn has(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        self.paths.contains(path)
            || self.paths.range(folder.clone()..).next().is_some_and(|next| next.starts_with(&folder))
    }

    /// Names of the crates' folders: `crates/x` gives `x`, `xtask` and `fuzz` are themselves; each with its manifest.
    pub(crate) fn crates(&self) -> impl Iterator<Item = (&str, &File)> {
        self.files.iter().filter_map(|file| {
            let folder = file.path.strip_suffix("/Cargo.toml")?;
            Some((folder.strip_prefix("crates/").unwrap_or(folder), file))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped(path: &str, text: &str) -> Vec<usize> {
        let tree = Tree::of(&[(path, text)]);
        tree.files()[0].shipped_lines().map(|(line, _)| line).collect()
    }

    #[test]
    fn shipped_lines_end_at_inline_tests() {
        let text = "//! why\nfn a() {}\n#[cfg(test)]\nmod tests;\nfn b() {}\n#[cfg(test)]\nmod more {\n}\n";
        assert_eq!(shipped("crates/x/src/lib.rs", text), [2, 3, 4, 5]);
        assert!(shipped("crates/x/src/tests.rs", text).is_empty());
        assert!(shipped("crates/x/tests/it/main.rs", text).is_empty());
    }

    #[test]
    fn data_and_binaries_are_not_written_by_hand() {
        let tree =
            Tree::of(&[("a/testdata/x.toml", "x"), ("logo.png", "\0"), ("LICENSE", "x"), ("a.toml", "x")]);
        let written: Vec<_> = tree.written().map(|file| file.path.as_str()).collect();
        assert_eq!(written, ["a.toml"]);
        assert_eq!(tree.len(), 4);
    }

    #[test]
    fn what_is_built_is_not_written_by_hand() {
        let tree = Tree::of(&[("web/verify/verifier.html", "x"), ("web/verify/page.html", "x")]);
        let written: Vec<_> = tree.written().map(|file| file.path.as_str()).collect();
        assert_eq!(written, ["web/verify/page.html"]);
    }

    #[test]
    fn git_knows_what_is_built() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let attributes = std::fs::read_to_string(root.join(".gitattributes")).unwrap();
        for path in BUILT {
            let line = format!("{path} linguist-generated=true -diff");
            assert!(attributes.lines().any(|found| found == line), "{line}");
        }
    }

    #[test]
    fn folders_exist_by_what_they_hold() {
        let tree = Tree::of(&[("docs/formats/wal.md", "x")]);
        assert!(tree.has("docs/formats") && tree.has("docs") && tree.has("docs/formats/wal.md"));
        assert!(!tree.has("doc") && !tree.has("docs/format"));
    }
}
