//! The places of one stored event, found in its units' bytes without building it.

use std::borrow::Cow;

use tallystick_engine::{ReadError, search::StoredEvent};
use tallystick_event::{
    CorruptBytes, Unit,
    members::{each_element, each_member, plain_text},
};

/// The members of one object: names and canonical bytes.
#[derive(Debug, Default)]
pub(crate) struct Members<'a>(Vec<(Cow<'a, str>, &'a [u8])>);

impl<'a> Members<'a> {
    /// Of the canonical bytes of an object.
    pub(crate) fn of(object: Option<&'a [u8]>) -> Result<Self, CorruptBytes> {
        let mut members = Vec::with_capacity(if object.is_some() { 8 } else { 0 });
        if let Some(object) = object {
            each_member(object, |name, value| members.push((name, value)))?;
        }
        Ok(Self(members))
    }

    /// The canonical bytes of a member.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a [u8]> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// A member as plain text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<Cow<'a, str>>, CorruptBytes> {
        self.raw(name).map(plain_text).transpose()
    }
}

/// An event by its places.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    pub(crate) event: Members<'a>,
    pub(crate) actor: Members<'a>,
    pub(crate) context: Members<'a>,
    pub(crate) targets: Vec<Members<'a>>,
    pub(crate) stored: &'a StoredEvent,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(stored: &'a StoredEvent) -> Result<Self, ReadError> {
        Self::scan(stored).map_err(|error| damaged(stored, error))
    }

    fn scan(stored: &'a StoredEvent) -> Result<Self, CorruptBytes> {
        let units = &stored.units;
        let mut raw_targets = Vec::new();
        if let Some(list) = units.get(Unit::Targets) {
            each_element(list, |target| raw_targets.push(target))?;
        }
        Ok(Self {
            event: Members::of(units.get(Unit::Event))?,
            actor: Members::of(units.get(Unit::Actor))?,
            context: Members::of(units.get(Unit::Context))?,
            targets: raw_targets.into_iter().map(|one| Members::of(Some(one))).collect::<Result<_, _>>()?,
            stored,
        })
    }

    /// The canonical bytes of a unit as text.
    pub(crate) fn unit(&self, unit: Unit) -> Result<Option<&'a str>, ReadError> {
        let Some(bytes) = self.stored.units.get(unit) else { return Ok(None) };
        let text = std::str::from_utf8(bytes);
        text.map(Some).map_err(|error| damaged(self.stored, CorruptBytes { offset: error.valid_up_to() }))
    }
}

/// What is stored of an event is not what was written.
pub(crate) fn damaged(stored: &StoredEvent, error: CorruptBytes) -> ReadError {
    ReadError::Corrupt(format!("event {}: {error}", stored.meta.id))
}
