//! A container's log: bounded, followed, searched.

use std::collections::VecDeque;

use super::{App, Effect, LogUpdate, Page, Search};
use crate::{
    action::Action,
    domain::{LogLine, LogRequest, Text, WorkloadKey},
};

/// Lines kept in memory.
const KEPT: usize = 5000;
/// Bytes of one line kept; longer ones end in an ellipsis.
const LINE: usize = 8 * 1024;

/// Whether a log still grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogStatus {
    /// Nothing has come yet.
    Opening,
    /// More may come.
    Open,
    /// It ended.
    Ended,
    /// It could not be read.
    Failed(String),
}

/// The page of a log.
#[derive(Clone, Debug)]
pub struct LogPage {
    /// Names the answers.
    pub id: u64,
    /// Whose pod it is.
    pub key: WorkloadKey,
    /// What is read.
    pub request: LogRequest,
    /// The pod's containers.
    pub containers: Vec<Text>,
    /// Lines, oldest first, cleaned.
    pub lines: VecDeque<LogLine>,
    /// How many lines were let go.
    pub dropped: u64,
    /// How it stands.
    pub status: LogStatus,
    /// Whether the newest line is kept in sight.
    pub follow: bool,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// First line on screen while not following, as counted after wrapping.
    pub top: usize,
    /// Columns scrolled to the right.
    pub left: usize,
    /// The search.
    pub search: Search,
}

impl LogPage {
    fn push(&mut self, line: &LogLine) {
        let mut text = crate::domain::text::clean(&line.text, false).into_owned();
        if text.len() > LINE {
            let mut end = LINE;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.truncate(end);
            text.push('…');
        }
        self.lines.push_back(LogLine { at: line.at, text: text.into() });
        if self.lines.len() > KEPT {
            self.lines.pop_front();
            self.dropped += 1;
            // What is being read stays in sight while old lines go.
            self.top = self.top.saturating_sub(1);
        }
    }
}

impl App {
    /// Opens the log of a pod's container.
    pub(super) fn open_logs(
        &mut self,
        key: WorkloadKey,
        pod: Text,
        containers: Vec<Text>,
        previous: bool,
    ) -> Vec<Effect> {
        let Some(container) = containers.first().cloned() else { return Vec::new() };
        let request = LogRequest {
            namespace: key.namespace.clone(),
            pod,
            container,
            previous,
            follow: !previous,
            tail: self.tail_lines,
        };
        let id = self.number();
        self.open(Page::Logs(LogPage {
            id,
            key,
            request: request.clone(),
            containers,
            lines: VecDeque::new(),
            dropped: 0,
            status: LogStatus::Opening,
            follow: true,
            wrap: false,
            top: 0,
            left: 0,
            search: Search::default(),
        }));
        vec![Effect::OpenLogs { id, request }]
    }

    /// Reads another log on the same page.
    fn reopen_logs(&mut self, change: impl FnOnce(&mut LogPage)) -> Vec<Effect> {
        let id = self.number();
        let Some(Page::Logs(page)) = self.pages.last_mut() else { return Vec::new() };
        let old = std::mem::replace(&mut page.id, id);
        change(page);
        page.request.follow = !page.request.previous;
        page.lines.clear();
        (page.dropped, page.top, page.left, page.follow) = (0, 0, 0, true);
        page.status = LogStatus::Opening;
        vec![Effect::CloseLogs(old), Effect::OpenLogs { id, request: page.request.clone() }]
    }

    pub(super) fn act_in_logs(&mut self, action: Action) -> Option<Vec<Effect>> {
        let extent = self.extent(super::Area::Main);
        let Some(Page::Logs(page)) = self.pages.last_mut() else { return None };
        match action {
            Action::Follow => {
                page.follow = !page.follow;
                page.top = extent.first;
            }
            Action::Wrap => page.wrap = !page.wrap,
            Action::Left => page.left = page.left.saturating_sub(8),
            Action::Right => page.left += 8,
            Action::PreviousRun => {
                return Some(self.reopen_logs(|page| page.request.previous = !page.request.previous));
            }
            Action::NextContainer => {
                return Some(self.reopen_logs(|page| {
                    let at = page.containers.iter().position(|name| *name == page.request.container).unwrap_or(0);
                    page.request.container = page.containers[(at + 1) % page.containers.len()].clone();
                }));
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    /// Takes news of a log, unless it was closed meanwhile.
    pub(super) fn log_came(&mut self, id: u64, update: LogUpdate) {
        let page = self.pages.iter_mut().find_map(|page| match page {
            Page::Logs(page) if page.id == id => Some(page),
            _ => None,
        });
        let Some(page) = page else { return };
        match update {
            LogUpdate::Lines(lines) => {
                page.status = LogStatus::Open;
                for line in lines {
                    page.push(&line);
                }
            }
            LogUpdate::Ended => page.status = LogStatus::Ended,
            LogUpdate::Failed(why) => page.status = LogStatus::Failed(why),
        }
    }
}
