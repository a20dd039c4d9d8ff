//! The event as producers send it: one table of members for each object, from which both the fast typed parser and
//! the explaining one are made, so that they cannot disagree.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::error::{Errors, code};
use crate::json::strict::Pointer;
use crate::json::value::{Members, NameSeed, Value, ValueSeed};
use crate::limits::JSON_DEPTH_MAX;

/// Walks the tree of an event that the fast parser refused and collects what is wrong with it.
pub(crate) struct Walk<'e> {
    pub(crate) path: Pointer,
    pub(crate) errors: &'e mut Errors,
}

impl Walk<'_> {
    fn wrong_type(&mut self, expected: &str, found: &Value<'_>) {
        let message = format!("this must be {expected}, not {}", found.type_name());
        self.errors.push(self.path.text(), code::WRONG_TYPE, message);
    }

    fn unknown_field(&mut self, name: &str, known: &[&str]) {
        let nearest = nearest(name, known);
        let advice = nearest.map_or_else(
            || "remove it, or move it into metadata".to_owned(),
            |near| format!("did you mean {near:?}? Data of your own belongs into metadata"),
        );
        let message = format!("there is no field {name:?} here; {advice}");
        self.errors.push(self.path.member(name), code::UNKNOWN_FIELD, message);
    }
}

/// The known word that was probably meant.
pub(crate) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    const SIMILAR_FROM: f64 = 0.8;
    let folded = word.to_lowercase();
    let scored = known.iter().map(|k| (strsim::jaro_winkler(&folded, k), *k));
    scored.filter(|(score, _)| *score >= SIMILAR_FROM).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, k)| k)
}

/// A member's value. `None` is JSON null, which is the same as an absent member wherever the type allows no null.
pub(crate) trait Member<'a>: Sized {
    /// The fast way; any error sends the event to [`Member::from_tree`].
    fn from_json<D: Deserializer<'a>>(deserializer: D) -> Result<Option<Self>, D::Error>;

    /// The explaining way.
    fn from_tree(value: Value<'a>, walk: &mut Walk<'_>) -> Option<Self>;
}

struct MemberSeed<T>(PhantomData<T>);

impl<'de, T: Member<'de>> DeserializeSeed<'de> for MemberSeed<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        T::from_json(deserializer)
    }
}

/// Declares an object whose members are all optional to the parsers; which are required is checked later.
macro_rules! object {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $member:ty = $json:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(crate) struct $name<'a> {
            $(pub(crate) $field: Option<$member>,)+
        }

        const _: () = {
            const KNOWN: &[&str] = &[$($json),+];

            #[expect(non_camel_case_types, reason = "named as the members they number")]
            enum Index { $($field),+ }

            struct ObjectVisitor;

            impl<'de> Visitor<'de> for ObjectVisitor {
                type Value = Option<$name<'de>>;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("an object")
                }

                fn visit_unit<E>(self) -> Result<Self::Value, E> {
                    Ok(None)
                }

                fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                    let mut object = $name::default();
                    let mut seen = 0u32;
                    while let Some(name) = map.next_key_seed(NameSeed)? {
                        let index = match name.as_ref() {
                            $($json => {
                                object.$field = map.next_value_seed(MemberSeed(PhantomData))?;
                                Index::$field as u32
                            })+
                            _ => return Err(de::Error::custom("unknown field")),
                        };
                        if seen >> index & 1 == 1 {
                            return Err(de::Error::custom("duplicate member"));
                        }
                        seen |= 1 << index;
                    }
                    Ok(Some(object))
                }
            }

            impl<'a> Member<'a> for $name<'a> {
                fn from_json<D: Deserializer<'a>>(deserializer: D) -> Result<Option<Self>, D::Error> {
                    deserializer.deserialize_any(ObjectVisitor)
                }

                fn from_tree(value: Value<'a>, walk: &mut Walk<'_>) -> Option<Self> {
                    let members = match value {
                        Value::Object(members) => members,
                        Value::Null => return None,
                        other => {
                            walk.wrong_type("an object", &other);
                            return None;
                        }
                    };
                    let mut object = $name::default();
                    for (name, value) in members {
                        match name.as_ref() {
                            $($json => {
                                let outer = walk.path.enter($json);
                                object.$field = Member::from_tree(value, walk);
                                walk.path.leave(outer);
                            })+
                            unknown => walk.unknown_field(unknown, KNOWN),
                        }
                    }
                    Some(object)
                }
            }
        };
    };
}

object! {
    /// An event as sent.
    Input {
        org: Text<'a> = "org",
        action: Text<'a> = "action",
        occurred_at: Text<'a> = "occurred_at",
        version: Number = "version",
        actor: ActorInput<'a> = "actor",
        targets: Vec<TargetInput<'a>> = "targets",
        context: ContextInput<'a> = "context",
        outcome: Text<'a> = "outcome",
        reason: Text<'a> = "reason",
        changes: Vec<ChangeInput<'a>> = "changes",
        metadata: Object<'a> = "metadata",
        idempotency_key: Text<'a> = "idempotency_key",
    }
}

object! {
    /// Who did it.
    ActorInput {
        kind: Text<'a> = "type",
        id: Text<'a> = "id",
        name: Text<'a> = "name",
        email: Text<'a> = "email",
        metadata: Object<'a> = "metadata",
        on_behalf_of: Vec<PrincipalInput<'a>> = "on_behalf_of",
    }
}

