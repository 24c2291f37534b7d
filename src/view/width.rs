//! How wide text is on a terminal: cutting and wrapping that never splits what a person sees as one character.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The sign that something was cut off.
pub const ELLIPSIS: &str = "…";

/// Returns the number of terminal columns a text takes.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(UnicodeWidthStr::width).sum() }
}

/// Returns the text in at most `max` columns, ending in an ellipsis where something was cut.
pub fn cut(text: &str, max: usize) -> Cow<'_, str> {
    if width(text) <= max {
        return Cow::Borrowed(text);
    }
    if max == 0 {
        return Cow::Borrowed("");
    }
    let mut kept = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += grapheme.width();
        if used > max - 1 {
            break;
        }
        kept.push_str(grapheme);
    }
    kept.push_str(ELLIPSIS);
    Cow::Owned(kept)
}

/// Returns the text in at most `max` columns, keeping both ends: long names differ at their end.
pub fn cut_middle(text: &str, max: usize) -> Cow<'_, str> {
    if width(text) <= max || max < 8 {
        return cut(text, max);
    }
    let tail_room = (max - 1) / 2;
    let graphemes: Vec<&str> = text.graphemes(true).collect();
    let (mut at, mut used) = (graphemes.len(), 0);
    while at > 0 && used + graphemes[at - 1].width() <= tail_room {
        at -= 1;
        used += graphemes[at].width();
    }
    let head = cut(text, max - used);
    Cow::Owned(format!("{head}{}", graphemes[at..].concat()))
}

/// Breaks a text into lines of at most `max` columns, at blanks where it can; at least one line.
pub fn wrap(text: &str, max: usize) -> Vec<String> {
    let max = max.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for piece in pieces(text, max) {
        if used + width(piece) > max && used > 0 {
            trim_end(&mut lines);
            lines.push(String::new());
            used = 0;
            if piece.trim().is_empty() {
                continue;
            }
        }
        for grapheme in piece.graphemes(true) {
            let wide = grapheme.width();
            if used + wide > max && used > 0 {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push_str(grapheme);
            }
            used += wide;
        }
    }
    trim_end(&mut lines);
    lines
}

/// What is kept in one line if possible: blanks, and what stands between them; of that, where it is wider than a line,
/// each word, as languages without blanks have them.
fn pieces(text: &str, max: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let runs = std::iter::from_fn(move || {
        let blank = rest.chars().next()?.is_whitespace();
        let end = rest.find(|each: char| each.is_whitespace() != blank).unwrap_or(rest.len());
        let run;
        (run, rest) = rest.split_at(end);
        Some(run)
    });
    runs.flat_map(move |run| {
        let (whole, words) = if width(run) > max { ("", run) } else { (run, "") };
        std::iter::once(whole).filter(|run| !run.is_empty()).chain(words.split_word_bounds())
    })
}

fn trim_end(lines: &mut [String]) {
    if let Some(line) = lines.last_mut() {
        line.truncate(line.trim_end().len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_says_that_it_cut() {
        for (text, max, expected) in [
            ("payment", 7, "payment"),
            ("payment", 6, "payme…"),
            ("payment", 1, "…"),
            ("payment", 0, ""),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
        ] {
            let kept = cut(text, max);
            assert_eq!(kept, expected, "{text} in {max}");
            assert!(width(&kept) <= max);
        }
    }

    #[test]
    fn the_ends_of_a_long_name_stay() {
        assert_eq!(cut_middle("payment-service-7d9f8b6c5-x2x9q", 16), "payment-…5-x2x9q");
        assert_eq!(cut_middle("payment-service", 20), "payment-service");
        assert_eq!(cut_middle("payment-service", 5), "paym…");
    }

    #[test]
    fn wrapping_breaks_between_words_and_loses_none() {
        assert_eq!(wrap("back-off restarting failed container", 12), ["back-off", "restarting", "failed", "container"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
        assert_eq!(wrap("to worker-2, once", 10), ["to", "worker-2,", "once"], "no word begins with what ends it");
        assert_eq!(
            wrap("a payment-service-canary", 10),
            ["a payment-", "service-", "canary"],
            "but longer than a line"
        );
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("a b", 0), ["a", "b"]);
        assert_eq!(wrap("to the primary?", 14), ["to the", "primary?"], "no mark stands alone");
    }
}
