//! `history`.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    cli::print::Table,
    release::{Revision, Who},
};

/// One revision as `history -o json` tells it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HistoryRow {
    revision: i64,
    current: bool,
    created: Option<Timestamp>,
    images: Vec<String>,
    version: String,
    change_cause: Option<String>,
    who: WhoRow,
    replicas: i32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct WhoRow {
    name: Option<String>,
    via: Option<String>,
    at: Option<Timestamp>,
}

/// Makes the rows, newest first as they come.
pub fn history_rows(revisions: &[Revision]) -> Vec<HistoryRow> {
    revisions.iter().map(row).collect()
}

fn row(revision: &Revision) -> HistoryRow {
    let who = match &revision.who {
        Who::Person { name, via } => (Some(name.clone()), Some(via.to_string())),
        Who::Tool(tool) => (Some(tool.to_string()), Some("field manager".to_owned())),
        Who::Unknown => (None, None),
    };
    // A revision that was gone back to keeps its first time, so its author's time is known for no other.
    let at = revision.created.filter(|_| who.0.is_some());
    HistoryRow {
        revision: revision.revision,
        current: revision.current,
        created: revision.created,
        images: revision.images.iter().map(|(_, image)| image.to_string()).collect(),
        version: revision.version.clone(),
        change_cause: revision.change_cause.clone(),
        who: WhoRow { name: who.0, via: who.1, at },
        replicas: revision.replicas,
    }
}

/// Makes the table for people; ages are as of `now`.
pub fn history_table(rows: &[HistoryRow], now: Timestamp) -> String {
    let mut table = Table::new(&["REVISION", "AGE", "REPLICAS", "VERSION", "WHO", "CHANGE-CAUSE", "IMAGES"]);
    for row in rows {
        let mark = if row.current { "*" } else { "" };
        let who = match (&row.who.name, row.who.via.as_deref()) {
            (Some(name), Some("field manager")) => format!("{name} (tool)"),
            (Some(name), _) => name.clone(),
            (None, _) => String::new(),
        };
        table.row(vec![
            format!("{}{mark}", row.revision),
            row.created.map(|created| age(created, now)).unwrap_or_default(),
            row.replicas.to_string(),
            row.version.clone(),
            who,
            row.change_cause.clone().unwrap_or_default(),
            row.images.join(", "),
        ]);
    }
    table.render()
}

/// Words an age by its largest unit, as kubectl does.
fn age(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(since).as_secs().max(0);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7200 => format!("{}m", seconds / 60),
        7200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}
