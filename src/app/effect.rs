//! Everything an update may ask of the runtime, as data.

use super::Range;
use crate::{
    domain::{LogRequest, ObjectRef, Permission, Scope, Text, WorkloadKey},
    operation::{Confirmed, Plan, Request},
    release::evidence::Sides,
};

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Plan an operation and let the server try it; the answer is [`super::Message::Prepared`].
    Prepare {
        /// Names the answer.
        ticket: u64,
        /// What is asked for.
        request: Request,
    },
    /// Carry a confirmed plan out; the answer is [`super::Message::Finished`].
    Execute {
        /// Names the answer.
        ticket: u64,
        /// The plan.
        plan: Box<Confirmed<Plan>>,
    },
    /// Read a log.
    OpenLogs {
        /// Names the answers.
        id: u64,
        /// Which log.
        request: LogRequest,
    },
    /// Stop reading the log.
    CloseLogs(u64),
    /// Fetch an object's YAML.
    FetchYaml {
        /// Names the answer.
        id: u64,
        /// Which object.
        object: ObjectRef,
    },
    /// Fetch the panels of a workload, now and then until asked for others.
    FetchPanels {
        /// Which workload.
        key: WorkloadKey,
        /// How far back.
        range: Range,
    },
    /// Stop fetching panels.
    ClosePanels,
    /// Count the requests of a release's two sides, now and then until asked for others.
    Count(Box<Sides>),
    /// Stop counting.
    StopCounting,
    /// Compare two revisions of a workload.
    FetchDifference {
        /// Which workload.
        key: WorkloadKey,
        /// From and to which revision.
        between: (i64, i64),
    },
    /// Connect to another context.
    SwitchContext(Text),
    /// Watch other namespaces.
    SwitchScope(Scope),
    /// List the namespaces.
    ListNamespaces,
    /// List the contexts.
    ListContexts,
    /// Ask what the user may do.
    AskAccess(Vec<Permission>),
    /// Let a fault happen in the simulated company; the answer is a notice.
    Inject(String),
    /// Put text on the clipboard.
    Copy(String),
    /// Use another theme.
    SetTheme(String),
    /// Listen to the mouse, or not.
    SetMouse(bool),
    /// Connect now instead of waiting.
    Reconnect,
    /// Draw everything anew.
    Redraw,
    /// Stop, as ctrl-z does.
    Suspend,
    /// End the program.
    Quit,
}
