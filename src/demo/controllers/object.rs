//! Reading and writing objects as JSON: the paths that every controller needs, in one place.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::demo::store::quota;

/// Returns the value at a path of object keys.
pub fn dig<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |here, key| here.get(key))
}

/// Returns the text at a path, or `""`.
pub fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    dig(value, path).and_then(Value::as_str).unwrap_or("")
}

/// Returns the whole number at a path, or 0.
pub fn int(value: &Value, path: &[&str]) -> i64 {
    int_or(value, path, 0)
}

/// Returns the whole number at a path, or `default`.
pub fn int_or(value: &Value, path: &[&str], default: i64) -> i64 {
    dig(value, path).and_then(Value::as_i64).unwrap_or(default)
}

/// Returns the flag at a path, or `false`.
pub fn flag(value: &Value, path: &[&str]) -> bool {
    dig(value, path).and_then(Value::as_bool).unwrap_or(false)
}

/// Returns the list at a path, or an empty one.
pub fn list<'a>(value: &'a Value, path: &[&str]) -> &'a [Value] {
    dig(value, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Returns the instant at a path, where one is written and readable.
pub fn time(value: &Value, path: &[&str]) -> Option<Timestamp> {
    text(value, path).parse().ok()
}

/// Writes `new` at a path, making objects on the way; anything else in the way is replaced.
pub fn put(value: &mut Value, path: &[&str], new: Value) {
    let mut here = value;
    for key in path {
        if !here.is_object() {
            *here = Value::Object(Map::new());
        }
        let Value::Object(map) = here else { return };
        here = map.entry(*key).or_insert(Value::Null);
    }
    *here = new;
}

/// Removes the last key of a path, where it exists.
pub fn remove(value: &mut Value, path: &[&str]) {
    let Some((last, parents)) = path.split_last() else { return };
    let parent = parents.iter().try_fold(value, |here, key| here.get_mut(key));
    if let Some(map) = parent.and_then(Value::as_object_mut) {
        map.shift_remove(*last);
    }
}

/// Returns an object's name.
pub fn name(object: &Value) -> &str {
    text(object, &["metadata", "name"])
}

/// Returns an object's namespace, or `""` for a cluster-wide one.
pub fn namespace(object: &Value) -> &str {
    text(object, &["metadata", "namespace"])
}

/// Returns an object's uid.
pub fn uid(object: &Value) -> &str {
    text(object, &["metadata", "uid"])
}

/// Returns the value of an annotation, where it is set.
pub fn annotation<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    dig(object, &["metadata", "annotations", key]).and_then(Value::as_str)
}

/// Returns the value of a label, or `""`.
pub fn label<'a>(object: &'a Value, key: &str) -> &'a str {
    text(object, &["metadata", "labels", key])
}

/// Says whether the object is on its way out.
pub fn deleting(object: &Value) -> bool {
    dig(object, &["metadata", "deletionTimestamp"]).is_some_and(|at| !at.is_null())
}

/// Returns the uid of the owner that controls the object.
pub fn controller_uid(object: &Value) -> Option<&str> {
    controller(object).map(|owner| text(owner, &["uid"]))
}

/// Returns the owner reference with `controller: true`.
pub fn controller(object: &Value) -> Option<&Value> {
    list(object, &["metadata", "ownerReferences"]).iter().find(|owner| flag(owner, &["controller"]))
}

/// Returns the owner reference that makes `owner` the controller of a new object.
pub fn owned_by(owner: &Value) -> Value {
    json!([{
        "apiVersion": text(owner, &["apiVersion"]), "kind": text(owner, &["kind"]),
        "name": name(owner), "uid": uid(owner), "controller": true, "blockOwnerDeletion": true,
    }])
}

/// Says whether `labels` carry everything that a selector's `matchLabels` and `matchExpressions` ask for.
pub fn selects(selector: &Value, labels: &Value) -> bool {
    let wanted = selector.get("matchLabels").and_then(Value::as_object);
    let exact = wanted.is_none_or(|all| all.iter().all(|(key, want)| labels.get(key) == Some(want)));
    exact
        && list(selector, &["matchExpressions"]).iter().all(|rule| {
            let have = labels.get(text(rule, &["key"]));
            let among = have.is_some_and(|have| list(rule, &["values"]).contains(have));
            match text(rule, &["operator"]) {
                "In" => among,
                "NotIn" => !among,
                "Exists" => have.is_some(),
                "DoesNotExist" => have.is_none(),
                _ => false,
            }
        })
}

/// Returns a condition of `status.conditions` by its type.
pub fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    list(object, &["status", "conditions"]).iter().find(|each| text(each, &["type"]) == kind)
}

/// Says whether a condition is `True`.
pub fn holds(object: &Value, kind: &str) -> bool {
    condition(object, kind).is_some_and(|each| text(each, &["status"]) == "True")
}

/// Writes an instant as the API does: whole seconds, UTC.
pub fn stamp(at: Timestamp) -> Value {
    Value::String(seconds(at).to_string())
}

/// Cuts an instant down to whole seconds, the resolution of `metav1.Time`.
pub fn seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// Reads a quantity in base units (cores, bytes); anything unreadable is 0.
pub fn amount(value: Option<&Value>) -> f64 {
    value.and_then(quota::quantity).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_needs_all_of_its_rules() {
        let labels = json!({"app": "order", "tier": "backend"});
        let expression = |operator: &str| json!({"matchExpressions": [{"key": "tier", "operator": operator, "values": ["backend"]}]});
        assert!(selects(&json!({"matchLabels": {"app": "order"}}), &labels));
        assert!(!selects(&json!({"matchLabels": {"app": "order", "x": "y"}}), &labels));
        for (operator, want) in [("In", true), ("NotIn", false), ("Exists", true), ("DoesNotExist", false)] {
            assert_eq!(selects(&expression(operator), &labels), want, "{operator}");
        }
    }

    #[test]
    fn put_makes_the_way_and_remove_leaves_the_rest() {
        let mut value = json!({"a": 1});
        put(&mut value, &["b", "c"], json!(2));
        put(&mut value, &["b", "d"], json!(3));
        remove(&mut value, &["b", "c"]);
        assert_eq!(value, json!({"a": 1, "b": {"d": 3}}));
    }
}
