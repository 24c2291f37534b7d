//! Numbers as Prometheus writes them.

/// A value in plain decimals, `+Inf`, `-Inf` or `NaN`: the form of labels and scalars.
pub fn plain(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        value.to_string()
    }
}

/// A value as in the samples of an answer: plain, with an exponent where it is tiny or huge.
pub(super) fn sample(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() || value == 0.0 || (1e-6..1e21).contains(&size) {
        return plain(value);
    }
    scientific(value)
}

/// A value with an exponent, as Go writes it: at least two digits and always a sign.
pub(super) fn scientific(value: f64) -> String {
    if !value.is_finite() {
        return plain(value);
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(below) => ('-', below),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

/// Milliseconds since 1970 as seconds, with three decimals where there is a fraction.
pub(super) fn seconds(milliseconds: i64) -> String {
    let (whole, fraction) = (milliseconds / 1000, (milliseconds % 1000).abs());
    let sign = if milliseconds < 0 && whole == 0 { "-" } else { "" };
    if fraction == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction:03}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_in_prometheus() {
        let cases = [
            (0.0, "0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.5e-7, "1.5e-07"),
            (-2.5e-300, "-2.5e-300"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ];
        for (value, text) in cases {
            assert_eq!(sample(value), text);
        }
        assert_eq!(plain(1.5e-7), "0.00000015");
        let times = [(1_500, "1.500"), (2_000, "2"), (-5, "-0.005"), (1_795_169_407_050, "1795169407.050")];
        for (milliseconds, text) in times {
            assert_eq!(seconds(milliseconds), text);
        }
    }
}
