//! The safest next key, as a table: what is wrong, and what that speaks for.

use super::{
    Advice, Evidence, Proposal, State,
    findings::{Cause, in_a_cell},
};

/// What advice depends on.
pub struct Case<'a> {
    /// The state.
    pub state: State,
    /// The gravest evidence.
    pub evidence: Option<&'a Evidence>,
    /// Revision and version an undo would go back to.
    pub previous: Option<(i64, String)>,
    /// The release is young enough to be the first suspect.
    pub young: bool,
    /// The change has not arrived.
    pub going_out: bool,
    /// The target is a former revision that was gone back to; the one before is what failed.
    pub rolled_back: bool,
    /// It has a replica count.
    pub scalable: bool,
    /// Pods of other revisions fail too.
    pub old_fails: bool,
    /// Pods of the target revision.
    pub updated: i32,
    /// Pods wanted.
    pub desired: i32,
    /// The autoscaler's maximum, when it wants no less.
    pub autoscaler_limit: Option<i32>,
}

/// Advises; the first rule that matches.
pub fn advise(case: &Case<'_>) -> Advice {
    match case.state {
        State::Stuck | State::Degraded => trouble(case),
        State::Paused if case.going_out => {
            say(Proposal::Resume, format!("paused with {} of {} pods updated", case.updated, case.desired))
        }
        State::Paused => say(Proposal::Resume, "paused: changes do not go out".to_owned()),
        State::ScaledDown if case.scalable => say(Proposal::Scale, "wanted at zero pods".to_owned()),
        _ => at_limit(case).unwrap_or_default(),
    }
}

fn trouble(of: &Case<'_>) -> Advice {
    let cause = of.evidence.and_then(|evidence| Cause::of(&evidence.reason));
    let said = of.evidence.map(in_a_cell).unwrap_or_default();
    match cause {
        Some(Cause::Create) => return say(Proposal::Events, format!("undo would not help: {said}")),
        Some(Cause::Schedule) => {
            return say(Proposal::Events, format!("undo may not help: no node takes a pod: {said}"));
        }
        _ => {}
    }
    if of.old_fails {
        return say(Proposal::Logs, format!("old pods fail too, so it is not the release: {said}"));
    }
    let suspect = of.state == State::Stuck && of.going_out || of.young;
    if !suspect {
        return at_limit(of).unwrap_or_else(|| without_undo(cause, &said));
    }
    if of.rolled_back {
        return say(Proposal::Logs, format!("this is a rollback already, and it fails: {said}"));
    }
    let Some((revision, version)) = of.previous.clone() else {
        let advice = without_undo(cause, &said);
        return Advice { sentence: format!("{}; there is no earlier revision", advice.sentence), ..advice };
    };
    let why = match cause {
        Some(Cause::Crash) => "new pods crash",
        Some(Cause::Memory) => "new pods run out of memory",
        Some(Cause::Pull) => "the new image cannot be pulled",
        Some(Cause::Config) => "new pods cannot be configured",
        Some(Cause::Readiness) => "new pods do not get ready",
        Some(Cause::Deadline) => "the deadline has passed",
        Some(Cause::Create | Cause::Schedule) | None => "the new pods are unhealthy",
    };
    say(Proposal::Undo { revision, version }, why.to_owned())
}

fn without_undo(cause: Option<Cause>, said: &str) -> Advice {
    match cause {
        Some(Cause::Crash) => say(Proposal::Logs, format!("containers crash: {said}")),
        Some(Cause::Memory) => say(Proposal::Metrics, format!("out of memory: {said}")),
        Some(Cause::Pull | Cause::Config) => say(Proposal::Events, format!("pods cannot start: {said}")),
        Some(Cause::Readiness) => say(Proposal::Logs, "pods run and are not ready".to_owned()),
        _ => say(Proposal::Open, format!("look closer: {said}")),
    }
}

fn at_limit(case: &Case<'_>) -> Option<Advice> {
    let limit = case.autoscaler_limit?;
    Some(say(Proposal::Metrics, format!("the autoscaler is at its maximum of {limit}")))
}

