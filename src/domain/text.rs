//! Text from outside: control sequences never get further than here.

use std::borrow::Cow;

/// Strips control sequences (CSI, OSC, DCS and the like, C0, C1, bidirectional overrides) from foreign text.
///
/// Tabs become four spaces; line ends stay only when `keep_lines`. Text without any is borrowed.
pub fn clean(text: &str, keep_lines: bool) -> Cow<'_, str> {
    if !text.chars().any(|c| is_unsafe(c) && !(keep_lines && c == '\n')) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\u{9b}' => skip_csi(&mut chars),
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => skip_string(&mut chars),
            '\t' => out.push_str("    "),
            '\n' if keep_lines => out.push('\n'),
            '\n' => out.push(' '),
            c if is_unsafe(c) => {}
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn skip_escape(chars: &mut Chars<'_>) {
    match chars.next_if(|c| ('\u{20}'..='\u{7e}').contains(c)) {
        Some('[') => skip_csi(chars),
        Some(']' | 'P' | 'X' | '^' | '_') => skip_string(chars),
        // Intermediate bytes (charset selection and the like) are followed by one final byte.
        Some('\u{20}'..='\u{2f}') => {
            while chars.next_if(|c| ('\u{20}'..='\u{2f}').contains(c)).is_some() {}
            chars.next_if(|c| ('\u{30}'..='\u{7e}').contains(c));
        }
        _ => {}
    }
}

/// A control sequence ends at its final byte; a control character inside means it was cut.
fn skip_csi(chars: &mut Chars<'_>) {
    while let Some(c) = chars.next_if(|c| ('\u{20}'..='\u{7e}').contains(c)) {
        if c >= '\u{40}' {
            break;
        }
    }
}

/// A string ends at BEL or ST; an unended one ends with its line, so that it cannot swallow the rest.
fn skip_string(chars: &mut Chars<'_>) {
    while let Some(c) = chars.next_if(|c| *c != '\n') {
        match c {
            '\u{7}' | '\u{9c}' => break,
            '\u{1b}' => {
                chars.next_if_eq(&'\\');
                break;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_stripped_and_words_stay() {
        for (dirty, expected) in [
            ("plain", "plain"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("a\u{1b}]0;title\u{7}b", "ab"),
            ("a\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\b", "alinkb"),
            ("\u{9b}31mx", "x"),
            ("a\u{1b}P1$qm\u{1b}\\b", "ab"),
            ("bell\u{7}back\u{8}", "bellback"),
            ("\u{1b}(Bx", "x"),
            ("cut \u{1b}[", "cut "),
            ("rtl\u{202e}x", "rtlx"),
            ("one\ntwo\tthree\r", "one two    three"),
            ("日本語 e\u{301}", "日本語 e\u{301}"),
        ] {
            assert_eq!(clean(dirty, false), expected, "{dirty:?}");
        }
        assert_eq!(clean("one\n\u{1b}[2Jtwo", true), "one\ntwo");
        assert_eq!(clean("open \u{1b}]0;never ends\nnext", true), "open \nnext");
    }
}
