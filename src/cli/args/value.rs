//! Values with a grammar of their own.

use jiff::SignedDuration;

use crate::{app, domain::Text};

/// Two revisions, `A..B`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The older side.
    pub from: i64,
    /// The newer side.
    pub to: i64,
}

/// A container and its image.
pub type Pair = (Text, Text);

/// Parses `3..5`.
pub fn range(word: &str) -> Result<Range, String> {
    let parsed = word.split_once("..").and_then(|(from, to)| {
        let number = |text: &str| text.parse().ok().filter(|number| *number > 0);
        Some(Range { from: number(from)?, to: number(to)? })
    });
    parsed.ok_or_else(|| format!("{word:?} is not two revisions; write 3..5"))
}

/// Parses `container=image`, or `*=image` for every container.
pub fn pair(word: &str) -> Result<Pair, String> {
    match word.split_once('=') {
        Some((container, reference)) if !container.is_empty() => Ok((container.into(), image(reference)?)),
        _ => Err(format!("{word:?} is not an assignment; write container=image:tag, or '*=image:tag' for all")),
    }
}

/// What measures a canary: its kind as in a manifest, and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// `AnalysisRun` or `Experiment`.
    pub kind: &'static str,
    /// Its name.
    pub name: Text,
}

/// Parses `analysisrun/NAME` or `experiment/NAME`, short names too.
pub fn run(word: &str) -> Result<Run, String> {
    let known = |kind: &str| match kind.to_ascii_lowercase().as_str() {
        "analysisrun" | "analysisruns" | "ar" => Some("AnalysisRun"),
        "experiment" | "experiments" | "exp" => Some("Experiment"),
        _ => None,
    };
    let parsed = word.split_once('/').filter(|(_, name)| !name.is_empty());
    parsed
        .and_then(|(kind, name)| Some(Run { kind: known(kind)?, name: name.into() }))
        .ok_or_else(|| format!("{word:?} is nothing that measures; write analysisrun/NAME or experiment/NAME"))
}

/// Parses a share, `25%` or `25`.
pub fn percent(word: &str) -> Result<i32, String> {
    app::percent(word).map_err(|why| format!("{word:?}: {why}"))
}

/// Parses an image reference, as far as a typing mistake shows.
pub fn image(word: &str) -> Result<Text, String> {
    if word.is_empty() || word.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(format!("{word:?} is not an image reference"));
    }
    Ok(word.into())
}

/// Parses `90s`, `5m`, `1h30m`; never negative.
pub fn duration(word: &str) -> Result<SignedDuration, String> {
    let parsed: Option<SignedDuration> = word.parse().ok();
    let positive = parsed.filter(|duration| !duration.is_negative());
    positive.ok_or_else(|| format!("{word:?} is not a length of time; write 90s, 5m or 1h30m"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_values_say_how_to_write_them() {
        assert_eq!(range("3..5"), Ok(Range { from: 3, to: 5 }));
        for word in ["3", "3..", "a..b", "0..1", "-1..2"] {
            assert!(range(word).unwrap_err().contains("3..5"), "{word}");
        }
        assert_eq!(pair("app=shop/app:v1"), Ok(("app".into(), "shop/app:v1".into())));
        assert_eq!(pair("*=a@sha256:b"), Ok(("*".into(), "a@sha256:b".into())));
        for word in ["app", "=x", "app=", "app=a b"] {
            assert!(pair(word).is_err(), "{word}");
        }
        assert_eq!(run("ar/gateway-2"), Ok(Run { kind: "AnalysisRun", name: "gateway-2".into() }));
        assert_eq!(run("Experiment/e"), Ok(Run { kind: "Experiment", name: "e".into() }));
        for word in ["gateway-2", "pod/x", "ar/"] {
            assert!(run(word).unwrap_err().contains("analysisrun/NAME"), "{word}");
        }
        assert_eq!((percent("25%"), percent("0")), (Ok(25), Ok(0)));
        for word in ["-1%", "101", "12.5%", "%", "many"] {
            assert!(percent(word).is_err(), "{word}");
        }
        for (word, seconds) in [("90s", 90), ("5m", 300), ("1h30m", 5400), ("0s", 0)] {
            assert_eq!(duration(word), Ok(SignedDuration::from_secs(seconds)), "{word}");
        }
        for word in ["5", "-5m", "soon", ""] {
            assert!(duration(word).is_err(), "{word}");
        }
    }
}
