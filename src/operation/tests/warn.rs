//! Who else will have a say.

use serde_json::json;

use crate::operation::WarningKind;

use super::*;

fn warnings(facts: &Facts, operation: &Operation) -> String {
    let plan = planned(facts, operation).unwrap();
    plan.warnings.iter().map(|warning| warning.sentence.clone()).collect::<Vec<_>>().join("\n")
}

fn autoscaled() -> Facts {
    let mut facts = deployment();
    let autoscaler = |kind: &str, name: &str| {
        json!({
            "metadata": {"name": name},
            "spec": {"scaleTargetRef": {"kind": kind, "name": "payment"}, "minReplicas": 2, "maxReplicas": 6},
        })
    };
    facts.objects.autoscalers = vec![autoscaler("StatefulSet", "other"), autoscaler("Deployment", "payment-hpa")];
    facts
}

#[test]
fn an_autoscaler_has_the_last_word_on_the_count() {
    for (count, expected) in [
        (5, "the autoscaler payment-hpa owns the replica count (2–6)"),
        (1, "will raise it to its minimum of 2"),
        (9, "will lower it to its maximum of 6"),
        (0, "scaling to 0 switches the autoscaler payment-hpa (2–6) off"),
    ] {
        let said = warnings(&autoscaled(), &scale(count));
        assert!(said.contains(expected), "{count}: {said}");
    }
    let mut asleep = autoscaled();
    asleep.target["spec"]["replicas"] = 0.into();
    assert!(warnings(&asleep, &scale(3)).contains("switches the autoscaler payment-hpa on again"));
    assert_eq!(warnings(&autoscaled(), &Operation::Pause), "");
    assert_eq!(warnings(&deployment(), &scale(5)), "");
}

#[test]
fn owners_are_found_by_label_annotation_or_manager() {
    let annotated = |name: &str, value: &str| {
        let mut facts = deployment();
        facts.target["metadata"]["annotations"][name] = value.into();
        facts
    };
    let labelled = |name: &str, value: &str| {
        let mut facts = deployment();
        facts.target["metadata"]["labels"] = json!({name: value});
        facts
    };
    let managed = |manager: &str| {
        let mut facts = deployment();
        facts.target["metadata"]["managedFields"] = json!([{"manager": manager}]);
        facts
    };
    for (facts, expected) in [
        (
            annotated("argocd.argoproj.io/tracking-id", "shop-app:apps/Deployment:shop/payment"),
            "Argo CD (shop-app) owns",
        ),
        (labelled("argocd.argoproj.io/instance", "shop"), "Argo CD (shop) owns it: with self-heal"),
        (managed("argocd-controller"), "Argo CD owns it"),
        (labelled("kustomize.toolkit.fluxcd.io/name", "apps"), "Flux (apps) owns it and will undo this"),
        (managed("helm-controller"), "Flux owns it"),
        (annotated("meta.helm.sh/release-name", "pay"), "Helm (pay) owns it: its next upgrade may"),
        (labelled("app.kubernetes.io/managed-by", "Helm"), "Helm owns it"),
    ] {
        let said = warnings(&facts, &undo(None));
        assert!(said.contains(expected), "{said}");
        assert!(warnings(&facts, &Operation::Restart).is_empty(), "no manifest holds a restart");
    }
}

#[test]
fn an_applied_manifest_brings_back_what_it_holds() {
    let mut facts = deployment();
    let applied = json!({"spec": {"template": {"spec": {}}}}).to_string();
    facts.target["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = applied.into();
    assert!(warnings(&facts, &undo(None)).contains("the next apply"));
    assert!(warnings(&facts, &set_image("payment", "x:9")).contains("the next apply"));
    assert_eq!(warnings(&facts, &scale(5)), "", "the manifest says nothing of replicas");
}

#[test]
fn what_stays_idle_or_tight_is_said() {
    let mut facts = deployment();
    facts.target["spec"]["paused"] = true.into();
    assert!(warnings(&facts, &set_image("payment", "x:9")).contains("rolls out when it is resumed"));

    let mut stateful = controlled(Kind::StatefulSet);
    stateful.target["spec"]["updateStrategy"] = json!({"type": "OnDelete"});
    assert!(warnings(&stateful, &undo(None)).contains("OnDelete"));

    let mut single = deployment();
    single.target["spec"]["replicas"] = 1.into();
    single.objects.pod = Some(pod("p-1"));
    single.objects.budgets = vec![json!({
        "metadata": {"name": "keep"}, "spec": {"selector": {"matchLabels": {"app": "payment"}}},
        "status": {"disruptionsAllowed": 0},
    })];
    let said = warnings(&single, &delete("p-1"));
    assert!(
        said.contains("the disruption budget keep allows no disruption") && said.contains("the only replica"),
        "{said}"
    );
}

#[test]
fn what_could_not_be_read_is_said() {
    let mut facts = deployment();
    facts.objects.unseen = vec!["autoscalers cannot be read".to_owned()];
    let plan = planned(&facts, &scale(5)).unwrap();
    assert_eq!(plan.warnings[0].kind, WarningKind::Unseen);
}
