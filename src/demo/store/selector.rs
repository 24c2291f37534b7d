//! Label and field selectors, as lists and watches take them.

use serde_json::Value;

use super::error::ApiError;

/// A parsed label selector; all requirements must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelSelector(Vec<Requirement>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
}

impl LabelSelector {
    /// Parses `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let mut requirements = Vec::new();
        for part in split_outside_parentheses(text) {
            let part = part.trim();
            if !part.is_empty() {
                requirements.push(requirement(part).ok_or_else(|| unparsable(text))?);
            }
        }
        Ok(Self(requirements))
    }

    /// Reads a `metav1.LabelSelector` (matchLabels, matchExpressions); an absent one selects nothing.
    pub fn from_object(selector: &Value) -> Option<Self> {
        let selector = selector.as_object()?;
        let mut requirements = Vec::new();
        for (key, value) in selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten() {
            requirements.push(Requirement { key: key.clone(), test: Test::In(vec![value.as_str()?.to_owned()]) });
        }
        for expression in selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten() {
            let values = || {
                expression["values"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect()
            };
            let test = match expression["operator"].as_str()? {
                "In" => Test::In(values()),
                "NotIn" => Test::NotIn(values()),
                "Exists" => Test::Exists,
                "DoesNotExist" => Test::Absent,
                _ => return None,
            };
            requirements.push(Requirement { key: expression["key"].as_str()?.to_owned(), test });
        }
        Some(Self(requirements))
    }

    /// Reads a plain map of labels, as services have it.
    pub fn from_map(labels: &Value) -> Option<Self> {
        let labels = labels.as_object()?;
        let requirement = |(key, value): (&String, &Value)| {
            Some(Requirement { key: key.clone(), test: Test::In(vec![value.as_str()?.to_owned()]) })
        };
        labels.iter().map(requirement).collect::<Option<_>>().map(Self)
    }

    /// Tells whether the selector selects everything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether these labels (an object of strings, or null) satisfy every requirement.
    pub fn matches(&self, labels: &Value) -> bool {
        self.0.iter().all(|requirement| {
            let value = labels.get(&requirement.key).and_then(Value::as_str);
            match &requirement.test {
                Test::In(values) => value.is_some_and(|value| values.iter().any(|wanted| wanted == value)),
                Test::NotIn(values) => value.is_none_or(|value| !values.iter().any(|unwanted| unwanted == value)),
                Test::Exists => value.is_some(),
                Test::Absent => value.is_none(),
            }
        })
    }
}

impl std::fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, Requirement { key, test }) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match test {
                Test::In(values) if values.len() == 1 => write!(f, "{comma}{key}={}", values[0])?,
                Test::In(values) => write!(f, "{comma}{key} in ({})", values.join(","))?,
                Test::NotIn(values) => write!(f, "{comma}{key} notin ({})", values.join(","))?,
                Test::Exists => write!(f, "{comma}{key}")?,
                Test::Absent => write!(f, "{comma}!{key}")?,
            }
        }
        Ok(())
    }
}

fn unparsable(text: &str) -> ApiError {
    ApiError::bad_request(format!(
        "unable to parse requirement: found {text:?}, expected: a label selector such as app=x,tier in (a,b)"
    ))
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    text.split(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    })
    .collect()
}

fn requirement(text: &str) -> Option<Requirement> {
    let build = |key: &str, test| {
        let key = key.trim();
        (!key.is_empty() && !key.contains([' ', '(', ')', '='])).then(|| Requirement { key: key.to_owned(), test })
    };
    let value = |text: &str| vec![text.trim().to_owned()];
    if let Some((key, unwanted)) = text.split_once("!=") {
        return build(key, Test::NotIn(value(unwanted)));
    }
    if let Some((key, wanted)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return build(key, Test::In(value(wanted)));
    }
    if let Some(key) = text.strip_prefix('!') {
        return build(key, Test::Absent);
    }
    if let Some((head, rest)) = text.split_once('(') {
        let values = rest.trim_end().strip_suffix(')')?.split(',').map(|value| value.trim().to_owned()).collect();
        let (key, operator) = head.trim_end().rsplit_once(' ')?;
        return match operator {
            "in" => build(key, Test::In(values)),
            "notin" => build(key, Test::NotIn(values)),
            _ => None,
        };
    }
    build(text, Test::Exists)
}

/// A parsed field selector: equalities and inequalities on paths such as `status.phase`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSelector(Vec<(String, bool, String)>);

impl FieldSelector {
    /// Parses `metadata.name=x,status.phase!=Running`.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let mut terms = Vec::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (path, equal, value) = if let Some((path, value)) = part.split_once("!=") {
                (path, false, value)
            } else if let Some((path, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
                (path, true, value)
            } else {
                return Err(ApiError::bad_request(format!("invalid selector: {part:?}; can't understand {part:?}")));
            };
            terms.push((path.to_owned(), equal, value.to_owned()));
        }
        Ok(Self(terms))
    }

    /// Returns the paths the selector names.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(path, ..)| path.as_str())
    }

    /// Returns the object name the selector demands, where it does.
    pub fn name(&self) -> Option<&str> {
        self.0.iter().find(|(path, equal, _)| path == "metadata.name" && *equal).map(|(.., value)| value.as_str())
    }

    /// Tells whether the object satisfies every term; an absent field equals the empty string.
    pub fn matches(&self, object: &Value) -> bool {
        self.0.iter().all(|(path, equal, wanted)| {
            let found = path.split('.').try_fold(object, |value, key| value.get(key));
            let same = match found {
                None | Some(Value::Null) => wanted.is_empty() || (path == "spec.unschedulable" && wanted == "false"),
                Some(Value::String(found)) => found == wanted,
                Some(other) => serde_json::to_string(other).is_ok_and(|found| found == *wanted),
            };
            same == *equal
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn label_selectors_select_as_written() {
        let labels = json!({"app": "order", "tier": "backend"});
        let cases = [
            ("app=order", true),
            ("app==order,tier!=web", true),
            ("app in (order, cart),tier", true),
            ("app notin (order)", false),
            ("!team", true),
            ("!tier", false),
            ("team!=x", true),
            ("", true),
        ];
        for (text, expected) in cases {
            assert_eq!(LabelSelector::parse(text).unwrap().matches(&labels), expected, "{text}");
        }
        for text in ["a b", "=x", "a in b", "a in (b"] {
            assert_eq!(LabelSelector::parse(text).unwrap_err().code, 400, "{text}");
        }
    }

    #[test]
    fn field_selectors_read_paths() {
        let pod = json!({"metadata": {"name": "a"}, "spec": {"nodeName": "n1"}, "status": {"phase": "Running"}});
        for (text, expected) in
            [("status.phase=Running", true), ("spec.nodeName!=n1", false), ("metadata.namespace=", true)]
        {
            assert_eq!(FieldSelector::parse(text).unwrap().matches(&pod), expected, "{text}");
        }
        assert_eq!(FieldSelector::parse("x").unwrap_err().code, 400);
    }
}
