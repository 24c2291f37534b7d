//! The API server of the simulated cluster: Kubernetes' HTTP interface over the store, on loopback, over TLS.
//!
//! ```text
//! server       listening, TLS, connections     handle     one request: faults, who asks, may they, who answers
//! tls          certificates made at the start  rbac       roles and bindings
//! credentials  tokens, kubeconfig              reviews    what may I do, who am I
//! request      paths, queries, shapes          discovery  groups, versions, kinds     openapi  what kubectl asks of it
//! resources    verbs of objects                read       get, list, pages            watch    changes, bookmarks, 410
//! write        create, update, patch, delete   patch      JSON, merge, strategic      apply    server-side apply
//! decode       bodies and their types          convert    kinds of several versions   table    rows as kubectl prints them
//! subresources scale, log, eviction, binding   metrics    metrics.k8s.io              proxy    the service proxy
//! proto        objects as protobuf, both ways; their types for explain and validation    validation   unknown fields
//! backends     what others answer              chaos      faults to throw in          control  how tests throw them
//! ```
//!
//! Adding a kind: a line in the store's table of resources; a printer in `table` where it has columns of its own.

mod apply;
mod backends;
mod chaos;
mod control;
mod convert;
mod credentials;
mod decode;
mod discovery;
mod fieldpaths;
mod handle;
mod metrics;
mod openapi;
mod patch;
mod proto;
mod proxy;
mod rbac;
mod read;
mod request;
mod resources;
mod respond;
mod reviews;
mod server;
mod subresources;
mod table;
mod tls;
mod validation;
mod watch;
mod write;

pub use backends::{
    Backends, ContainerUsage, LogQuery, LogStream, NoBackends, NodeUsage, PodUsage, ProxyRequest, ProxyResponse, Usage,
};
pub use chaos::{Chaos, Faults};
pub use credentials::{Credentials, KubeconfigError, write_kubeconfig};
pub use server::{Running, ServeError, serve};
