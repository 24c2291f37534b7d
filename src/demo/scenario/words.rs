//! A fault in words, as somebody types it: `crash payment-service`, `latency cart-service 2s`, `node-loss worker-3`.

use jiff::SignedDuration;
use serde_json::Value;

use super::{Action, CONTROLLERS};
use crate::demo::store::quota;
use crate::demo::traffic::Defect;
use crate::problem::nearest;

/// First word, the words after it, and what happens; in the order of the help.
pub const INJECTIONS: &[(&str, &str, &str)] = &[
    ("crash", "SERVICE", "releases an image that crashes at start"),
    ("oom", "SERVICE", "releases an image that is killed for memory"),
    ("image-typo", "SERVICE", "releases an image that does not exist"),
    ("never-ready", "SERVICE", "releases an image whose readiness probe never passes"),
    ("slow-start", "SERVICE", "releases an image that takes five minutes to start"),
    ("release", "SERVICE TAG", "releases a tag"),
    ("scale", "SERVICE COUNT", "changes the replica count"),
    ("latency", "SERVICE DURATION", "makes every request slower"),
    ("errors", "SERVICE SHARE", "fails a share of requests"),
    ("memory-leak", "SERVICE BYTES", "loses bytes each second"),
    ("connection-leak", "SERVICE NUMBER", "loses database connections each second"),
    ("unready", "SERVICE", "lets the readiness probes fail"),
    ("heal", "SERVICE", "takes latency, errors and leaks away again, and lets the probes pass"),
    ("traffic", "FACTOR", "changes the number of users"),
    ("payment-provider", "DURATION", "makes the external payment provider slower"),
    ("database", "DURATION", "makes database queries slower"),
    ("noisy-node", "NODE SHARE", "takes a share of a node's CPU"),
    ("node-loss", "NODE", "cuts a node off"),
    ("node-back", "NODE", "brings a node back"),
    ("quota", "COUNT", "allows so many pods more than there are"),
    ("no-quota", "", "takes the quota away"),
    ("promote", "ROLLOUT", "lets a Rollout go on from where it waits"),
    ("promote-full", "ROLLOUT", "lets a Rollout go past all of its steps"),
    ("abort", "ROLLOUT", "aborts the update of a Rollout"),
    ("retry", "ROLLOUT", "tries an aborted update again"),
    ("switch", "SERVICE SLOT", "points a Service at the pods of a slot"),
    ("open-gate", "CANARY", "opens the gate that Flagger waits at"),
    ("close-gate", "CANARY", "closes it again"),
    ("stop-controller", "CONTROLLER", "stops argo-rollouts or flagger"),
    ("start-controller", "CONTROLLER", "starts it again"),
];

/// Why words are no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// Nothing was said.
    #[error("say what to inject, such as: crash payment-service")]
    Empty,
    /// The first word is not known; with the nearest that is.
    #[error("there is no fault {word:?}{}", hint.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default())]
    Unknown {
        /// The word.
        word: String,
        /// The nearest known one.
        hint: Option<&'static str>,
    },
    /// There are too few words, or too many.
    #[error("write it as: {fault} {form}")]
    Form {
        /// First word.
        fault: &'static str,
        /// What belongs after it.
        form: &'static str,
    },
    /// A word is not what it should be.
    #[error("{word:?} is no {wanted}")]
    Word {
        /// The word.
        word: String,
        /// What it should be, with an example.
        wanted: &'static str,
    },
}

impl Action {
    /// Reads a fault in words, such as `latency cart-service 250ms`; see [`INJECTIONS`].
    ///
    /// Whether the service or node exists is not asked: a fault in what is not there does nothing.
    ///
    /// # Errors
    /// Where the fault is not known, or a word is missing, too many or no number.
    pub fn of_words(words: &str) -> Result<Self, WordsError> {
        let words: Vec<&str> = words.split_whitespace().collect();
        let (first, rest) = words.split_first().ok_or(WordsError::Empty)?;
        let known = INJECTIONS.iter().find(|(name, ..)| name == first);
        let (fault, form, _) = *known.ok_or_else(|| WordsError::Unknown {
            word: (*first).to_owned(),
            hint: nearest(first, INJECTIONS.iter().map(|(name, ..)| *name)),
        })?;
        match *rest {
            [] if form.is_empty() => Ok(Action::NoQuota),
            [one] if form.split(' ').count() == 1 && !form.is_empty() => of_one(fault, one),
            [one, two] if form.contains(' ') => of_two(fault, one, two),
            _ => Err(WordsError::Form { fault, form }),
        }
    }
}

/// The faults with one word after the first.
fn of_one(fault: &str, word: &str) -> Result<Action, WordsError> {
    let name = || word.to_owned();
    Ok(match fault {
        "crash" => release(word, "injected-crash"),
        "oom" => release(word, "injected-oom"),
        "image-typo" => release(word, "injected-pull"),
        "never-ready" => release(word, "injected-noready"),
        "slow-start" => release(word, "injected-slow"),
        "unready" => Action::Unready { workload: name() },
        "traffic" => Action::Traffic(number(word)?),
        "payment-provider" => Action::PaymentProvider { latency: seconds(word)?, errors: 0.0 },
        "database" => Action::Database(seconds(word)?),
        "node-loss" => Action::LoseNode(name()),
        "node-back" => Action::FindNode(name()),
        "promote" | "promote-full" => Action::Promote { workload: name(), full: fault == "promote-full" },
        "abort" => Action::Abort(name()),
        "retry" => Action::Retry(name()),
        "open-gate" | "close-gate" => Action::Gate { canary: name(), open: fault == "open-gate" },
        "stop-controller" | "start-controller" => {
            Action::Controller { name: controller(word)?, runs: fault == "start-controller" }
        }
        "quota" => Action::Quota { spare: count(word)? },
        _ => Action::Fault { workload: name(), defect: Defect::default() },
    })
}

