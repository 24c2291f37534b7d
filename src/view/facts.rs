//! What a workload is and wants: conditions, strategy, autoscaler, consumption.

use jiff::SignedDuration;

use super::{Line, Piece, Scene, cells};
use crate::{
    domain::{ArgoRollout, ArgoStrategy, Autoscaler, Condition, Delivery, Kind, Strategy, Workload, text::clean},
    release::Assessment,
    theme::Role,
};

/// Columns of a label.
const LABEL: usize = 14;

pub(super) fn lines(scene: Scene<'_>, workload: &Workload, assessment: &Assessment) -> Vec<Line> {
    let mut lines = Vec::new();
    strategy(scene, workload, assessment, &mut lines);
    autoscaler(scene, workload, &mut lines);
    consumption(scene, workload, &mut lines);
    for condition in &workload.conditions {
        lines.push(condition_line(scene, condition));
    }
    for container in workload.template.containers.iter() {
        lines.push(fact(&cells::name(&container.name), Line::plain(clean(&container.image, false))));
    }
    if let Some(owner) = gitops(workload) {
        lines.push(fact("managed by", Line::new(owner, Role::Warn)));
    }
    lines
}

fn fact(label: &str, line: Line) -> Line {
    Line::new(format!("{:LABEL$} ", super::cut(label, LABEL)), Role::Dim).join(line)
}

/// Returns how a workload that rolls goes about it.
fn manner(workload: &Workload) -> &'static str {
    match workload.delivery.as_deref() {
        Some(Delivery::Argo(ArgoRollout { strategy: Some(ArgoStrategy::Canary(_)), .. })) => "canary",
        Some(Delivery::Argo(ArgoRollout { strategy: Some(ArgoStrategy::BlueGreen(_)), .. })) => "blue-green",
        Some(Delivery::Flagger(_)) => "canary, by Flagger",
        _ => "rolling",
    }
}

fn strategy(scene: Scene<'_>, workload: &Workload, assessment: &Assessment, lines: &mut Vec<Line>) {
    let text = match &workload.strategy {
        Strategy::Rolling { max_surge, max_unavailable, partition, .. } => {
            let mut text = manner(workload).to_owned();
            // What a Canary's own pods may do stands in its target.
            let own = workload.kind != Kind::Canary;
            for (name, value) in [("surge", max_surge), ("unavailable", max_unavailable)] {
                if let Some(value) = value.as_ref().filter(|_| own) {
                    text = format!("{text}, max {name} {value}");
                }
            }
            if let Some(partition) = partition.filter(|partition| *partition > 0) {
                text = format!("{text}, partition {partition}");
            }
            text
        }
        Strategy::Recreate => "recreate: all at once, with a gap".to_owned(),
        Strategy::OnDelete => "on delete: only as pods are deleted by hand".to_owned(),
    };
    let ready = workload.min_ready_seconds;
    let text = if ready > 0 { format!("{text}, min ready {ready}s") } else { text };
    lines.push(fact("strategy", Line::plain(text)));
    if let Some(seconds) = workload.progress_deadline_seconds {
        let total = super::human(i64::from(seconds)).0;
        let left = assessment.deadline.map(|at| (at, scene.clock.until(at)));
        let line = match left {
            Some((_, left)) if !left.is_empty() => {
                Line::new(format!("{left} left"), Role::Warn).then(format!(" of {total}"), Role::Dim)
            }
            Some(_) => Line::new(format!("exceeded ({total})"), Role::Error),
            None => Line::plain(total),
        };
        lines.push(fact("deadline", line));
    }
    if let Some(eta) = assessment.eta.filter(|eta| *eta > SignedDuration::ZERO) {
        lines.push(fact("time left", Line::plain(format!("~{}", super::human(eta.as_secs()).0))));
    }
}

fn autoscaler(scene: Scene<'_>, workload: &Workload, lines: &mut Vec<Line>) {
    let Some(scaler) = scene.sight.world.autoscaler_of(&workload.key()) else { return };
    let Autoscaler { min, max, current, desired, .. } = scaler;
    let mut line = Line::plain(format!("{current} now, wants {desired}, between {min} and {max}"));
    if desired >= max {
        line = line.then("  at its maximum", Role::Warn);
    }
    lines.push(fact("autoscaler", line));
    for metric in &scaler.metrics {
        let current = metric.current.as_deref().unwrap_or("<unknown>");
        let text =
            format!("{} {} of {}", clean(&metric.name, false), clean(current, false), clean(&metric.target, false));
        lines.push(fact("", Line::plain(text)));
    }
    for condition in
        scaler.conditions.iter().filter(|condition| &*condition.kind == "ScalingActive" && !condition.is_true())
    {
        lines.push(fact("", Line::new(clean(&condition.message, false), Role::Warn)));
    }
}

/// CPU and memory in full words, or in full why they are not known.
fn consumption(scene: Scene<'_>, workload: &Workload, lines: &mut Vec<Line>) {
    let usage = match scene.sight.world.usage_of(&workload.key()) {
        Ok(usage) => usage,
        Err(absence) => {
            lines.push(fact("cpu, memory", Line::new(absence.to_string(), Role::Warn)));
            return;
        }
    };
    let bound = |name: &str, value: Option<String>| {
        value.map_or_else(|| format!("no {name}"), |value| format!("{name} {value}"))
    };
    let of = |request: Option<String>, limit: Option<String>| {
        format!("  of {}, {}", bound("request", request), bound("limit", limit))
    };
    let cpu = of(usage.requests.cpu.map(|cpu| cpu.to_string()), usage.limits.cpu.map(|cpu| cpu.to_string()));
    let memory = of(
        usage.requests.memory.map(|memory| memory.to_string()),
        usage.limits.memory.map(|memory| memory.to_string()),
    );
    let pods = if usage.counted < usage.total {
        format!(" ({} of {} pods)", usage.counted, usage.total)
    } else {
        String::new()
    };
    lines.push(fact("cpu", Line::plain(usage.cpu.to_string()).then(format!("{cpu}{pods}"), Role::Dim)));
    lines.push(fact("memory", Line::plain(usage.memory.to_string()).then(memory, Role::Dim)));
}

fn condition_line(scene: Scene<'_>, condition: &Condition) -> Line {
    let role = match (&*condition.kind, &*condition.status) {
        ("ReplicaFailure", "True") => Role::Error,
        ("ReplicaFailure", _) | (_, "True") => Role::Ok,
        (_, "False") => Role::Error,
        _ => Role::Warn,
    };
    let line = Line::default().with(Piece::Glyph(role)).then(format!(" {}", clean(&condition.status, false)), role);
    let line = line.then(format!(" {} ", clean(&condition.reason, false)), Role::Text);
    let line =
        line.then(format!("{}  {}", scene.clock.age_of(condition.since), clean(&condition.message, false)), Role::Dim);
    fact(&cells::name(&condition.kind), line)
}

/// Who will undo what is done by hand.
fn gitops(workload: &Workload) -> Option<String> {
    let meta = &workload.meta;
    if let Some(id) = meta.annotation("argocd.argoproj.io/tracking-id") {
        return Some(format!("Argo CD ({})", clean(id.split(':').next().unwrap_or(id), false)));
    }
    if let Some(name) = meta.label("kustomize.toolkit.fluxcd.io/name").or(meta.label("helm.toolkit.fluxcd.io/name")) {
        return Some(format!("Flux ({})", clean(name, false)));
    }
    let release = meta.annotation("meta.helm.sh/release-name")?;
    Some(format!("Helm ({})", clean(release, false)))
}
