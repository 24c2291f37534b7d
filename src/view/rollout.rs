//! One workload: why it is as it is, its revisions, its pods, its events.

use super::{Column, Line, Piece, Rollout, Scene, Table, cells, delivery, events, facts, fleet, pods, why};
use crate::{
    app::{App, Pane, Rollout as Page},
    domain::{Pod, text::clean},
    release::{Assessment, Revision, State, Who, revisions},
    theme::Role,
};

/// Revisions without pods that are listed.
const EMPTY_SHOWN: usize = 2;

pub(super) fn page(scene: Scene<'_>, page: &Page) -> Rollout {
    let key = &page.key;
    let (Some(workload), Some(assessment)) = (scene.sight.world.workload(key), scene.sight.assessments.get(key)) else {
        let head = vec![
            Line::new(cells::key(key), Role::Title).then(" is gone", Role::Warn),
            Line::new("esc leads back", Role::Dim),
        ];
        return Rollout { head, ..Rollout::default() };
    };
    Rollout {
        head: head(scene, assessment),
        why: if repeats(scene, assessment) { Vec::new() } else { why::lines(scene, assessment) },
        delivery: assessment
            .delivery
            .as_ref()
            .map(|delivery| Box::new(delivery::page(scene, key, delivery, page.delivery))),
        revisions: revisions_table(scene, page),
        pods: pods::table(scene, page, page.pane == Pane::Pods),
        events: Table { focused: page.pane == Pane::Events, ..events::table(scene, key, page.event, false) },
        facts: facts::lines(scene, workload, assessment),
        facts_scroll: page.facts,
        focus: page.pane,
    }
}

/// Whether the reason of the state says no more than the delivery's own lines, on a screen too low for both.
fn repeats(scene: Scene<'_>, assessment: &Assessment) -> bool {
    // What went wrong is longer than a head, and what to do about it stands with it.
    let wrong = matches!(assessment.state, State::Degraded | State::Stuck);
    let bare = assessment.delivery.is_some() && assessment.evidence.is_empty() && !wrong;
    bare && scene.setting.size.1 < super::LOW
}

fn head(scene: Scene<'_>, assessment: &Assessment) -> Vec<Line> {
    let key = &assessment.key;
    let first = Line::new(cells::name(&key.name), Role::Title)
        .then(format!("  {}  ", key.kind.name()), Role::Dim)
        .join(cells::state(assessment.state))
        .then("  ", Role::Text)
        .join(fleet::progress(assessment));
    let mut second = cells::version(&assessment.version);
    if assessment.revision > 0 {
        second = second.then(format!("  revision {}", assessment.revision), Role::Dim);
    }
    if let Some(started) = &assessment.started {
        second = second.then(format!("  began {} ago ({})", scene.clock.age(started.at), started.source), Role::Dim);
    }
    if assessment.who != Who::Unknown {
        second = second.then(format!("  {}", cells::who(&assessment.who)), Role::Dim);
    }
    vec![first, second]
}

/// Revisions with pods, the target, and the newest of those without.
fn revisions_table(scene: Scene<'_>, page: &Page) -> Table {
    let all = revisions(scene.sight.world, &page.key, scene.sight.now);
    let pods = App::pods(scene.sight, &page.key);
    let focused = page.pane == Pane::Revisions;
    let mut empty = 0;
    let shown: Vec<&Revision> = all
        .iter()
        .filter(|one| {
            let own = one.current || one.replicas > 0 || pods.iter().any(|pod| belongs(pod, one));
            empty += usize::from(!own);
            own || empty <= EMPTY_SHOWN || focused
        })
        .collect();
    let cursor = shown.iter().position(|one| Some(one.revision) == page.revision).unwrap_or(0);
    let rows: Vec<Vec<Line>> = shown.iter().map(|one| revision_row(scene, one, &pods)).collect();
    Table {
        columns: vec![
            Column::new("", 4, 5).right(),
            Column::new("", 12, 20),
            // A cell for each pod; beyond that the room is for what was said of the change.
            Column::new("", 6, 6).fitted(&rows, 2, 40),
            Column::new("", 11, 14),
            Column::new("", 5, 6).right().drop(1),
            Column::new("", 12, 36).drop(2).grows(),
        ],
        rows,
        selected: (focused && !shown.is_empty()).then_some(cursor),
        scroll: scene.app.extent(super::Area::Revisions).first,
        focused: focused && scene.app.dialog.is_none(),
        empty: vec![Line::new("no revisions are known", Role::Dim)],
        ..Table::default()
    }
}

fn revision_row(scene: Scene<'_>, revision: &Revision, pods: &[&Pod]) -> Vec<Line> {
    let own: Vec<Role> = pods.iter().filter(|pod| belongs(pod, revision)).map(|pod| pods::pod_role(pod)).collect();
    let role = if revision.current { Role::Title } else { Role::Dim };
    let cause = revision.change_cause.as_deref().map(|cause| clean(cause, false).into_owned());
    vec![
        Line::new(format!("{}{}", if revision.current { "▸" } else { "" }, revision.revision), role),
        Line::new(clean(&revision.version, false), role),
        Line::default().with(Piece::Pods(own)),
        Line::new(format!("{}/{} ready", revision.ready, revision.replicas), role),
        Line::new(scene.clock.age_of(revision.created), Role::Dim),
        Line::new(cause.unwrap_or_default(), Role::Dim),
    ]
}

/// Whether a pod is of a revision: owned by its ReplicaSet, or labelled with the ControllerRevision's hash.
fn belongs(pod: &Pod, revision: &Revision) -> bool {
    let owned = pod.meta.owner.as_ref().is_some_and(|owner| owner.name == revision.name);
    let hash = pod.meta.label("controller-revision-hash");
    owned || hash.is_some_and(|hash| *hash == *revision.name || revision.name.ends_with(&format!("-{hash}")))
}
