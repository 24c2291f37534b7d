//! How a value of a panel is written.

/// What a panel's numbers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Events per second.
    PerSecond,
    /// A share, 1 being all, shown as per cent.
    Percent,
    /// Seconds.
    Seconds,
    /// Bytes, shown in powers of 1024.
    Bytes,
    /// CPU cores.
    Cores,
    /// Whole things.
    Count,
}

impl Unit {
    /// The units by their names in panel files.
    pub const NAMES: [(&'static str, Self); 6] = [
        ("req/s", Self::PerSecond),
        ("percent", Self::Percent),
        ("seconds", Self::Seconds),
        ("bytes", Self::Bytes),
        ("cores", Self::Cores),
        ("count", Self::Count),
    ];

    /// Writes a value in a few cells: `1.2k/s`, `6.1%`, `120ms`, `512Mi`, `250m`, `14`. What is no number is `–`.
    pub fn show(self, value: f64) -> String {
        if !value.is_finite() {
            return "–".to_owned();
        }
        match self {
            Self::PerSecond => format!("{}/s", thousands(value)),
            Self::Percent => format!("{}%", short(value * 100.0)),
            Self::Seconds => seconds(value),
            Self::Bytes => bytes(value),
            Self::Cores if value.abs() < 1.0 => format!("{}m", short(value * 1000.0)),
            Self::Cores => short(value),
            Self::Count => thousands(value),
        }
    }
}

fn seconds(value: f64) -> String {
    match value.abs() {
        0.0 => "0s".to_owned(),
        size if size < 0.001 => format!("{}µs", short(value * 1e6)),
        size if size < 1.0 => format!("{}ms", short(value * 1e3)),
        size if size < 120.0 => format!("{}s", short(value)),
        size if size < 7200.0 => format!("{}m", short(value / 60.0)),
        _ => format!("{}h", short(value / 3600.0)),
    }
}

fn bytes(value: f64) -> String {
    scaled(value, 1024.0, &["", "Ki", "Mi", "Gi", "Ti", "Pi"])
}

fn thousands(value: f64) -> String {
    scaled(value, 1000.0, &["", "k", "M", "G", "T"])
}

/// The value in the largest of the units in which it is at least one.
fn scaled(mut value: f64, step: f64, units: &[&str]) -> String {
    let mut unit = 0;
    while unit + 1 < units.len() && value.abs() >= step {
        value /= step;
        unit += 1;
    }
    format!("{}{}", short(value), units[unit])
}

/// About three digits, without trailing zeros: `0.04`, `1.5`, `41`, `120`.
fn short(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => usize::from(value.fract().abs() >= 0.05 && size < 20.0),
        size if size >= 1.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}
