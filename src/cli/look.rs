//! The subcommands that only look: `status` and `history`.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::{
    domain::{Absence, Family, SourceState, WorkloadKey},
    operation::Change,
    release::revisions,
    session::operate,
    settings::Settings,
};

use super::{
    args::{Output, Range},
    failure::{Failure, Kind},
    follow::{self, Until},
    intent::Common,
    print::Printer,
    reach::{Reach, View},
    report::{StatusRow, history_rows, history_table, machine, status_row, status_table},
    target::Target,
};

/// Says how workloads are; follows them first where a time is given.
pub async fn status(
    common: &Common,
    settings: &Settings,
    targets: &[Target],
    wait: Option<SignedDuration>,
    printer: Printer,
) -> Result<(), Failure> {
    let reach = Reach::open(common, settings).await?;
    let mut keys = Vec::new();
    for target in targets {
        keys.push(reach.resolve(target).await?);
    }
    let mut view = reach.view(&keys).await?;
    if let Some(missing) = keys.iter().find(|key| view.picture.world.workload(key).is_none()) {
        return Err(Failure::new(Kind::Failed, format!("{missing} is not in namespace {}", missing.namespace))
            .hint("rolltop status lists what is there"));
    }
    for (family, _, source) in view.picture.world.sources() {
        if let (Family::Workloads(_), SourceState::Absent(absence @ Absence::Forbidden(_))) = (family, &source.state) {
            printer.remark(&format!("rolltop: some workloads cannot be seen: {absence}"));
        }
    }
    // What is a part of a unit is shown as that unit.
    keys = keys.iter().map(|key| view.picture.world.unit_of(key)).collect();
    keys.dedup();
    if keys.is_empty() {
        keys = view.picture.world.unit_keys().collect();
        keys.retain(|key| reach.selects(&view.picture.world, key));
    }
    let ended = match wait {
        None => Ok(()),
        Some(limit) => {
            follow::run(&mut view, &Until { keys: keys.clone(), generation: 0, phase_since: None, limit }, printer)
                .await
        }
    };
    let text = render(&view, &keys, common.output)?;
    if text.is_empty() {
        printer.remark("rolltop: no workloads here; -n and -A look elsewhere");
    }
    printer.result(&text)?;
    ended
}

fn render(view: &View, keys: &[WorkloadKey], output: Output) -> Result<String, Failure> {
    let row = |key: &WorkloadKey| status_row(&view.picture.world, key, view.picture.assessments.get(key)?);
    let rows: Vec<StatusRow> = keys.iter().filter_map(row).collect();
    match machine(&rows, output) {
        Some(text) => text,
        None if rows.is_empty() => Ok(String::new()),
        None => Ok(status_table(&rows)),
    }
}

/// Says what a workload was, or what two of its revisions differ in.
pub async fn history(
    common: &Common,
    settings: &Settings,
    target: &Target,
    diff: Option<Range>,
    printer: Printer,
) -> Result<(), Failure> {
    let reach = Reach::open(common, settings).await?;
    let key = reach.resolve(target).await?;
    if let Some(Range { from, to }) = diff {
        let changes = operate::difference(&reach.client, &reach.link, &key, (from, to)).await?;
        return Ok(printer.result(&differences(&changes, common.output))?);
    }
    let view = reach.view(std::slice::from_ref(&key)).await?;
    if view.picture.world.workload(&key).is_none() {
        return Err(Failure::new(Kind::Failed, format!("{key} is not in namespace {}", key.namespace))
            .hint("rolltop status lists what is there"));
    }
    let now = Timestamp::now();
    let rows = history_rows(&revisions(&view.picture.world, &key, now));
    let text = machine(&rows, common.output).unwrap_or_else(|| Ok(history_table(&rows, now)))?;
    Ok(printer.result(&text)?)
}

fn differences(changes: &[Change], output: Output) -> String {
    if output == Output::Json {
        let row = |change: &Change| json!({"field": change.label, "before": change.before, "after": change.after});
        let rows: Vec<_> = changes.iter().map(row).collect();
        return format!("{:#}\n", serde_json::Value::from(rows));
    }
    if changes.is_empty() {
        return "the templates are identical\n".to_owned();
    }
    let lines: Vec<String> = changes.iter().map(ToString::to_string).collect();
    lines.join("\n") + "\n"
}
