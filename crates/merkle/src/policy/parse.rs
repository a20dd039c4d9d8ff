//! Reads a policy's file, line by line. Names are bytes: the format is not bound to UTF-8, nor to a version of Unicode.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{PolicyError, PolicyFault};
use super::quorum::{Group, Member, Quorum};
use super::{Policy, PolicyLog, PolicyWitness};
use crate::limits::{POLICY_BYTES_MAX, POLICY_ITEMS_MAX};
use crate::note::{KeyError, KeyType, VerifierKey};
use crate::spelling::decimal;

const LOG: &str = "log <vkey> [<url>]";
const WITNESS: &str = "witness <name> <vkey> [<url>]";
const GROUP: &str = "group <name> <all|any|k> <name>...";
const QUORUM: &str = "quorum <name|none>";

impl Policy {
    /// Reads a policy's file. A line break at its end may be missing.
    ///
    /// # Errors
    /// The first fault, with its line.
    pub fn parse(file: &[u8]) -> Result<Policy, PolicyError> {
        if file.len() > POLICY_BYTES_MAX {
            return Err(PolicyError { line: 1, fault: PolicyFault::TooLong });
        }
        let mut reading = Reading::default();
        let mut line = 0;
        for bytes in file.split(|byte| *byte == b'\n') {
            line += 1;
            reading.line(bytes).map_err(|fault| PolicyError { line, fault })?;
        }
        let Reading { logs, witnesses, groups, quorum, .. } = reading;
        let quorum = quorum.ok_or(PolicyError { line, fault: PolicyFault::NoQuorum })?;
        Ok(Policy { logs, witnesses, groups, quorum })
    }
}

#[derive(Default)]
struct Reading<'a> {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<Group>,
    quorum: Option<Quorum>,
    names: BTreeMap<&'a [u8], Member>,
    /// Names that are members of some group.
    grouped: BTreeSet<&'a [u8]>,
}

impl<'a> Reading<'a> {
    fn line(&mut self, line: &'a [u8]) -> Result<(), PolicyFault> {
        if line.iter().any(|byte| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7f) {
            return Err(PolicyFault::ControlCharacter);
        }
        let items: Vec<&[u8]> =
            line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|item| !item.is_empty()).collect();
        match items.as_slice() {
            [] => Ok(()),
            [first, ..] if first.starts_with(b"#") => Ok(()),
            [b"log", rest @ ..] => self.log(rest),
            [b"witness", rest @ ..] => self.witness(rest),
            [b"group", rest @ ..] => self.group(rest),
            [b"quorum", rest @ ..] => self.quorum(rest),
            [word, ..] => Err(PolicyFault::UnknownWord(shown(word))),
        }
    }

    fn log(&mut self, items: &[&[u8]]) -> Result<(), PolicyFault> {
        let (vkey, url) = match *items {
            [vkey] => (vkey, None),
            [vkey, url] => (vkey, Some(url.to_vec())),
            _ => return Err(PolicyFault::Items(LOG)),
        };
        let key = read_key(vkey, KeyType::Ed25519, self.logs.iter().map(|log| &log.key))?;
        push(&mut self.logs, PolicyLog { key, url })?;
        Ok(())
    }

    fn witness(&mut self, items: &[&'a [u8]]) -> Result<(), PolicyFault> {
        let (name, vkey, url) = match *items {
            [name, vkey] => (name, vkey, None),
            [name, vkey, url] => (name, vkey, Some(url.to_vec())),
            _ => return Err(PolicyFault::Items(WITNESS)),
        };
        let key = read_key(vkey, KeyType::Cosignature, self.witnesses.iter().map(|witness| &witness.key))?;
        let place = push(&mut self.witnesses, PolicyWitness { name: name.to_vec(), key, url })?;
        self.define(name, Member::Witness(place))
    }

    fn group(&mut self, items: &[&'a [u8]]) -> Result<(), PolicyFault> {
        let [name, threshold, names @ ..] = items else { return Err(PolicyFault::Items(GROUP)) };
        if names.is_empty() {
            return Err(PolicyFault::Items(GROUP));
        }
        let threshold = match *threshold {
            b"any" => Some(1),
            b"all" => Some(names.len()),
            number => std::str::from_utf8(number).ok().and_then(decimal).and_then(|k| k.try_into().ok()),
        };
        let in_range = |k: &usize| (1..=names.len()).contains(k);
        let threshold = threshold.filter(in_range).ok_or(PolicyFault::Threshold)?;
        let mut members = Vec::with_capacity(names.len());
        for name in names {
            members.push(self.find(name)?);
            if !self.grouped.insert(name) {
                return Err(PolicyFault::MemberTwice(shown(name)));
            }
        }
        let place = push(&mut self.groups, Group { threshold, members })?;
        self.define(name, Member::Group(place))
    }

    fn quorum(&mut self, items: &[&[u8]]) -> Result<(), PolicyFault> {
        let [name] = *items else { return Err(PolicyFault::Items(QUORUM)) };
        let quorum = if name == b"none" { Quorum::None } else { Quorum::Of(self.find(name)?) };
        match self.quorum.replace(quorum) {
            None => Ok(()),
            Some(_) => Err(PolicyFault::SecondQuorum),
        }
    }

    fn define(&mut self, name: &'a [u8], member: Member) -> Result<(), PolicyFault> {
        if name == b"none" || self.names.insert(name, member).is_some() {
            return Err(PolicyFault::NameTaken(shown(name)));
        }
        Ok(())
    }

    fn find(&self, name: &[u8]) -> Result<Member, PolicyFault> {
        self.names.get(name).copied().ok_or_else(|| PolicyFault::UnknownName(shown(name)))
    }
}

/// A key of the type that such a line needs, other than those before it.
fn read_key<'k>(
    vkey: &[u8],
    expected: KeyType,
    mut before: impl Iterator<Item = &'k VerifierKey>,
) -> Result<VerifierKey, PolicyFault> {
    let text = std::str::from_utf8(vkey).map_err(|_| KeyError::Shape)?;
    let key: VerifierKey = text.parse()?;
    let found = key.key_type();
    if found != expected {
        return Err(PolicyFault::KeyType { expected, found });
    }
    if before.any(|other| other.public_key() == key.public_key()) {
        return Err(PolicyFault::DuplicateKey);
    }
    Ok(key)
}

fn push<T>(items: &mut Vec<T>, item: T) -> Result<usize, PolicyFault> {
    if items.len() >= POLICY_ITEMS_MAX {
        return Err(PolicyFault::TooMany);
    }
    items.push(item);
    Ok(items.len() - 1)
}

fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
