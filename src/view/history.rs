//! Revisions, and what differs between two of them.

use super::{Body, Column, Line, Scene, Table, TextPage, cells, wrap};
use crate::{
    app::{Area, History},
    domain::text::clean,
    operation::Change,
    release::{Revision, Who, revisions},
    theme::Role,
};

pub(super) fn page(scene: Scene<'_>, page: &History) -> Body {
    let all = revisions(scene.sight.world, &page.key, scene.sight.now);
    let at = all.iter().position(|one| Some(one.revision) == page.revision).unwrap_or(0);
    let revisions = Table {
        title: Line::new(format!("History of {}", cells::key(&page.key)), Role::Title)
            .then(", newest first", Role::Dim),
        scroll: scene.app.extent(Area::Main).first,
        ..list(scene, &all, Some(at))
    };
    Body::History { revisions, diff: difference(scene, page, &all) }
}

/// Revisions as rows, for the page and for the dialog that picks one.
pub(super) fn list(scene: Scene<'_>, all: &[Revision], selected: Option<usize>) -> Table {
    Table {
        columns: vec![
            Column::new("REV", 5, 6).right(),
            Column::new("VERSION", 10, 18),
            Column::new("PODS", 6, 6).right().drop(5),
            Column::new("AGE", 5, 6).right().drop(1),
            Column::new("IMAGE", 16, 40).drop(3).grows(),
            Column::new("WHO", 8, 26).drop(4),
            Column::new("CHANGE-CAUSE", 14, 40).drop(2).grows(),
        ],
        rows: all.iter().map(|one| row(scene, one)).collect(),
        selected: selected.filter(|_| !all.is_empty()),
        focused: true,
        empty: vec![Line::new("no revisions are known", Role::Dim)],
        ..Table::default()
    }
}

fn row(scene: Scene<'_>, revision: &Revision) -> Vec<Line> {
    let role = if revision.current { Role::Title } else { Role::Text };
    let who = match &revision.who {
        Who::Person { name, .. } => clean(name, false).into_owned(),
        Who::Tool(tool) => format!("{} (tool)", clean(tool, false)),
        Who::Unknown => "–".to_owned(),
    };
    let images: Vec<String> = revision.images.iter().map(|(_, image)| cells::image(image)).collect();
    vec![
        Line::new(format!("{}{}", if revision.current { "▸" } else { "" }, revision.revision), role),
        Line::new(clean(&revision.version, false), role),
        Line::plain(format!("{}/{}", revision.ready, revision.replicas)),
        Line::new(scene.clock.age_of(revision.created), Role::Dim),
        Line::new(images.join(", "), Role::Dim),
        Line::new(who, Role::Dim),
        Line::new(clean(revision.change_cause.as_deref().unwrap_or("–"), false), Role::Dim),
    ]
}

fn difference(scene: Scene<'_>, page: &History, all: &[Revision]) -> TextPage {
    let title = match page.asked {
        Some((from, to)) => Line::new(format!("What changed from revision {from} to {to}"), Role::Title),
        None => Line::new("Nothing to compare with", Role::Title),
    };
    let room = usize::from(scene.setting.size.0).saturating_sub(4);
    let lines = match &page.difference {
        Some((between, answer)) if Some(*between) == page.asked => match answer {
            Ok(changes) if changes.is_empty() => vec![Line::new("the templates are the same", Role::Dim)],
            Ok(changes) => changes.iter().flat_map(|change| change_lines(change, room)).collect(),
            Err(why) => wrap(why, room).into_iter().map(|line| Line::new(line, Role::Error)).collect(),
        },
        _ if page.asked.is_some() => vec![Line::new("comparing …", Role::Dim)],
        _ => Vec::new(),
    };
    let used = all.len().max(1) + 2;
    let height = usize::from(scene.setting.size.1).saturating_sub(2);
    let height = height.saturating_sub(used.min(height / 2)).saturating_sub(1);
    let first = page.scroll.min(lines.len().saturating_sub(height));
    let total = lines.len();
    TextPage { title, lines: lines.into_iter().skip(first).take(height).collect(), first, total, ..TextPage::default() }
}

/// A field, before and after.
pub(super) fn change_lines(change: &Change, room: usize) -> Vec<Line> {
    let mut lines = vec![Line::new(clean(&change.label, false), Role::Title)];
    for (value, sign, role) in [(&change.before, "-", Role::DiffRemove), (&change.after, "+", Role::DiffAdd)] {
        let Some(value) = value else { continue };
        let text = Change::shown(Some(value));
        for part in text.lines() {
            let wrapped = wrap(&clean(part, false), room.saturating_sub(4));
            lines.extend(wrapped.into_iter().map(|line| Line::new(format!("  {sign} {line}"), role)));
        }
    }
    lines
}
