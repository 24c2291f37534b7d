//! Functions of a single value.

/// The function with that name, where it takes nothing but a value.
pub(super) fn function(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "abs" => f64::abs,
        "ceil" => f64::ceil,
        "floor" => f64::floor,
        "exp" => f64::exp,
        "sqrt" => f64::sqrt,
        "ln" => f64::ln,
        "log2" => f64::log2,
        "log10" => f64::log10,
        "sin" => f64::sin,
        "cos" => f64::cos,
        "tan" => f64::tan,
        "asin" => f64::asin,
        "acos" => f64::acos,
        "atan" => f64::atan,
        "sinh" => f64::sinh,
        "cosh" => f64::cosh,
        "tanh" => f64::tanh,
        "asinh" => f64::asinh,
        "acosh" => f64::acosh,
        "atanh" => f64::atanh,
        "deg" => f64::to_degrees,
        "rad" => f64::to_radians,
        "sgn" => sign,
        _ => return None,
    })
}

/// Whether a function takes numbers after its vector, see [`with_numbers`].
pub(super) fn takes_numbers(name: &str) -> bool {
    matches!(name, "clamp" | "clamp_min" | "clamp_max" | "round")
}

/// `clamp`, `clamp_min`, `clamp_max` and `round` of a value; `clamp` between swapped bounds has no value.
pub(super) fn with_numbers(name: &str, value: f64, numbers: &[f64]) -> f64 {
    match (name, numbers) {
        ("clamp", [min, max]) if max < min => super::ABSENT,
        ("clamp", [min, max]) => smaller(larger(value, *min), *max),
        ("clamp_min", [min]) => larger(value, *min),
        ("clamp_max", [max]) => smaller(value, *max),
        // Rounds by the inverse: 1 / 0.1 is exact, 0.1 is not.
        ("round", [nearest]) => {
            let inverse = 1.0 / nearest;
            (value * inverse + 0.5).floor() / inverse
        }
        ("round", []) => (value + 0.5).floor(),
        _ => f64::NAN,
    }
}

/// The larger of two; NaN where either is, unlike `f64::max`.
fn larger(one: f64, other: f64) -> f64 {
    if one.is_nan() || other.is_nan() { f64::NAN } else { one.max(other) }
}

/// The smaller of two; NaN where either is, unlike `f64::min`.
fn smaller(one: f64, other: f64) -> f64 {
    if one.is_nan() || other.is_nan() { f64::NAN } else { one.min(other) }
}

/// The sign; zero keeps its own, unlike `f64::signum`.
fn sign(value: f64) -> f64 {
    if value > 0.0 {
        1.0
    } else if value < 0.0 {
        -1.0
    } else {
        value
    }
}
