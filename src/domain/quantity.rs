//! Kubernetes quantities as cores and bytes.

use std::{fmt, ops::Add};

/// CPU in nanocores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cores(pub u64);

/// Memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl Cores {
    /// Parses a quantity such as `250m`, `2`, `12345678n`; `None` when it is none or below zero.
    pub fn parse(text: &str) -> Option<Self> {
        parse(text, 1e9).map(Self)
    }

    /// Returns the value in cores.
    #[expect(clippy::cast_precision_loss, reason = "nanocores stay far below 2^52")]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Bytes {
    /// Parses a quantity such as `512Mi`, `1G`, `1073741824`; `None` when it is none or below zero.
    pub fn parse(text: &str) -> Option<Self> {
        parse(text, 1.0).map(Self)
    }

    /// Returns the value in bytes.
    #[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
    pub fn as_f64(self) -> f64 {
        self.0 as f64
    }
}

impl Add for Cores {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Add for Bytes {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Cores {
    /// Writes `250m` below ten cores, whole cores above.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milli = self.0.div_ceil(1_000_000);
        if milli >= 10_000 { write!(f, "{:.1}", self.as_f64()) } else { write!(f, "{milli}m") }
    }
}

impl fmt::Display for Bytes {
    /// Writes `512Mi`, `1.5Gi`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const KI: f64 = 1024.0;
        let value = self.as_f64();
        if value < KI {
            write!(f, "{}B", self.0)
        } else if value < KI * KI {
            write!(f, "{:.0}Ki", value / KI)
        } else if value < KI * KI * KI {
            write!(f, "{:.0}Mi", value / KI / KI)
        } else {
            write!(f, "{:.1}Gi", value / KI / KI / KI)
        }
    }
}

/// Parses per the quantity grammar of Kubernetes (decimal and binary suffixes, exponents).
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be finite and not negative")]
fn parse(text: &str, unit: f64) -> Option<u64> {
    let text = text.trim();
    let end = text
        .char_indices()
        .find(|(at, c)| !(c.is_ascii_digit() || *c == '.' || (*at == 0 && (*c == '+' || *c == '-'))))
        .map_or(text.len(), |(at, _)| at);
    let (number, suffix) = text.split_at(end);
    let factor = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1024f64.powi(4),
        "Pi" => 1024f64.powi(5),
        "Ei" => 1024f64.powi(6),
        exponent => {
            let digits = exponent.strip_prefix(['e', 'E'])?;
            10f64.powi(digits.parse::<i32>().ok()?)
        }
    };
    let value = number.parse::<f64>().ok()? * factor * unit;
    (0.0..=1.8e19).contains(&value).then_some(value.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_parse_as_the_api_server_writes_them() {
        for (text, nano) in
            [("250m", 250_000_000), ("2", 2_000_000_000), ("0.1", 100_000_000), ("17n", 17), ("1500u", 1_500_000)]
        {
            assert_eq!(Cores::parse(text), Some(Cores(nano)), "{text}");
        }
        for (text, bytes) in
            [("512Mi", 536_870_912), ("1G", 1_000_000_000), ("128974848", 128_974_848), ("1e3", 1000), ("12E0", 12)]
        {
            assert_eq!(Bytes::parse(text), Some(Bytes(bytes)), "{text}");
        }
        for text in ["", "abc", "-5", "5Qi", "NaN", "1e999"] {
            assert_eq!(Bytes::parse(text), None, "{text}");
        }
    }

    #[test]
    fn quantities_print_short() {
        assert_eq!(Cores(250_000_000).to_string(), "250m");
        assert_eq!(Bytes(536_870_912).to_string(), "512Mi");
        assert_eq!(Bytes(1_610_612_736).to_string(), "1.5Gi");
    }
}
