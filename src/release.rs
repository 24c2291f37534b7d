//! Judgement, pure: what a workload's rollout is doing, whether it will arrive, and what to do about it.
//!
//! ```text
//!   World ─▶ subject ─▶ progress   what `kubectl rollout status` concludes
//!              │     ├─▶ stuck     reasons to think a change will not arrive
//!              │     ├─▶ degraded  reasons to call what arrived unhealthy
//!              │     ├─▶ started · eta · who · version · restarts
//!              │     └─▶ advice    the safest next key
//!              ▼
//!           judge ─▶ Assessment    one workload at one instant; delivered: units of progressive delivery
//!                └─▶ Assessments   all of them, kept up to date from Changed and a queue of deadlines
//! ```
//!
//! `now` is an argument everywhere. [`Assessments::refresh`] judges again only what changed and what time
//! alone has changed; nothing is rescanned per frame. Beside the judgement stand the tables people read:
//! [`mod@revisions`], [`mod@pod_status`] and [`limits`].

pub mod advice;
pub mod assessment;
mod assessments;
mod degraded;
mod delivered;
pub mod eta;
pub mod evidence;
mod findings;
mod judge;
pub mod limits;
pub mod pod_status;
pub mod progress;
mod restarts;
pub mod revisions;
mod started;
pub mod strategy;
mod stuck;
mod subject;
#[cfg(test)]
mod tests;
pub mod version;
pub mod who;

pub use assessment::{Advice, Assessment, Evidence, Progress, Proposal, Restarts, Started, State, Version, Who};
pub use assessments::Assessments;
pub use evidence::{Check, Comparison, Finding, Observed};
pub use judge::assess;
pub use pod_status::{PodPhase, PodStatus, pod_phase, pod_status};
pub use progress::Verdict;
pub use revisions::{Revision, revisions};
pub use strategy::{Delivery, Manner, Phase, Side, StepLine, System, Wait, WeightSource};
