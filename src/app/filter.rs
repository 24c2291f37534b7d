//! The filter language: words that all must hold, matched while they are typed.
//!
//! A plain word is matched fuzzily against `namespace/name`; `state:`, `ns:`, `image:`, `kind:` match by
//! part of the word, `label:key` and `label:key=value` by the workload's labels. `!` in front turns a word
//! around. A word that is not finished (`state:`) holds for everything, so that rows do not vanish while
//! it is typed.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{AtomKind, CaseMatching, Normalization, Pattern},
};

use crate::{
    domain::{Selector, Workload},
    release::Assessment,
};

/// A filter as typed and as understood.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
    selector: Selector,
}

#[derive(Clone, Debug)]
struct Term {
    negated: bool,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Fuzzy(Pattern),
    State(String),
    Namespace(String),
    Image(String),
    Kind(String),
    Label(String, Option<String>),
}

impl Filter {
    /// Understands what was typed; every text is a filter.
    pub fn parse(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            terms: text.split_whitespace().filter_map(Term::parse).collect(),
            ..Self::default()
        }
    }

    /// Lets nothing pass that the selector does not select, whatever is typed.
    #[must_use]
    pub fn within(self, selector: Selector) -> Self {
        Self { selector, ..self }
    }

    /// Returns the filter of another text, within the same selector.
    #[must_use]
    pub fn retyped(&self, text: &str) -> Self {
        Self::parse(text).within(self.selector.clone())
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Tells whether a workload passes. `scratch` is made once for a list.
    pub fn passes(&self, workload: &Workload, assessment: &Assessment, scratch: &mut Scratch) -> bool {
        // An object's empty selector selects nothing; a person's selects everything.
        let selected = self.selector == Selector::default() || self.selector.matches(&workload.meta.labels);
        selected && self.terms.iter().all(|term| term.test.holds(workload, assessment, scratch) != term.negated)
    }
}

/// Scratch space for matching; large, so that it is only made once something is matched fuzzily.
#[derive(Default)]
pub struct Scratch(Option<Matcher>);

/// Makes a matcher.
pub(super) fn matcher() -> Matcher {
    Matcher::new(Config::DEFAULT.match_paths())
}

/// A fuzzy pattern for one or more words.
pub(super) fn pattern(text: &str) -> Pattern {
    Pattern::new(text, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy)
}

/// How well a text matches; `None` when it does not.
pub(super) fn score(pattern: &Pattern, text: &str, matcher: &mut Matcher) -> Option<u32> {
    let mut buffer = Vec::new();
    pattern.score(Utf32Str::new(text, &mut buffer), matcher)
}

impl Term {
    fn parse(word: &str) -> Option<Self> {
        let (negated, word) = match word.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, word),
        };
        let lower = |value: &str| value.to_lowercase();
        let test = match word.split_once(':') {
            Some((_, "")) => return None,
            Some(("state" | "is", value)) => Test::State(lower(value)),
            Some(("ns" | "namespace", value)) => Test::Namespace(lower(value)),
            Some(("image" | "img", value)) => Test::Image(lower(value)),
            Some(("kind", value)) => Test::Kind(lower(value)),
            Some(("label" | "l", value)) => match value.split_once('=') {
                Some((key, wanted)) => Test::Label(key.to_owned(), Some(wanted.to_owned())),
                None => Test::Label(value.to_owned(), None),
            },
            _ if word.is_empty() => return None,
            _ => Test::Fuzzy(pattern(word)),
        };
        Some(Self { negated, test })
    }
}

impl Test {
    fn holds(&self, workload: &Workload, assessment: &Assessment, scratch: &mut Scratch) -> bool {
        let holds = |text: &str, part: &str| text.to_lowercase().contains(part);
        match self {
            Self::Fuzzy(pattern) => {
                let name = format!("{}/{}", workload.meta.namespace, workload.meta.name);
                score(pattern, &name, scratch.0.get_or_insert_with(matcher)).is_some()
            }
            Self::State(part) => assessment.state.word().replace('_', "-").starts_with(&part.replace('_', "-")),
            Self::Namespace(part) => holds(&workload.meta.namespace, part),
            Self::Image(part) => workload.template.containers.iter().any(|container| holds(&container.image, part)),
            Self::Kind(part) => workload.kind.short() == part || workload.kind.name().to_lowercase().starts_with(part),
            Self::Label(key, wanted) => match (workload.meta.label(key), wanted) {
                (Some(value), Some(wanted)) => value == wanted || (!wanted.is_empty() && value.starts_with(wanted)),
                (Some(_), None) => true,
                (None, _) => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{Delta, Kind, Observation},
        release::assess,
        world::{World, fixtures},
    };

    #[test]
    fn words_combine_and_unfinished_ones_hold() {
        let mut workload = fixtures::deployment("payment-service");
        workload.paused = true;
        workload.meta.labels.insert("app".into(), "payment-service".into());
        workload.template = fixtures::template("mambogo/payment:v2.4.0");
        let key = workload.key();
        let mut world = World::new();
        let items = vec![workload];
        world.apply(Observation::Workloads(Kind::Deployment, Delta::Reset { namespace: None, items }), fixtures::at(1));
        let assessment = assess(&world, &key, fixtures::at(1));
        let workload = world.workload(&key).unwrap();
        for (text, passes) in [
            ("", true),
            ("pay", true),
            ("pmtsvc", true),
            ("order", false),
            ("state:paused", true),
            ("state:pa", true),
            ("state:", true),
            ("state:stable", false),
            ("!state:stable", true),
            ("ns:shop pay", true),
            ("ns:other", false),
            ("image:v2.4", true),
            ("image:v3", false),
            ("label:app=payment-service", true),
            ("label:app=pay", true),
            ("label:app=x", false),
            ("label:app", true),
            ("label:nothing", false),
            ("kind:deploy", true),
            ("kind:sts", false),
            ("PAY state:PAUSED", true),
        ] {
            let filter = Filter::parse(text);
            assert_eq!(filter.passes(workload, &assessment, &mut Scratch::default()), passes, "{text:?}");
        }
    }
}
