//! The policy: from a file, or made of keys on the command line.

use std::fs;

use tallystick_merkle::{KeyType, Policy, VerifierKey};

use crate::args::Args;
use crate::command::Failure;

/// Whom to believe.
pub(crate) fn policy(args: &Args) -> Result<Policy, Failure> {
    match &args.policy {
        Some(file) => {
            let text = fs::read(file).map_err(|error| Failure::file(file, error))?;
            Policy::parse(&text).map_err(|error| {
                Failure::with(format!("the policy {} cannot be used", file.display()), error)
            })
        }
        None if args.key.is_empty() => {
            Err(Failure::plain("whom should I believe? give --policy FILE, or keys with --key".to_owned()))
        }
        None => of_keys(&args.key),
    }
}

fn of_keys(keys: &[String]) -> Result<Policy, Failure> {
    let mut lines = Vec::new();
    let mut witnesses = Vec::new();
    for key in keys {
        let parsed: VerifierKey =
            key.parse().map_err(|error| Failure::with(format!("{key} is no verifier key"), error))?;
        match parsed.key_type() {
            KeyType::Ed25519 => lines.push(format!("log {parsed}")),
            KeyType::Cosignature => {
                let name = format!("w{}", witnesses.len() + 1);
                lines.push(format!("witness {name} {parsed}"));
                witnesses.push(name);
            }
        }
    }
    lines.push(match witnesses.as_slice() {
        [] => "quorum none".to_owned(),
        [one] => format!("quorum {one}"),
        all => format!("group all all {}\nquorum all", all.join(" ")),
    });
    Policy::parse(lines.join("\n").as_bytes())
        .map_err(|error| Failure::with("these keys make no policy".to_owned(), error))
}

#[cfg(test)]
mod tests {
    use tallystick_merkle::{CosigningKey, SigningKey};

    use super::*;

    #[test]
    fn all_witnesses_given_are_demanded() {
        let log = SigningKey::new("example.com/log", &[1; 32]).unwrap().verifier_key().clone();
        let witness = |seed| CosigningKey::new("w.example", &[seed; 32]).unwrap().verifier_key().clone();
        let (a, b) = (witness(2), witness(3));
        let none = of_keys(&[log.to_string()]).unwrap();
        assert!(none.is_quorum(&[]));
        let both = of_keys(&[log.to_string(), a.to_string(), b.to_string()]).unwrap();
        assert!(!both.is_quorum(std::slice::from_ref(&a)) && both.is_quorum(&[a, b]));
        assert!(of_keys(&["x".to_owned()]).is_err());
    }
}
