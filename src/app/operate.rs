//! From a key to a confirmed plan. Every path ends in [`Effect::Prepare`] and then [`Effect::Execute`];
//! nothing here writes, and each is sent exactly once.

use super::{
    App, Area, Confirming, Dialog, Effect, History, Images, Level, Page, Pane, Revisions, TypedLine, message::Sight,
};
use crate::{
    action::Action,
    domain::{ContainerRole, Kind, Permission, WorkloadKey},
    operation::{Consent, Operation, Request, ScaleTo, permissions_for, permissions_in},
    release::{Proposal, revisions},
    world::Unit,
};

/// Why a key may not be used now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// The session only reads.
    ReadOnly,
    /// A rule is missing.
    Missing(Permission),
    /// It means nothing for this kind or in this state; why, in a few words.
    Senseless(&'static str),
}

impl std::fmt::Display for Blocked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ReadOnly => f.write_str("this session is read-only"),
            Self::Missing(rule) => write!(f, "you lack the rule: {rule}"),
            Self::Senseless(why) => f.write_str(why),
        }
    }
}

impl App {
    /// Does what an action means for the selected workload.
    pub(super) fn act_on_workload(&mut self, sight: Sight<'_>, action: Action) -> Vec<Effect> {
        match action {
            Action::Filter => {
                self.begin_filter();
                return Vec::new();
            }
            Action::Sort | Action::ReverseSort => {
                self.sort(sight, action);
                return Vec::new();
            }
            Action::TimeRange => return self.next_range(),
            _ => {}
        }
        let Some(key) = self.selected(sight) else { return Vec::new() };
        if action.writes()
            && let Some(blocked) = self.blocked(sight, action, &key)
        {
            self.notices.say(Level::Warning, format!("{}: {blocked}", action.label()), sight.now);
            return Vec::new();
        }
        match action {
            Action::Open => self.open_selected(sight),
            Action::Logs => self.logs_of_selected(sight),
            Action::Yaml => self.yaml_of_selected(sight),
            Action::Metrics => self.open_metrics(key),
            Action::Events => {
                self.open(Page::Events(super::Events { key, cursor: 0 }));
                Vec::new()
            }
            Action::History => {
                self.open(Page::History(History::new(key)));
                Vec::new()
            }
            Action::Copy => self.copy(sight, &key),
            Action::PauseResume => {
                let paused = sight.world.workload(&key).is_some_and(|workload| {
                    workload.paused || workload.flagger().is_some_and(|canary| canary.suspended)
                });
                self.prepare(sight, key, if paused { Operation::Resume } else { Operation::Pause })
            }
            Action::Restart => self.prepare(sight, key, Operation::Restart),
            Action::Scale => {
                self.dialog = Some(Dialog::Scale { target: key, line: TypedLine::default() });
                Vec::new()
            }
            Action::Undo => self.undo(sight, key),
            Action::SetImage => self.ask_image(sight, key),
            Action::DeletePod => self.delete_pod(sight, key),
            other => self.deliver(sight, other, key),
        }
    }

    fn sort(&mut self, sight: Sight<'_>, action: Action) {
        let order = &mut self.fleet.order;
        if action == Action::ReverseSort {
            order.reversed = !order.reversed;
        } else {
            let all = super::SortBy::ALL;
            let at = all.iter().position(|by| *by == order.by).unwrap_or(0);
            order.by = all[(at + 1) % all.len()];
            order.reversed = false;
        }
        let upside = if order.reversed { ", reversed" } else { "" };
        self.notices.say(Level::Info, format!("sorted by {}{upside}", order.by.word()), sight.now);
    }

    /// Tells why an action may not be used on a workload; `None` when it may, as far as is known.
    pub fn blocked(&self, sight: Sight<'_>, action: Action, key: &WorkloadKey) -> Option<Blocked> {
        if !action.writes() {
            return None;
        }
        if self.read_only {
            return Some(Blocked::ReadOnly);
        }
        if action == Action::PauseResume && matches!(key.kind, Kind::StatefulSet | Kind::DaemonSet) {
            return Some(Blocked::Senseless("only Deployments, Rollouts and Canaries can be paused"));
        }
        if action == Action::Scale && key.kind == Kind::DaemonSet {
            return Some(Blocked::Senseless("a DaemonSet has one pod per node; it cannot be scaled"));
        }
        if let Some(why) = super::deliver::senseless(sight, action, key) {
            return Some(Blocked::Senseless(why));
        }
        let needed = needed(sight, action, key);
        sight.world.access().missing(&needed).cloned().map(Blocked::Missing)
    }

