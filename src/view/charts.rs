//! The panels of a workload as charts.

use jiff::Timestamp;

use super::{Body, Chart, Line, Plot, Scene, cells};
use crate::{
    app::{Metrics, PanelAnswer},
    domain::text::clean,
    panel,
    theme::Role,
};

pub(super) fn page(scene: Scene<'_>, page: &Metrics) -> Body {
    let began = scene.sight.assessments.get(&page.key).and_then(|assessment| assessment.started.as_ref());
    let mut title =
        Line::new(cells::name(&page.key.name), Role::Title).then(format!("  last {}", page.range.word()), Role::Dim);
    if let Some(began) = began {
        title = title
            .then("  ┊ ", Role::ChartMark)
            .then(format!("release began {} ago", scene.clock.age(began.at)), Role::Dim);
    }
    let mark = began.map(|began| began.at.as_duration().as_secs_f64());
    let mut charts: Vec<Chart> = page.answers.values().map(|answer| chart(scene, answer, mark)).collect();
    if charts.is_empty() {
        let (text, fault) = match &scene.setting.prometheus {
            Some(Err(why)) => (why.to_string(), true),
            _ => ("asking Prometheus …".to_owned(), false),
        };
        charts.push(Chart { title: "Metrics".to_owned(), message: Some((text, fault)), ..Chart::default() });
    }
    Body::Charts { title, charts, scroll: page.scroll }
}

fn chart(scene: Scene<'_>, answer: &PanelAnswer, mark: Option<f64>) -> Chart {
    let Some(own) = scene.setting.panels.get(answer.number) else { return Chart::default() };
    let value = |value: f64| own.unit.show(value);
    let mut chart = Chart {
        title: clean(&own.title, false).into_owned(),
        x: answer.span,
        mark: mark.filter(|mark| (answer.span.0..=answer.span.1).contains(mark)),
        note: clean(&answer.note, false).into_owned(),
        ..Chart::default()
    };
    let series = match &answer.lines {
        Ok(series) if series.iter().all(|(_, series)| series.samples.is_empty()) => {
            chart.message = Some(("no data in this range".to_owned(), false));
            return chart;
        }
        Ok(series) => series,
        Err(why) => {
            chart.message = Some((clean(why, false).into_owned(), true));
            return chart;
        }
    };
    for (name, series) in series {
        let points: Vec<(f64, f64)> = series
            .samples
            .iter()
            .filter(|sample| sample.value.is_finite())
            .map(|sample| (sample.at, sample.value))
            .collect();
        let last = series.samples.last().map_or_else(|| "–".to_owned(), |sample| value(sample.value));
        chart.lines.push(Plot { legend: format!("{} {last}", clean(name, false)), points });
    }
    let values = chart.lines.iter().flat_map(|line| line.points.iter().map(|(_, value)| *value));
    let top = values.fold(0.0_f64, f64::max);
    // A threshold near the values is worth the room; one far above would flatten them.
    chart.thresholds = own
        .thresholds
        .iter()
        .filter(|threshold| threshold.value <= top * 3.0)
        .map(|threshold| (threshold.value, threshold.level == panel::Level::Error))
        .collect();
    let top = chart.thresholds.iter().map(|(limit, _)| *limit).fold(top, f64::max);
    let top = nice(top);
    chart.y = (0.0, top);
    chart.y_labels = [0.0, top / 2.0, top].into_iter().map(|at| (at, value(at))).collect();
    chart.x_labels = times(scene, answer.span);
    chart
}

/// A round number at or above the greatest value.
fn nice(top: f64) -> f64 {
    if top <= 0.0 || !top.is_finite() {
        return 1.0;
    }
    let power = 10_f64.powf(top.log10().floor());
    let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps.iter().map(|step| step * power).find(|round| *round >= top * 0.999_999).unwrap_or(top)
}

/// Five times along the axis.
fn times(scene: Scene<'_>, span: (f64, f64)) -> Vec<(f64, String)> {
    (0..=4)
        .filter_map(|quarter| {
            let at = span.0 + (span.1 - span.0) * f64::from(quarter) / 4.0;
            #[expect(clippy::cast_possible_truncation, reason = "seconds since the epoch")]
            let instant = Timestamp::from_second(at as i64).ok()?;
            Some((at, scene.clock.stamp(instant, "%H:%M")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers() {
        for (top, expected) in [(0.0, 1.0), (0.93, 1.0), (1.1, 1.5), (7.2, 8.0), (212.0, 300.0), (f64::NAN, 1.0)] {
            assert!((nice(top) - expected).abs() < 1e-9, "{top}: {}", nice(top));
        }
    }
}
