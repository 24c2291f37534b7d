//! All workloads: what needs a person on top, the reason in words.

use super::{Bar, Column, Line, Piece, Scene, Table, cells};
use crate::{
    app::{Area, SortBy, fleet_rows},
    domain::{Absence, Bytes, Cores, Kind, Reading, Scope, WorkloadKey},
    release::{Assessment, State},
    theme::Role,
    world::{UsagePoint, UsageRing},
};

/// Points of a sparkline; the width of its column.
const SPARK: u16 = 12;

/// Columns below which names are told by less.
const NARROW: u16 = 100;

pub(super) fn table(scene: Scene<'_>) -> Table {
    let fleet = &scene.app.fleet;
    let rows = fleet_rows(scene.sight, &fleet.filter, fleet.order);
    let cursor = scene.app.fleet_cursor(scene.sight);
    let selected = cursor.and_then(|key| rows.iter().position(|row| *row == key));
    let several = match scene.sight.world.link().map(|link| &link.scope) {
        Some(Scope::Namespaces(names)) => names.len() > 1,
        Some(Scope::All) => true,
        None => false,
    };
    let scroll = scene.app.extent(Area::Main).first;
    // Of rows that cannot be on screen nothing is measured but their reasons; a cluster may have thousands.
    let height = usize::from(scene.setting.size.1);
    let first = super::table::first_row(rows.len(), scroll, selected, height);
    let seen = first..first + height;
    let shown = rows.iter().enumerate().filter_map(|(at, key)| {
        let assessment = scene.sight.assessments.get(key)?;
        Some(if seen.contains(&at) { row(scene, assessment, several) } else { unseen(assessment) })
    });
    let shown: Vec<Vec<Line>> = shown.collect();
    Table {
        columns: columns(scene, &rows, &shown, several),
        rows: shown,
        selected,
        scroll,
        focused: scene.app.dialog.is_none(),
        empty: empty(scene),
        ..Table::default()
    }
}

/// Name, state and reason are never dropped.
fn columns(scene: Scene<'_>, rows: &[WorkloadKey], shown: &[Vec<Line>], several: bool) -> Vec<Column> {
    let order = scene.app.fleet.order;
    let narrow = scene.setting.size.0 < NARROW;
    let longest = rows.iter().map(|key| super::width(&name(key, several, narrow).text())).max().unwrap_or(0);
    let longest = u16::try_from(longest).unwrap_or(u16::MAX).clamp(10, 44);
    let reasons = reasons(shown);
    let columns = [
        (SortBy::Name, Column::new("WORKLOAD", longest.min(if narrow { 16 } else { 20 }), longest).middle()),
        (SortBy::State, Column::new("STATE", 13, 13)),
        (SortBy::Progress, Column::new("PROGRESS", reasons, reasons).grows()),
        (SortBy::Version, Column::new("VERSION", 15, 22).drop(1)),
        (SortBy::Age, Column::new("AGE", 4, 6).right().drop(2)),
        (SortBy::Restarts, Column::new("RESTARTS", 14, 18).drop(4)),
        (SortBy::Cpu, Column::new("CPU R/L", 8, 9).right().drop(3)),
        (SortBy::Memory, Column::new("MEM R/L", 8, 9).right().drop(5)),
    ];
    let sorted = |by: SortBy| (by == order.by).then_some(order.reversed);
    let mut all: Vec<Column> =
        columns.into_iter().map(|(by, column)| Column { sorted: sorted(by), ..column }).collect();
    // Each trend stands behind its number and goes before it.
    all.insert(7, Column::new("CPU / LIMIT", SPARK, SPARK).drop(6));
    all.push(Column::new("MEM / LIMIT", SPARK, SPARK).drop(7));
    all
}

/// The width at which no reason is cut, within reason: other columns go first.
fn reasons(rows: &[Vec<Line>]) -> u16 {
    let longest = rows.iter().filter_map(|row| row.get(2)).map(Line::least).max().unwrap_or(0);
    u16::try_from(longest).unwrap_or(u16::MAX).clamp(30, 42)
}

/// A row beyond the screen: only what widths depend on.
fn unseen(assessment: &Assessment) -> Vec<Line> {
    vec![Line::default(), Line::default(), progress(assessment)]
}