    /// Permissions and differences to ask for, because of what is on screen now.
    pub(super) fn wanted(&mut self, sight: Sight<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        if let Some(key) = self.selected(sight) {
            let needed = Action::ALL.iter().flat_map(|action| needed(sight, *action, &key)).collect();
            let new = self.not_yet_asked(needed);
            if !new.is_empty() {
                effects.push(Effect::AskAccess(new));
            }
        }
        effects.extend(self.count_sides(sight));
        if let Some(Page::History(page)) = self.pages.last_mut()
            && let Some(between) = compared(sight, page)
            && page.asked != Some(between)
        {
            page.asked = Some(between);
            effects.push(Effect::FetchDifference { key: page.key.clone(), between });
        }
        effects
    }

    /// Asks for a plan and shows that it is being made.
    pub(super) fn prepare(&mut self, sight: Sight<'_>, target: WorkloadKey, operation: Operation) -> Vec<Effect> {
        let ticket = self.number();
        let what = format!("{} {target}", verb(&operation));
        let against = self.evidence_against(sight, &target, &operation);
        self.dialog = Some(Dialog::Waiting { ticket, target: target.clone(), what });
        vec![Effect::Prepare { ticket, request: Request { target, operation, against } }]
    }

    /// Rolls back: on the history page to the revision with the cursor, to the advised one where there is
    /// advice, else the person picks.
    fn undo(&mut self, sight: Sight<'_>, key: WorkloadKey) -> Vec<Effect> {
        let all = revisions(sight.world, &key, sight.now);
        let chosen = match self.page() {
            Page::History(page) => page.revision,
            Page::Rollout(page) if page.pane == Pane::Revisions => page.revision,
            _ => None,
        };
        if let Some(number) = chosen.filter(|number| all.iter().any(|one| one.revision == *number && !one.current)) {
            return self.prepare(sight, key, Operation::Undo { to: Some(number) });
        }
        if let Some(Proposal::Undo { revision, .. }) =
            sight.assessments.get(&key).and_then(|assessment| assessment.advice.proposal.clone())
        {
            return self.prepare(sight, key, Operation::Undo { to: Some(revision) });
        }
        let Some(before) = all.iter().find(|one| !one.current) else {
            self.notices.say(Level::Warning, format!("{key} has no earlier revision to go back to"), sight.now);
            return Vec::new();
        };
        self.dialog = Some(Dialog::Revisions(Revisions { target: key, revision: Some(before.revision) }));
        Vec::new()
    }

    fn ask_image(&mut self, sight: Sight<'_>, key: WorkloadKey) -> Vec<Effect> {
        // A release of two Deployments begins in the one that users do not mainly get.
        let key = match sight.world.unit(&key) {
            Some(Unit::Labels { canary: other, .. } | Unit::Switch { other, .. }) => other.clone(),
            _ => key,
        };
        let Some(workload) = sight.world.workload(&key) else { return Vec::new() };
        // Main containers first; init containers can be released as well.
        let mut containers: Vec<_> = workload.template.containers.iter().collect();
        containers.sort_by_key(|container| container.role != ContainerRole::Main);
        let containers: Vec<_> =
            containers.into_iter().map(|container| (container.name.clone(), container.image.clone())).collect();
        let Some((_, image)) = containers.first() else { return Vec::new() };
        let line = TypedLine::new(image.as_ref());
        self.dialog = Some(Dialog::Image(Images { target: key, containers, chosen: 0, line }));
        Vec::new()
    }

    fn delete_pod(&mut self, sight: Sight<'_>, key: WorkloadKey) -> Vec<Effect> {
        let pods = Self::pods(sight, &key);
        let pod = match self.page() {
            Page::Rollout(page) if page.pane == Pane::Pods => pods.get(Self::pod_row(page, &pods)),
            _ => None,
        };
        let Some(pod) = pod else {
            self.notices.say(Level::Info, "choose a pod first: tab leads to the list of pods", sight.now);
            return Vec::new();
        };
        let operation = Operation::DeletePod { pod: pod.meta.name.clone(), uid: pod.meta.uid.clone() };
        self.prepare(sight, key, operation)
    }

