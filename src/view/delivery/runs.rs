//! Analyses with their measurements against their conditions, experiments, and a controller's own checks.

use super::super::{Line, Piece, Scene, cells, cut};
use crate::{
    domain::{AnalysisMetric, AnalysisRun, Experiment, FlaggerMetric, WorkloadKey, text::clean},
    release::Delivery,
    theme::Role,
};

/// Measurements of a sparkline.
const SPARK: usize = 12;

pub(super) fn lines(scene: Scene<'_>, key: &WorkloadKey, delivery: &Delivery, room: usize) -> Vec<Line> {
    let world = scene.sight.world;
    let mut lines = Vec::new();
    for name in &delivery.runs {
        match world.analysis_run(&key.namespace, name) {
            Some(run) => analysis(run, room, &mut lines),
            None => lines.push(Line::new(format!("analysis {}: not seen", cells::name(name)), Role::Dim)),
        }
    }
    let workload = world.workload(key);
    let owned = workload.into_iter().flat_map(|workload| world.experiments_of(&workload.meta.uid));
    for one in owned.filter(|one| delivery.experiments.contains(&one.meta.name)) {
        lines.push(experiment(one));
    }
    if let Some(canary) = workload.and_then(crate::domain::Workload::flagger) {
        lines.extend(canary.analysis.metrics.iter().map(check));
        for gate in &canary.analysis.gates {
            let text = format!("gate {} at {}", cells::name(&gate.kind), clean(&gate.url, false));
            lines.push(Line::new(text, Role::Dim));
        }
    }
    lines
}

fn analysis(run: &AnalysisRun, room: usize, lines: &mut Vec<Line>) {
    let phase = if run.phase.is_empty() { "not begun" } else { &run.phase };
    let mut head = Line::new(format!("analysis {}  ", cells::name(&run.meta.name)), Role::Title)
        .with(Piece::Glyph(phase_role(phase)))
        .then(format!(" {phase}"), phase_role(phase));
    if !run.message.is_empty() {
        head = head.then(format!("  {}", clean(&run.message, false)), Role::Dim);
    }
    lines.push(head);
    for metric in &run.metrics {
        measured(metric, room, lines);
    }
}

/// A metric: measurements as a sparkline, the newest value, the condition, how often it held; then its query.
fn measured(metric: &AnalysisMetric, room: usize, lines: &mut Vec<Line>) {
    let conditions: Vec<String> = [("wants", &metric.success), ("fails if", &metric.failure)]
        .into_iter()
        .filter(|(_, condition)| !condition.is_empty())
        .map(|(word, condition)| format!("{word} {}", clean(condition, false)))
        .collect();
    let numbers: Vec<Option<f64>> = metric.measurements.iter().map(crate::domain::Measurement::number).collect();
    let last = metric.measurements.last().map(|measurement| match measurement.number() {
        Some(number) => short(number),
        None => clean(&measurement.value, false).into_owned(),
    });
    let role = phase_role(&metric.phase);
    let dry = if metric.dry_run { " (does not count)" } else { "" };
    let line = Line::plain("  ")
        .with(Piece::Glyph(role))
        .then(format!(" {}{dry} ", cells::name(&metric.name)), Role::Text)
        .with(Piece::Spark(shares(&numbers, [&metric.success, &metric.failure])))
        .then(format!(" {} ", last.unwrap_or_default()), role)
        .then(format!(" {}  ", conditions.join(", ")), Role::Text)
        .then(counts(metric.counts), Role::Dim);
    lines.push(line);
    let said = metric.measurements.last().map(|measurement| &measurement.message).filter(|said| !said.is_empty());
    for (text, role) in [(said.unwrap_or(&metric.message), Role::Warn), (&metric.query, Role::Dim)] {
        if !text.is_empty() {
            // A query may be written over several lines; on screen it is one.
            let text = clean(text, true).split_whitespace().collect::<Vec<_>>().join(" ");
            lines.push(Line::new(format!("    {}", cut(&text, room.saturating_sub(4))), role));
        }
    }
}

/// A number in about three digits.
fn short(number: f64) -> String {
    let decimals = match number.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size if size >= 1.0 => 2,
        size if size >= 0.01 => 3,
        _ => 5,
    };
    let text = format!("{number:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Measurements as shares of the greatest of them and of the numbers they are held against.
fn shares(numbers: &[Option<f64>], conditions: [&str; 2]) -> Vec<Option<f64>> {
    let limits = conditions.into_iter().filter_map(limit);
    let top = numbers.iter().flatten().copied().chain(limits).filter(|value| value.is_finite()).fold(0.0, f64::max);
    let newest = &numbers[numbers.len().saturating_sub(SPARK)..];
    newest.iter().map(|number| number.filter(|_| top > 0.0).map(|number| number / top)).collect()
}

/// The number a condition compares with: the first behind a comparison sign.
fn limit(condition: &str) -> Option<f64> {
    let at = condition.find(['<', '>'])?;
    let rest = condition[at..].trim_start_matches(['<', '>', '=', ' ']);
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

fn counts([passed, failed, undecided, wrong]: [i32; 4]) -> String {
    [(passed, "passed"), (failed, "failed"), (undecided, "inconclusive"), (wrong, "in error")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn experiment(experiment: &Experiment) -> Line {
    let phase = if experiment.phase.is_empty() { "not begun" } else { &experiment.phase };
    let templates: Vec<String> = experiment
        .templates
        .iter()
        .map(|(name, _, available, wanted)| format!("{} {available}/{wanted}", cells::name(name)))
        .collect();
    Line::new(format!("experiment {}  ", cells::name(&experiment.meta.name)), Role::Title)
        .with(Piece::Glyph(phase_role(phase)))
        .then(format!(" {phase}  "), phase_role(phase))
        .then(templates.join(", "), Role::Text)
        .then(format!("  {}", clean(&experiment.message, false)), Role::Dim)
}

/// A check of Flagger's: its name and what is good.
fn check(metric: &FlaggerMetric) -> Line {
    let bounds: Vec<String> = [("at least", metric.min), ("at most", metric.max)]
        .into_iter()
        .filter_map(|(word, bound)| Some(format!("{word} {}", bound?)))
        .collect();
    Line::new(format!("check {}  ", cells::name(&metric.name)), Role::Title).then(bounds.join(", "), Role::Text)
}

fn phase_role(phase: &str) -> Role {
    match phase {
        "Successful" => Role::Ok,
        "Failed" | "Error" => Role::Error,
        "Inconclusive" => Role::Warn,
        _ => Role::Info,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_are_drawn_against_their_condition() {
        assert_eq!(limit("result[0] >= 0.95"), Some(0.95));
        assert_eq!(limit("len(result) == 0 || result[0] < 0.5"), Some(0.5));
        assert_eq!(limit("asInt(result) <= 400 && x"), Some(400.0));
        assert_eq!(limit("result"), None);
        let drawn = shares(&[Some(0.5), None, Some(0.25)], ["result[0] >= 1.0", ""]);
        assert_eq!(drawn, [Some(0.5), None, Some(0.25)]);
        for (number, text) in
            [(0.000_371_7, "0.00037"), (0.97, "0.97"), (0.0312, "0.031"), (0.0, "0"), (1.5, "1.5"), (412.7, "413")]
        {
            assert_eq!(short(number), text);
        }
        assert_eq!(shares(&[Some(0.0)], ["", ""]), [None], "nothing to draw it against");
    }
}
