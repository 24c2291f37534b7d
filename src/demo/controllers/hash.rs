//! Hashes in names: `pod-template-hash` and `controller-revision-hash`.
//!
//! As in Kubernetes a 32-bit FNV-1a written with an alphabet that cannot spell words. The bytes hashed
//! are our JSON and not Go's `%#v` dump, so the values differ from a real cluster's; clients must not care.

use serde_json::Value;

const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// Returns the hash of a pod template, changed by the collision count where two templates collide.
pub fn of(template: &Value, collisions: i64) -> String {
    let mut hash = fnv32(2_166_136_261, canonical(template).to_string().as_bytes());
    if collisions > 0 {
        hash = fnv32(hash, &collisions.to_le_bytes());
    }
    safe(&hash.to_string())
}

/// Sorts the keys of every object, so that the order in which a client wrote them does not matter.
pub fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<_> = map.iter().filter(|(_, value)| !value.is_null()).collect();
            pairs.sort_by(|a, b| a.0.cmp(b.0));
            Value::Object(pairs.into_iter().map(|(key, value)| (key.clone(), canonical(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        other => other.clone(),
    }
}

/// Makes five random characters as the API server does for `generateName`.
pub fn suffix(rng: &mut fastrand::Rng) -> String {
    (0..5).map(|_| char::from(ALPHABET[rng.usize(..ALPHABET.len())])).collect()
}

fn fnv32(start: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(start, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(16_777_619))
}

/// Encodes digits without vowels (apimachinery `rand.SafeEncodeString`).
fn safe(digits: &str) -> String {
    digits.bytes().map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_keys_and_nulls_do_not_change_a_hash_but_values_do() {
        let one = of(&json!({"a": 1, "b": {"c": 2, "d": null}}), 0);
        assert_eq!(one, of(&json!({"b": {"c": 2}, "a": 1}), 0));
        assert_ne!(one, of(&json!({"b": {"c": 3}, "a": 1}), 0));
        assert_ne!(one, of(&json!({"a": 1, "b": {"c": 2}}), 1));
    }
}
