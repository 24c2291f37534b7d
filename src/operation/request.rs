//! What may be asked for.

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
    /// Evict one pod, honouring PodDisruptionBudgets.
    DeletePod {
        /// Its name.
        pod: Text,
        /// Its UID as seen on screen.
        uid: Text,
    },
}

/// The replica count asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaleTo {
    /// Exactly this many.
    Exactly(i32),
    /// That many more, or fewer.
    By(i32),
}

/// An operation and its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which workload.
    pub target: WorkloadKey,
    /// What is asked for.
    pub operation: Operation,
}
