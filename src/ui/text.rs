//! Lines of pieces onto cells, cut with an ellipsis where they do not fit.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};
use unicode_segmentation::UnicodeSegmentation;

use super::paint::Paint;
use crate::{
    theme::Role,
    view::{Align, Bar, ELLIPSIS, Line, Piece, cut_middle, width},
};

/// Cells a progress bar takes.
const BAR: usize = Bar::CELLS;

/// Columns a line would take.
pub fn line_width(paint: Paint<'_>, line: &Line) -> usize {
    runs(paint, line).iter().map(|(text, _)| width(text)).sum()
}

/// Draws a line at a place, at most `room` columns wide; returns the columns used.
pub fn put(buf: &mut Buffer, paint: Paint<'_>, at: (u16, u16), room: u16, line: &Line) -> u16 {
    let area = *buf.area();
    if at.1 >= area.bottom() || at.0 >= area.right() {
        return 0;
    }
    let room = usize::from(room.min(area.right() - at.0));
    let runs = runs(paint, line);
    let total: usize = runs.iter().map(|(text, _)| width(text)).sum();
    let limit = if total > room { room.saturating_sub(1) } else { room };
    let mut used = 0;
    'runs: for (text, role) in &runs {
        let style = paint.role(*role);
        for grapheme in text.graphemes(true) {
            let wide = width(grapheme);
            // What draws nothing, or would do something to the terminal, is left out.
            if wide == 0 || grapheme.chars().any(char::is_control) {
                continue;
            }
            if used + wide > limit {
                break 'runs;
            }
            set(buf, (column(at.0, used), at.1), grapheme, style, wide);
            used += wide;
        }
    }
    if total > room && room > 0 {
        let style = runs.last().map_or_else(Style::default, |(_, role)| paint.role(*role));
        set(buf, (column(at.0, used), at.1), ELLIPSIS, style, 1);
        used += 1;
    }
    u16::try_from(used).unwrap_or(u16::MAX)
}

/// The same line without what may go where the whole does not fit.
pub fn without_spare(paint: Paint<'_>, line: &Line, room: usize) -> Option<Line> {
    let mut shorter: Option<Line> = None;
    while line_width(paint, shorter.as_ref().unwrap_or(line)) > room {
        match shorter.as_ref().unwrap_or(line).without_spare() {
            Some(less) => shorter = Some(less),
            None => break,
        }
    }
    shorter
}

/// The same line with its longest text cut in the middle where the whole does not fit.
pub fn without_middle(paint: Paint<'_>, line: &Line, room: usize) -> Line {
    let over = line_width(paint, line).saturating_sub(room);
    let mut line = line.clone();
    let texts = line.pieces.iter_mut().filter_map(|piece| match piece {
        Piece::Text(span) => Some(span),
        _ => None,
    });
    if over > 0
        && let Some(span) = texts.max_by_key(|span| width(&span.text))
    {
        let kept = width(&span.text).saturating_sub(over);
        span.text = cut_middle(&span.text, kept).into_owned();
    }
    line
}

/// Draws a line within a cell of a table.
pub fn put_aligned(buf: &mut Buffer, paint: Paint<'_>, cell: Rect, align: Align, line: &Line) {
    let wide = u16::try_from(line_width(paint, line)).unwrap_or(u16::MAX).min(cell.width);
    let x = match align {
        Align::Left => cell.x,
        Align::Right => cell.x + cell.width - wide,
    };
    put(buf, paint, (x, cell.y), cell.right() - x, line);
}

fn column(x: u16, used: usize) -> u16 {
    x.saturating_add(u16::try_from(used).unwrap_or(u16::MAX))
}

/// Sets a grapheme and blanks the cells it covers, so that nothing of what was below shines through.
fn set(buf: &mut Buffer, at: (u16, u16), grapheme: &str, style: Style, wide: usize) {
    if let Some(cell) = buf.cell_mut(at) {
        cell.set_symbol(grapheme).set_style(style);
    }
    for more in 1..wide {
        if let Some(cell) = buf.cell_mut((column(at.0, more), at.1)) {
            cell.reset();
        }
    }
}

