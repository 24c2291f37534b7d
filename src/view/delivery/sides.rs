//! Stable and canary beside each other, with the difference.

use super::super::{LOW, Line, Scene, cells, cut, width};
use crate::{
    domain::{Absence, Bytes, Cores, Traffic, WorkloadKey, text::clean},
    panel::Unit,
    release::{Delivery, Side, evidence},
    theme::Role,
};

/// Columns of a label and the least and greatest of a side.
const LABEL: usize = 9;
const LEAST: usize = 10;
const MOST: usize = 22;

/// A row: its label, what is so on each side, the difference.
struct Row {
    label: &'static str,
    stable: Line,
    canary: Line,
    difference: Line,
}

pub(super) fn lines(scene: Scene<'_>, key: &WorkloadKey, delivery: &Delivery, room: usize) -> Vec<Line> {
    let mut rows = vec![Row {
        label: "",
        stable: Line::new(delivery.stable.role, Role::Title),
        canary: Line::new(delivery.canary.as_ref().map_or("", |side| side.role), Role::Title),
        difference: Line::default(),
    }];
    let pair = |of: &dyn Fn(&Side) -> Line| {
        let canary = delivery.canary.as_ref().map_or_else(Line::default, of);
        (of(&delivery.stable), canary)
    };
    let mut row = |label, (stable, canary): (Line, Line)| {
        rows.push(Row { label, stable, canary, difference: Line::default() });
    };
    row("version", pair(&version));
    if scene.setting.size.1 < LOW {
        // Two facts a row where rows are few.
        row("pods", pair(&|side| ready(side).then(", ", Role::Dim).join(restarts(side)).then(" restarts", Role::Dim)));
        row("cpu, mem", pair(&|side| of_limits(scene, key, side)));
    } else {
        row("pods", pair(&ready));
        row("restarts", pair(&restarts));
        row("cpu r/l", pair(&|side| consumed(scene, key, side).0));
        row("mem r/l", pair(&|side| consumed(scene, key, side).1));
    }
    if delivery.tried().is_some() {
        rows.extend(traffic(scene, key));
    }
    let widest = |of: fn(&Row) -> &Line| rows.iter().map(|row| width(&of(row).text())).max().unwrap_or(0);
    let limit = MOST.min(room.saturating_sub(LABEL + 14) / 2).max(LEAST);
    let columns = [widest(|row| &row.stable), widest(|row| &row.canary)].map(|wide| wide.clamp(LEAST, limit));
    rows.into_iter().map(|row| drawn(row, columns)).collect()
}

fn drawn(row: Row, columns: [usize; 2]) -> Line {
    Line::new(format!("{:LABEL$}", row.label), Role::Dim)
        .join(padded(row.stable, columns[0]))
        .join(padded(row.canary, columns[1]))
        .join(row.difference)
}

/// A cell of a fixed width with two blanks behind it.
fn padded(line: Line, wide: usize) -> Line {
    let text = line.text();
    let used = width(&text);
    if used > wide {
        return Line::new(cut(&text, wide), Role::Text).then("  ", Role::Text);
    }
    line.then(" ".repeat(wide - used + 2), Role::Text)
}

fn version(side: &Side) -> Line {
    let revision = if side.revision > 0 { format!(" (rev {})", side.revision) } else { String::new() };
    Line::plain(clean(&side.version, false)).then(revision, Role::Dim)
}

fn ready(side: &Side) -> Line {
    Line::plain(format!("{}/{} ready", side.ready, side.desired))
}

fn restarts(side: &Side) -> Line {
    Line::new(side.restarts.to_string(), if side.restarts > 0 { Role::Warn } else { Role::Dim })
}

/// CPU and memory as shares of their limits, as the evidence has them.
fn of_limits(scene: Scene<'_>, key: &WorkloadKey, side: &Side) -> Line {
    let observed = evidence::observed(scene.sight.world, &key.namespace, side, Err(String::new()), None);
    let share = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), |share| Unit::Percent.show(share));
    Line::plain(format!("{}, {}", share(observed.cpu), share(observed.memory))).then(" of limit", Role::Dim)
}

