//! Pure crates call nothing of the outside: no files, sockets, environment, processes, threads or clock. Their tests
//! may read vectors from disk.

use super::direction::PURE;
use crate::tidy::{Problem, Tree};

/// Paths that reach outside. `std::net` addresses are plain values and stay allowed.
const OUTSIDE: &[&str] = &[
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "std::net::Tcp",
    "std::net::Udp",
    "std::net::ToSocketAddrs",
    "std::os",
    "SystemTime",
    "Instant::now",
    "env::var(",
];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in tree.rust().filter(|file| is_pure(&file.path)) {
        for (number, line) in file.shipped_lines() {
            if let Some(found) = OUTSIDE.iter().find(|name| line.contains(**name)) {
                problems.push(Problem::at(&file.path, number, format!("a pure crate must not use {found}")));
            }
        }
    }
    problems
}

fn is_pure(path: &str) -> bool {
    let parts: Vec<_> = path.split('/').take(3).collect();
    matches!(parts.as_slice(), ["crates", name, "src"] if PURE.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shipped_code_of_pure_crates_is_judged() {
        let reads = "//! x\nuse std::fs;\n";
        assert_eq!(check(&Tree::of(&[("crates/event/src/lib.rs", reads)]))[0].line, 2);
        assert!(check(&Tree::of(&[("crates/wal/src/lib.rs", reads)])).is_empty());
        assert!(check(&Tree::of(&[("crates/event/src/tests.rs", reads)])).is_empty());
        assert!(check(&Tree::of(&[("crates/event/tests/it/main.rs", reads)])).is_empty());
        let inline = "//! x\n#[cfg(test)]\nmod tests {\nuse std::fs;\n}\n";
        assert!(check(&Tree::of(&[("crates/event/src/lib.rs", inline)])).is_empty());
    }

    #[test]
    fn addresses_are_values() {
        assert!(check(&Tree::of(&[("crates/event/src/ip.rs", "use std::net::IpAddr;\n")])).is_empty());
        assert_eq!(check(&Tree::of(&[("crates/event/src/ip.rs", "use std::net::TcpStream;\n")])).len(), 1);
    }
}
