//! Label selectors as kubectl's `-l` takes them.

use crate::domain::{Selector, Text};

/// Parses `a=b,c!=d,e in (x,y),f notin (z),g,!h`; empty selects everything.
pub fn parse(text: &str) -> Result<Selector, String> {
    let mut selector = Selector::default();
    for part in parts(text) {
        requirement(part.trim(), &mut selector).ok_or_else(|| {
            format!("{:?} is not a label selector; write app=shop,tier!=cache or 'app in (a,b)'", part.trim())
        })?;
    }
    Ok(selector)
}

/// Splits at commas outside parentheses.
fn parts(text: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let split = text.split(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    });
    split.filter(|part| !text.trim().is_empty() || !part.trim().is_empty()).collect()
}

fn requirement(part: &str, selector: &mut Selector) -> Option<()> {
    let mut set = |key: &str, operator: &str, values: Vec<Text>| {
        label(key)?;
        selector.expressions.push((key.into(), operator.into(), values));
        Some(())
    };
    for (word, operator) in [(" notin ", "NotIn"), (" in ", "In")] {
        if let Some((key, values)) = part.split_once(word) {
            let inside = values.trim().strip_prefix('(')?.strip_suffix(')')?;
            let values: Vec<Text> = inside.split(',').map(|value| value.trim().into()).collect();
            return set(key.trim(), operator, values);
        }
    }
    if let Some((key, value)) = part.split_once("!=") {
        return set(key.trim(), "NotIn", vec![value.trim().into()]);
    }
    if let Some((key, value)) = part.split_once('=') {
        let value = value.strip_prefix('=').unwrap_or(value).trim();
        let key = label(key.trim())?;
        selector.labels.insert(key.into(), value.into());
        return (!value.contains(['=', ' '])).then_some(());
    }
    match part.strip_prefix('!') {
        Some(key) => set(key.trim(), "DoesNotExist", Vec::new()),
        None => set(part, "Exists", Vec::new()),
    }
}

/// A label's name, with or without its prefix.
fn label(key: &str) -> Option<&str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    (!key.is_empty() && key.chars().all(fits)).then_some(key)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn selectors_select_as_kubectl_says() {
        let labels = [("app", "shop"), ("tier", "web")].map(|(key, value)| (key.into(), value.into())).into();
        for (text, expected) in [
            ("app=shop", true),
            ("app==shop,tier=web", true),
            ("app=shop,tier!=web", false),
            ("zone!=a", true),
            ("app in (shop, cart),tier", true),
            ("app notin (shop)", false),
            ("!app", false),
            ("!zone", true),
            ("zone", false),
        ] {
            assert_eq!(parse(text).unwrap().matches(&labels), expected, "{text}");
        }
        assert_eq!(parse(""), Ok(Selector::default()));
    }

    #[test]
    fn what_does_not_parse_is_shown() {
        for text in ["=x", "a=b=c", "app in shop", ",", "app=a,,b", "a b", "app in (a"] {
            assert!(parse(text).unwrap_err().contains("is not a label selector"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "[a-z=!,() ]{0,24}") {
            let _ = parse(&text);
        }
    }
}
