//! What a person may ask of a cluster: plan, refuse, preview, confirm.
//!
//! Raw JSON `Facts` in, a `Plan` or a `Refusal` out; templates never pass through slim structs, so that
//! an unknown pod-spec field survives an undo. Only `Confirmed` can be executed, and only a `Consent` makes one.

pub mod request;

pub use request::{Operation, Request, ScaleTo};
