//! `status`.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    cli::print::Table,
    domain::{Meta, Strategy, WorkloadKey},
    operation::Keeper,
    release::Assessment,
    world::World,
};

/// One workload as `status -o json` tells it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StatusRow {
    namespace: String,
    kind: &'static str,
    name: String,
    strategy: String,
    state: &'static str,
    reason: String,
    message: String,
    desired: i32,
    updated: i32,
    ready: i32,
    available: i32,
    revision: i64,
    version: Versions,
    restarts: Restarts,
    paused: bool,
    owner: Owner,
    since: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Versions {
    from: String,
    to: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Restarts {
    total: i32,
    recent: i32,
    last_reason: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Owner {
    hpa: Option<String>,
    gitops: Option<&'static str>,
}

/// Makes the row of a workload; `None` when it is gone.
pub fn status_row(world: &World, key: &WorkloadKey, judged: &Assessment) -> Option<StatusRow> {
    let workload = world.workload(key)?;
    let progress = &judged.progress;
    Some(StatusRow {
        namespace: key.namespace.to_string(),
        kind: key.kind.name(),
        name: key.name.to_string(),
        strategy: match (&workload.strategy, &judged.delivery) {
            (_, Some(delivery)) if world.unit(key).is_some() || workload.delivery.is_some() => delivery.word(),
            (Strategy::Rolling { .. }, _) => "rolling".to_owned(),
            (Strategy::Recreate, _) => "recreate".to_owned(),
            (Strategy::OnDelete, _) => "on_delete".to_owned(),
        },
        state: judged.state.word(),
        reason: judged.reason.clone(),
        message: judged.message.clone(),
        desired: progress.desired,
        updated: progress.updated,
        ready: progress.ready,
        available: progress.available,
        revision: judged.revision,
        version: Versions { from: judged.version.from.clone(), to: judged.version.to.clone() },
        restarts: Restarts {
            total: judged.restarts.total,
            recent: judged.restarts.recent,
            last_reason: judged.restarts.last_reason.clone(),
        },
        paused: workload.paused,
        owner: Owner {
            hpa: world.autoscaler_of(key).map(|scaler| scaler.meta.name.to_string()),
            gitops: gitops(&workload.meta),
        },
        since: judged.started.as_ref().map(|started| started.at),
    })
}

fn gitops(meta: &Meta) -> Option<&'static str> {
    let managed = |name: &str| meta.managers.iter().any(|manager| &*manager.name == name);
    Keeper::find(|name| meta.label(name), |name| meta.annotation(name), managed).map(|keeper| keeper.tool.word())
}

/// Makes the table for people; the namespace stands in it when there are several.
pub fn status_table(rows: &[StatusRow]) -> String {
    let several = rows.iter().any(|row| row.namespace != rows[0].namespace);
    let mut heading = vec!["WORKLOAD", "STATE", "UPDATED", "READY", "AVAILABLE", "VERSION", "RESTARTS", "REASON"];
    if several {
        heading.insert(0, "NAMESPACE");
    }
    let mut table = Table::new(&heading);
    for row in rows {
        let count = |number: i32| format!("{number}/{}", row.desired);
        let mut cells = vec![
            format!("{}/{}", row.kind.to_ascii_lowercase(), row.name),
            row.state.to_owned(),
            count(row.updated),
            count(row.ready),
            count(row.available),
            version(&row.version),
            restarts(&row.restarts),
            if row.reason.is_empty() { row.message.clone() } else { row.reason.clone() },
        ];
        if several {
            cells.insert(0, row.namespace.clone());
        }
        table.row(cells);
    }
    table.render()
}

fn version(version: &Versions) -> String {
    if version.from.is_empty() || version.from == version.to {
        version.to.clone()
    } else {
        format!("{} → {}", version.from, version.to)
    }
}

fn restarts(restarts: &Restarts) -> String {
    if restarts.last_reason.is_empty() {
        restarts.total.to_string()
    } else {
        format!("{} {}", restarts.total, restarts.last_reason)
    }
}
