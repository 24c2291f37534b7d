//! Judgement, pure: progress, stuck, advice, revisions, ETA; kept up to date per workload.

pub mod assessment;

pub use assessment::{Advice, Assessment, Evidence, Progress, Proposal, Restarts, Started, State, Version, Who};
