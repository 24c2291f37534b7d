//! What may be asked for.

use std::str::FromStr;

use crate::domain::{Text, WorkloadKey};

/// One change a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Stop a Deployment from rolling on.
    Pause,
    /// Let a paused Deployment roll on.
    Resume,
    /// Change the replica count.
    Scale(ScaleTo),
    /// Replace all pods by new ones of the same template.
    Restart,
    /// Go back to a revision; `None` is the one before.
    Undo {
        /// Its number.
        to: Option<i64>,
    },
    /// Change images: container name (`*` for all) and image reference.
    SetImage(Vec<(Text, Text)>),
    /// Let a canary take its next step, or switch a blue-green release; in full: skip all that is left.
    Promote {
        /// Skip every remaining step, pause and analysis.
        full: bool,
    },
    /// Give a canary up: traffic goes back to what is trusted.
    Abort,
    /// Try again what was aborted or has failed.
    Retry,
    /// Skip the present step of a canary (Argo Rollouts).
    SkipStep,
    /// End an AnalysisRun or Experiment (Argo Rollouts).
    Terminate {
        /// `AnalysisRun` or `Experiment`.
        kind: Text,
        /// Its name.
        name: Text,
    },
    /// Open or close a gate that holds a canary (Flagger).
    Gate {
        /// Kind of the webhook: `confirm-rollout`, `confirm-promotion` …
        kind: Text,
        /// Whether to open it.
        open: bool,
    },
    /// Give the canary Deployment this share of the pods, percent (label canary).
    SetWeight(i32),
    /// Do the second step of what was done in two: put Flagger's `skipAnalysis` back, scale a promoted canary to its floor.
    Finish,
    /// Evict one pod, honouring PodDisruptionBudgets.
    DeletePod {
        /// Its name.
        pod: Text,
        /// Its UID as seen on screen.
        uid: Text,
    },
}

impl Operation {
    /// Tells whether it means something only where a release is delivered progressively.
    pub fn is_delivery(&self) -> bool {
        matches!(
            self,
            Self::Promote { .. }
                | Self::Abort
                | Self::Retry
                | Self::SkipStep
                | Self::Terminate { .. }
                | Self::Gate { .. }
                | Self::SetWeight(_)
                | Self::Finish
        )
    }
}

/// The replica count asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaleTo {
    /// Exactly this many.
    Exactly(i32),
    /// That many more, or fewer.
    By(i32),
}

/// Why a text is no replica count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCount {
    /// It is something else.
    #[error("not a number of replicas; write 5, +2 or -1")]
    Text,
    /// No API could take it.
    #[error("more replicas than Kubernetes can count")]
    TooMany,
}

impl FromStr for ScaleTo {
    type Err = NoCount;

    /// Parses `5`, `+2` or `-1`.
    fn from_str(text: &str) -> Result<Self, NoCount> {
        let text = text.trim();
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NoCount::Text);
        }
        let number = text.parse().map_err(|_| NoCount::TooMany)?;
        Ok(if digits.len() < text.len() { Self::By(number) } else { Self::Exactly(number) })
    }
}

/// An operation and its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which workload.
    pub target: WorkloadKey,
    /// What is asked for.
    pub operation: Operation,
    /// What speaks against it, as the caller found it, e.g. bad evidence of a canary; the name must be typed then.
    pub against: Option<String>,
}

impl Request {
    /// Asks for something nothing speaks against.
    pub fn new(target: WorkloadKey, operation: Operation) -> Self {
        Self { target, operation, against: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_absolute_or_relative() {
        for (text, expected) in [
            ("5", Ok(ScaleTo::Exactly(5))),
            (" 0 ", Ok(ScaleTo::Exactly(0))),
            ("+2", Ok(ScaleTo::By(2))),
            ("-9", Ok(ScaleTo::By(-9))),
            ("1e9", Err(NoCount::Text)),
            ("abc", Err(NoCount::Text)),
            ("", Err(NoCount::Text)),
            ("+", Err(NoCount::Text)),
            ("--3", Err(NoCount::Text)),
            ("1 2", Err(NoCount::Text)),
            ("\u{663}", Err(NoCount::Text)),
            ("99999999999", Err(NoCount::TooMany)),
            ("-99999999999", Err(NoCount::TooMany)),
        ] {
            assert_eq!(text.parse(), expected, "{text:?}");
        }
    }
}