fn row(scene: Scene<'_>, assessment: &Assessment, several: bool) -> Vec<Line> {
    let key = &assessment.key;
    let usage = scene.sight.world.usage_of(key);
    let (requests, limits) = usage.as_ref().map(|usage| (usage.requests, usage.limits)).unwrap_or_default();
    let cpu = cells::cpu(read(&usage, |usage| usage.cpu), requests, limits);
    let memory = cells::memory(read(&usage, |usage| usage.memory), requests, limits);
    let workload = scene.sight.world.workload(key);
    let trend = |used: fn(&UsagePoint) -> f64, limit: Option<f64>| match scene.sight.world.history(key) {
        Some(history) if usage.is_ok() => Line::default().with(Piece::Spark(trend(&history.usage, used, limit))),
        _ => Line::default(),
    };
    let since = assessment.started.as_ref().map(|started| started.at).or_else(|| workload?.meta.created);
    vec![
        name(key, several, scene.setting.size.0 < NARROW),
        cells::state(assessment.state),
        progress(assessment),
        cells::version(&assessment.version),
        Line::new(scene.clock.age_of(since), Role::Dim),
        cells::restarts(assessment),
        cpu,
        trend(|point| point.cpu.as_f64(), limits.cpu.map(Cores::as_f64)),
        memory,
        trend(|point| point.memory.as_f64(), limits.memory.map(Bytes::as_f64)),
    ]
}

fn read<T, U>(reading: &Reading<U>, of: impl FnOnce(&U) -> T) -> Reading<T> {
    reading.as_ref().map(of).map_err(Absence::clone)
}

/// The name with what tells it from others of that name; a release unit's kind is told by its words where room is short.
fn name(key: &WorkloadKey, several: bool, narrow: bool) -> Line {
    let line =
        if several { Line::new(format!("{}/", cells::name(&key.namespace)), Role::Dim) } else { Line::default() };
    let kind = match key.kind {
        Kind::Deployment => String::new(),
        Kind::Rollout | Kind::Canary if narrow => String::new(),
        kind => format!(" {}", kind.short()),
    };
    line.then(cells::name(&key.name), Role::Text).then(kind, Role::Dim)
}

/// How far a progressive delivery is in words; else bar and counts while something is under way, counts alone otherwise;
/// then the reason and the old pods.
pub(super) fn progress(assessment: &Assessment) -> Line {
    if let Some(words) = delivered(assessment) {
        return Line::new(words, cells::state_role(assessment.state));
    }
    let old = assessment.progress.old;
    let line = counts(assessment);
    if old > 0 { line.spare(format!(" +{old} old"), Role::Dim) } else { line }
}

/// How far a progressive delivery is, in the words of its judgement; `None` where pod counts say more.
fn delivered(assessment: &Assessment) -> Option<String> {
    let telling = matches!(assessment.state, State::Waiting | State::Progressing | State::Paused);
    let tried = assessment.delivery.as_ref().is_some_and(|delivery| delivery.canary.is_some());
    (telling && tried && !assessment.reason.is_empty())
        .then(|| crate::domain::text::clean(&assessment.reason, false).into_owned())
}

fn counts(assessment: &Assessment) -> Line {
    let progress = assessment.progress;
    let role = cells::state_role(assessment.state);
    let moving = matches!(assessment.state, State::Progressing | State::Stuck | State::Paused | State::Waiting)
        && progress.updated_available < progress.desired;
    let line = if moving {
        let bar = Bar {
            desired: progress.desired,
            updated: progress.updated,
            available: progress.updated_available,
            old: progress.old,
            role,
        };
        Line::default()
            .with(Piece::Bar(bar))
            .then(format!(" {}/{}", progress.updated_available, progress.desired), Role::Text)
    } else {
        Line::plain(format!("{}/{}", progress.available.min(progress.desired), progress.desired))
    };
    if assessment.reason.is_empty() {
        return line;
    }
    line.then(format!(" {}", crate::domain::text::clean(&assessment.reason, false)), role)
}

/// The last scrapes as shares of the limit; where there is none, of the greatest of them.
fn trend(usage: &UsageRing, used: fn(&UsagePoint) -> f64, limit: Option<f64>) -> Vec<Option<f64>> {
    let points: Vec<f64> = usage.iter().map(|point| used(&point)).collect();
    let last = &points[points.len().saturating_sub(usize::from(SPARK))..];
    let whole = limit.unwrap_or_else(|| last.iter().copied().fold(0.0, f64::max));
    last.iter().map(|value| (whole > 0.0).then(|| value / whole)).collect()
}

/// What is said where there are no rows: why, and what to do.
fn empty(scene: Scene<'_>) -> Vec<Line> {
    let world = scene.sight.world;
    if !scene.app.fleet.filter.is_empty() && world.workloads().next().is_some() {
        let text = format!("nothing matches {:?}", scene.app.fleet.filter.text());
        return vec![Line::default(), Line::new(text, Role::Warn), Line::new("esc clears the filter", Role::Dim)];
    }
    super::header::obstacle(scene).unwrap_or_else(|| {
        if world.synced() {
            vec![
                Line::default(),
                Line::plain("no Deployments, StatefulSets or DaemonSets here"),
                Line::new("n chooses other namespaces, c another context", Role::Dim),
            ]
        } else {
            vec![Line::default(), Line::new("waiting for the first lists …", Role::Dim)]
        }
    })
}
