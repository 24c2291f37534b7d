//! How many pods a percentage is: the rounding that the Deployment and `DaemonSet` controllers share.

use serde_json::Value;

/// Resolves an `IntOrString` against a total; a percentage rounds up or down as asked.
pub fn scaled(value: Option<&Value>, total: i64, up: bool) -> i64 {
    match value {
        Some(Value::Number(number)) => number.as_i64().unwrap_or(0),
        Some(Value::String(text)) => match text.strip_suffix('%') {
            Some(percent) => {
                let product = percent.parse::<i64>().unwrap_or(0) * total;
                if up { (product + 99).div_euclid(100) } else { product.div_euclid(100) }
            }
            None => text.parse().unwrap_or(0),
        },
        _ => 0,
    }
}

/// Resolves a rolling update's surge (rounded up) and unavailability (rounded down); where both come out
/// as 0 one pod may be missing, or nothing could ever move (deploymentutil `ResolveFenceposts`).
pub fn fenceposts(surge: Option<&Value>, unavailable: Option<&Value>, desired: i64) -> (i64, i64) {
    let surge = scaled(surge, desired, true);
    let unavailable = scaled(unavailable, desired, false);
    if surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn surge_rounds_up_and_unavailable_rounds_down() {
        let cases = [
            (json!("25%"), json!("25%"), 5, (2, 1)),
            (json!("25%"), json!("25%"), 3, (1, 0)),
            (json!("25%"), json!("25%"), 10, (3, 2)),
            (json!("25%"), json!("25%"), 1, (1, 0)),
            (json!(2), json!(1), 5, (2, 1)),
            (json!(0), json!(0), 5, (0, 1)),
            (json!("0%"), json!("10%"), 5, (0, 1)),
            (json!("100%"), json!("0%"), 4, (4, 0)),
            (json!("30%"), json!("70%"), 7, (3, 4)),
        ];
        for (surge, unavailable, desired, want) in cases {
            assert_eq!(
                fenceposts(Some(&surge), Some(&unavailable), desired),
                want,
                "{surge} {unavailable} of {desired}"
            );
        }
    }
}
