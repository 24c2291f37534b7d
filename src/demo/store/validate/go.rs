//! Prints values the way the API's Go structs look in its messages.

use serde_json::Value;

/// Prints a map of strings: `map[string]string{"app":"x"}`.
pub(super) fn string_map(map: &Value) -> String {
    let Some(map) = map.as_object().filter(|map| !map.is_empty()) else {
        return "map[string]string(nil)".to_owned();
    };
    let mut entries: Vec<String> = map.iter().map(|(key, value)| format!("{key:?}:{value}")).collect();
    entries.sort();
    format!("map[string]string{{{}}}", entries.join(", "))
}

/// Prints a label selector.
pub(super) fn label_selector(selector: &Value) -> String {
    let expressions = match selector["matchExpressions"].as_array() {
        None => "[]v1.LabelSelectorRequirement(nil)".to_owned(),
        Some(list) => {
            let one = |item: &Value| {
                let values: Vec<String> =
                    item["values"].as_array().into_iter().flatten().map(Value::to_string).collect();
                let values = if values.is_empty() {
                    "[]string(nil)".to_owned()
                } else {
                    format!("[]string{{{}}}", values.join(", "))
                };
                format!(
                    "v1.LabelSelectorRequirement{{Key:{}, Operator:{}, Values:{values}}}",
                    item["key"], item["operator"]
                )
            };
            format!("[]v1.LabelSelectorRequirement{{{}}}", list.iter().map(one).collect::<Vec<_>>().join(", "))
        }
    };
    format!("v1.LabelSelector{{MatchLabels:{}, MatchExpressions:{expressions}}}", string_map(&selector["matchLabels"]))
}

/// Prints a number-or-percentage.
pub(super) fn int_or_string(value: &Value) -> String {
    match value {
        Value::String(text) => format!("intstr.IntOrString{{Type:1, IntVal:0, StrVal:{text:?}}}"),
        other => format!("intstr.IntOrString{{Type:0, IntVal:{other}, StrVal:\"\"}}"),
    }
}