/// CPU and memory against request and limit.
fn consumed(scene: Scene<'_>, key: &WorkloadKey, side: &Side) -> (Line, Line) {
    let pods = evidence::pods(scene.sight.world, side);
    if pods.is_empty() {
        return (Line::new("–", Role::Dim), Line::new("–", Role::Dim));
    }
    match scene.sight.world.usage_of_pods(&key.namespace, &pods) {
        Ok(usage) => (
            cells::cpu(Ok(usage.cpu), usage.requests, usage.limits),
            cells::memory(Ok(usage.memory), usage.requests, usage.limits),
        ),
        Err(absence) => (
            cells::cpu(Err::<Cores, Absence>(absence.clone()), <_>::default(), <_>::default()),
            cells::memory(Err::<Bytes, Absence>(absence), <_>::default(), <_>::default()),
        ),
    }
}

/// What is read of a side's traffic: label, unit, weight of the difference, which number.
type Number = (&'static str, Unit, Role, fn(&Traffic) -> Option<f64>);

/// Requests, errors and durations as counted; dashes where they are not.
fn traffic(scene: Scene<'_>, key: &WorkloadKey) -> Vec<Row> {
    let counted = scene.app.counted.as_ref().filter(|counted| counted.sides.key == *key);
    let (old, new) = match counted.map(|counted| &counted.answer) {
        Some(Ok((old, new))) => (Some(old), Some(new)),
        _ => (None, None),
    };
    let rows: [Number; 4] = [
        ("requests", Unit::PerSecond, Role::Dim, Traffic::rate),
        ("errors", Unit::Percent, Role::Text, Traffic::error_share),
        ("p50", Unit::Seconds, Role::Text, |side| side.quantile(0.5)),
        ("p99", Unit::Seconds, Role::Text, |side| side.quantile(0.99)),
    ];
    let row = |(label, unit, role, of): Number| {
        let (old, new) = (old.and_then(of), new.and_then(of));
        let cell =
            |value: Option<f64>| value.map_or_else(|| Line::new("–", Role::Dim), |value| Line::plain(unit.show(value)));
        let difference = old.zip(new).map(|(old, new)| match unit {
            Unit::PerSecond => share_of_all(old, new),
            Unit::Percent => points(old, new),
            _ => ratio(old, new),
        });
        Row { label, stable: cell(old), canary: cell(new), difference: Line::new(difference.unwrap_or_default(), role) }
    };
    rows.into_iter().map(row).collect()
}

fn share_of_all(old: f64, new: f64) -> String {
    if old + new > 0.0 { format!("{:.0} % of all", new / (old + new) * 100.0) } else { String::new() }
}

fn points(old: f64, new: f64) -> String {
    let points = (new - old) * 100.0;
    match points.abs() {
        0.0..0.005 => "the same".to_owned(),
        0.005..0.995 => format!("{points:+.2} points"),
        _ => format!("{points:+.1} points"),
    }
}

fn ratio(old: f64, new: f64) -> String {
    if old <= 0.0 {
        return String::new();
    }
    let ratio = new / old;
    match ratio {
        0.995..1.005 => "the same".to_owned(),
        2.0.. => format!("{ratio:.1} times"),
        _ => format!("{:+.0} %", (ratio - 1.0) * 100.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_in_the_words_of_their_kind() {
        assert_eq!(share_of_all(75.0, 25.0), "25 % of all");
        assert_eq!(share_of_all(0.0, 0.0), "");
        assert_eq!(points(0.002, 0.061), "+5.9 points");
        assert_eq!(points(0.002, 0.0021), "+0.01 points");
        assert_eq!(points(0.002, 0.002), "the same");
        for (old, new, text) in [
            (0.1, 0.107, "+7 %"),
            (0.1, 0.09, "-10 %"),
            (0.24, 1.2, "5.0 times"),
            (0.1, 0.1, "the same"),
            (0.0, 1.0, ""),
        ] {
            assert_eq!(ratio(old, new), text, "{old} {new}");
        }
    }
}
