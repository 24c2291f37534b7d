//! Colours as numbers: parsing, contrast, and the nearest one a terminal has.

/// A colour as a theme names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Red, green, blue in sRGB.
    Rgb(u8, u8, u8),
    /// One of the terminal's own sixteen, whose values are unknown here.
    Ansi(u8),
    /// The terminal's default, whatever it is.
    Terminal,
}

/// The names of the terminal's own sixteen, by number.
pub(super) const ANSI_NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

/// The default values of xterm's sixteen, used to find the nearest one.
const ANSI_VALUES: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
];

impl Colour {
    /// Reads `#rrggbb`, `#rgb`, `none`, or the name of one of the terminal's own colours.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "none" {
            return Some(Self::Terminal);
        }
        if let Some(digits) = text.strip_prefix('#') {
            return parse_hex(digits);
        }
        let number = ANSI_NAMES.iter().position(|name| *name == text)?;
        u8::try_from(number).ok().map(Self::Ansi)
    }

    /// Relative luminance, 0 for black to 1 for white (WCAG 2.2); none where the terminal decides.
    pub fn luminance(self) -> Option<f64> {
        let Self::Rgb(red, green, blue) = self else { return None };
        Some(0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue))
    }

    /// Contrast ratio of two colours, 1 to 21 (WCAG 2.2); none where the terminal decides one of them.
    pub fn contrast(self, other: Self) -> Option<f64> {
        let (one, two) = (self.luminance()?, other.luminance()?);
        Some((one.max(two) + 0.05) / (one.min(two) + 0.05))
    }

    /// CIE lightness L*, 0 to 100; none where the terminal decides.
    pub fn lightness(self) -> Option<f64> {
        let Self::Rgb(red, green, blue) = self else { return None };
        Some(lab((red, green, blue))[0])
    }
}

/// The nearest entry of the 256-colour cube and grey ramp (16 to 255; the first 16 are the terminal's own).
pub(super) fn nearest_256(rgb: (u8, u8, u8)) -> u8 {
    nearest(rgb, (16..=255).map(|number| (number, value_256(number))))
}

/// The nearest of the terminal's sixteen, assuming they are about what xterm makes them.
pub(super) fn nearest_16(rgb: (u8, u8, u8)) -> u8 {
    nearest(rgb, (0u8..).zip(ANSI_VALUES))
}

/// The value of an entry of the 256-colour table from 16 on: a 6×6×6 cube, then 24 greys.
pub(super) fn value_256(number: u8) -> (u8, u8, u8) {
    let number = number.saturating_sub(16);
    if number >= 216 {
        let grey = 8 + 10 * (number - 216);
        return (grey, grey, grey);
    }
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    (level(number / 36), level(number / 6 % 6), level(number % 6))
}

fn nearest(rgb: (u8, u8, u8), candidates: impl Iterator<Item = (u8, (u8, u8, u8))>) -> u8 {
    let wanted = lab(rgb);
    let distance = |candidate: (u8, u8, u8)| -> f64 {
        lab(candidate).iter().zip(wanted).map(|(one, two)| (one - two).powi(2)).sum()
    };
    let best = candidates.map(|(number, value)| (distance(value), number)).min_by(|one, two| one.0.total_cmp(&two.0));
    best.map_or(0, |(_, number)| number)
}

fn parse_hex(digits: &str) -> Option<Colour> {
    if !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let number = u32::from_str_radix(digits, 16).ok()?;
    let [_, red, green, blue] = match digits.len() {
        6 => number.to_be_bytes(),
        3 => [0, number >> 8, number >> 4, number].map(|digit| u8::try_from(digit & 0xf).unwrap_or(0) * 0x11),
        _ => return None,
    };
    Some(Colour::Rgb(red, green, blue))
}

/// An sRGB channel in linear light, 0 to 1.
fn linear(channel: u8) -> f64 {
    let value = f64::from(channel) / 255.0;
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// CIE L*a*b* of an sRGB colour under D65, in which distance is about what the eye sees (CIE 15:2004).
fn lab((red, green, blue): (u8, u8, u8)) -> [f64; 3] {
    let (red, green, blue) = (linear(red), linear(green), linear(blue));
    let curve = |value: f64| if value > 0.008_856 { value.cbrt() } else { 7.787 * value + 16.0 / 116.0 };
    let x = curve((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.950_47);
    let y = curve(0.2126 * red + 0.7152 * green + 0.0722 * blue);
    let z = curve((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.088_83);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_or_refused() {
        for (text, expected) in [
            ("#0a0B0c", Some(Colour::Rgb(10, 11, 12))),
            ("#f80", Some(Colour::Rgb(255, 136, 0))),
            ("none", Some(Colour::Terminal)),
            ("bright-red", Some(Colour::Ansi(9))),
            ("#12345", None),
            ("#+1f2f3", None),
            ("#é1f2f", None),
            ("reddish", None),
        ] {
            assert_eq!(Colour::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn contrast_agrees_with_the_examples_of_the_standard() {
        let (black, white, grey) = (Colour::Rgb(0, 0, 0), Colour::Rgb(255, 255, 255), Colour::Rgb(118, 118, 118));
        assert!((black.contrast(white).unwrap() - 21.0).abs() < 1e-9);
        // #767676 is the lightest grey that passes 4.5 : 1 on white.
        assert!(white.contrast(grey).unwrap() >= 4.5);
        assert!(white.contrast(Colour::Rgb(119, 119, 119)).unwrap() < 4.5);
        assert_eq!(Colour::Terminal.contrast(white), None);
    }

    #[test]
    fn every_entry_of_the_table_is_nearest_to_itself() {
        for number in 16..=255 {
            assert_eq!(value_256(nearest_256(value_256(number))), value_256(number), "{number}");
        }
        for (number, value) in (0u8..).zip(ANSI_VALUES) {
            assert_eq!(nearest_16(value), number);
        }
    }
}
