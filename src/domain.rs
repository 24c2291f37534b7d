//! Nouns without I/O: what a cluster is made of, in the words of the field.
//!
//! Nothing here fetches, judges or draws. Every source reports what it saw as an [`Observation`], in
//! these types; [`crate::world`] folds them, [`crate::release`] judges them.
//!
//! ```text
//! kind · key         which object                     meta        what every object carries
//! workload · probe   Deployment, StatefulSet, DaemonSet revision   ReplicaSet, ControllerRevision
//! argo · flagger     what delivers progressively      analysis    AnalysisRun, Experiment
//! network            Services, weights of routes
//! pod                a pod and its containers         autoscaler  HorizontalPodAutoscaler
//! event · usage      what was said, what is consumed  quantity    cores and bytes
//! reading            a value, or why there is none    series      numbers over time
//! access · link      permissions, the connection      observation everything a source can report
//! deed               a change that is on record     traffic     requests counted over a while
//! ```

pub mod access;
pub mod analysis;
pub mod argo;
pub mod autoscaler;
pub mod deed;
pub mod event;
pub mod flagger;
pub mod key;
pub mod link;
pub mod log;
pub mod meta;
pub mod network;
pub mod observation;
pub mod pod;
pub mod quantity;
pub mod reading;
pub mod revision;
pub mod scope;
pub mod series;
pub mod text;
pub mod traffic;
pub mod usage;
pub mod workload;

pub use access::{Access, Permission, Verdict};
pub use analysis::{AnalysisMetric, AnalysisRun, Experiment, Measurement};
pub use argo::{ArgoBlueGreen, ArgoCanary, ArgoRollout, ArgoStatus, ArgoStrategy, PauseCondition, Step};
pub use autoscaler::{Autoscaler, AutoscalerMetric};
pub use deed::Deed;
pub use event::{Event, Severity};
pub use flagger::{FlaggerAnalysis, FlaggerCanary, FlaggerGate, FlaggerMetric, FlaggerStatus};
pub use key::{Kind, ObjectRef, WorkloadKey};
pub use link::{Link, LinkState};
pub use log::{LogLine, LogRequest};
pub use meta::{Condition, Manager, Meta, Owner};
pub use network::{Route, Service};
pub use observation::{Delta, Family, Observation, RouteKind, SourceState};
pub use pod::{Container, ContainerRole, ContainerState, ContainerStatus, Pod, Probe, Resources, Terminated};
pub use quantity::{Bytes, Cores};
pub use reading::{Absence, Reading};
pub use revision::{ControllerRevision, ReplicaSet};
pub use scope::Scope;
pub use series::{Sample, Series};
pub use traffic::Traffic;
pub use usage::{NodeUsage, PodUsage};
pub use workload::{Delivery, IntOrPercent, Selector, Strategy, Template, Workload, WorkloadStatus};

/// Short text shared between rows: names, labels, reasons.
pub type Text = std::sync::Arc<str>;