object! {
    /// For whom it was done: an actor that acts for nobody else.
    PrincipalInput {
        kind: Text<'a> = "type",
        id: Text<'a> = "id",
        name: Text<'a> = "name",
        email: Text<'a> = "email",
        metadata: Object<'a> = "metadata",
    }
}

object! {
    /// What it was done to.
    TargetInput {
        kind: Text<'a> = "type",
        id: Text<'a> = "id",
        name: Text<'a> = "name",
        metadata: Object<'a> = "metadata",
    }
}

object! {
    /// Where it came from.
    ContextInput {
        ip: Text<'a> = "ip",
        user_agent: Text<'a> = "user_agent",
        origin: Text<'a> = "origin",
        country: Text<'a> = "country",
        request_id: Text<'a> = "request_id",
        session_id: Text<'a> = "session_id",
        trace_id: Text<'a> = "trace_id",
    }
}

object! {
    /// What was different before and after.
    ChangeInput {
        path: Text<'a> = "path",
        op: Text<'a> = "op",
        old: Free<'a> = "old",
        new: Free<'a> = "new",
    }
}

/// A string.
pub(crate) type Text<'a> = Cow<'a, str>;

/// A JSON number; its range is checked where it is used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number(pub(crate) f64);

/// Free JSON that is an object.
#[derive(Debug)]
pub(crate) struct Object<'a>(pub(crate) Members<'a>);

/// Any JSON; here null is a value.
#[derive(Debug)]
pub(crate) struct Free<'a>(pub(crate) Value<'a>);

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Option<Text<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }
}

impl<'a> Member<'a> for Text<'a> {
    fn from_json<D: Deserializer<'a>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }

    fn from_tree(value: Value<'a>, walk: &mut Walk<'_>) -> Option<Self> {
        match value {
            Value::String(text) => Some(text),
            Value::Null => None,
            other => {
                walk.wrong_type("a string", &other);
                None
            }
        }
    }
}

impl<'a> Member<'a> for Number {
    fn from_json<D: Deserializer<'a>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        match ValueSeed(0).deserialize(deserializer)? {
            Value::Number(number) => Ok(Some(Number(number))),
            Value::Null => Ok(None),
            _ => Err(de::Error::custom("not a number")),
        }
    }

    fn from_tree(value: Value<'a>, walk: &mut Walk<'_>) -> Option<Self> {
        match value {
            Value::Number(number) => Some(Number(number)),
            Value::Null => None,
            other => {
                walk.wrong_type("a number", &other);
                None
            }
        }
    }
}

impl<'a> Member<'a> for Object<'a> {
    fn from_json<D: Deserializer<'a>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        match ValueSeed(JSON_DEPTH_MAX).deserialize(deserializer)? {
            Value::Object(members) => Ok(Some(Object(members))),
            Value::Null => Ok(None),
            _ => Err(de::Error::custom("not an object")),
        }
    }

    fn from_tree(value: Value<'a>, walk: &mut Walk<'_>) -> Option<Self> {
        check_depth(&value, walk);
        match value {
            Value::Object(members) => Some(Object(members)),
            Value::Null => None,
            other => {
                walk.wrong_type("an object", &other);
                None
            }
        }
    }
}

impl<'a> Member<'a> for Free<'a> {
    fn from_json<D: Deserializer<'a>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        ValueSeed(JSON_DEPTH_MAX).deserialize(deserializer).map(|value| Some(Free(value)))
    }

    fn from_tree(value: Value<'a>, walk: &mut Walk<'_>) -> Option<Self> {
        check_depth(&value, walk);
        Some(Free(value))
    }
}

fn check_depth(value: &Value<'_>, walk: &mut Walk<'_>) {
    fn depth(value: &Value<'_>) -> usize {
        match value {
            Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
            Value::Object(members) => 1 + members.iter().map(|(_, v)| depth(v)).max().unwrap_or(0),
            _ => 0,
        }
    }
    let levels = depth(value);
    if levels > JSON_DEPTH_MAX {
        let message = format!("this nests {levels} levels, at most {JSON_DEPTH_MAX} are kept; flatten it");
        walk.errors.push(walk.path.text(), code::TOO_DEEP, message);
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Member<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = Option<Vec<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = seq.next_element_seed(MemberSeed(PhantomData))? {
            list.push(element.ok_or_else(|| de::Error::custom("null in a list"))?);
        }
        Ok(Some(list))
    }
}

impl<'a, T: Member<'a>> Member<'a> for Vec<T> {
    fn from_json<D: Deserializer<'a>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }

    fn from_tree(value: Value<'a>, walk: &mut Walk<'_>) -> Option<Self> {
        let elements = match value {
            Value::Array(elements) => elements,
            Value::Null => return None,
            other => {
                walk.wrong_type("an array", &other);
                return None;
            }
        };
        let mut list = Vec::with_capacity(elements.len());
        for (i, element) in elements.into_iter().enumerate() {
            let outer = walk.path.enter_index(i);
            if element == Value::Null {
                walk.wrong_type("an object", &element);
            }
            list.extend(T::from_tree(element, walk));
            walk.path.leave(outer);
        }
        Some(list)
    }
}
