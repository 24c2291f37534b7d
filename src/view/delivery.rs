//! A progressive delivery: what it waits for, its steps, the two sides beside each other, its analyses.
//!
//! ```text
//! head     alarms, what it waits for, weight wanted and actual with where it was read
//! sides    stable and canary, row by row, with the difference; then the verdict
//! steps    done, current, next
//! runs     analyses with their measurements against their conditions, experiments, checks
//! ```
//! Where room is short lines go in this order: what the state already says (the pane above), checks that found
//! nothing, steps far from the current one, restarts and memory (into the rows of pods and CPU); then runs and steps
//! lie below the fold. Head, sides and verdict stay.

mod runs;
mod sides;
mod steps;
mod words;

use super::{Delivery as Model, Line, Piece, Scene, wrap};
use crate::{
    domain::{Text, WorkloadKey, text::clean},
    release::{Check, Comparison, Delivery, Finding, Manner, Wait},
    theme::Role,
};

/// Columns from which steps and sides stand beside each other, and columns the steps take then.
const BESIDE: (usize, u16) = (110, 38);

pub(super) fn page(scene: Scene<'_>, key: &WorkloadKey, delivery: &Delivery, scroll: usize) -> Model {
    let (width, height) = scene.setting.size;
    let width = usize::from(if width >= super::WIDE { width * 3 / 5 } else { width });
    let beside = width >= BESIDE.0;
    let steps_width = (!delivery.steps.is_empty()).then_some(BESIDE.1);
    let room = width.saturating_sub(4);
    let right = if beside { room - usize::from(steps_width.unwrap_or(0)) } else { room };
    let mut verdict = Vec::new();
    if let Some(comparison) = scene.app.comparison(scene.sight, key) {
        verdict = comparison_lines(&comparison, right, height >= super::LOW);
    }
    Model {
        head: head(scene, delivery, room),
        steps: steps::lines(scene, delivery, height),
        steps_width: steps_width.filter(|_| beside),
        sides: sides::lines(scene, key, delivery, right),
        verdict,
        runs: runs::lines(scene, key, delivery, room),
        scroll,
    }
}

fn head(scene: Scene<'_>, delivery: &Delivery, room: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for alarm in &delivery.alarms {
        said(&mut lines, Role::Error, alarm, room);
    }
    if let Some(aborted) = &delivery.aborted {
        let told = aborted.starts_with("aborted");
        said(&mut lines, Role::Error, &if told { aborted.clone() } else { format!("aborted: {aborted}") }, room);
    }
    lines.extend(waiting(scene, delivery));
    lines.extend(traffic(delivery));
    if let Some((failed, allowed)) = delivery.checks {
        let role = if failed > 0 { Role::Warn } else { Role::Dim };
        lines.push(Line::new("checks  ", Role::Dim).then(format!("{failed} failed of {allowed} allowed"), role));
    }
    if let Some(at) = delivery.scale_down_at {
        let left = scene.clock.until(at);
        let text =
            if left.is_empty() { "the old pods go now".to_owned() } else { format!("the old pods go in {left}") };
        lines
            .push(Line::new("switch  ", Role::Dim).then(format!("{text}; until then going back is quick"), Role::Warn));
    }
    if delivery.canary.is_none() && delivery.aborted.is_none() {
        lines.push(Line::new("no release is under way", Role::Dim));
    }
    lines
}

/// Adds a sentence behind its glyph, wrapped.
fn said(lines: &mut Vec<Line>, role: Role, text: &str, room: usize) {
    for (at, part) in wrap(&clean(text, false), room.saturating_sub(2)).into_iter().enumerate() {
        let line = if at == 0 { Line::default().with(Piece::Glyph(role)) } else { Line::plain(" ") };
        lines.push(line.then(format!(" {part}"), role));
    }
}

