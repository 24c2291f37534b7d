//! Pages, cursors, scrolling, the mouse.

use super::{
    App, Area, Dialog, Effect, Events, History, Page, Pane, Rollout, Spot, TypedLine, fleet_rows, message::Sight,
};
use crate::{
    action::Action,
    domain::{Kind, ObjectRef, Pod, Text, WorkloadKey},
    release::revisions,
};

/// Moves a first line; the end is found out while drawing, so that the last page is a large number.
pub(super) fn scrolled(first: usize, action: Action, page: usize) -> usize {
    match action {
        Action::Up => first.saturating_sub(1),
        Action::Down => first.saturating_add(1),
        Action::PageUp => first.saturating_sub(page),
        Action::PageDown => first.saturating_add(page),
        Action::Top => 0,
        Action::Bottom => usize::MAX / 2,
        _ => first,
    }
}

/// Moves a cursor within `count` rows.
fn moved(at: usize, count: usize, action: Action, page: usize) -> usize {
    scrolled(at, action, page).min(count.saturating_sub(1))
}

fn is_move(action: Action) -> bool {
    matches!(action, Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::Top | Action::Bottom)
}

impl App {
    /// Opens a page in front of the others.
    pub(super) fn open(&mut self, page: Page) {
        self.dialog = None;
        self.forget_extent(Area::Main);
        self.pages.push(page);
    }

    /// Closes the page on screen; the fleet stays.
    pub(super) fn close(&mut self) -> Vec<Effect> {
        if self.pages.len() <= 1 {
            return Vec::new();
        }
        self.forget_extent(Area::Main);
        match self.pages.pop() {
            Some(Page::Logs(page)) => vec![Effect::CloseLogs(page.id)],
            Some(Page::Metrics(_)) => vec![Effect::ClosePanels],
            _ => Vec::new(),
        }
    }

    /// Follows a release unit whose row got another name: a switch makes the other Deployment the one that serves.
    pub(super) fn follow_units(&mut self, sight: Sight<'_>) {
        let follow = |key: &mut WorkloadKey| {
            if sight.assessments.get(key).is_none() {
                let unit = sight.world.unit_of(key);
                if unit != *key && sight.assessments.get(&unit).is_some() {
                    *key = unit;
                }
            }
        };
        for page in &mut self.pages {
            match page {
                Page::Rollout(page) => {
                    follow(&mut page.key);
                    if !page.settled && sight.delivers(&page.key) {
                        page.pane = Pane::Delivery;
                    }
                }
                Page::Events(page) => follow(&mut page.key),
                Page::History(page) => follow(&mut page.key),
                _ => {}
            }
        }
        self.fleet.cursor.iter_mut().for_each(follow);
    }

    /// Goes back one step: a message, the search, the page, the filter.
    pub(super) fn back(&mut self, sight: Sight<'_>) -> Vec<Effect> {
        if self.notices.current(sight.now).next().is_some() {
            self.notices.dismiss(sight.now);
        }
        if let Some(search) = self.search_mut()
            && !search.words.is_empty()
        {
            *search = super::Search::default();
            return Vec::new();
        }
        if self.pages.len() > 1 {
            return self.close();
        }
        self.fleet.filter = self.fleet.filter.retyped("");
        Vec::new()
    }

