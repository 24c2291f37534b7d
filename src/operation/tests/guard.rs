//! A fresh look before a write.

use crate::operation::{Guard, recheck};

use super::*;

fn look(operation: &Operation, change: impl FnOnce(&mut Facts)) -> Result<Guard, Refusal> {
    let mut facts = deployment();
    let confirmed = planned(&facts, operation).unwrap();
    facts.target["metadata"]["resourceVersion"] = "99".into();
    change(&mut facts);
    recheck(&confirmed, &facts, &Policy::default())
}

#[test]
fn status_and_bookkeeping_may_churn() {
    for operation in [Operation::Pause, scale(5), undo(None), set_image("payment", "x:9"), Operation::Restart] {
        let guard = look(&operation, |facts| {
            facts.target["status"] = json!({"observedGeneration": 3, "unavailableReplicas": 2});
            facts.target["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "4".into();
        });
        let Ok(Guard::Holds(plan)) = guard else { panic!("{operation:?}: {guard:?}") };
        if operation == undo(None) {
            let sent = format!("{:?}", plan.writes);
            assert!(sent.contains(r#""deployment.kubernetes.io/revision": String("4")"#), "not rolled back: {sent}");
        }
    }
}

#[test]
fn a_planned_field_that_moved_asks_again() {
    type Case = (Operation, fn(&mut Facts));
    let cases: [Case; 4] = [
        (scale(5), |facts| facts.target["spec"]["replicas"] = 4.into()),
        (undo(None), |facts| facts.target["spec"]["template"] = template("shop/payment:v8")),
        (undo(None), |facts| {
            facts.target["spec"]["template"] = template("a:4");
            facts.objects.replica_sets.push(replica_set(4, template("a:4"), &json!({})));
        }),
        (set_image("payment", "x:9"), |facts| facts.target["spec"]["template"] = template("shop/payment:v8")),
    ];
    for (operation, change) in cases {
        let guard = look(&operation, change).unwrap();
        let Guard::Changed(plan) = guard else { panic!("{operation:?}") };
        assert_eq!(plan.operation, operation, "asked again for what was asked for");
    }
}

#[test]
fn other_fields_may_move() {
    let guard = look(&scale(5), |facts| facts.target["spec"]["template"] = template("shop/payment:v8"));
    assert!(matches!(guard, Ok(Guard::Holds(_))), "{guard:?}");
}

#[test]
fn another_object_connection_or_policy_is_refused() {
    let anew = look(&scale(5), |facts| facts.target["metadata"]["uid"] = "d-5".into()).unwrap_err();
    assert!(anew.to_string().contains("created anew"), "{anew}");
    let elsewhere = look(&scale(5), |facts| facts.connection = 8).unwrap_err();
    assert!(elsewhere.to_string().contains("context prod"), "{elsewhere}");
    let done = look(&scale(5), |facts| facts.target["spec"]["replicas"] = 5.into()).unwrap_err();
    assert!(done.to_string().contains("already"), "{done}");
    let confirmed = planned(&deployment(), &scale(5)).unwrap();
    let read_only = Policy { read_only: true, ..Policy::default() };
    assert!(recheck(&confirmed, &deployment(), &read_only).is_err());
}

#[test]
fn a_second_look_tells_whether_a_change_is_there() {
    let plan = planned(&deployment(), &scale(5)).unwrap();
    let mut target = deployment().target;
    assert_eq!(plan.writes[0].shown_by(&target), Some(false));
    target["spec"]["replicas"] = 5.into();
    assert_eq!(plan.writes[0].shown_by(&target), Some(true));
}
