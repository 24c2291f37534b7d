//! Flagger: what a `Canary` asks for and what its controller reports.

use jiff::{SignedDuration, Timestamp};

use super::{ObjectRef, Text};

/// A `flagger.app` Canary, beside its metadata.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlaggerCanary {
    /// The workload that is edited; the one that serves has the same name with `-primary`.
    pub target: ObjectRef,
    /// Name its Services carry; the target's unless the spec says otherwise.
    pub service: Text,
    /// Router it drives, e.g. `gatewayapi:v1`; empty where the controller's default holds.
    pub provider: Text,
    /// How it tests.
    pub analysis: FlaggerAnalysis,
    /// `spec.suspend`: nothing is reconciled.
    pub suspended: bool,
    /// `spec.skipAnalysis`: new revisions are promoted untested.
    pub skip_analysis: bool,
    /// Seconds until it gives up.
    pub progress_deadline_seconds: i32,
    /// What the controller reported.
    pub status: FlaggerStatus,
}

/// `spec.analysis`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlaggerAnalysis {
    /// Time between two looks; 60 s by default, never less than 10 s.
    pub interval: SignedDuration,
    /// Failed checks until it rolls back; 1 by default.
    pub threshold: i32,
    /// Weights it goes through; `stepWeights`, or made of `stepWeight` and `maxWeight`. Empty for blue-green and A/B.
    pub weights: Vec<i32>,
    /// Looks before promotion (blue-green, and A/B where `matched`); 0 for a weighted canary.
    pub iterations: i32,
    /// Only requests that match reach the canary (A/B).
    pub matched: bool,
    /// Its metric checks.
    pub metrics: Vec<FlaggerMetric>,
    /// Its webhooks that hold it until a person opens them, or roll it back.
    pub gates: Vec<FlaggerGate>,
}

/// One metric check.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlaggerMetric {
    /// `request-success-rate`, `request-duration` or the user's.
    pub name: Text,
    /// Least good value.
    pub min: Option<f64>,
    /// Greatest good value.
    pub max: Option<f64>,
}

/// One webhook a person can act on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlaggerGate {
    /// `confirm-rollout`, `confirm-traffic-increase`, `confirm-promotion` or `rollback`.
    pub kind: Text,
    /// Name.
    pub name: Text,
    /// Where it is asked, e.g. `http://flagger-loadtester.test/gate/check`.
    pub url: Text,
}

/// `status` of a Canary.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlaggerStatus {
    /// `Initializing`, `Initialized`, `Waiting`, `Progressing`, `WaitingPromotion`, `Promoting`, `Finalising`,
    /// `Succeeded`, `Failed`, `Terminating`, `Terminated`; empty before the first look.
    pub phase: Text,
    /// Weight it says the canary has, percent; wrong in some phases.
    pub weight: i32,
    /// Looks done.
    pub iterations: i32,
    /// Failed checks so far.
    pub failed_checks: i32,
    /// Hash of the spec it acts on.
    pub last_applied: Text,
    /// Hash of the spec it last promoted.
    pub last_promoted: Text,
    /// When the phase last changed.
    pub last_transition: Option<Timestamp>,
}
