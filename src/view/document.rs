//! Pages of text: YAML, with wrapping and search; the log page uses the same paging.

use super::{Line, Scene, TextPage, text_columns, text_rows, wrap};
use crate::{
    app::{Content, Search, TextPage as Page},
    theme::Role,
};

pub(super) fn page(scene: Scene<'_>, page: &Page) -> TextPage {
    let kind = page.object.kind.to_lowercase();
    let title = Line::new(format!("{kind}/{}", super::cells::name(&page.object.name)), Role::Title);
    let title = title.then(format!("  {}", super::cells::name(&page.object.namespace)), Role::Dim);
    let lines = match &page.content {
        Content::Waiting => vec!["reading …".to_owned()],
        Content::Failed(why) => vec![why.clone()],
        Content::Here(yaml) => yaml.shown(page.unfolded),
    };
    let styled = |line: &str| yaml_line(line);
    let window = Window { top: page.top, left: page.left, wrap: page.wrap, end: false };
    let mut view = paged(scene, lines.iter().map(String::as_str), window, &page.search, &styled);
    view.title = title;
    view.status = search_status(&page.search, lines.iter().map(String::as_str));
    view
}

/// What part of a text is on screen.
#[derive(Clone, Copy)]
pub(super) struct Window {
    pub top: usize,
    pub left: usize,
    pub wrap: bool,
    /// Keep the end in sight.
    pub end: bool,
}

/// Cuts the lines on screen out of a text. Only wrapped texts are measured as a whole.
pub(super) fn paged<'a>(
    scene: Scene<'_>,
    lines: impl ExactSizeIterator<Item = &'a str>,
    window: Window,
    search: &Search,
    styled: &dyn Fn(&str) -> Line,
) -> TextPage {
    let (rows, columns) = (text_rows(scene), text_columns(scene));
    let needle = search.needle().to_lowercase();
    let finish = |text: &str| mark(styled(text), &needle);
    let (shown, first, total) = if window.wrap {
        let folded: Vec<String> = lines.flat_map(|line| wrap(line, columns)).collect();
        let first = first_of(window, folded.len(), rows);
        (folded[first..].iter().take(rows).map(|line| finish(line)).collect(), first, folded.len())
    } else {
        let total = lines.len();
        let first = first_of(window, total, rows);
        let shown = lines.skip(first).take(rows).map(|line| finish(shifted(line, window.left))).collect();
        (shown, first, total)
    };
    TextPage { lines: shown, first, total, focused: scene.app.dialog.is_none(), ..TextPage::default() }
}

fn first_of(window: Window, total: usize, rows: usize) -> usize {
    let last = total.saturating_sub(rows);
    if window.end { last } else { window.top.min(last) }
}

fn shifted(line: &str, left: usize) -> &str {
    line.char_indices().nth(left).map_or(if left == 0 { line } else { "" }, |(at, _)| &line[at..])
}

/// Marks what is searched for.
fn mark(line: Line, needle: &str) -> Line {
    if needle.is_empty() {
        return line;
    }
    let text = line.text();
    let lower = text.to_lowercase();
    // Lowering may change lengths; then the whole line is marked rather than the wrong part of it.
    if lower.len() != text.len() {
        return if lower.contains(needle) { Line::new(text, Role::Match) } else { line };
    }
    let Some(first) = lower.find(needle) else { return line };
    let mut marked = Line::plain(&text[..first]);
    let mut at = first;
    while let Some(found) = lower[at..].find(needle) {
        let from = at + found;
        let to = from + needle.len();
        if !text.is_char_boundary(from) || !text.is_char_boundary(to) {
            return Line::new(text, Role::Match);
        }
        marked = marked.then(&text[at..from], Role::Text).then(&text[from..to], Role::Match);
        at = to;
    }
    marked.then(&text[at..], Role::Text)
}

/// How many lines hold what is searched for.
pub(super) fn search_status<'a>(search: &Search, lines: impl Iterator<Item = &'a str>) -> Line {
    let needle = search.needle().to_lowercase();
    if needle.is_empty() {
        return Line::default();
    }
    let hits = lines.filter(|line| line.to_lowercase().contains(&needle)).count();
    let role = if hits == 0 { Role::Warn } else { Role::Dim };
    let noun = if hits == 1 { "line" } else { "lines" };
    Line::new(format!("{needle:?} in {hits} {noun}"), role)
}

/// A key in one role, its value in another.
fn yaml_line(line: &str) -> Line {
    let body = line.trim_start();
    let indent = &line[..line.len() - body.len()];
    if body.starts_with('#') {
        return Line::new(line, Role::Dim);
    }
    let (dash, rest) = body.strip_prefix("- ").map_or(("", body), |rest| ("- ", rest));
    match rest.split_once(": ") {
        Some((key, value)) if !key.contains(' ') => {
            Line::plain(format!("{indent}{dash}")).then(format!("{key}: "), Role::Accent).then(value, Role::Text)
        }
        _ if rest.ends_with(':') && !rest.contains(' ') => {
            Line::plain(format!("{indent}{dash}")).then(rest, Role::Accent)
        }
        _ => Line::plain(line),
    }
}
