//! Following workloads to their end, as `kubectl rollout status` does, and less long where it cannot go well.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{Workload, WorkloadKey},
    release::{
        Assessment, Phase, State, Wait,
        progress::{Verdict, verdict},
    },
};

use super::{
    failure::{Failure, Kind},
    print::Printer,
    reach::View,
};

/// What to wait for.
#[derive(Clone, Debug)]
pub struct Until {
    /// Which workloads.
    pub keys: Vec<WorkloadKey>,
    /// What is older than this generation says nothing; 0 takes what is there.
    pub generation: i64,
    /// When a Canary last changed its phase before the change: until it does again, Flagger has not seen it.
    pub phase_since: Option<Timestamp>,
    /// How long.
    pub limit: SignedDuration,
}

/// What is known of one workload's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Not there yet; how far it is.
    Going(String),
    /// Rolled out.
    Good(String),
    /// It will not arrive; why, with the evidence.
    Bad(String),
}

/// Decides about one workload; `None` stands for one that is gone.
pub fn decide(workload: Option<&Workload>, judged: Option<&Assessment>, generation: i64) -> Step {
    let (Some(workload), Some(judged)) = (workload, judged) else {
        return Step::Bad("it was deleted".to_owned());
    };
    if workload.meta.generation < generation {
        return Step::Going("waiting for the change to be seen".to_owned());
    }
    let said = |text: &str| format!("{}: {text}", workload.key());
    // A write is followed to the end of what it wrote; who only looks wants to know of the whole release.
    let whole = judged.delivery.as_ref().filter(|delivery| generation == 0 && delivery.canary.is_some());
    if whole.is_some() && matches!(judged.state, State::Waiting | State::Stuck) && workload.delivery.is_none() {
        return if judged.state == State::Stuck {
            Step::Bad(said(&evidence(judged)))
        } else {
            Step::Going(said(&waits(judged)))
        };
    }
    match verdict(workload) {
        Verdict::OnDelete => {
            Step::Bad(said("its pods change only as they are deleted (OnDelete), so there is no end to wait for"))
        }
        done if done.is_done() => Step::Good(said(&judged.message)),
        _ if judged.state == State::Stuck => Step::Bad(said(&evidence(judged))),
        Verdict::DeadlineExceeded => Step::Bad(said(&judged.message)),
        Verdict::Delivery(Phase::Degraded) => Step::Bad(said(&evidence(judged))),
        _ if judged.state == State::Waiting => Step::Going(said(&waits(judged))),
        _ if judged.state == State::Paused => Step::Going(said("paused; it goes on when it is resumed")),
        _ => Step::Going(said(&judged.message)),
    }
}

/// Words what a release waits for; only a person ends that.
fn waits(judged: &Assessment) -> String {
    let what = match judged.delivery.as_ref().and_then(|delivery| delivery.wait.as_ref()) {
        Some(Wait::Person { what, .. }) => format!(" for {what}"),
        _ => String::new(),
    };
    format!("waits for a person{what}: promote or abort it")
}

/// Words a judgement with what it rests on.
fn evidence(judged: &Assessment) -> String {
    let mut lines = vec![format!(
        "{}: {}",
        judged.state.word(),
        if judged.reason.is_empty() { &judged.message } else { &judged.reason }
    )];
    for fact in judged.evidence.iter().take(5) {
        let about = format!("{}/{}", fact.about.kind.to_ascii_lowercase(), fact.about.name);
        let container = fact.container.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        lines.push(format!("  {about}{container}: {} {}", fact.reason, fact.message).trim_end().to_owned());
    }
    let advice = judged.advice.words();
    if !advice.is_empty() {
        lines.push(format!("  next: {advice}"));
    }
    lines.join("\n")
}

/// Follows workloads until each is decided, or Ctrl-C.
///
/// # Errors
/// One that will not arrive (exit 1), or the time ran out first (exit 3).
pub async fn run(view: &mut View, until: &Until, printer: Printer) -> Result<(), Failure> {
    let limit = std::time::Duration::try_from(until.limit).unwrap_or_default();
    let decided = tokio::select! {
        decided = tokio::time::timeout(limit, watch(view, until, printer)) => decided,
        _ = tokio::signal::ctrl_c() => return Err(Failure::new(Kind::Undecided, "stopped before it was decided")),
    };
    let Ok(decided) = decided else { return Err(too_late(view, until)) };
    let why = |step: Step| if let Step::Bad(why) = step { Some(why) } else { None };
    let bad: Vec<String> = decided?.into_values().filter_map(why).collect();
    if bad.is_empty() { Ok(()) } else { Err(Failure::new(Kind::Failed, bad.join("\n"))) }
}

async fn watch(view: &mut View, until: &Until, printer: Printer) -> Result<BTreeMap<WorkloadKey, Step>, Failure> {
    let mut last: BTreeMap<WorkloadKey, Step> = BTreeMap::new();
    loop {
        for key in &until.keys {
            let step = decide_in(view, key, until);
            if last.get(key) != Some(&step)
                && let Step::Going(message) | Step::Good(message) = &step
            {
                printer.remark(message);
            }
            last.insert(key.clone(), step);
        }
        if last.values().all(|step| !matches!(step, Step::Going(_))) {
            return Ok(last);
        }
        view.next().await?;
    }
}

/// Decides about one workload by the judgement of the unit it belongs to.
fn decide_in(view: &View, key: &WorkloadKey, until: &Until) -> Step {
    let world = &view.picture.world;
    if let Some(canary) = world.workload(key).and_then(Workload::flagger)
        && until.phase_since.is_some()
        && canary.status.last_transition == until.phase_since
    {
        return Step::Going(format!("{key}: waiting for Flagger to see the change"));
    }
    decide(world.workload(key), view.picture.assessments.get(&world.unit_of(key)), until.generation)
}

fn too_late(view: &View, until: &Until) -> Failure {
    let open = until.keys.iter().filter_map(|key| match decide_in(view, key, until) {
        Step::Going(message) => Some(message),
        Step::Good(_) | Step::Bad(_) => None,
    });
    let open: Vec<String> = open.collect();
    Failure::new(Kind::Undecided, format!("not decided within {:#}: {}", until.limit, open.join("; ")))
        .hint("give it more time with --wait=TIME")
}
