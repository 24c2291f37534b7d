//! A chart over time in braille: axes, units, legend, thresholds and the mark of the release.
//!
//! ```text
//! CPU  cores                       note
//! 0.5 ┤⠀⠀⡠⠒⠊⢆    ┊
//! 0.2 ┤⠔⠊    ⠱⡀  ┊   (┊ the release began here)
//!   0 └─────────────
//!     11:45   12:00
//!  ─ pod-a 0.2  ─ pod-b 0.4
//! ```

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::pane;
use crate::{
    theme::Role,
    ui::{Canvas, text},
    view::{Chart, Line, Plot, cut, width},
};

/// Draws a chart.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, chart: &Chart) {
    let mut title = Line::new(chart.title.clone(), Role::Title);
    for extra in [&chart.unit, &chart.note] {
        if !extra.is_empty() {
            title = title.then(format!("  {extra}"), Role::Dim);
        }
    }
    let area = pane::titled(canvas, area, &title, false);
    if let Some((message, fault)) = &chart.message {
        let role = if *fault { Role::Error } else { Role::Dim };
        let wrapped = crate::view::wrap(message, usize::from(area.width.saturating_sub(4)));
        let lines: Vec<Line> = wrapped.into_iter().map(|line| Line::new(format!("  {line}"), role)).collect();
        pane::lines(canvas, area, &lines);
        return;
    }
    let labels = chart.y_labels.iter().map(|(_, label)| width(label)).max().unwrap_or(0);
    let axis = u16::try_from(labels).unwrap_or(0).min(area.width / 3) + 2;
    let legend = u16::from(area.height > 5 && !chart.lines.is_empty());
    if area.height < 3 + legend || area.width < axis + 8 {
        return;
    }
    let plot = Rect { x: area.x + axis, y: area.y, width: area.width - axis - 1, height: area.height - 2 - legend };
    axes(canvas, plot, axis, chart);
    marks(canvas, plot, chart);
    for (number, line) in chart.lines.iter().enumerate() {
        let style = canvas.paint.role(series(number));
        Braille::of(plot, chart, line).draw(canvas.buf, style);
    }
    if legend == 1 {
        draw_legend(canvas, Rect { y: area.bottom() - 1, height: 1, ..area }, &chart.lines);
    }
}

fn axes(canvas: &mut Canvas<'_>, plot: Rect, axis: u16, chart: &Chart) {
    let style = canvas.paint.rule(false);
    for y in plot.top()..plot.bottom() {
        canvas.buf.set_string(plot.x - 1, y, "│", style);
    }
    canvas.buf.set_string(plot.x - 1, plot.bottom(), "└", style);
    canvas.buf.set_string(plot.x, plot.bottom(), "─".repeat(usize::from(plot.width)), style);
    for (value, label) in &chart.y_labels {
        let Some(y) = row_of(plot, chart, *value) else { continue };
        let label = cut(label, usize::from(axis.saturating_sub(2))).into_owned();
        let x = plot.x - 1 - u16::try_from(width(&label)).unwrap_or(0);
        text::put(canvas.buf, canvas.paint, (x.saturating_sub(1), y), axis, &Line::new(label, Role::Dim));
        canvas.buf.set_string(plot.x - 1, y, "┤", style);
    }
    let mut free = plot.x;
    for (at, label) in &chart.x_labels {
        let Some(x) = column_of(plot, chart, *at) else { continue };
        let wide = u16::try_from(width(label)).unwrap_or(0);
        let x = x.saturating_sub(wide / 2).max(plot.x).min(plot.right().saturating_sub(wide));
        if x < free {
            continue;
        }
        let line = Line::new(label.clone(), Role::Dim);
        text::put(canvas.buf, canvas.paint, (x, plot.bottom() + 1), wide, &line);
        free = x + wide + 2;
    }
}

/// Thresholds as dashed lines across, the release as a dashed line down.
fn marks(canvas: &mut Canvas<'_>, plot: Rect, chart: &Chart) {
    for (value, grave) in &chart.thresholds {
        let Some(y) = row_of(plot, chart, *value) else { continue };
        let style = canvas.paint.role(if *grave { Role::ChartThreshold } else { Role::Warn });
        for x in plot.left()..plot.right() {
            canvas.buf.set_string(x, y, "╌", style);
        }
    }
    let Some(x) = chart.mark.and_then(|mark| column_of(plot, chart, mark)) else { return };
    let style = canvas.paint.role(Role::ChartMark);
    for y in plot.top()..plot.bottom() {
        canvas.buf.set_string(x, y, "┊", style);
    }
    canvas.buf.set_string(x, plot.bottom(), "┴", style);
}

