//! The connection to a cluster, as the header shows it.

use jiff::Timestamp;

use super::{Scope, Text};

/// Who is connected to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Unique per connection; plans are bound to it.
    pub id: u64,
    /// Context name of the kubeconfig; `in-cluster` inside one.
    pub context: Text,
    /// Cluster address.
    pub server: Text,
    /// The kube user: the server's word (SelfSubjectReview) when it gives one, else the kubeconfig's entry.
    pub user: Text,
    /// Namespace of the context.
    pub namespace: Text,
    /// Which namespaces are watched.
    pub scope: Scope,
    /// How it is.
    pub state: LinkState,
}

/// How the connection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Reading the kubeconfig, running an exec plugin, opening the connection; holds what is waited for.
    Connecting(Text),
    /// Answers.
    Live,
    /// Lost or refused; tried again by itself.
    Down {
        /// What happened and where, and what to do: one sentence each.
        sentence: Text,
        /// What to do next.
        hint: Text,
        /// When it was lost.
        since: Timestamp,
        /// When it is tried again; `None` when only a person can help (unknown context, broken file).
        retry_at: Option<Timestamp>,
    },
}