fn runs(paint: Paint<'_>, line: &Line) -> Vec<(String, Role)> {
    let mut runs = Vec::new();
    for piece in &line.pieces {
        match piece {
            Piece::Text(span) | Piece::Spare(span) => runs.push((span.text.clone(), span.role)),
            Piece::Glyph(role) => runs.push((paint.glyph(*role).to_owned(), *role)),
            Piece::Bar(bar) => runs.extend(bar_runs(*bar)),
            Piece::Pods(pods) => runs.extend(pods.iter().map(|pod| (paint.glyph(*pod).to_owned(), *pod))),
            Piece::Spark(values) => runs.push((spark(values), Role::Sparkline)),
        }
    }
    runs
}

/// Full cells for available pods of the target revision, hatched for those still starting, light for the
/// rest. A share above nothing shows at least one cell, and only a whole is drawn whole.
fn bar_runs(bar: Bar) -> [(String, Role); 3] {
    let cells = |pods: i32| -> usize {
        let (pods, desired) = (pods.max(0), bar.desired.max(1));
        let share = usize::try_from(pods).unwrap_or(0) * BAR / usize::try_from(desired).unwrap_or(1);
        if pods > 0 { share.clamp(1, BAR) } else { 0 }
    };
    let available = cells(bar.available.min(bar.updated));
    let updated = cells(bar.updated).max(available);
    [
        ("█".repeat(available), bar.role),
        ("▒".repeat(updated - available), bar.role),
        ("░".repeat(BAR - updated), Role::Dim),
    ]
}

/// Shares as eighths of a cell.
fn spark(values: &[Option<f64>]) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    values
        .iter()
        .map(|value| match value {
            Some(value) if value.is_finite() => {
                let level = (value.clamp(0.0, 1.0) * 7.0).round();
                (0u8..).zip(LEVELS).find(|(at, _)| f64::from(*at) >= level).map_or('█', |(_, glyph)| glyph)
            }
            Some(_) => LEVELS[0],
            None => ' ',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_show_a_little_as_little_and_only_a_whole_as_whole() {
        for (desired, updated, available, expected) in [
            (3, 1, 1, "██░░░░"),
            (5, 4, 3, "███▒░░"),
            (100, 1, 0, "▒░░░░░"),
            (100, 99, 99, "█████░"),
            (5, 5, 5, "██████"),
            (0, 0, 0, "░░░░░░"),
            (2, 5, 1, "███▒▒▒"),
        ] {
            let runs = bar_runs(Bar { desired, updated, available, old: 0, role: Role::Ok });
            let drawn: String = runs.iter().map(|(text, _)| text.as_str()).collect();
            assert_eq!(drawn, expected, "{desired} {updated} {available}");
        }
    }

    #[test]
    fn what_may_go_goes_before_anything_is_cut() {
        let styles =
            crate::theme::Styles::new(&crate::theme::load(&crate::theme::shelf(), "dark").0, crate::theme::Depth::None);
        let paint = Paint::new(&styles);
        let line = Line::plain("1 of 3 updated").spare(" +2 old", Role::Dim).spare(" and more", Role::Dim);
        let shown = |room| without_spare(paint, &line, room).unwrap_or_else(|| line.clone()).text();
        assert_eq!(shown(30), "1 of 3 updated +2 old and more");
        assert_eq!(shown(29), "1 of 3 updated +2 old");
        assert_eq!(shown(20), "1 of 3 updated");
        assert_eq!(shown(5), "1 of 3 updated", "the rest is cut with an ellipsis");
    }

    #[test]
    fn sparks_leave_gaps_as_gaps() {
        assert_eq!(spark(&[Some(0.0), Some(0.5), None, Some(1.0), Some(7.0)]), "▁▅ ██");
        assert_eq!(spark(&[Some(0.0), Some(f64::NAN)]), "▁▁");
    }
}