fn say(proposal: Proposal, sentence: String) -> Advice {
    Advice { proposal: Some(proposal), sentence, ..Advice::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ObjectRef;

    fn evidence(reason: &str, message: &str) -> Evidence {
        let about = ObjectRef { kind: "Pod".into(), namespace: "shop".into(), name: "p".into() };
        Evidence { reason: reason.into(), message: message.into(), about, container: None, count: 3 }
    }

    fn case(state: State, evidence: Option<&Evidence>) -> Case<'_> {
        Case {
            state,
            evidence,
            previous: Some((3, "v1".into())),
            young: true,
            going_out: true,
            rolled_back: false,
            scalable: true,
            old_fails: false,
            updated: 2,
            desired: 5,
            autoscaler_limit: None,
        }
    }

    #[test]
    fn each_cause_has_its_key() {
        let undo = Some(Proposal::Undo { revision: 3, version: "v1".into() });
        let quota = "pods \"p\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=10, limited: pods=10";
        for (reason, message, proposal, sentence) in [
            ("CrashLoopBackOff", "", undo.clone(), "new pods crash"),
            ("ImagePullBackOff", "", undo.clone(), "the new image cannot be pulled"),
            ("CreateContainerConfigError", "", undo.clone(), "new pods cannot be configured"),
            ("Unhealthy", "", undo.clone(), "new pods do not get ready"),
            ("OOMKilled", "", undo.clone(), "new pods run out of memory"),
            ("ProgressDeadlineExceeded", "", undo, "the deadline has passed"),
            ("FailedCreate", quota, Some(Proposal::Events), "undo would not help: quota q: pods 10/10"),
            (
                "Unschedulable",
                "0/3 nodes are available: 3 Insufficient cpu. preemption: none.",
                Some(Proposal::Events),
                "undo may not help: no node takes a pod: Unschedulable: 3 Insufficient cpu",
            ),
        ] {
            let found = evidence(reason, message);
            let advice = advise(&case(State::Stuck, Some(&found)));
            let alone =
                matches!(proposal, Some(Proposal::Undo { .. })).then(|| format!("undo to v1 (revision 3): {sentence}"));
            assert_eq!(advice.words(), alone.unwrap_or_else(|| sentence.to_owned()), "{reason}");
            assert_eq!((advice.proposal, &*advice.sentence), (proposal, sentence), "{reason}");
        }
    }

    #[test]
    fn the_release_is_not_blamed_for_what_it_did_not_do() {
        let crash = evidence("CrashLoopBackOff", "");
        let both = Case { old_fails: true, ..case(State::Stuck, Some(&crash)) };
        assert_eq!(advise(&both).proposal, Some(Proposal::Logs));
        let back = Case { rolled_back: true, ..case(State::Stuck, Some(&crash)) };
        assert_eq!(advise(&back).proposal, Some(Proposal::Logs));
        let first = Case { previous: None, ..case(State::Stuck, Some(&crash)) };
        assert!(advise(&first).sentence.ends_with("no earlier revision"));
        let long_ago = Case { young: false, going_out: false, ..case(State::Degraded, Some(&crash)) };
        assert_eq!(advise(&long_ago).proposal, Some(Proposal::Logs));
        let limited = Case { autoscaler_limit: Some(20), ..case(State::Stable, None) };
        assert_eq!(advise(&limited).sentence, "the autoscaler is at its maximum of 20");
        assert_eq!(advise(&case(State::Progressing, None)), Advice::default());
        assert_eq!(advise(&case(State::Paused, None)).proposal, Some(Proposal::Resume));
        assert_eq!(advise(&case(State::ScaledDown, None)).proposal, Some(Proposal::Scale));
        let nowhere = Case { scalable: false, ..case(State::ScaledDown, None) };
        assert_eq!(advise(&nowhere), Advice::default(), "a DaemonSet has no count to raise");
    }
}
