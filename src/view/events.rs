//! Events of a workload and what belongs to it, newest first.

use super::{Column, Line, Piece, Scene, Table, cells};
use crate::{
    domain::{Event, WorkloadKey, text::clean},
    theme::Role,
};

pub(super) fn table(scene: Scene<'_>, key: &WorkloadKey, cursor: usize, whole_page: bool) -> Table {
    let events = scene.sight.world.events_of(key);
    let area = if whole_page { super::Area::Main } else { super::Area::Events };
    let title = if whole_page {
        Line::new(format!("Events of {}", cells::key(key)), Role::Title).then(", newest first", Role::Dim)
    } else {
        Line::default()
    };
    Table {
        title,
        columns: vec![
            Column::new("AGE", 5, 6).right(),
            Column::new("REASON", 14, 20),
            Column::new("OBJECT", 12, 36).drop(1).middle(),
            Column::new("COUNT", 5, 5).right().drop(2),
            Column::new("MESSAGE", 24, 60).grows(),
            Column::new("SOURCE", 8, 22).drop(3),
        ],
        rows: events.iter().map(|event| row(scene, event)).collect(),
        selected: (!events.is_empty()).then(|| cursor.min(events.len() - 1)),
        scroll: scene.app.extent(area).first,
        focused: scene.app.dialog.is_none(),
        empty: vec![Line::new("no events: the API server forgets them after an hour", Role::Dim)],
    }
}

fn row(scene: Scene<'_>, event: &Event) -> Vec<Line> {
    let role = cells::severity(event);
    let kind = match &*event.about.kind {
        "ReplicaSet" => "rs",
        "HorizontalPodAutoscaler" => "hpa",
        "Pod" => "pod",
        "Deployment" => "deploy",
        "StatefulSet" => "sts",
        "DaemonSet" => "ds",
        other => other,
    };
    let at = event.last.or(event.first).or(event.meta.created);
    vec![
        Line::new(scene.clock.age_of(at), Role::Dim),
        Line::default().with(Piece::Glyph(role)).then(format!(" {}", cells::name(&event.reason)), role),
        Line::new(format!("{kind}/{}", cells::name(&event.about.name)), Role::Dim),
        Line::new(if event.count > 1 { format!("×{}", event.count) } else { String::new() }, Role::Dim),
        Line::plain(clean(&event.message, false)),
        Line::new(cells::name(&event.source), Role::Dim),
    ]
}
