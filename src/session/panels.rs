//! One round of a workload's charts.

use std::time::Duration;

use futures::{Stream, stream::FuturesUnordered};
use jiff::Timestamp;

use crate::{
    app::{PanelAnswer, Range},
    domain::WorkloadKey,
    panel::{Panel, Variables},
    prometheus::{self, Client, Window},
};

/// Asks all panels of a workload at once; each answer comes as soon as it is there. `columns` is the width of the
/// screen: more points than it has dots are of no use.
pub fn panel_answers<'a>(
    client: &'a Client,
    panels: &'a [Panel],
    key: &'a WorkloadKey,
    range: Range,
    columns: u16,
    now: Timestamp,
) -> impl Stream<Item = PanelAnswer> + use<'a> {
    let length = Duration::from_secs(u64::from(range.seconds()));
    let window = Window::back_from(now, length, columns.saturating_mul(2));
    let asked = panels.iter().enumerate().map(move |(number, panel)| async move {
        let variables = Variables::of(key, None, window.interval());
        let data = prometheus::panel(client, panel, &variables, &window).await;
        let note = data.as_ref().ok().and_then(|data| data.note.clone()).unwrap_or_default();
        let lines = data.map(|data| data.lines).map_err(|error| error.to_string());
        let span = (seconds(window.start), seconds(window.end));
        PanelAnswer { key: key.clone(), range, number, lines, note, span }
    });
    asked.collect::<FuturesUnordered<_>>()
}

#[expect(clippy::cast_precision_loss, reason = "seconds since the epoch stay far below 2^52")]
fn seconds(at: i64) -> f64 {
    at as f64
}
