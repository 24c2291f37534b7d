//! A table as it will be drawn: columns that may be dropped, rows, a selection.

use super::Line;

/// Where text stands in its column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// At the left edge.
    #[default]
    Left,
    /// At the right edge, for numbers.
    Right,
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// Its title.
    pub title: &'static str,
    /// Columns it needs at least, title included.
    pub min: u16,
    /// Columns it takes when there is room.
    pub ideal: u16,
    /// When it is dropped for lack of room: the highest first, 0 never.
    pub drop: u8,
    /// Whether it takes the room that is left; several share it.
    pub grows: bool,
    /// Where its text stands.
    pub align: Align,
    /// Whether long text loses its middle: names that differ at their end.
    pub middle: bool,
    /// Whether rows are ordered by it, and whether upside down.
    pub sorted: Option<bool>,
}

impl Column {
    /// A column that is never dropped.
    pub fn new(title: &'static str, min: u16, ideal: u16) -> Self {
        Self { title, min, ideal, ..Self::default() }
    }

    /// The same column, no narrower than what stands in it as number `at` of each row, and no wider than `most`.
    #[must_use]
    pub fn fitted(mut self, rows: &[Vec<Line>], at: usize, most: u16) -> Self {
        let longest = rows.iter().filter_map(|row| row.get(at)).map(Line::least).max().unwrap_or(0);
        self.min = u16::try_from(longest).unwrap_or(u16::MAX).min(most).max(self.min);
        self.ideal = self.ideal.max(self.min);
        self
    }

    /// The same column, dropped for lack of room before those with a lower number.
    #[must_use]
    pub fn drop(mut self, order: u8) -> Self {
        self.drop = order;
        self
    }

    /// The same column, taking the room that is left.
    #[must_use]
    pub fn grows(mut self) -> Self {
        self.grows = true;
        self
    }

    /// The same column for names that differ at their end.
    #[must_use]
    pub fn middle(mut self) -> Self {
        self.middle = true;
        self
    }

    /// The same column for numbers.
    #[must_use]
    pub fn right(mut self) -> Self {
        self.align = Align::Right;
        self
    }
}

/// The first of so many rows to draw so that the one with the cursor is among `height` of them, moving as little as it
/// can.
pub(super) fn first_row(rows: usize, scroll: usize, selected: Option<usize>, height: usize) -> usize {
    let scroll = scroll.min(rows.saturating_sub(height));
    match selected {
        Some(at) if at < scroll => at,
        Some(at) if height > 0 && at >= scroll + height => at + 1 - height,
        _ => scroll,
    }
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// What it shows, for its frame; may be empty.
    pub title: Line,
    /// Columns; no titles are drawn when all are empty.
    pub columns: Vec<Column>,
    /// Rows, each with one cell per column.
    pub rows: Vec<Vec<Line>>,
    /// The row with the cursor.
    pub selected: Option<usize>,
    /// First row on screen as it was last drawn; drawing moves it only as far as the cursor needs.
    pub scroll: usize,
    /// Whether it has the keyboard.
    pub focused: bool,
    /// What is said instead of rows.
    pub empty: Vec<Line>,
}

impl Table {
    /// Returns the first row to draw so that the cursor is among `height` rows, moving as little as it can.
    pub fn first_row(&self, height: usize) -> usize {
        first_row(self.rows.len(), self.scroll, self.selected, height)
    }

    /// Chooses columns and their widths for a total width, one blank between columns: drops by the stated
    /// order until the least widths fit, then gives each its ideal, those that grow first, then them the rest.
    pub fn layout(&self, total: u16) -> Vec<(usize, u16)> {
        let mut kept: Vec<usize> = (0..self.columns.len()).collect();
        let needed = |kept: &[usize]| -> usize {
            kept.iter().map(|at| usize::from(self.columns[*at].min)).sum::<usize>() + kept.len().saturating_sub(1)
        };
        while needed(&kept) > usize::from(total) {
            let Some(victim) = kept.iter().copied().max_by_key(|at| (self.columns[*at].drop, *at)) else { break };
            if self.columns[victim].drop == 0 {
                break;
            }
            kept.retain(|at| *at != victim);
        }
        let mut widths: Vec<u16> = kept.iter().map(|at| self.columns[*at].min).collect();
        let mut left = usize::from(total).saturating_sub(needed(&kept));
        for first in [true, false] {
            for (width, at) in widths.iter_mut().zip(&kept).filter(|(_, at)| self.columns[**at].grows == first) {
                let more = usize::from(self.columns[*at].ideal.saturating_sub(*width)).min(left);
                *width += u16::try_from(more).unwrap_or_default();
                left -= more;
            }
        }
        let growing: Vec<usize> = (0..kept.len()).filter(|at| self.columns[kept[*at]].grows).collect();
        for (turn, at) in growing.iter().enumerate() {
            let share = left / (growing.len() - turn);
            widths[*at] += u16::try_from(share).unwrap_or_default();
            left -= share;
        }
        kept.into_iter().zip(widths).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table {
            columns: vec![
                Column::new("NAME", 10, 20).grows(),
                Column::new("STATE", 8, 8),
                Column::new("AGE", 4, 4).drop(2),
                Column::new("CPU", 6, 10).drop(3),
            ],
            rows: vec![Vec::new(); 10],
            ..Table::default()
        }
    }

    #[test]
    fn columns_drop_in_the_stated_order_and_the_first_never() {
        for (total, expected) in [
            (60, vec![(0, 35), (1, 8), (2, 4), (3, 10)]),
            (31, vec![(0, 10), (1, 8), (2, 4), (3, 6)]),
            (30, vec![(0, 16), (1, 8), (2, 4)]),
            (23, vec![(0, 14), (1, 8)]),
            (5, vec![(0, 10), (1, 8)]),
        ] {
            assert_eq!(table().layout(total), expected, "{total}");
        }
    }

    #[test]
    fn scrolling_moves_only_as_far_as_the_cursor_needs() {
        for (scroll, selected, height, expected) in
            [(0, Some(2), 5, 0), (0, Some(7), 5, 3), (6, Some(2), 5, 2), (9, None, 5, 5), (0, Some(3), 0, 0)]
        {
            let table = Table { selected, scroll, ..table() };
            assert_eq!(table.first_row(height), expected, "{scroll} {selected:?}");
        }
    }
}
