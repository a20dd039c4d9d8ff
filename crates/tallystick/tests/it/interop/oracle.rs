//! The programs: where they are, and how they are asked.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

use super::cases::Case;

/// Where the sources of our questions to them are.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/interop");

/// The folder that `cargo xtask` installs into.
fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target")
}

/// A program of the Python environment. None if it is missing and this is not CI.
pub(super) fn python_program(name: &str) -> Option<PathBuf> {
    installed(target().join("interop-venv/bin").join(name))
}

/// What is there, or nothing if this is not CI.
fn installed(path: PathBuf) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    missing(&path.display().to_string(), "cargo xtask interop-setup")
}

/// A program of the system.
pub(super) fn system_program(name: &str, probe: &str) -> Option<PathBuf> {
    let runs = Command::new(name).arg(probe).output().is_ok_and(|output| output.status.success());
    if runs { Some(name.into()) } else { missing(name, "cargo xtask interop-setup") }
}

fn missing(what: &str, install: &str) -> Option<PathBuf> {
    crate::server::not_tested(what, install);
    None
}

/// Runs a program to its end; whether it was content, and what it wrote.
pub(super) fn run(command: &mut Command) -> (bool, String) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// A program that reads a question a line, and writes a verdict a line.
pub(super) struct Oracle {
    pub(super) name: &'static str,
    child: Child,
    questions: ChildStdin,
    verdicts: BufReader<ChildStdout>,
    accepted: usize,
    refused: usize,
}

impl Oracle {
    /// Go's `golang.org/x/mod/sumdb`, built in a folder out of the copy that Go has of it.
    pub(super) fn go(folder: &Path) -> Option<Self> {
        let go = python_program("go")?;
        let go = |arguments: &[&str]| {
            let mut command = Command::new(&go);
            command.args(arguments).current_dir(folder);
            command.envs([("GOPROXY", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", "-mod=mod")]);
            // Kept between runs, as a cold build takes half a minute.
            command.env("GOCACHE", target().canonicalize().unwrap().join("interop-go-cache"));
            let (is_good, told) = run(&mut command);
            assert!(is_good, "go {arguments:?}: {told}");
            told.trim().to_owned()
        };
        let vendored = Path::new(&go(&["env", "GOROOT"])).join("src/cmd/vendor/golang.org/x/mod/sumdb");
        for package in ["note", "tlog"] {
            let copy = folder.join("xmod/sumdb").join(package);
            std::fs::create_dir_all(&copy).unwrap();
            for file in std::fs::read_dir(vendored.join(package)).unwrap().flatten() {
                std::fs::copy(file.path(), copy.join(file.file_name())).unwrap();
            }
        }
        let module = "golang.org/x/mod";
        std::fs::write(folder.join("xmod/go.mod"), format!("module {module}\n\ngo 1.25\n")).unwrap();
        let manifest =
            format!("module check\n\ngo 1.25\n\nrequire {module} v0.0.0\n\nreplace {module} => ./xmod\n");
        std::fs::write(folder.join("go.mod"), manifest).unwrap();
        std::fs::copy(Path::new(SOURCES).join("go/main.go"), folder.join("main.go")).unwrap();
        go(&["vet", "."]);
        go(&["build", "-o", "check", "."]);
        Some(Self::start("Go sumdb", &mut Command::new(folder.join("check"))))
    }

    /// npm's `@sigstore/verify`.
    pub(super) fn node() -> Option<Self> {
        let node = system_program("node", "--version")?;
        let modules = installed(target().join("interop-node"))?;
        let mut command = Command::new(node);
        command.arg(Path::new(SOURCES).join("node/main.js")).arg(modules.canonicalize().unwrap());
        Some(Self::start("@sigstore/verify", &mut command))
    }

    /// PyPI's `sigstore`, `sd-jwt` and `rfc8785`.
    pub(super) fn python() -> Option<Self> {
        let mut command = Command::new(python_program("python")?);
        Some(Self::start("sigstore, sd-jwt, rfc8785", command.arg(Path::new(SOURCES).join("python/main.py"))))
    }

    fn start(name: &'static str, command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let questions = child.stdin.take().unwrap();
        let verdicts = BufReader::new(child.stdout.take().unwrap());
        Self { name, child, questions, verdicts, accepted: 0, refused: 0 }
    }

    /// Its verdict: nothing, or why it refuses.
    fn ask(&mut self, question: &Value) -> Result<(), String> {
        writeln!(self.questions, "{question}").unwrap();
        let mut verdict = String::new();
        self.verdicts.read_line(&mut verdict).unwrap();
        match verdict.trim_end() {
            "accepted" => Ok(()),
            other => Err(other.strip_prefix("rejected: ").unwrap_or_else(|| panic!("{other:?}")).to_owned()),
        }
    }

    /// It accepts what is good and refuses what is forged.
    pub(super) fn judge(&mut self, case: &Case) {
        let verdict = self.ask(&case.question);
        assert_eq!(verdict.is_ok(), case.is_good, "{}: {}: {verdict:?}", self.name, case.what);
        *(if case.is_good { &mut self.accepted } else { &mut self.refused }) += 1;
    }

    /// What it did.
    pub(super) fn report(&self) {
        println!("{}: {} accepted, {} forgeries refused", self.name, self.accepted, self.refused);
        assert!(self.accepted > 0 && self.refused > 0, "{} was hardly asked", self.name);
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