    /// Pods of a workload as they are listed: by name.
    pub fn pods<'a>(sight: Sight<'a>, key: &WorkloadKey) -> Vec<&'a Pod> {
        let mut pods = sight.world.pods_of(key);
        // The newest first: they are what a release is about.
        pods.sort_by(|one, two| {
            two.meta.created.cmp(&one.meta.created).then_with(|| one.meta.name.cmp(&two.meta.name))
        });
        pods
    }

    /// Where the cursor is among the pods.
    pub fn pod_row(page: &Rollout, pods: &[&Pod]) -> usize {
        let chosen = page.pod.as_ref();
        chosen.and_then(|name| pods.iter().position(|pod| pod.meta.name == *name)).unwrap_or(0)
    }

    /// Moves the cursor or the text of the page on screen; tells whether the action was about that.
    pub(super) fn move_by(&mut self, sight: Sight<'_>, action: Action) -> bool {
        match action {
            Action::NextPane | Action::PreviousPane => {
                if let Some(Page::Rollout(page)) = self.pages.last_mut() {
                    let delivered = sight.delivery(&page.key).is_some();
                    page.settled = true;
                    page.pane = match action {
                        Action::NextPane => page.pane.next(delivered),
                        _ => page.pane.previous(delivered),
                    };
                    return true;
                }
                false
            }
            action if is_move(action) => {
                self.move_on_page(sight, action);
                true
            }
            _ => false,
        }
    }

    fn move_on_page(&mut self, sight: Sight<'_>, action: Action) {
        let main = self.page_rows(Area::Main);
        let first = self.extent(Area::Main);
        let panes = |app: &Self, pane: Pane| app.page_rows(pane.area());
        let rows = match self.page() {
            Page::Rollout(page) => panes(self, page.pane),
            Page::History(_) => self.page_rows(Area::Text),
            _ => main,
        };
        match self.pages.last_mut() {
            Some(Page::Rollout(page)) => {
                page.settled = true;
                move_on_rollout(page, sight, action, rows);
            }
            Some(Page::Events(page)) => {
                page.cursor = moved(page.cursor, sight.world.events_of(&page.key).len(), action, main);
            }
            Some(Page::History(page)) => move_on_history(page, sight, action, rows),
            Some(Page::Metrics(page)) => {
                let count = page.answers.len().max(1);
                let step = if matches!(action, Action::Up | Action::Down) { 1 } else { first.height.max(1) };
                page.scroll = match action {
                    Action::Up | Action::PageUp => page.scroll.saturating_sub(step),
                    Action::Down | Action::PageDown => page.scroll + step,
                    other => scrolled(page.scroll, other, step),
                }
                .min(count - 1);
            }
            Some(Page::Text(page)) => {
                page.top = text_moved(first, action, main);
                page.search.jump = false;
            }
            Some(Page::Logs(page)) => {
                page.top = text_moved(first, action, main);
                page.search.jump = false;
                page.follow =
                    action == Action::Bottom || (page.follow && matches!(action, Action::Down | Action::PageDown));
            }
            _ => self.move_in_fleet(sight, action, main),
        }
    }

    fn move_in_fleet(&mut self, sight: Sight<'_>, action: Action, page: usize) {
        let rows = fleet_rows(sight, &self.fleet.filter, self.fleet.order);
        let cursor = self.fleet.cursor.as_ref();
        let at = cursor.and_then(|key| rows.iter().position(|row| row == key)).unwrap_or(0);
        self.fleet.cursor = rows.get(moved(at, rows.len(), action, page)).cloned();
    }

    /// Opens what is selected on the page on screen.
    pub(super) fn open_selected(&mut self, sight: Sight<'_>) -> Vec<Effect> {
        match self.page() {
            Page::Fleet => {
                if let Some(key) = self.fleet_cursor(sight) {
                    self.fleet.cursor = Some(key.clone());
                    let delivered = sight.delivers(&key);
                    self.open(Page::Rollout(Rollout::new(key, delivered)));
                }
                Vec::new()
            }
            Page::Rollout(page) => match page.pane {
                Pane::Pods => self.logs_of_selected(sight),
                Pane::Revisions => {
                    let (key, revision) = (page.key.clone(), page.revision);
                    self.open(Page::History(History { revision, ..History::new(key) }));
                    Vec::new()
                }
                Pane::Events => {
                    let (key, cursor) = (page.key.clone(), page.event);
                    self.open(Page::Events(Events { key, cursor }));
                    Vec::new()
                }
                Pane::Facts | Pane::Delivery => Vec::new(),
            },
            Page::Events(page) => {
                let event = sight.world.events_of(&page.key).get(page.cursor).copied().cloned();
                if let Some(event) = event {
                    self.dialog = Some(Dialog::Remark {
                        title: format!("{} {}/{}", event.reason, event.about.kind.to_lowercase(), event.about.name),
                        text: event.message.to_string(),
                    });
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Opens the log of the pod with the cursor, else of the workload's pod that most needs reading. A
    /// container that only waits to be started again has its words in the run before.
    pub(super) fn logs_of_selected(&mut self, sight: Sight<'_>) -> Vec<Effect> {
        let Some(key) = self.selected(sight) else { return Vec::new() };
        let pods = Self::pods(sight, &key);
        let on_page = match self.page() {
            Page::Rollout(page) if page.pane == Pane::Pods => pods.get(Self::pod_row(page, &pods)).copied(),
            _ => None,
        };
        let pod = on_page.or_else(|| pods.iter().copied().max_by_key(|pod| (!pod.is_ready(), pod.restarts())));
        let Some(pod) = pod else {
            self.notices.say(super::Level::Warning, format!("{key} has no pods, so there are no logs"), sight.now);
            return Vec::new();
        };
        let (containers, previous) = log_containers(pod);
        let name = pod.meta.name.clone();
        self.open_logs(key, name, containers, previous)
    }

    /// The object whose YAML is asked for: the pod or revision with the cursor, else the workload.
    pub(super) fn yaml_of_selected(&mut self, sight: Sight<'_>) -> Vec<Effect> {
        let Some(key) = self.selected(sight) else { return Vec::new() };
        let named = |kind: &str, name: &Text| ObjectRef {
            kind: kind.into(),
            namespace: key.namespace.clone(),
            name: name.clone(),
        };
        let object = match self.page() {
            Page::Rollout(page) if page.pane == Pane::Pods => {
                let pods = Self::pods(sight, &key);
                pods.get(Self::pod_row(page, &pods)).map(|pod| named("Pod", &pod.meta.name))
            }
            Page::Rollout(page) if page.pane == Pane::Revisions => {
                let all = revisions(sight.world, &key, sight.now);
                let chosen = all.iter().find(|one| Some(one.revision) == page.revision).or(all.first());
                let kind = if key.kind == Kind::Deployment { "ReplicaSet" } else { "ControllerRevision" };
                chosen.map(|one| named(kind, &one.name))
            }
            _ => None,
        };
        let object = object.unwrap_or_else(|| ObjectRef::from(&key));
        self.open_yaml(object, Some(key))
    }

    /// Does what a press of the mouse means: the first on a row selects it, one on the selected row opens it.
    pub(super) fn click(&mut self, sight: Sight<'_>, spot: Spot) -> Vec<Effect> {
        match spot {
            Spot::Do(action) => self.act(sight, action),
            Spot::Pane(pane) => {
                if let Some(Page::Rollout(page)) = self.pages.last_mut() {
                    (page.pane, page.settled) = (pane, true);
                }
                Vec::new()
            }
            Spot::Row(Area::Dialog, at) => self.click_in_dialog(sight, at),
            Spot::Row(area, at) => self.click_row(sight, area, at),
            Spot::Wheel(_) => Vec::new(),
        }
    }

    fn click_row(&mut self, sight: Sight<'_>, area: Area, at: usize) -> Vec<Effect> {
        let before = self.selected(sight);
        match self.pages.last_mut() {
            Some(Page::Rollout(page)) => {
                page.settled = true;
                page.pane = match area {
                    Area::Events => Pane::Events,
                    Area::Revisions => Pane::Revisions,
                    _ => Pane::Pods,
                };
                select_on_rollout(page, sight, at);
            }
            Some(Page::Events(page)) => page.cursor = at,
            Some(Page::History(page)) => {
                page.revision = revisions(sight.world, &page.key, sight.now).get(at).map(|one| one.revision);
            }
            Some(Page::Fleet) => {
                let rows = fleet_rows(sight, &self.fleet.filter, self.fleet.order);
                let chosen = rows.get(at).cloned();
                if chosen.is_some() && chosen == before && self.fleet.cursor == chosen {
                    return self.open_selected(sight);
                }
                self.fleet.cursor = chosen;
            }
            _ => {}
        }
        Vec::new()
    }

    fn click_in_dialog(&mut self, sight: Sight<'_>, at: usize) -> Vec<Effect> {
        match &mut self.dialog {
            Some(Dialog::Palette { cursor, .. }) => {
                *cursor = at;
                self.act_in_palette(sight, Action::Confirm)
            }
            Some(Dialog::Pick(picker)) => {
                let again = picker.cursor == at;
                picker.cursor = at;
                if again { self.act_in_picker(Action::Confirm) } else { self.show_theme() }
            }
            Some(Dialog::Revisions(open)) => {
                let all = revisions(sight.world, &open.target, sight.now);
                open.revision = all.get(at).map(|one| one.revision);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Turns the wheel over an area.
    pub(super) fn wheel(&mut self, sight: Sight<'_>, area: Area, lines: i32) {
        let action = if lines < 0 { Action::Up } else { Action::Down };
        if area == Area::Dialog {
            if self.dialog.is_some() {
                self.act(sight, action);
            }
            return;
        }
        if let Some(Page::Rollout(page)) = self.pages.last_mut() {
            page.pane = match area {
                Area::Delivery => Pane::Delivery,
                Area::Events => Pane::Events,
                Area::Facts => Pane::Facts,
                Area::Revisions => Pane::Revisions,
                _ => Pane::Pods,
            };
        }
        for _ in 0..lines.unsigned_abs() {
            self.move_by(sight, action);
            // Each step starts from what the last frame showed; a text moves by what is left of the turn.
            if let Some(Page::Logs(_) | Page::Text(_)) = self.pages.last() {
                self.nudge(lines);
                break;
            }
        }
    }

    fn nudge(&mut self, lines: i32) {
        let first = self.extent(Area::Main).first;
        let by = usize::try_from(lines.unsigned_abs()).unwrap_or(0);
        let top = if lines < 0 { first.saturating_sub(by) } else { first + by };
        match self.pages.last_mut() {
            Some(Page::Text(page)) => page.top = top,
            Some(Page::Logs(page)) => page.top = top,
            _ => {}
        }
    }

    /// Begins to type a filter.
    pub(super) fn begin_filter(&mut self) {
        self.fleet.typing = Some(TypedLine::new(self.fleet.filter.text()));
    }
}

/// A pod's containers with the one to read first in front, and whether its run before is the one to read.
fn log_containers(pod: &Pod) -> (Vec<Text>, bool) {
    use crate::domain::ContainerState::{Running, Waiting};
    let mut containers: Vec<Text> = pod.containers.iter().map(|container| container.name.clone()).collect();
    let status = |name: &Text| pod.statuses.iter().find(|status| status.name == *name);
    // A stable sort: among equals the pod's own order stands.
    containers.sort_by_key(|name| match status(name) {
        Some(status) if status.last.is_some() && !status.ready => 0,
        Some(status) if matches!(status.state, Running { .. }) => 1,
        _ => 2,
    });
    let first = containers.first().and_then(status);
    let previous = first.is_some_and(|status| status.last.is_some() && matches!(status.state, Waiting { .. }));
    (containers, previous)
}

fn text_moved(extent: super::Extent, action: Action, page: usize) -> usize {
    scrolled(extent.first, action, page).min(extent.total.saturating_sub(extent.height))
}

fn move_on_rollout(page: &mut Rollout, sight: Sight<'_>, action: Action, rows: usize) {
    match page.pane {
        Pane::Facts => page.facts = scrolled(page.facts, action, rows).min(200),
        Pane::Delivery => page.delivery = scrolled(page.delivery, action, rows).min(500),
        Pane::Events => page.event = moved(page.event, sight.world.events_of(&page.key).len(), action, rows),
        Pane::Pods => {
            let pods = App::pods(sight, &page.key);
            let at = moved(App::pod_row(page, &pods), pods.len(), action, rows);
            page.pod = pods.get(at).map(|pod| pod.meta.name.clone());
        }
        Pane::Revisions => {
            let all = revisions(sight.world, &page.key, sight.now);
            let at = all.iter().position(|one| Some(one.revision) == page.revision).unwrap_or(0);
            page.revision = all.get(moved(at, all.len(), action, rows)).map(|one| one.revision);
        }
    }
}

fn select_on_rollout(page: &mut Rollout, sight: Sight<'_>, at: usize) {
    match page.pane {
        Pane::Facts | Pane::Delivery => {}
        Pane::Events => page.event = at,
        Pane::Pods => page.pod = App::pods(sight, &page.key).get(at).map(|pod| pod.meta.name.clone()),
        Pane::Revisions => {
            page.revision = revisions(sight.world, &page.key, sight.now).get(at).map(|one| one.revision);
        }
    }
}

fn move_on_history(page: &mut History, sight: Sight<'_>, action: Action, rows: usize) {
    if matches!(action, Action::PageUp | Action::PageDown) {
        page.scroll = scrolled(page.scroll, action, rows).min(10_000);
        return;
    }
    let all = revisions(sight.world, &page.key, sight.now);
    let at = all.iter().position(|one| Some(one.revision) == page.revision).unwrap_or(0);
    page.revision = all.get(moved(at, all.len(), action, rows)).map(|one| one.revision);
    page.scroll = 0;
}
