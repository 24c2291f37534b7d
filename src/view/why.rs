//! The reason of a state with what it rests on; for a crash the last words of the crashed container.

use super::{ELLIPSIS, Line, Piece, Scene, cells, cut, wrap};
use crate::{
    domain::text::clean,
    release::{Assessment, State},
    theme::Role,
};

/// Pieces of evidence shown.
const SHOWN: usize = 4;
/// Last words shown.
const WORDS: usize = 5;
/// Of these, how many may take a second row.
const FOLDED: usize = 2;

pub(super) fn lines(scene: Scene<'_>, assessment: &Assessment) -> Vec<Line> {
    let room = usize::from(scene.setting.size.0).saturating_sub(6);
    let room = if scene.setting.size.0 >= 150 { room * 3 / 5 - 2 } else { room };
    let mut lines = Vec::new();
    let quiet = matches!(assessment.state, State::Stable | State::ScaledDown) && assessment.evidence.is_empty();
    if !assessment.message.is_empty() {
        let role = if quiet { Role::Dim } else { Role::Text };
        lines.extend(wrap(&clean(&assessment.message, false), room).into_iter().map(|line| Line::new(line, role)));
    }
    for evidence in assessment.evidence.iter().take(SHOWN) {
        let container =
            evidence.container.as_ref().map_or_else(String::new, |name| format!(" [{}]", cells::name(name)));
        let times = if evidence.count > 1 { format!(" ×{}", evidence.count) } else { String::new() };
        let mut line = Line::default()
            .with(Piece::Glyph(Role::Error))
            .then(format!(" {}{times} ", cells::name(&evidence.reason)), Role::Error)
            .then(
                format!("{}/{}{container}: ", evidence.about.kind.to_lowercase(), cells::name(&evidence.about.name)),
                Role::Dim,
            );
        let message = clean(&evidence.message, false);
        let head = super::width(&line.text()) + 2;
        if head + super::width(&message) <= room {
            line = line.then(message, Role::Text);
            lines.push(line);
        } else {
            lines.push(line);
            let folded = wrap(&message, room.saturating_sub(2));
            lines.extend(folded.into_iter().take(2).map(|text| Line::plain(format!("  {text}"))));
        }
    }
    last_words(scene, assessment, room, &mut lines);
    let advice = scene.app.advice(scene.sight, &assessment.key).unwrap_or_default();
    let advice = clean(&advice.words(), false).into_owned();
    if !advice.is_empty() && !quiet {
        lines.push(Line::new("→ ", Role::Accent).then(advice, Role::Text));
    }
    lines
}

fn last_words(scene: Scene<'_>, assessment: &Assessment, room: usize, lines: &mut Vec<Line>) {
    let Some((key, container, words)) = &scene.setting.last_words else { return };
    if *key != assessment.key || words.is_empty() || assessment.evidence.is_empty() {
        return;
    }
    lines.push(Line::new(format!("last lines of {} before it ended:", cells::name(container)), Role::Dim));
    let mut spare = FOLDED;
    for word in &words[words.len().saturating_sub(WORDS)..] {
        let text = clean(&word.text, false);
        let rows = folded(&text, room.saturating_sub(2), &mut spare);
        lines.extend(rows.into_iter().map(|row| Line::new("│ ", Role::Border).then(row, Role::Text)));
    }
}

/// A line of a log in one row or, while there are rows to spare, in two: what went wrong often stands at its end. The
/// frames of a trace say little and get one.
fn folded(text: &str, room: usize, spare: &mut usize) -> Vec<String> {
    let is_frame = text.trim_start().starts_with("at ");
    let whole = cut(text, room);
    match whole.strip_suffix(ELLIPSIS) {
        Some(first) if !is_frame && *spare > 0 && *whole != *text => {
            *spare -= 1;
            let rest = text.get(first.len()..).unwrap_or_default();
            vec![first.to_owned(), format!("  {}", cut(rest.trim_start(), room.saturating_sub(2)))]
        }
        _ => vec![whole.into_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_error_is_worth_a_row_and_a_frame_is_not() {
        let error = "Caused by: java.lang.IllegalStateException: Required property is not set";
        let mut spare = 1;
        assert_eq!(
            folded(error, 40, &mut spare),
            ["Caused by: java.lang.IllegalStateExcept", "  ion: Required property is not set"].map(str::to_owned)
        );
        assert_eq!(folded(error, 40, &mut spare).len(), 1, "no row is left to spare");
        let mut spare = 1;
        let frame = "    at com.mambogo.paymentservice.PaymentClient.<init>(PaymentClient.java:31)";
        assert_eq!(folded(frame, 40, &mut spare).len(), 1);
        assert_eq!((folded("short", 40, &mut spare), spare), (vec!["short".to_owned()], 1));
    }
}
