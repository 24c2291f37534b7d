//! Styled text without a terminal: what is said, and what it is for.

use crate::theme::Role;

/// A run of text in one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The text, free of control characters.
    pub text: String,
    /// What it is for; the theme decides how it looks.
    pub role: Role,
}

/// Part of a cell or a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Text.
    Text(Span),
    /// Text that goes before anything is cut; of several the last goes first.
    Spare(Span),
    /// How far a rollout is.
    Bar(Bar),
    /// The glyph of a state or severity, as the theme has it.
    Glyph(Role),
    /// One glyph per pod: its state.
    Pods(Vec<Role>),
    /// Shares of a whole over time, oldest first; more than the whole is drawn as the whole, `None` is a gap.
    Spark(Vec<Option<f64>>),
}

/// Pod counts of a progress bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Pods wanted.
    pub desired: i32,
    /// Pods of the target revision.
    pub updated: i32,
    /// Of those, the available ones.
    pub available: i32,
    /// Pods of other revisions still there.
    pub old: i32,
    /// What it looks like: the workload's state.
    pub role: Role,
}

/// A line of pieces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// From left to right.
    pub pieces: Vec<Piece>,
}

impl Bar {
    /// Cells it takes.
    pub const CELLS: usize = 6;
}

impl Line {
    /// A line of one piece of text.
    pub fn new(text: impl Into<String>, role: Role) -> Self {
        Self { pieces: vec![Piece::Text(Span { text: text.into(), role })] }
    }

    /// A line of ordinary text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Role::Text)
    }

    /// The same line with more text at its end.
    #[must_use]
    pub fn then(mut self, text: impl Into<String>, role: Role) -> Self {
        self.pieces.push(Piece::Text(Span { text: text.into(), role }));
        self
    }

    /// The same line with text at its end that may go.
    #[must_use]
    pub fn spare(mut self, text: impl Into<String>, role: Role) -> Self {
        self.pieces.push(Piece::Spare(Span { text: text.into(), role }));
        self
    }

    /// The same line without its last piece that may go; `None` when nothing may.
    pub fn without_spare(&self) -> Option<Self> {
        let at = self.pieces.iter().rposition(|piece| matches!(piece, Piece::Spare(_)))?;
        let mut shorter = self.clone();
        shorter.pieces.remove(at);
        Some(shorter)
    }

    /// The same line with another piece at its end.
    #[must_use]
    pub fn with(mut self, piece: Piece) -> Self {
        self.pieces.push(piece);
        self
    }

    /// The same line with another line's pieces at its end.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.pieces.extend(other.pieces);
        self
    }

    /// The text alone; drawn pieces leave nothing.
    pub fn text(&self) -> String {
        self.pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Text(span) | Piece::Spare(span) => Some(span.text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Columns it needs if what may go is gone; glyphs are taken for one column.
    pub fn least(&self) -> usize {
        let piece = |piece: &Piece| match piece {
            Piece::Text(span) => super::width(&span.text),
            Piece::Spare(_) => 0,
            Piece::Bar(_) => Bar::CELLS,
            Piece::Glyph(_) => 1,
            Piece::Pods(pods) => pods.len(),
            Piece::Spark(values) => values.len(),
        };
        self.pieces.iter().map(piece).sum()
    }

    /// Whether nothing would be drawn.
    pub fn is_empty(&self) -> bool {
        self.pieces.iter().all(|piece| match piece {
            Piece::Text(span) | Piece::Spare(span) => span.text.is_empty(),
            Piece::Pods(pods) => pods.is_empty(),
            Piece::Spark(values) => values.is_empty(),
            Piece::Bar(_) | Piece::Glyph(_) => false,
        })
    }
}
