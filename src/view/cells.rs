//! Words and looks that several pages share.

use super::{Line, Piece};
use crate::{
    domain::{Absence, Bytes, Cores, Event, Reading, Resources, Severity, Text, text::clean},
    release::{Assessment, State, Version, Who},
    theme::Role,
};

/// The role of a state.
pub(super) fn state_role(state: State) -> Role {
    match state {
        State::Unknown => Role::StateUnknown,
        State::ScaledDown => Role::StateScaledDown,
        State::Paused => Role::StatePaused,
        State::Waiting => Role::StateWaiting,
        State::Stuck => Role::StateStuck,
        State::Degraded => Role::StateDegraded,
        State::Progressing => Role::StateProgressing,
        State::Stable => Role::StateStable,
    }
}

/// Glyph and word of a state.
pub(super) fn state(state: State) -> Line {
    let role = state_role(state);
    let word = state.word().replace('_', " ");
    Line::default().with(Piece::Glyph(role)).then(format!(" {word}"), role)
}

/// From which version to which; one where they are the same.
pub(super) fn version(version: &Version) -> Line {
    let (from, to) = (clean(&version.from, false), clean(&version.to, false));
    if from.is_empty() || from == to {
        return Line::plain(to);
    }
    Line::new(format!("{from} → "), Role::Dim).then(to, Role::Text)
}

/// Who made the change, a tool marked as one.
pub(super) fn who(who: &Who) -> String {
    match who {
        Who::Person { name, via } => format!("by {} ({via})", clean(name, false)),
        Who::Tool(tool) => format!("by {} (tool)", clean(tool, false)),
        Who::Unknown => "by nobody known".to_owned(),
    }
}

/// Restarts with how the newest run ended.
pub(super) fn restarts(assessment: &Assessment) -> Line {
    let restarts = &assessment.restarts;
    let role = if restarts.recent > 0 { Role::Error } else { Role::Dim };
    let line = Line::new(restarts.total.to_string(), if restarts.total > 0 { role } else { Role::Dim });
    if restarts.last_reason.is_empty() || restarts.total == 0 {
        return line;
    }
    line.then(format!(" {}", clean(&restarts.last_reason, false)), Role::Dim)
}

/// Why there is no value, in a word that fits a cell; each reason has its own.
pub(super) fn absence_word(absence: &Absence) -> &'static str {
    match absence {
        Absence::Forbidden(_) => "denied",
        Absence::NoApi(_) => "no api",
        Absence::NotYet => "not yet",
        Absence::Failed(_) => "failed",
    }
}

/// A share as whole percent; rounds up, so that little is never nothing.
#[expect(clippy::cast_possible_truncation, reason = "shares of more than 2^63 percent do not occur")]
fn percent(used: f64, of: f64) -> Option<i64> {
    (of > 0.0).then(|| (used / of * 100.0).ceil() as i64)
}

/// A share of request and of limit: `71%/36%`; a missing bound is a dash, never the other one.
fn shares(used: f64, request: Option<f64>, limit: Option<f64>) -> Line {
    let word = |share: Option<i64>| share.map_or_else(|| "–".to_owned(), |share| format!("{share}%"));
    let request = request.and_then(|request| percent(used, request));
    let limit = limit.and_then(|limit| percent(used, limit));
    let role = match limit.or(request) {
        Some(share) if share >= 95 => Role::Error,
        Some(share) if share >= 80 => Role::Warn,
        _ => Role::Text,
    };
    Line::new(word(request), role).then("/", Role::Dim).then(word(limit), role)
}

/// CPU against request and limit.
pub(super) fn cpu(used: Reading<Cores>, requests: Resources, limits: Resources) -> Line {
    let used = match used {
        Ok(used) => used,
        Err(absence) => return Line::new(absence_word(&absence), Role::Dim),
    };
    match (requests.cpu, limits.cpu) {
        (None, None) => Line::plain(used.to_string()).then(" no req", Role::Dim),
        (request, limit) => shares(used.as_f64(), request.map(Cores::as_f64), limit.map(Cores::as_f64)),
    }
}

/// Memory against request and limit.
pub(super) fn memory(used: Reading<Bytes>, requests: Resources, limits: Resources) -> Line {
    let used = match used {
        Ok(used) => used,
        Err(absence) => return Line::new(absence_word(&absence), Role::Dim),
    };
    match (requests.memory, limits.memory) {
        (None, None) => Line::plain(used.to_string()).then(" no req", Role::Dim),
        (request, limit) => shares(used.as_f64(), request.map(Bytes::as_f64), limit.map(Bytes::as_f64)),
    }
}

/// The glyph of an event.
pub(super) fn severity(event: &Event) -> Role {
    match event.severity {
        Severity::Normal => Role::Info,
        Severity::Warning => Role::Warn,
    }
}

/// An image without the registry where it is long: what people tell apart is at its end.
pub(super) fn image(image: &str) -> String {
    let image = clean(image, false);
    let name = image.rsplit('/').next().unwrap_or(&image);
    match name.split_once("@sha256:") {
        Some((name, digest)) => format!("{name}@{}", digest.chars().take(12).collect::<String>()),
        None => name.to_owned(),
    }
}

/// Writes `deployment/name`.
pub(super) fn key(key: &crate::domain::WorkloadKey) -> String {
    clean(&key.to_string(), false).into_owned()
}

/// Cleans a name.
pub(super) fn name(text: &Text) -> String {
    clean(text, false).into_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn absent_values_and_zero_are_six_different_texts() {
        let none = Resources::default();
        let asked = Resources { cpu: Some(Cores(500_000_000)), memory: None };
        let readings = [
            (Err(Absence::Forbidden("get pods.metrics.k8s.io".into())), asked),
            (Err(Absence::NoApi("metrics.k8s.io".into())), asked),
            (Err(Absence::NotYet), asked),
            (Err(Absence::Failed("503".into())), asked),
            (Ok(Cores(0)), asked),
            (Ok(Cores(0)), none),
        ];
        let texts: BTreeSet<String> =
            readings.into_iter().map(|(reading, asked)| cpu(reading, asked, none).text()).collect();
        assert_eq!(texts.len(), 6, "{texts:?}");
        assert!(texts.contains("0%/–"), "{texts:?}");
    }

    #[test]
    fn request_and_limit_stay_apart() {
        let request = Resources { cpu: Some(Cores(250_000_000)), memory: None };
        let limit = Resources { cpu: Some(Cores(500_000_000)), memory: None };
        assert_eq!(cpu(Ok(Cores(100_000_000)), request, limit).text(), "40%/20%");
        assert_eq!(cpu(Ok(Cores(100_000_000)), Resources::default(), limit).text(), "–/20%");
    }

    #[test]
    fn images_are_told_by_their_end() {
        assert_eq!(image("registry.example:5000/mambogo/payment:v2.4.0"), "payment:v2.4.0");
        assert_eq!(image("a/b@sha256:0123456789abcdef"), "b@0123456789ab");
    }
}
