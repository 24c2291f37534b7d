//! Who lets faults happen that a person asks for, in words or as the lines of a scenario's step.

use tokio::sync::mpsc;

use super::{Action, SharedStore, Store, company};
use crate::demo::scenario::{Target, WordsError};
use crate::demo::store::resource::{
    CANARIES, DAEMON_SETS, DEPLOYMENTS, NODES, ROLLOUTS, Resource, SERVICES, STATEFUL_SETS,
};

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
    #[error("there is no {kind} {name:?} in the simulated company")]
    Absent {
        /// What it would be.
        kind: &'static str,
        /// Its name.
        name: String,
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
        self.find(&action)?;
        self.orders.send(action).map_err(|_| DirectError::Stopped)
    }

    /// Refuses what would do nothing for want of its target.
    fn find(&self, action: &Action) -> Result<(), DirectError> {
        let (kind, resources, space, name): (_, &[&Resource], _, _) = match action.target() {
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
        let there = |store: &mut Store| resources.iter().any(|resource| store.get(resource, space, name).is_some());
        if self.store.with(there) {
            return Ok(());
        }
        Err(DirectError::Absent { kind, name: name.to_owned() })
    }
}
