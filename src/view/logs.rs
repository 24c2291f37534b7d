//! A container's log.

use super::{
    Line, Scene, TextPage, cells,
    document::{Window, paged, search_status},
};
use crate::{
    app::{LogPage, LogStatus},
    theme::Role,
};

pub(super) fn page(scene: Scene<'_>, page: &LogPage) -> TextPage {
    let window = Window { top: page.top, left: page.left, wrap: page.wrap, end: page.follow };
    let texts = page.lines.iter().map(|line| &*line.text);
    let mut view = paged(scene, texts, window, &page.search, &level);
    view.title = title(page);
    let found = search_status(&page.search, page.lines.iter().map(|line| &*line.text));
    view.status = if found.is_empty() { status(page) } else { found };
    if page.lines.is_empty() {
        view.lines = vec![nothing(page)];
    }
    view
}

fn title(page: &LogPage) -> Line {
    let request = &page.request;
    let run = if request.previous { "  previous run" } else { "" };
    let several =
        if page.containers.len() > 1 { format!(" ({} containers)", page.containers.len()) } else { String::new() };
    Line::new(format!("{} › {}", cells::name(&request.pod), cells::name(&request.container)), Role::Title)
        .then(several, Role::Dim)
        .then(run, Role::Warn)
}

fn status(page: &LogPage) -> Line {
    let state = match (&page.status, page.follow) {
        (LogStatus::Opening, _) => Line::new("opening", Role::Dim),
        (LogStatus::Open, true) => Line::new("● following", Role::Ok),
        (LogStatus::Open, false) => Line::new("■ held, f follows", Role::Warn),
        (LogStatus::Ended, _) => Line::new("ended", Role::Dim),
        (LogStatus::Failed(why), _) => Line::new(why.clone(), Role::Error),
    };
    let gone = if page.dropped > 0 { format!(", {} older let go", page.dropped) } else { String::new() };
    state.then(format!("  {} lines{gone}", page.lines.len()), Role::Dim)
}

fn nothing(page: &LogPage) -> Line {
    match &page.status {
        LogStatus::Opening => Line::new("waiting for the first line …", Role::Dim),
        LogStatus::Failed(why) => Line::new(why.clone(), Role::Error),
        LogStatus::Open | LogStatus::Ended => Line::new("nothing was written", Role::Dim),
    }
}

/// A line's role by the level it names.
fn level(text: &str) -> Line {
    let head: String = text.chars().take(160).collect::<String>().to_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| head.contains(word));
    let role = if has(&["ERROR", "FATAL", "PANIC", "EXCEPTION", "OUTOFMEMORY"]) {
        Role::Error
    } else if has(&["WARN"]) {
        Role::Warn
    } else if has(&["DEBUG", "TRACE"]) {
        Role::Dim
    } else {
        Role::Text
    };
    Line::new(text, role)
}