    /// Copies the name of what is selected; once more, the kubectl command that shows the same.
    fn copy(&mut self, sight: Sight<'_>, key: &WorkloadKey) -> Vec<Effect> {
        let (name, command) = self.copied(sight, key);
        let again = format!("copied: {name}");
        let said = self.notices.current(sight.now).any(|notice| notice.text.lines().next() == Some(&again));
        let (text, hint) = if said { (command, "") } else { (name, "\nonce more copies the kubectl command") };
        self.notices.say(Level::Info, format!("copied: {text}{hint}"), sight.now);
        vec![Effect::Copy(text)]
    }

    /// The name of what is selected, and the kubectl command that shows it.
    fn copied(&self, sight: Sight<'_>, key: &WorkloadKey) -> (String, String) {
        let namespace = &key.namespace;
        match self.page() {
            Page::Rollout(page) if page.pane == Pane::Pods => {
                let pods = Self::pods(sight, key);
                if let Some(pod) = pods.get(Self::pod_row(page, &pods)) {
                    let name = pod.meta.name.to_string();
                    return (name.clone(), format!("kubectl describe pod -n {namespace} {name}"));
                }
            }
            Page::Logs(page) => return (page.request.pod.to_string(), kubectl_logs(&page.request)),
            Page::Text(page) => {
                let object = &page.object;
                let kind = object.kind.to_lowercase();
                let command = format!("kubectl get {kind}/{} -n {} -o yaml", object.name, object.namespace);
                return (object.name.to_string(), command);
            }
            Page::Events(_) => return (key.name.to_string(), format!("kubectl events -n {namespace} --for {key}")),
            Page::History(_) => {
                return (key.name.to_string(), format!("kubectl rollout history -n {namespace} {key}"));
            }
            _ => {}
        }
        (key.name.to_string(), format!("kubectl rollout status -n {namespace} {key}"))
    }

    /// Acts in the dialogs that lead to a write.
    pub(super) fn act_in_question(&mut self, sight: Sight<'_>, action: Action) -> Vec<Effect> {
        let rows = self.page_rows(Area::Dialog);
        if matches!(action, Action::Cancel | Action::Back | Action::BackOrQuit) {
            self.dialog = None;
            return Vec::new();
        }
        match &mut self.dialog {
            Some(Dialog::Scale { target, line }) if action == Action::Confirm => {
                match line.text().parse() {
                    Ok(to) => {
                        let target = target.clone();
                        self.prepare(sight, target, Operation::Scale(to))
                    }
                    // The fault stands beside the line; nothing is sent.
                    Err(_) => Vec::new(),
                }
            }
            Some(Dialog::Weight { target, line }) if action == Action::Confirm => {
                match super::deliver::percent(line.text()) {
                    Ok(percent) => {
                        let target = target.clone();
                        self.prepare(sight, target, Operation::SetWeight(percent))
                    }
                    Err(_) => Vec::new(),
                }
            }
            Some(Dialog::Image(images)) => match action {
                Action::Up | Action::Down | Action::Complete => {
                    let count = images.containers.len();
                    let step = if action == Action::Up { count - 1 } else { 1 };
                    images.chosen = (images.chosen + step) % count;
                    images.line = TypedLine::new(images.containers[images.chosen].1.as_ref());
                    Vec::new()
                }
                Action::Confirm if !images.line.text().trim().is_empty() => {
                    let container = images.containers[images.chosen].0.clone();
                    let image = images.line.text().trim().into();
                    let target = images.target.clone();
                    self.prepare(sight, target, Operation::SetImage(vec![(container, image)]))
                }
                _ => Vec::new(),
            },
            Some(Dialog::Revisions(dialog)) => {
                let all = revisions(sight.world, &dialog.target, sight.now);
                match action {
                    Action::Open | Action::Undo | Action::Confirm => {
                        let (target, to) = (dialog.target.clone(), dialog.revision);
                        return self.prepare(sight, target, Operation::Undo { to });
                    }
                    other => {
                        let at = all.iter().position(|one| Some(one.revision) == dialog.revision).unwrap_or(0);
                        let at = super::navigate::scrolled(at, other, rows).min(all.len().saturating_sub(1));
                        dialog.revision = all.get(at).map(|one| one.revision);
                    }
                }
                Vec::new()
            }
            Some(Dialog::Confirm(confirming)) => match action {
                Action::Confirm if confirming.ready() => self.execute(sight),
                Action::Copy => {
                    let text = confirming.planned.plan.kubectl.clone();
                    self.notices.say(Level::Info, format!("copied: {text}"), sight.now);
                    vec![Effect::Copy(text)]
                }
                other => {
                    confirming.scroll = super::navigate::scrolled(confirming.scroll, other, rows);
                    Vec::new()
                }
            },
            _ => Vec::new(),
        }
    }