/// The faults with two words after the first: of what, and how much.
fn of_two(fault: &str, what: &str, much: &str) -> Result<Action, WordsError> {
    let workload = what.to_owned();
    let sick = |defect| Action::Fault { workload: what.to_owned(), defect };
    Ok(match fault {
        "release" => release(what, much),
        "switch" => Action::Switch { service: workload, slot: much.to_owned() },
        "scale" => Action::Scale { workload, replicas: count(much)? },
        "noisy-node" => Action::NoisyNode { node: workload, share: share(much)? },
        "latency" => sick(Defect { latency: seconds(much)?, ..Defect::default() }),
        "errors" => sick(Defect { error_share: share(much)?, ..Defect::default() }),
        "memory-leak" => sick(Defect { memory_leak: bytes(much)?, ..Defect::default() }),
        _ => sick(Defect { connection_leak: number(much)?, ..Defect::default() }),
    })
}

fn release(workload: &str, tag: &str) -> Action {
    let image = format!("mambogo/{workload}:{tag}");
    Action::Release { workload: workload.to_owned(), image, cause: None, by: "inject".to_owned() }
}

fn wrong(word: &str, wanted: &'static str) -> WordsError {
    WordsError::Word { word: word.to_owned(), wanted }
}

fn controller(word: &str) -> Result<String, WordsError> {
    let known = CONTROLLERS.contains(&word);
    known.then(|| word.to_owned()).ok_or_else(|| wrong(word, "controller such as argo-rollouts or flagger"))
}

fn number(word: &str) -> Result<f64, WordsError> {
    let parsed = word.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
    parsed.ok_or_else(|| wrong(word, "number such as 2.5"))
}

fn count(word: &str) -> Result<i64, WordsError> {
    let parsed = word.parse().ok().filter(|count| (0..=10_000).contains(count));
    parsed.ok_or_else(|| wrong(word, "count between 0 and 10000"))
}

/// Reads `10%` or `0.1`.
fn share(word: &str) -> Result<f64, WordsError> {
    let parsed = match word.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().ok().map(|percent| percent / 100.0),
        None => word.parse().ok(),
    };
    parsed.filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| wrong(word, "share such as 10% or 0.1"))
}

fn seconds(word: &str) -> Result<f64, WordsError> {
    let parsed = word.parse::<SignedDuration>().ok().filter(|duration| !duration.is_negative());
    parsed.map(|duration| duration.as_secs_f64()).ok_or_else(|| wrong(word, "duration such as 2s or 250ms"))
}

fn bytes(word: &str) -> Result<f64, WordsError> {
    let parsed = quota::quantity(&Value::String(word.to_owned())).filter(|bytes| *bytes >= 0.0);
    parsed.ok_or_else(|| wrong(word, "amount of memory such as 2Mi"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_faults() {
        let fault = |defect| Action::Fault { workload: "a".to_owned(), defect };
        for (words, action) in [
            ("crash a", release("a", "injected-crash")),
            ("  release  a v2 ", release("a", "v2")),
            ("latency a 250ms", fault(Defect { latency: 0.25, ..Defect::default() })),
            ("errors a 10%", fault(Defect { error_share: 0.1, ..Defect::default() })),
            ("memory-leak a 2Mi", fault(Defect { memory_leak: 2_097_152.0, ..Defect::default() })),
            ("heal a", fault(Defect::default())),
            ("node-loss worker-3", Action::LoseNode("worker-3".to_owned())),
            ("no-quota", Action::NoQuota),
            ("promote-full a", Action::Promote { workload: "a".to_owned(), full: true }),
            ("switch a blue", Action::Switch { service: "a".to_owned(), slot: "blue".to_owned() }),
            ("close-gate a", Action::Gate { canary: "a".to_owned(), open: false }),
            ("stop-controller flagger", Action::Controller { name: "flagger".to_owned(), runs: false }),
        ] {
            assert_eq!(Action::of_words(words), Ok(action), "{words}");
        }
    }

    #[test]
    fn other_words_are_told_what_is_wrong() {
        for (words, sentence) in [
            ("", "say what to inject, such as: crash payment-service"),
            ("crush a", "there is no fault \"crush\"; did you mean \"crash\"?"),
            ("latency a", "write it as: latency SERVICE DURATION"),
            ("no-quota now", "write it as: no-quota "),
            ("latency a soon", "\"soon\" is no duration such as 2s or 250ms"),
            ("errors a 120%", "\"120%\" is no share such as 10% or 0.1"),
            ("stop-controller kubelet", "\"kubelet\" is no controller such as argo-rollouts or flagger"),
            ("scale a -1", "\"-1\" is no count between 0 and 10000"),
        ] {
            assert_eq!(Action::of_words(words).map_err(|error| error.to_string()), Err(sentence.to_owned()));
        }
    }

    #[test]
    fn every_injection_of_the_help_reads() {
        for (fault, form, _) in INJECTIONS {
            let words = form.replace("SERVICE", "a").replace("NODE", "n").replace("TAG", "v1").replace("BYTES", "2Mi");
            let words = words.replace("DURATION", "2s").replace("SHARE", "10%").replace("FACTOR", "2");
            let words = words.replace("COUNT", "3").replace("NUMBER", "0.1").replace("CONTROLLER", "flagger");
            assert!(Action::of_words(&format!("{fault} {words}")).is_ok(), "{fault} {words}");
        }
    }
}
