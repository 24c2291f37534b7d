//! Which fields differ between two objects.

use std::fmt;

use serde_json::{Map, Value};

use super::json::escape;

/// One field, before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// JSON pointer into the object it stands in.
    pub pointer: String,
    /// The same for people: dotted, list items by name, `spec.template.spec.containers[app].image`.
    pub label: String,
    /// Value before; `None` when the field is added.
    pub before: Option<Value>,
    /// Value after; `None` when the field is removed.
    pub after: Option<Value>,
}

impl Change {
    /// Writes a value as one line; `–` when there is none.
    pub fn shown(value: Option<&Value>) -> String {
        match value {
            None => "–".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = (Self::shown(self.before.as_ref()), Self::shown(self.after.as_ref()));
        write!(f, "{}: {before} → {after}", self.label)
    }
}

/// Returns the fields that differ, in the order of the objects; null counts as absent, list items with
/// names are matched by name, as a strategic merge does.
pub fn diff(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    walk(&Place::default(), Some(before), Some(after), &mut found);
    found
}

/// Where a walk stands, in both notations.
#[derive(Default)]
struct Place {
    pointer: String,
    label: String,
}

impl Place {
    fn key(&self, key: &str) -> Self {
        let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        let label = match (plain, self.label.is_empty()) {
            (true, true) => key.to_owned(),
            (true, false) => format!("{}.{key}", self.label),
            (false, _) => format!("{}[{key}]", self.label),
        };
        Self { pointer: format!("{}/{}", self.pointer, escape(key)), label }
    }

    fn item(&self, index: usize, name: &str) -> Self {
        Self { pointer: format!("{}/{index}", self.pointer), label: format!("{}[{name}]", self.label) }
    }
}

fn walk(place: &Place, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Change>) {
    let before = before.filter(|value| !value.is_null());
    let after = after.filter(|value| !value.is_null());
    match (before, after) {
        (Some(Value::Object(one)), Some(Value::Object(two))) => walk_maps(place, one, two, found),
        (Some(Value::Array(one)), Some(Value::Array(two))) => walk_lists(place, one, two, found),
        _ if before == after => {}
        _ => found.push(Change {
            pointer: place.pointer.clone(),
            label: place.label.clone(),
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
}

fn walk_maps(place: &Place, one: &Map<String, Value>, two: &Map<String, Value>, found: &mut Vec<Change>) {
    for (key, value) in one {
        walk(&place.key(key), Some(value), two.get(key), found);
    }
    for (key, value) in two.iter().filter(|(key, _)| !one.contains_key(*key)) {
        walk(&place.key(key), None, Some(value), found);
    }
}

fn walk_lists(place: &Place, one: &[Value], two: &[Value], found: &mut Vec<Change>) {
    let (Some(one_names), Some(two_names)) = (names(one), names(two)) else {
        for index in 0..one.len().max(two.len()) {
            walk(&place.item(index, &index.to_string()), one.get(index), two.get(index), found);
        }
        return;
    };
    for (index, name) in one_names.iter().enumerate() {
        let other = two_names.iter().position(|other| other == name).and_then(|other| two.get(other));
        walk(&place.item(index, name), one.get(index), other, found);
    }
    for (index, name) in two_names.iter().enumerate().filter(|(_, name)| !one_names.contains(name)) {
        walk(&place.item(index, name), None, two.get(index), found);
    }
}

/// The names of a list's items, when each has one and no two are the same.
fn names(items: &[Value]) -> Option<Vec<&str>> {
    let names: Vec<&str> =
        items.iter().map(|item| item.get("name").and_then(Value::as_str)).collect::<Option<Vec<_>>>()?;
    let mut unique = names.clone();
    unique.sort_unstable();
    unique.dedup();
    (unique.len() == names.len()).then_some(names)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(before: &Value, after: &Value) -> Vec<String> {
        diff(before, after).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn fields_that_differ_are_named_once() {
        let before = json!({"spec": {"replicas": 3, "paused": null, "same": [1, 2]}});
        let after = json!({"spec": {"replicas": 5, "paused": true, "same": [1, 2], "gone": null}});
        assert_eq!(lines(&before, &after), ["spec.replicas: 3 → 5", "spec.paused: – → true"]);
        assert_eq!(lines(&before, &before), [""; 0]);
    }

    #[test]
    fn list_items_are_matched_by_name() {
        let before = json!({"c": [{"name": "a", "image": "x:1"}, {"name": "b", "image": "y:1"}]});
        let after = json!({"c": [{"name": "b", "image": "y:2"}, {"name": "a", "image": "x:1"}, {"name": "z"}]});
        let found = diff(&before, &after);
        assert_eq!(found[0].pointer, "/c/1/image");
        assert_eq!(lines(&before, &after), ["c[b].image: y:1 → y:2", "c[z]: – → {\"name\":\"z\"}"]);
    }

    #[test]
    fn odd_keys_are_escaped_in_the_pointer_and_bracketed_for_people() {
        let found = diff(&json!({"a": {"x.io/y~z": "1"}}), &json!({"a": {}}));
        assert_eq!((found[0].pointer.as_str(), found[0].label.as_str()), ("/a/x.io~1y~0z", "a[x.io/y~z]"));
        assert_eq!(found[0].after, None);
    }
}
