//! The line at the top: where we are, what needs a person, whether what is shown is true.

use super::{Line, Piece, Scene, Strip, cells, wrap};
use crate::{
    app::is_urgent,
    domain::{Absence, Family, Kind, LinkState, Scope, SourceState},
    theme::Role,
};

pub(super) fn strip(scene: Scene<'_>) -> Strip {
    let mut left = vec![(9, Line::new("rolltop", Role::Accent)), (0, place(scene))];
    left.extend(counts(scene).map(|line| (3, line)));
    let mut right = Vec::new();
    if scene.app.read_only {
        right.push((2, Line::new("read-only", Role::Info)));
    }
    right.push((1, truth(scene)));
    right.push((6, prometheus(scene)));
    right.push((7, metrics(scene)));
    right.push((5, Line::new(scene.clock.time_of_day(), Role::Dim)));
    right.retain(|(_, line)| !line.is_empty());
    Strip { left, right }
}

fn place(scene: Scene<'_>) -> Line {
    let Some(link) = scene.sight.world.link() else { return Line::new("no context", Role::Dim) };
    let scope = match &link.scope {
        Scope::All => "all namespaces".to_owned(),
        Scope::Namespaces(names) if names.len() > 2 => format!("{} namespaces", names.len()),
        Scope::Namespaces(names) => names.iter().map(cells::name).collect::<Vec<_>>().join(", "),
    };
    let role = if scene.app.protected { Role::Protected } else { Role::Title };
    Line::new(cells::name(&link.context), role).then(" › ", Role::Dim).then(scope, role)
}

fn counts(scene: Scene<'_>) -> impl Iterator<Item = Line> {
    let (mut all, mut urgent) = (0, 0);
    for assessment in scene.sight.assessments.iter() {
        all += 1;
        urgent += usize::from(is_urgent(assessment.state));
    }
    let noun = if all == 1 { "workload" } else { "workloads" };
    let mut line = Line::plain(format!("{all} {noun}"));
    if urgent > 0 {
        let verb = if urgent == 1 { "needs" } else { "need" };
        line = line.then("  ", Role::Text).then(format!("{urgent} {verb} you"), Role::Error);
    }
    (all > 0).then_some(line).into_iter()
}

/// Whether what is shown is true: what is awaited, or how old it is.
fn truth(scene: Scene<'_>) -> Line {
    let world = scene.sight.world;
    let Some(link) = world.link() else { return Line::new("starting", Role::Dim) };
    match &link.state {
        LinkState::Connecting(what) => Line::new(format!("waiting for {what}"), Role::Warn),
        LinkState::Down { since, retry_at, .. } => {
            let age = scene.clock.age(*since);
            let seen = world.sources().any(|(_, _, source)| source.listed);
            let said = if seen { format!(" down, data {age} old") } else { format!(" down for {age}") };
            let shown = Line::default().with(Piece::Glyph(Role::Error)).then(said, Role::Error);
            match retry_at.map(|at| scene.clock.until(at)).filter(|left| !left.is_empty()) {
                Some(left) => shown.then(format!(", retry in {left}"), Role::Dim),
                None => shown.then(", retrying", Role::Dim),
            }
        }
        LinkState::Live => live(scene),
    }
}

fn live(scene: Scene<'_>) -> Line {
    let mut awaited = Vec::new();
    let mut lost = None;
    for (family, _, source) in scene.sight.world.sources() {
        match &source.state {
            SourceState::Listing if !source.listed => awaited.push(word(family)),
            SourceState::Lost { .. } if lost.is_none() => lost = Some((family, source.heard)),
            _ => {}
        }
    }
    awaited.dedup();
    if let Some((family, heard)) = lost {
        let age = scene.clock.age(heard);
        return Line::new(format!("{} stale {age}", word(family)), Role::Warn);
    }
    match awaited.as_slice() {
        [] if scene.sight.world.synced() => {
            Line::new("synced", Role::Dim).then("  ", Role::Dim).then("● live", Role::Ok)
        }
        [] => Line::new("waiting for lists", Role::Warn),
        [one] => Line::new(format!("waiting for {one}"), Role::Warn),
        [one, rest @ ..] => Line::new(format!("waiting for {one} and {} more", rest.len()), Role::Warn),
    }
}

fn word(family: Family) -> &'static str {
    match family {
        Family::Workloads(kind) => kind.plural(),
        Family::ReplicaSets => "replicasets",
        Family::ControllerRevisions => "controllerrevisions",
        Family::Pods => "pods",
        Family::Autoscalers => "autoscalers",
        Family::Events => "events",
        Family::Services => "services",
        Family::AnalysisRuns => "analysisruns",
        Family::Experiments => "experiments",
        Family::Routes(_) => "routes",
        Family::PodUsage => "pod metrics",
        Family::NodeUsage => "node metrics",
    }
}

fn prometheus(scene: Scene<'_>) -> Line {
    match &scene.setting.prometheus {
        None => Line::default(),
        Some(Ok(_)) => Line::new("prom ", Role::Dim).then("●", Role::Ok),
        Some(Err(_)) => Line::new("prom ", Role::Dim).then("○", Role::Warn),
    }
}

fn metrics(scene: Scene<'_>) -> Line {
    let source = scene.sight.world.sources().find(|(family, ..)| *family == Family::PodUsage);
    match source.map(|(.., source)| &source.state) {
        None => Line::default(),
        Some(SourceState::Synced) => Line::new("metrics ", Role::Dim).then("●", Role::Ok),
        Some(SourceState::Listing) => Line::new("metrics ", Role::Dim).then("◌", Role::Dim),
        Some(SourceState::Absent(absence)) => {
            let word = match absence {
                Absence::NotYet => "◌",
                _ => "○",
            };
            Line::new("metrics ", Role::Dim).then(word, Role::Warn)
        }
        Some(SourceState::Lost { .. }) => Line::new("metrics ", Role::Dim).then("○", Role::Error),
    }
}

/// Why nothing can be shown, and what to do about it; `None` when nothing stands in the way.
pub(super) fn obstacle(scene: Scene<'_>) -> Option<Vec<Line>> {
    let link = scene.sight.world.link()?;
    let room = usize::from(scene.setting.size.0).saturating_sub(6);
    let mut lines = vec![Line::default()];
    match &link.state {
        LinkState::Down { sentence, hint, .. } => {
            lines.extend(wrap(&cells::name(sentence), room).into_iter().map(|line| Line::new(line, Role::Error)));
            lines.push(Line::default());
            lines.extend(wrap(&cells::name(hint), room).into_iter().map(Line::plain));
            lines.push(Line::new("c another context, n another namespace, ctrl-r connect now", Role::Dim));
        }
        LinkState::Connecting(what) => {
            lines.push(Line::new(format!("connecting to {}: waiting for {what}", link.context), Role::Dim));
        }
        LinkState::Live => {
            let mut refused = Vec::new();
            for (family, namespace, source) in scene.sight.world.sources() {
                let optional = matches!(family, Family::Workloads(kind) if !Kind::BUILT_IN.contains(&kind));
                if let (Family::Workloads(_), SourceState::Absent(absence)) = (family, &source.state)
                    && !(optional && matches!(absence, Absence::NoApi(_)))
                {
                    let place = namespace.map_or_else(String::new, |name| format!(" in {name}"));
                    refused.push(Line::new(format!("{}{place}: {absence}", word(family)), Role::Warn));
                }
            }
            if refused.is_empty() {
                return None;
            }
            lines.extend(refused);
            lines.push(Line::new("n chooses namespaces you may read, c another context", Role::Dim));
        }
    }
    Some(lines)
}
