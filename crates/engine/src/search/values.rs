//! Fields whose values can be counted: facets and the series of a histogram.

use roaring::RoaringBitmap;
use serde_json::Value;
use tallystick_event::{
    terms::{self, Field},
    text::fold,
};
use tallystick_segment::{OrgRows, Rows};

use crate::error::ReadError;

/// A field with countable values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ValueField {
    /// The organization of the log.
    Org,
    /// A field with one dictionary range.
    Simple(Field),
    /// A path in free JSON: field and folded path.
    Path(Field, String),
}

impl ValueField {
    /// From the name a query uses. Aliases are the query language's business and resolved by the caller.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let simple = match name {
            "org" | "tenant" => return Some(Self::Org),
            "actor" | "actor.id" => Field::ActorId,
            "target" => Field::TargetTypeId,
            _ => {
                if let Some((field, path)) = path_field(name) {
                    return Some(Self::Path(field, fold(path).into_owned()));
                }
                Field::ALL.into_iter().find(|field| field.name() == name && !has_path(*field))?
            }
        };
        Some(Self::Simple(simple))
    }

    /// Start of the dictionary keys of its values.
    pub(super) fn prefix(&self) -> Vec<u8> {
        match self {
            Self::Org => Vec::new(),
            Self::Simple(field) => vec![field.tag()],
            Self::Path(field, path) => terms::path_prefix(*field, path),
        }
    }

    /// The rows of a part that have a value, among `selected`.
    pub(super) fn rows(
        &self,
        rows: &dyn Rows,
        key: &[u8],
        selected: &RoaringBitmap,
    ) -> Result<RoaringBitmap, ReadError> {
        if !matches!(self, Self::Org) {
            return Ok(super::leaf::lookup(rows, key)? & selected);
        }
        let Some(org) = std::str::from_utf8(key).ok().and_then(|id| id.parse().ok()) else {
            return Ok(RoaringBitmap::new());
        };
        let mut set = RoaringBitmap::new();
        match rows.org_rows(&org) {
            OrgRows::Range(range) => {
                set.insert_range(range);
            }
            OrgRows::List(list) => set = list,
        }
        Ok(set & selected)
    }

    /// The value as a query would write it.
    pub(super) fn display(&self, key: &[u8]) -> String {
        if let Self::Org = self {
            return String::from_utf8_lossy(key).into_owned();
        }
        let Some(decoded) = terms::decode_value(key) else { return String::new() };
        let value = decoded.value.display(decoded.field);
        match (decoded.field, decoded.path) {
            (Field::TargetTypeId, Some(kind)) => format!("{kind}/{value}"),
            _ => value,
        }
    }

    /// Whether the label is found in an event and not in the key.
    pub(super) fn needs_example(&self) -> bool {
        match self {
            Self::Org => false,
            Self::Path(..) => true,
            Self::Simple(field) => matches!(
                field,
                Field::ActorId
                    | Field::ActorName
                    | Field::ActorEmail
                    | Field::TargetTypeId
                    | Field::TargetId
                    | Field::TargetName
                    | Field::UserAgent
            ),
        }
    }

    /// The value as a person would read it, out of an event that has it.
    pub(super) fn label(&self, key: &[u8], event: &Value) -> Option<String> {
        let wanted = self.display(key);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        match self {
            Self::Path(field, path) => {
                let roots: Vec<&Value> = match field {
                    Field::ActorMetadata => vec![&event["actor"]["metadata"]],
                    Field::TargetMetadata => {
                        event["targets"].as_array()?.iter().map(|target| &target["metadata"]).collect()
                    }
                    _ => vec![&event["metadata"]],
                };
                roots.into_iter().find_map(|root| string_at(root, path, &wanted))
            }
            Self::Simple(Field::ActorId | Field::ActorName) => text(&event["actor"]["name"]),
            Self::Simple(Field::ActorEmail) => text(&event["actor"]["email"]),
            Self::Simple(Field::UserAgent) => text(&event["context"]["user_agent"]),
            Self::Simple(Field::TargetTypeId) => event["targets"].as_array()?.iter().find_map(|target| {
                let kind = fold(target["type"].as_str()?).into_owned();
                (format!("{kind}/{}", target["id"].as_str()?) == wanted).then(|| text(&target["name"]))?
            }),
            Self::Simple(Field::TargetId) => event["targets"]
                .as_array()?
                .iter()
                .find_map(|target| (target["id"].as_str()? == wanted).then(|| text(&target["name"]))?),
            Self::Simple(Field::TargetName) => event["targets"].as_array()?.iter().find_map(|target| {
                let name = target["name"].as_str()?;
                (fold(name) == wanted).then(|| name.to_owned())
            }),
            Self::Org | Self::Simple(_) => None,
        }
    }
}

fn has_path(field: Field) -> bool {
    matches!(field, Field::Metadata | Field::ActorMetadata | Field::TargetMetadata | Field::ChangeValue)
}

fn path_field(name: &str) -> Option<(Field, &str)> {
    [
        (Field::ActorMetadata, "actor.metadata."),
        (Field::TargetMetadata, "target.metadata."),
        (Field::Metadata, "metadata."),
    ]
    .into_iter()
    .find_map(|(field, prefix)| name.strip_prefix(prefix).map(|path| (field, path)))
    .filter(|(_, path)| !path.is_empty())
}

/// The string at a folded dotted path whose folded form is `folded`, in the case it was sent in.
fn string_at(value: &Value, path: &str, folded: &str) -> Option<String> {
    match value {
        Value::Array(items) => items.iter().find_map(|item| string_at(item, path, folded)),
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let name = fold(name);
            let rest = path.strip_prefix(&*name)?;
            if rest.is_empty() {
                return string_at(value, "", folded);
            }
            string_at(value, rest.strip_prefix('.')?, folded)
        }),
        Value::String(text) if path.is_empty() && fold(text) == folded => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_of_queries_are_understood() {
        assert_eq!(ValueField::parse("actor"), Some(ValueField::Simple(Field::ActorId)));
        assert_eq!(ValueField::parse("ip"), Some(ValueField::Simple(Field::Ip)));
        assert_eq!(
            ValueField::parse("metadata.Plan.x"),
            Some(ValueField::Path(Field::Metadata, "plan.x".into()))
        );
        assert_eq!(ValueField::parse("metadata"), None);
        assert_eq!(ValueField::parse("metadata."), None);
        assert_eq!(ValueField::parse("nonsense"), None);
    }

    #[test]
    fn labels_keep_the_case_that_was_sent() {
        let event = json!({"metadata": {"Plan": [{"Name": "Enterprise"}]}});
        let field = ValueField::parse("metadata.plan.name").unwrap();
        let key = terms::key_path(Field::Metadata, "plan.name", terms::TypedValue::Text("enterprise"));
        assert_eq!(field.label(&key, &event).as_deref(), Some("Enterprise"));
    }
}
