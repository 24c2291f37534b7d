//! Undo takes back exactly what a release changed.

use proptest::prelude::*;
use serde_json::json;

use crate::operation::{Patch, PatchKind, Send, Write, diff};

use super::*;

/// Any JSON a template may hold below a name nobody knows.
fn unknown() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z/~ ]{0,8}".prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z~/]{1,6}", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn apply(target: &Value, write: &Write) -> Value {
    let Send::Patch(Patch { kind: PatchKind::Json, body, .. }) = &write.send else { panic!("{write:?}") };
    let mut target = target.clone();
    json_patch::patch(&mut target, &serde_json::from_value::<json_patch::Patch>(body.clone()).unwrap()).unwrap();
    target
}

proptest! {
    #[test]
    fn undo_restores_every_field_of_the_template(old in unknown(), new in unknown(), image in "[a-z]{1,8}:v[0-9]") {
        let shaped = |image: &str, extra: &Value| {
            let mut template = template(image);
            template["spec"]["unknownToAll"] = extra.clone();
            template
        };
        let mut facts = deployment();
        let (before, after) = (shaped("shop/payment:v0", &old), shaped(&image, &new));
        facts.target["spec"]["template"] = after.clone();
        facts.objects.replica_sets =
            vec![replica_set(4, before.clone(), &json!({})), replica_set(5, after.clone(), &json!({}))];

        let there = planned(&facts, &undo(None)).unwrap();
        facts.target = apply(&facts.target, &there.writes[0]);
        prop_assert_eq!(&facts.target["spec"]["template"], &before);
        prop_assert_eq!(there.writes[0].shown_by(&facts.target), Some(true));

        // The controller gives the old template a new number; undoing again leads back.
        facts.objects.replica_sets[0] = replica_set(6, before, &json!({}));
        let back = planned(&facts, &undo(None)).unwrap();
        let target = apply(&facts.target, &back.writes[0]);
        prop_assert_eq!(&target["spec"]["template"], &after);
    }

    #[test]
    fn nothing_differs_from_itself_and_a_difference_is_seen(one in unknown(), two in unknown()) {
        prop_assert!(diff(&one, &one).is_empty());
        let (one, two) = (json!({"at": one}), json!({"at": two}));
        if diff(&one, &two).is_empty() {
            prop_assert_eq!(one, two);
        }
    }
}
