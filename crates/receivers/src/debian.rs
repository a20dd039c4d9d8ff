//! Programs of Debian that `cargo xtask streams-setup` unpacks without installing them: receivers of syslog exclude
//! each other as packages, and would start on the machine.

use std::path::PathBuf;
use std::process::Command;

use crate::installed::{folder, found};

/// Where they are unpacked, as if it were `/`.
pub(crate) fn root() -> PathBuf {
    folder("TALLYSTICK_STREAMS_DEBIAN", "streams-debian")
}

/// A program, with the libraries that were unpacked with it.
pub(crate) fn program(path: &str) -> Command {
    let mut command = Command::new(found(root().join(path)));
    let folders: Vec<String> = libraries().map(|folder| folder.display().to_string()).collect();
    command.env("LD_LIBRARY_PATH", folders.join(":"));
    command
}

/// A folder of a library, such as `rsyslog`: it lies in a folder named by the machine's kind.
pub(crate) fn library(name: &str) -> PathBuf {
    libraries().map(|folder| folder.join(name)).find(|path| path.exists()).expect("its package has it")
}

fn libraries() -> impl Iterator<Item = PathBuf> {
    let folders = ["usr/lib", "lib"].map(|path| root().join(path));
    let inside =
        folders.into_iter().flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten());
    inside.map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with("-linux-gnu") || name == "syslog-ng"
    })
}
