//! Who lets faults happen that a person asks for, in words or as the lines of a scenario's step.

use tokio::sync::mpsc;

use super::{Action, SharedStore, Store, company};
use crate::demo::scenario::{Scenario, Target, WordsError};
use crate::demo::store::Meta;
use crate::demo::store::resource::{
    CANARIES, DAEMON_SETS, DEPLOYMENTS, NODES, ROLLOUTS, Resource, SERVICES, STATEFUL_SETS,
};
use crate::problem::nearest;

/// Lets faults happen in a company that runs; clones speak to the same one.
#[derive(Debug, Clone)]
pub struct Director {
    store: SharedStore,
    orders: mpsc::UnboundedSender<Action>,
}

/// Why nothing happens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectError {
    /// The words are no fault.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// The lines are no step; holds all problems.
    #[error("{0}")]
    Lines(String),
    /// What the fault is for does not exist.
    #[error("there is no {kind} {name:?} in the simulated company{}", meant(near.as_deref()))]
    Absent {
        /// What it would be.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What there is with a name like it.
        near: Option<String>,
    },
    /// The company is no more.
    #[error("the simulated company has stopped")]
    Stopped,
}

impl Director {
    pub(super) fn new(store: SharedStore, orders: mpsc::UnboundedSender<Action>) -> Self {
        Self { store, orders }
    }

    /// Lets a fault happen: words such as `crash payment-service`, or lines of TOML such as `lose_node = "worker-1"`.
    ///
    /// # Errors
    /// Where the words or lines say nothing that can happen here.
    pub fn inject(&self, told: &str) -> Result<(), DirectError> {
        let action = if told.contains('=') {
            Action::parse("the step", told).map_err(|problems| {
                let sentences: Vec<String> = problems.iter().map(ToString::to_string).collect();
                DirectError::Lines(sentences.join("\n"))
            })?
        } else {
            Action::of_words(told)?
        };
        self.find(action.target())?;
        self.orders.send(action).map_err(|_| DirectError::Stopped)
    }

    /// Returns everything that a story speaks of and that is not there.
    pub fn missing(&self, story: &Scenario) -> Vec<DirectError> {
        let acted_on = story.steps.iter().map(|step| step.action.target());
        let looked_at = story.signs.iter().map(|sign| Target::Service(&sign.workload));
        let mut missing: Vec<DirectError> = Vec::new();
        let known = |missing: &[DirectError], wanted: &str| {
            missing.iter().any(|each| matches!(each, DirectError::Absent { name, .. } if name == wanted))
        };
        for absent in acted_on.chain(looked_at).filter_map(|target| self.find(target).err()) {
            if !matches!(&absent, DirectError::Absent { name, .. } if known(&missing, name)) {
                missing.push(absent);
            }
        }
        missing
    }

    /// Refuses what would do nothing for want of its target.
    fn find(&self, target: Target<'_>) -> Result<(), DirectError> {
        let (kind, resources, space, name): (_, &[&Resource], _, _) = match target {
            Target::Workload(name) => ("Deployment", &[&DEPLOYMENTS, &ROLLOUTS], company::PRODUCTION, name),
            Target::Service(name) => (
                "service",
                &[&DEPLOYMENTS, &ROLLOUTS, &STATEFUL_SETS, &DAEMON_SETS, &SERVICES],
                company::PRODUCTION,
                name,
            ),
            Target::Rollout(name) => ("Rollout", &[&ROLLOUTS], company::PRODUCTION, name),
            Target::Canary(name) => ("Canary", &[&CANARIES], company::PRODUCTION, name),
            Target::Node(name) => ("node", &[&NODES], "", name),
            Target::World => return Ok(()),
        };
        self.store.with(|store: &mut Store| {
            if resources.iter().any(|resource| store.get(resource, space, name).is_some()) {
                return Ok(());
            }
            let space = Some(space).filter(|space| !space.is_empty());
            let known = resources.iter().flat_map(|resource| store.list(resource, space)).map(|object| object.name());
            Err(DirectError::Absent { kind, name: name.to_owned(), near: nearest(name, known).map(str::to_owned) })
        })
    }
}

fn meant(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!(": did you mean {near:?}?"))
}
