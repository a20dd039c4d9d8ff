//! The configuration of the sample organization as it is at the simulated moment. It exists so that every `changes`
//! list is true: values are changed here, and the change that an event carries is what the registry saw.

use serde_json::{Map, Value, json};

/// The position of a thing in the registry; never reused.
pub(crate) type ThingNo = usize;

/// Something that people configure: a policy, a schedule, an API key.
#[derive(Clone, Debug)]
pub(crate) struct Thing {
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) attributes: Map<String, Value>,
    /// Deleted things stay, so that they can be restored and named.
    pub(crate) is_alive: bool,
    /// Made by somebody's daily work; such things may be deleted again by it.
    pub(crate) is_disposable: bool,
}

impl Thing {
    /// The name as it is now, or the id of something that has none.
    pub(crate) fn name(&self) -> &str {
        self.attributes.get("name").and_then(Value::as_str).unwrap_or(&self.id)
    }
}

/// All things, alive and deleted.
#[derive(Default)]
pub(crate) struct Registry {
    things: Vec<Thing>,
}

impl Registry {
    /// Adds a thing. Attributes that are not an object make a thing with no attributes.
    pub(crate) fn add(&mut self, kind: &'static str, id: String, attributes: Value) -> ThingNo {
        let attributes = match attributes {
            Value::Object(map) => map,
            _ => Map::new(),
        };
        self.things.push(Thing { kind, id, attributes, is_alive: true, is_disposable: false });
        self.things.len() - 1
    }

    /// The thing with this number.
    pub(crate) fn get(&self, no: ThingNo) -> &Thing {
        &self.things[no]
    }

    /// Lets daily work delete the thing later.
    pub(crate) fn mark_disposable(&mut self, no: ThingNo) {
        self.things[no].is_disposable = true;
    }

    /// Marks a thing as deleted or as restored.
    pub(crate) fn set_alive(&mut self, no: ThingNo, is_alive: bool) {
        self.things[no].is_alive = is_alive;
    }

    /// The living things of a kind, oldest first.
    pub(crate) fn alive(&self, kind: &str) -> Vec<ThingNo> {
        (0..self.things.len())
            .filter(|&no| self.things[no].is_alive && self.things[no].kind == kind)
            .collect()
    }

    /// The thing with this id. The initial configuration names its own ids, so asking for one that is not there is a
    /// mistake in the simulation.
    pub(crate) fn by_id(&self, id: &str) -> ThingNo {
        self.things.iter().position(|thing| thing.id == id).expect("the initial configuration has this id")
    }

    /// The value at a JSON pointer into the attributes.
    pub(crate) fn value(&self, no: ThingNo, path: &str) -> Option<&Value> {
        let mut parts = path.strip_prefix('/')?.split('/');
        let first = self.things[no].attributes.get(parts.next()?)?;
        parts.try_fold(first, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            other => other.get(part),
        })
    }

    /// Sets a value and returns the change; nothing if it had that value already.
    pub(crate) fn set(&mut self, no: ThingNo, path: &str, new: Value) -> Option<Value> {
        let old = self.value(no, path).cloned();
        if old.as_ref() == Some(&new) {
            return None;
        }
        let change = match old {
            Some(old) => json!({"path": path, "op": "replace", "old": old, "new": new}),
            None => json!({"path": path, "op": "add", "new": new}),
        };
        *self.slot(no, path) = new;
        Some(change)
    }

    /// Appends to a list and returns the change.
    pub(crate) fn push(&mut self, no: ThingNo, path: &str, new: Value) -> Value {
        let slot = self.slot(no, path);
        if !slot.is_array() {
            *slot = json!([]);
        }
        let list = slot.as_array_mut().expect("it was made a list just above");
        let change = json!({"path": format!("{path}/{}", list.len()), "op": "add", "new": new});
        list.push(new);
        change
    }

    /// Takes a value out of a list and returns the change; nothing if it is not in there.
    pub(crate) fn pull(&mut self, no: ThingNo, path: &str, old: &Value) -> Option<Value> {
        let list = self.slot(no, path).as_array_mut()?;
        let at = list.iter().position(|item| item == old)?;
        let old = list.remove(at);
        Some(json!({"path": format!("{path}/{at}"), "op": "remove", "old": old}))
    }

    /// All attributes as they appear (the changes of a creation or a restoration).
    pub(crate) fn after_image(&self, no: ThingNo) -> Vec<Value> {
        let attributes = &self.things[no].attributes;
        attributes
            .iter()
            .map(|(key, new)| json!({"path": format!("/{key}"), "op": "add", "new": new}))
            .collect()
    }

    /// All attributes as they disappear (the changes of a deletion).
    pub(crate) fn before_image(&self, no: ThingNo) -> Vec<Value> {
        let attributes = &self.things[no].attributes;
        attributes
            .iter()
            .map(|(key, old)| json!({"path": format!("/{key}"), "op": "remove", "old": old}))
            .collect()
    }

    /// The place a pointer names, made if the last part is missing.
    fn slot(&mut self, no: ThingNo, path: &str) -> &mut Value {
        let mut parts = path.trim_start_matches('/').split('/');
        let first = parts.next().unwrap_or_default();
        let mut slot = self.things[no].attributes.entry(first).or_insert(Value::Null);
        for part in parts {
            slot = match slot {
                Value::Array(items) => {
                    let at: usize = part.parse().expect("paths into lists use numbers");
                    while items.len() <= at {
                        items.push(Value::Null);
                    }
                    &mut items[at]
                }
                other => &mut other[part],
            };
        }
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> (Registry, ThingNo) {
        let mut registry = Registry::default();
        let attributes = json!({"name": "P1", "levels": [{"timeout_min": 5}], "tags": ["a"]});
        let no = registry.add("escalation_policy", "ep_1".into(), attributes);
        (registry, no)
    }

    #[test]
    fn a_change_carries_the_value_that_really_was_there() {
        let (mut registry, no) = policy();
        let change = registry.set(no, "/levels/0/timeout_min", json!(10)).unwrap();
        assert_eq!(change, json!({"path": "/levels/0/timeout_min", "op": "replace", "old": 5, "new": 10}));
        assert_eq!(registry.set(no, "/levels/0/timeout_min", json!(10)), None);
        let added = registry.set(no, "/owner", json!("x")).unwrap();
        assert_eq!(added, json!({"path": "/owner", "op": "add", "new": "x"}));
    }

    #[test]
    fn lists_grow_and_shrink_with_their_index() {
        let (mut registry, no) = policy();
        assert_eq!(registry.push(no, "/tags", json!("b"))["path"], "/tags/1");
        assert_eq!(registry.pull(no, "/tags", &json!("a")).unwrap()["path"], "/tags/0");
        assert_eq!(registry.pull(no, "/tags", &json!("zzz")), None);
        assert_eq!(registry.value(no, "/tags/0"), Some(&json!("b")));
    }

    #[test]
    fn images_list_every_attribute() {
        let (registry, no) = policy();
        assert_eq!(registry.before_image(no).len(), 3);
        assert!(registry.after_image(no).iter().all(|change| change["op"] == "add"));
    }
}
