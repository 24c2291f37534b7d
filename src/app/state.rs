//! Everything that is remembered of what the person does.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Area, Counted, Dialog, Effect, Extent, Faults, Filter, Notices, Order, Page, TypedLine,
    message::Sight,
    rows::{first_row, has_row},
};
use crate::{
    action::Context,
    domain::{Permission, WorkloadKey},
    keymap::{Key, Keymap},
};

/// The list of workloads.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    /// The workload with the cursor; the topmost while the person has not moved.
    pub cursor: Option<WorkloadKey>,
    /// What passes.
    pub filter: Filter,
    /// The filter while it is typed.
    pub typing: Option<TypedLine>,
    /// The order.
    pub order: Order,
}

/// What the person is doing.
#[derive(Clone, Debug)]
pub struct App {
    /// Pages, the one on screen last; the first is always the fleet.
    pub pages: Vec<Page>,
    /// The dialog in front.
    pub dialog: Option<Dialog>,
    /// The list of workloads.
    pub fleet: Fleet,
    /// Messages.
    pub notices: Notices,
    /// The keymap in use.
    pub keymap: Arc<Keymap>,
    /// Keys of a chord that has begun.
    pub pending: Vec<Key>,
    /// Whether the mouse is listened to.
    pub mouse: bool,
    /// The theme in use.
    pub theme: String,
    /// All themes.
    pub themes: Vec<String>,
    /// Lines of a log asked for at first.
    pub tail_lines: u32,
    /// Nothing may be written.
    pub read_only: bool,
    /// The workload's name must be typed.
    pub protected: bool,
    /// What a simulated company can be made to suffer; a real cluster, nothing.
    pub faults: Option<Faults>,
    /// Operations sent whose end is not known: ticket and what was asked for, in words.
    pub under_way: BTreeMap<u64, String>,
    /// The two sides whose requests are counted now, and what came.
    pub counted: Option<Counted>,
    extents: BTreeMap<Area, Extent>,
    asked: Vec<Permission>,
    next_number: u64,
}

impl App {
    /// The state at the start: the fleet, nothing typed.
    pub fn new(keymap: Arc<Keymap>) -> Self {
        Self {
            pages: vec![Page::Fleet],
            dialog: None,
            fleet: Fleet::default(),
            notices: Notices::default(),
            keymap,
            pending: Vec::new(),
            mouse: true,
            theme: String::new(),
            themes: Vec::new(),
            tail_lines: 500,
            read_only: false,
            protected: false,
            faults: None,
            under_way: BTreeMap::new(),
            counted: None,
            extents: BTreeMap::new(),
            asked: Vec::new(),
            next_number: 0,
        }
    }

    /// The page on screen.
    pub fn page(&self) -> &Page {
        self.pages.last().unwrap_or(&Page::Fleet)
    }

    /// How much of a list the last frame showed.
    pub fn extent(&self, area: Area) -> Extent {
        self.extents.get(&area).copied().unwrap_or_default()
    }

    /// Rows of a page up or down: one less than are on screen, so that a line stays to hold on to.
    pub fn page_rows(&self, area: Area) -> usize {
        self.extent(area).height.saturating_sub(1).max(1)
    }

    pub(super) fn seen(&mut self, extents: Vec<(Area, Extent)>, dialog: bool) {
        for (area, extent) in extents {
            self.extents.insert(area, extent);
        }
        if let Some(Dialog::Confirm(confirming)) = &mut self.dialog {
            confirming.shown |= dialog;
        }
    }

    pub(super) fn forget_extent(&mut self, area: Area) {
        self.extents.remove(&area);
    }

    /// A number never given before.
    pub(super) fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// The workload that keys act on.
    pub fn selected(&self, sight: Sight<'_>) -> Option<WorkloadKey> {
        match self.page().workload() {
            Some(key) => Some(key.clone()),
            None => self.fleet_cursor(sight),
        }
    }

    /// The fleet's workload with the cursor: the chosen one while it is listed, else the topmost.
    pub fn fleet_cursor(&self, sight: Sight<'_>) -> Option<WorkloadKey> {
        let chosen = self.fleet.cursor.as_ref().filter(|key| has_row(sight, &self.fleet.filter, key));
        chosen.cloned().or_else(|| first_row(sight, &self.fleet.filter, self.fleet.order))
    }

    /// The context of keys, dialogs included.
    pub fn context(&self) -> Context {
        match &self.dialog {
            Some(Dialog::Confirm(confirming)) if confirming.planned.plan.typed_name => Context::Text,
            Some(Dialog::Confirm(_)) => Context::Confirm,
            Some(Dialog::Revisions(_)) => Context::List,
            Some(Dialog::Help { .. } | Dialog::Messages { .. } | Dialog::Remark { .. } | Dialog::Waiting { .. }) => {
                Context::Document
            }
            Some(
                Dialog::Scale { .. }
                | Dialog::Weight { .. }
                | Dialog::Image(_)
                | Dialog::Pick(_)
                | Dialog::Palette { .. },
            ) => Context::Text,
            None if self.typing().is_some() => Context::Text,
            None => self.page_context(),
        }
    }

    /// The context of the page alone.
    pub fn page_context(&self) -> Context {
        match self.page() {
            Page::Fleet => Context::Fleet,
            Page::Rollout(_) | Page::Metrics(_) | Page::Events(_) | Page::History(_) => Context::Rollout,
            Page::Logs(_) => Context::Logs,
            Page::Text(_) => Context::Document,
        }
    }

    /// The line being typed at the bottom of the screen, if one is.
    pub fn typing(&self) -> Option<&TypedLine> {
        match self.page() {
            Page::Fleet => self.fleet.typing.as_ref(),
            _ => self.search().and_then(|search| search.typing.as_ref()),
        }
    }

    /// Leaves everything of the cluster behind, for another one or another scope; filter and order stay.
    pub(super) fn forget_cluster(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        while self.pages.len() > 1 {
            effects.extend(self.close());
        }
        self.fleet.cursor = None;
        self.counted = None;
        self.asked.clear();
        self.extents.clear();
        effects
    }

    /// Returns those permissions that were not asked for yet, and notes them as asked.
    pub(super) fn not_yet_asked(&mut self, permissions: Vec<Permission>) -> Vec<Permission> {
        let new: Vec<Permission> = permissions.into_iter().filter(|one| !self.asked.contains(one)).collect();
        self.asked.extend(new.iter().cloned());
        new
    }
}
