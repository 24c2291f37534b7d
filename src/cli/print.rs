//! The one place that writes to standard output and standard error.

use std::io::{self, IsTerminal, Write};

use unicode_width::UnicodeWidthStr;

/// Rows of cells under a heading, aligned by display width.
#[derive(Debug, Default)]
pub struct Table {
    heading: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Makes an empty table.
    pub fn new(heading: &[&'static str]) -> Self {
        Self { heading: heading.to_vec(), rows: Vec::new() }
    }

    /// Adds a row of as many cells as the heading has; an empty cell reads `-`.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells.into_iter().map(|cell| if cell.is_empty() { "-".to_owned() } else { cell }).collect());
    }

    /// Writes the table: three blanks between columns, none at the end of a line.
    pub fn render(&self) -> String {
        let heading: Vec<String> = self.heading.iter().map(|&cell| cell.to_owned()).collect();
        let lines: Vec<&Vec<String>> = std::iter::once(&heading).chain(&self.rows).collect();
        let width = |column: usize| lines.iter().filter_map(|cells| cells.get(column)).map(|cell| cell.width()).max();
        let widths: Vec<usize> = (0..heading.len()).map(|column| width(column).unwrap_or(0)).collect();
        let mut text = String::new();
        for cells in lines {
            let mut line = String::new();
            for (cell, width) in cells.iter().zip(&widths) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width()) + 3));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Where results and remarks go.
#[derive(Clone, Copy, Debug, Default)]
pub struct Printer;

impl Printer {
    /// Writes a result. A reader that went away (`| head`) is no failure.
    pub fn result(self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// Writes a line that is not the result: progress, a remark, a failure.
    pub fn remark(self, line: &str) {
        // Nothing can be done for a person whose standard error is gone.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// Asks a question on the terminal and returns the answer without its end of line; `None` when there is
    /// no person to ask.
    pub fn ask(self, question: &str) -> io::Result<Option<String>> {
        if !io::stdin().is_terminal() {
            return Ok(None);
        }
        let mut err = io::stderr().lock();
        write!(err, "{question} ")?;
        err.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(Some(answer.trim().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_by_width_and_lines_do_not_trail() {
        let mut table = Table::new(&["NAME", "STATE"]);
        table.row(vec!["支払い".to_owned(), "stable".to_owned()]);
        table.row(vec!["order-service".to_owned(), String::new()]);
        assert_eq!(table.render(), "NAME            STATE\n支払い          stable\norder-service   -\n");
    }
}
