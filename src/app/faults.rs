//! Faults that a person may throw into a simulated company, in words. A real cluster offers none.

use super::filter;

/// The word that begins them in the palette.
const INJECT: &str = "inject";

/// What may be thrown in, and who knows whether words say something.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// First word, the words after it (such as `SERVICE DURATION`), and what happens.
    pub forms: &'static [(&'static str, &'static str, &'static str)],
    /// Says what is wrong with words.
    pub check: fn(&str) -> Result<(), String>,
}

/// A fault as the palette offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its words; what is still to be said stands in capitals.
    pub words: String,
    /// What happens.
    pub effect: &'static str,
    /// Whether the words say all that is needed.
    pub complete: bool,
}

impl Offer {
    /// The line in the palette, up to what is still to be said.
    pub fn line(&self) -> String {
        let said = self.words.split(' ').take_while(|word| !is_placeholder(word));
        let mut line = said.fold(INJECT.to_owned(), |line, word| format!("{line} {word}"));
        if !self.complete {
            line.push(' ');
        }
        line
    }
}

impl Faults {
    /// Offers the faults that match what is typed, each with how well; `service` is the one that the words are about
    /// where none is named.
    pub(super) fn offers(&self, text: &str, service: Option<&str>) -> Vec<(u32, Offer)> {
        let typed = after_inject(text);
        let words: Vec<&str> = typed.unwrap_or_default().split_whitespace().collect();
        let named = words.first().and_then(|first| self.forms.iter().find(|(name, ..)| name == first));
        if let Some(form) = named {
            return self.fill(*form, &words[1..], service).map(|offer| (0, offer)).into_iter().collect();
        }
        let mut matcher = filter::matcher();
        let patterns: Vec<_> = typed.unwrap_or(text).split_whitespace().map(filter::pattern).collect();
        let mut scored: Vec<(u32, Offer)> = Vec::new();
        for form in self.forms {
            let (name, _, effect) = *form;
            let score = patterns.iter().map(|pattern| {
                let by_name = filter::score(pattern, name, &mut matcher).map(|score| score * 2);
                by_name.max(filter::score(pattern, effect, &mut matcher)).max(filter::score(
                    pattern,
                    INJECT,
                    &mut matcher,
                ))
            });
            let Some(score) = score.sum::<Option<u32>>() else { continue };
            scored.extend(self.fill(*form, &[], service).map(|offer| (score, offer)));
        }
        // Sorting is stable: the order of the help among equals.
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        scored
    }

    /// Says what is wrong with a line that begins a fault; nothing where it says one, or something else.
    pub fn complaint(&self, text: &str) -> Option<String> {
        let words = after_inject(text).map(str::trim).filter(|words| !words.is_empty())?;
        (self.check)(words).err()
    }

    /// Writes a form with what was typed in the places of its words; none where more was typed than it has.
    fn fill(&self, form: (&'static str, &str, &'static str), typed: &[&str], service: Option<&str>) -> Option<Offer> {
        let (name, places, effect) = form;
        let places: Vec<&str> = places.split_whitespace().collect();
        if typed.len() > places.len() {
            return None;
        }
        let mut words = name.to_owned();
        for (at, place) in places.iter().enumerate() {
            let guess = service.filter(|_| *place == "SERVICE").unwrap_or(place);
            words = format!("{words} {}", typed.get(at).copied().unwrap_or(guess));
        }
        let complete = (self.check)(&words).is_ok() && !words.split(' ').any(is_placeholder);
        Some(Offer { words, effect, complete })
    }
}

/// What stands after `inject `; none where the line does not begin so.
pub(super) fn after_inject(text: &str) -> Option<&str> {
    let rest = text.trim_start().strip_prefix(INJECT)?;
    (rest.is_empty() || rest.starts_with(' ')).then_some(rest)
}

fn is_placeholder(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|letter| letter.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAULTS: Faults = Faults {
        forms: &[
            ("crash", "SERVICE", "releases an image that crashes"),
            ("latency", "SERVICE DURATION", "makes every request slower"),
            ("no-quota", "", "takes the quota away"),
        ],
        check: |words| match words.split(' ').collect::<Vec<_>>()[..] {
            ["crash", _] | ["no-quota"] => Ok(()),
            ["latency", _, time] if time.ends_with('s') => Ok(()),
            ["latency", _, time] => Err(format!("{time:?} is no duration")),
            _ => Err("say what to inject".to_owned()),
        },
    };

    #[test]
    fn offers_say_what_is_meant_and_what_is_missing() {
        let words = |text: &str| -> Vec<(String, bool)> {
            FAULTS.offers(text, Some("cart")).into_iter().map(|(_, offer)| (offer.words, offer.complete)).collect()
        };
        let all = [("crash cart", true), ("latency cart DURATION", false), ("no-quota", true)];
        let all = all.map(|(words, complete)| (words.to_owned(), complete));
        assert_eq!(words(""), all);
        assert_eq!(words("inject"), all);
        for (text, offered, complete) in [
            ("crashes", "crash cart", true),
            ("inject slower", "latency cart DURATION", false),
            ("inject latency order", "latency order DURATION", false),
            ("inject latency order 2s", "latency order 2s", true),
            ("inject latency order soon", "latency order soon", false),
        ] {
            assert_eq!(words(text), [(offered.to_owned(), complete)], "{text}");
        }
        assert_eq!(words("inject crash a b"), []);
        assert_eq!(FAULTS.offers("crashes", None)[0].1.words, "crash SERVICE");
        assert_eq!(FAULTS.offers("inject slower", Some("cart"))[0].1.line(), "inject latency cart ");
        assert_eq!(FAULTS.offers("crashes", Some("cart"))[0].1.line(), "inject crash cart");
    }

    #[test]
    fn a_wrong_line_is_told_what_is_wrong_and_others_are_left_alone() {
        let wrong = |text: &str| FAULTS.complaint(text);
        assert_eq!(wrong("inject latency a soon").as_deref(), Some("\"soon\" is no duration"));
        for fine in ["", "inject", "inject ", "inject crash a", "injection", "undo"] {
            assert_eq!(wrong(fine), None, "{fine}");
        }
    }
}