fn draw_legend(canvas: &mut Canvas<'_>, area: Rect, lines: &[Plot]) {
    let mut legend = Line::default();
    for (number, line) in lines.iter().enumerate() {
        legend = legend.then(" ━ ", series(number)).then(line.legend.clone(), Role::Text).spare(" ", Role::Text);
    }
    // Where it is tight, the gaps go before the words do.
    let tight = text::without_spare(canvas.paint, &legend, usize::from(area.width));
    text::put(canvas.buf, canvas.paint, (area.x, area.y), area.width, tight.as_ref().unwrap_or(&legend));
}

/// The role of a line by its number; lines beyond the last role begin anew.
fn series(number: usize) -> Role {
    Role::CHART[number % Role::CHART.len()]
}

/// Returns how far along a range a value is, 0 to 1; `None` outside.
fn share(value: f64, range: (f64, f64)) -> Option<f64> {
    let share = (value - range.0) / (range.1 - range.0);
    (share.is_finite() && (-1e-9..=1.0 + 1e-9).contains(&share)).then(|| share.clamp(0.0, 1.0))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a terminal's size")]
fn scaled(share: f64, cells: u16) -> u16 {
    (share * f64::from(cells.saturating_sub(1))).round() as u16
}

fn column_of(plot: Rect, chart: &Chart, at: f64) -> Option<u16> {
    Some(plot.x + scaled(share(at, chart.x)?, plot.width))
}

fn row_of(plot: Rect, chart: &Chart, value: f64) -> Option<u16> {
    Some(plot.bottom() - 1 - scaled(share(value, chart.y)?, plot.height))
}

/// Dots of one line, two across and four down in each cell. Each line has its own, so that where two cross
/// the later one's colour wins the whole cell instead of a mixture.
struct Braille {
    area: Rect,
    cells: Vec<u8>,
}

impl Braille {
    fn of(area: Rect, chart: &Chart, line: &Plot) -> Self {
        let mut dots = Self { area, cells: vec![0; usize::from(area.width) * usize::from(area.height)] };
        let (wide, high) = (area.width.saturating_mul(2), area.height.saturating_mul(4));
        let gap = longest_step(&line.points) * 1.5;
        let mut last: Option<(f64, u16, u16)> = None;
        for (at, value) in &line.points {
            let value = value.clamp(chart.y.0, chart.y.1);
            let (Some(across), Some(up)) = (share(*at, chart.x), share(value, chart.y)) else {
                last = None;
                continue;
            };
            let (x, y) = (scaled(across, wide), high - 1 - scaled(up, high));
            match last {
                Some((before, from_x, from_y)) if at - before <= gap => dots.line((from_x, from_y), (x, y)),
                _ => dots.dot(x, y),
            }
            last = Some((*at, x, y));
        }
        dots
    }

    fn dot(&mut self, x: u16, y: u16) {
        const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let cell = usize::from(y / 4) * usize::from(self.area.width) + usize::from(x / 2);
        if let Some(cell) = self.cells.get_mut(cell) {
            *cell |= BITS[usize::from(y % 4)][usize::from(x % 2)];
        }
    }

    fn line(&mut self, from: (u16, u16), to: (u16, u16)) {
        let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
        let between = |a: u16, b: u16, step: u16| {
            scaled(
                (f64::from(a) + (f64::from(b) - f64::from(a)) * f64::from(step) / f64::from(steps)) / 65_535.0,
                u16::MAX,
            )
        };
        for step in 0..=steps {
            self.dot(between(from.0, to.0, step), between(from.1, to.1, step));
        }
    }

    fn draw(&self, buf: &mut Buffer, style: Style) {
        for (at, dots) in self.cells.iter().enumerate().filter(|(_, dots)| **dots != 0) {
            let width = usize::from(self.area.width);
            let x = self.area.x + u16::try_from(at % width).unwrap_or(0);
            let y = self.area.y + u16::try_from(at / width).unwrap_or(0);
            if let (Some(cell), Some(glyph)) = (buf.cell_mut((x, y)), char::from_u32(0x2800 + u32::from(*dots))) {
                cell.set_char(glyph).set_style(style);
            }
        }
    }
}

/// The usual step is the median; a gap is where the distance is well above it.
fn longest_step(points: &[(f64, f64)]) -> f64 {
    let mut steps: Vec<f64> = points.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    steps.sort_by(f64::total_cmp);
    steps.get(steps.len() / 2).copied().unwrap_or(f64::INFINITY)
}