fn waiting(scene: Scene<'_>, delivery: &Delivery) -> Option<Line> {
    let glyph = |role| Line::default().with(Piece::Glyph(role));
    Some(match delivery.wait.as_ref()? {
        Wait::Person { since, what } => {
            let long = since.map_or_else(String::new, |since| format!(", for {} now", scene.clock.age(since)));
            glyph(Role::StateWaiting)
                .then(" wants you: ", Role::StateWaiting)
                .then(clean(what, false), Role::Text)
                .then(long, Role::Dim)
        }
        Wait::Timer { until: Some(until), .. } => {
            let left = scene.clock.until(*until);
            let text = if left.is_empty() { "the pause is over".to_owned() } else { format!("goes on in {left}") };
            glyph(Role::StateProgressing).then(format!(" {text}"), Role::StateProgressing)
        }
        Wait::Timer { since, .. } => {
            let text = format!(" paused by itself {} ago", scene.clock.age_of(*since));
            glyph(Role::StateProgressing).then(text, Role::StateProgressing)
        }
    })
}

fn traffic(delivery: &Delivery) -> Vec<Line> {
    if delivery.manner == Manner::BlueGreen {
        let line = |(at, (service, to)): (usize, &(Text, String))| {
            let (head, verb) = if at == 0 { ("traffic ", "sends users to") } else { ("        ", "shows") };
            let text = format!("service {} {verb} {}", super::cells::name(service), clean(to, false));
            Line::new(head, Role::Dim).then(text, Role::Text)
        };
        return delivery.services.iter().enumerate().map(line).collect();
    }
    let wanted = delivery.weight_wanted.map(|weight| format!("{} wanted", words::percent(weight)));
    let actual = delivery
        .weight_actual
        .as_ref()
        .map(|(weight, source)| (format!("{} now", words::percent(*weight)), format!(" ({})", words::source(source))));
    let mut line = Line::new("weight  ", Role::Dim);
    if let Some(wanted) = &wanted {
        line = line.then(wanted.clone(), Role::Text);
    }
    if let Some((actual, source)) = actual {
        let differs = delivery
            .weight_wanted
            .zip(delivery.weight_actual.as_ref())
            .is_some_and(|(wanted, (actual, _))| (wanted - actual).abs() >= 1.0);
        let comma = if wanted.is_some() { ", " } else { "" };
        line = line
            .then(comma, Role::Dim)
            .then(actual, if differs { Role::Warn } else { Role::Text })
            .then(source, Role::Dim);
    } else if wanted.is_none() {
        return Vec::new();
    }
    vec![line]
}

/// The verdict, and below it the checks: all of them, or those that found something.
pub(super) fn comparison_lines(comparison: &Comparison, room: usize, all: bool) -> Vec<Line> {
    let role = match comparison.verdict {
        Finding::Good => Role::Ok,
        Finding::Bad => Role::Error,
        Finding::Unclear | Finding::Unmeasured => Role::Warn,
    };
    let word = comparison.verdict.word();
    let mut lines = Vec::new();
    for (at, part) in wrap(&comparison.sentence, room.saturating_sub(11)).into_iter().enumerate() {
        let head = if at == 0 {
            Line::default().with(mark(comparison.verdict)).then(format!(" {word:<8} "), role)
        } else {
            Line::plain(" ".repeat(11))
        };
        lines.push(head.then(part, Role::Text));
    }
    let telling = |check: &&Check| {
        check.sentence != comparison.sentence && (all || matches!(check.finding, Finding::Bad | Finding::Unclear))
    };
    for check in comparison.checks.iter().filter(telling) {
        let role = if check.finding == Finding::Bad { Role::Error } else { Role::Dim };
        for (at, part) in wrap(&check.sentence, room.saturating_sub(4)).into_iter().enumerate() {
            let head = if at == 0 { Line::plain("  ").with(mark(check.finding)) } else { Line::plain("   ") };
            lines.push(head.then(format!(" {part}"), role));
        }
    }
    lines
}

/// A finding as one character that tells without colour.
fn mark(finding: Finding) -> Piece {
    match finding {
        Finding::Good => Piece::Glyph(Role::Ok),
        Finding::Bad => Piece::Glyph(Role::Error),
        Finding::Unclear => Piece::Glyph(Role::Warn),
        Finding::Unmeasured => Piece::Glyph(Role::StateScaledDown),
    }
}