    /// Sends a confirmed plan, once: the dialog is gone before the effect is made.
    fn execute(&mut self, sight: Sight<'_>) -> Vec<Effect> {
        let Some(Dialog::Confirm(confirming)) = self.dialog.take() else { return Vec::new() };
        let Confirming { ticket, planned, typed, .. } = *confirming;
        let what = planned.plan.summary.clone();
        let consent = if planned.plan.typed_name { Consent::Typed(typed.text().to_owned()) } else { Consent::Answered };
        match planned.confirm(consent) {
            Ok(plan) => {
                self.under_way.insert(ticket, what);
                vec![Effect::Execute { ticket, plan: Box::new(plan) }]
            }
            Err(refusal) => {
                self.notices.say(Level::Error, refusal.to_string(), sight.now);
                Vec::new()
            }
        }
    }
}

/// The rules an action needs on a workload.
fn needed(sight: Sight<'_>, action: Action, key: &WorkloadKey) -> Vec<Permission> {
    let operation = match action {
        Action::PauseResume => Operation::Pause,
        Action::Restart => Operation::Restart,
        Action::Scale => Operation::Scale(ScaleTo::By(0)),
        Action::Undo => Operation::Undo { to: None },
        Action::SetImage => Operation::SetImage(Vec::new()),
        Action::DeletePod => Operation::DeletePod { pod: "".into(), uid: "".into() },
        other => match super::deliver::asked_for(other) {
            Some(operation) => operation,
            None => return Vec::new(),
        },
    };
    let mut needed = match sight.delivery(key) {
        Some(delivery) => permissions_in(&operation, delivery.system, &key.namespace),
        None => permissions_for(&operation, key.kind, &key.namespace),
    };
    let paused = sight.world.workload(key).is_some_and(|workload| workload.paused);
    if matches!(operation, Operation::Promote { .. }) && key.kind == Kind::Rollout && !paused {
        // Its spec is written only to end a pause.
        needed.retain(|rule| &*rule.verb != "patch" || &*rule.resource != Kind::Rollout.plural());
    }
    needed
}

fn verb(operation: &Operation) -> &'static str {
    match operation {
        Operation::Pause => "pause",
        Operation::Resume => "resume",
        Operation::Scale(_) => "scale",
        Operation::Restart => "restart",
        Operation::Undo { .. } => "undo",
        Operation::SetImage(_) => "set image of",
        Operation::DeletePod { .. } => "delete a pod of",
        Operation::Promote { full: false } => "promote",
        Operation::Promote { full: true } => "promote in full",
        Operation::Abort => "abort",
        Operation::Retry => "retry",
        Operation::SkipStep => "skip a step of",
        Operation::Terminate { .. } => "end an analysis of",
        Operation::Gate { open: true, .. } => "open a gate of",
        Operation::Gate { open: false, .. } => "close a gate of",
        Operation::SetWeight(_) => "set the weight of",
        Operation::Finish => "finish the promotion of",
    }
}

/// Which revisions the history page compares: the one with the cursor against its base, else the one before.
fn compared(sight: Sight<'_>, page: &History) -> Option<(i64, i64)> {
    let all = revisions(sight.world, &page.key, sight.now);
    let at = all.iter().position(|one| Some(one.revision) == page.revision).unwrap_or(0);
    let to = all.get(at)?.revision;
    let from = page.base.or_else(|| all.get(at + 1).map(|one| one.revision))?;
    Some((from, to))
}

fn kubectl_logs(request: &crate::domain::LogRequest) -> String {
    let previous = if request.previous { " --previous" } else { "" };
    format!(
        "kubectl logs -n {} {} -c {}{previous} --tail={}",
        request.namespace, request.pod, request.container, request.tail
    )
}
