//! What a person may ask of a cluster: plan, refuse, preview, confirm.
//!
//! Raw JSON [`Facts`] in, a [`Plan`] or a [`Refusal`] out; templates never pass through slim structs, so that
//! an unknown pod-spec field survives an undo. Only [`Confirmed`] can be executed, and only a [`Consent`] makes one.
//!
//! ```text
//! request     Operation, Request: what is asked for          permission  which rules it needs
//! facts       Facts: the raw objects a plan rests on         json        reading raw objects
//! object      Object: which object is written                write       Write: one write, in a plan's order
//! policy      Policy: what this session may do               refusal     Refusal: a no with its reason
//! plan        plan(): Facts + Operation + Policy -> Plan     diff        Change: one field, before and after
//!   rolling · scale · undo · image · evict                   one family of operations each
//!   argo · flagger                                           the same in the way of each delivery controller
//!   pair                                                     what two Deployments make of it: label canary, switch
//! warning     what another actor will do about it            keeper      Argo CD, Flux or Helm behind an object
//! kubectl     the same change by hand                        history     what differs between two revisions
//! preview     Planned: a plan and what the server said       consent     Confirmed: the only key to a write
//! guard       does a fresh look still match the plan?        outcome     Outcome: what became of it
//! ```

mod argo;
pub mod consent;
pub mod diff;
mod evict;
pub mod facts;
mod flagger;
mod guard;
pub mod history;
mod image;
mod json;
pub mod keeper;
mod kubectl;
pub mod object;
pub mod outcome;
mod pair;
pub mod permission;
pub mod plan;
pub mod policy;
pub mod preview;
pub mod refusal;
pub mod request;
mod rolling;
mod scale;
mod undo;
pub mod warning;
pub mod write;

#[cfg(test)]
mod tests;

pub use argo::present_run;
pub use consent::{Confirmed, Consent};
pub use diff::{Change, diff};
pub use facts::{Facts, Objects};
pub use guard::{Guard, recheck};
pub use history::between;
pub use keeper::{Keeper, Tool};
pub use object::{Object, ObjectKind};
pub use outcome::Outcome;
pub use permission::{permissions_for, permissions_in};
pub use plan::{Plan, plan};
pub use policy::Policy;
pub use preview::{Planned, Preview, Tried};
pub use refusal::Refusal;
pub use request::{NoCount, Operation, Request, ScaleTo};
pub use warning::{Warning, WarningKind};
pub use write::{Patch, PatchKind, Post, Send, Write};
