//! Rollouts, Canaries, analyses and routes into nouns.

use super::*;
use crate::domain::{ArgoStrategy, Delivery, PauseCondition, Step};
use jiff::SignedDuration;

fn read(family: Family, value: &Value) -> Object {
    let from_text = decode(family, value.to_string().as_bytes(), &mut Interner::default()).unwrap();
    assert_eq!(decode_value(family, value, &mut Interner::default()).unwrap(), from_text);
    from_text
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

fn rollout(strategy: &Value, status: &Value) -> Workload {
    let value = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
        "metadata": {"name": "gateway", "namespace": "shop", "uid": "u1", "generation": 7},
        "spec": {"replicas": 10, "selector": {"matchLabels": {"app": "gateway"}}, "strategy": strategy,
            "template": {"metadata": {"labels": {"app": "gateway"}}, "spec": {"containers": [{"name": "g", "image": "g:v2"}]}}},
        "status": status,
    });
    workload(Kind::Rollout, &value)
}

#[test]
fn a_canary_keeps_its_steps_in_words_it_understands() {
    let strategy = json!({"canary": {
        "canaryService": "gateway-canary", "stableService": "gateway", "maxSurge": "20%", "analysis": {"templates": []},
        "trafficRouting": {"maxTrafficWeight": 1000, "nginx": {}},
        "steps": [
            {"setWeight": 10}, {"pause": {}}, {"pause": {"duration": 30}}, {"pause": {"duration": "10m"}},
            {"pause": {"duration": "1h30m"}}, {"pause": {"duration": "soon"}}, {"setCanaryScale": {"replicas": 1}},
            {"setCanaryScale": {"weight": 25}}, {"setCanaryScale": {"matchTrafficWeight": true}},
            {"analysis": {"templates": [{"templateName": "success-rate"}, {"templateName": "latency"}]}},
            {"experiment": {"duration": "1m", "templates": [{"name": "baseline"}, {"name": "canary"}]}},
            {"setHeaderRoute": {"name": "h"}}, {"somethingNew": {"deep": [1]}}, {"setWeight": "many"}, {}, null,
        ],
    }});
    let read = rollout(&strategy, &json!({}));
    let Some(ArgoStrategy::Canary(canary)) = &read.argo().unwrap().strategy else { panic!("{read:?}") };
    let texts = |words: &[&str]| words.iter().map(|word| Text::from(*word)).collect::<Vec<_>>();
    let other = |key: &str| Step::Other(key.into());
    assert_eq!(
        canary.steps,
        [
            Step::SetWeight(10),
            Step::Pause(None),
            Step::Pause(Some(seconds(30))),
            Step::Pause(Some(seconds(600))),
            Step::Pause(Some(seconds(5400))),
            Step::Pause(None),
            Step::SetCanaryScale("1 pod".into()),
            Step::SetCanaryScale("25 %".into()),
            Step::SetCanaryScale("as its weight".into()),
            Step::Analysis(texts(&["success-rate", "latency"])),
            Step::Experiment(texts(&["baseline", "canary"])),
            other("setHeaderRoute"),
            other("somethingNew"),
            other("setWeight"),
            other(""),
            other(""),
        ]
    );
    assert_eq!((canary.routed, canary.max_weight, canary.background_analysis), (true, 1000, true));
    assert_eq!((&*canary.canary_service, &*canary.stable_service), ("gateway-canary", "gateway"));
    assert_eq!((read.replicas, read.progress_deadline_seconds), (Some(10), Some(600)));
}

#[test]
fn the_observed_generation_is_a_number_a_hash_or_nothing() {
    for (written, number, counted) in [
        (json!("7"), Some(7), 7),
        (json!(6), Some(6), 6),
        (json!("58b949649c"), None, 7),
        (json!("77646e4"), None, 7),
        (json!(null), None, 0),
    ] {
        let read = rollout(&json!({"canary": {}}), &json!({"observedGeneration": written}));
        assert_eq!(read.argo().unwrap().status.observed_generation, number, "{written}");
        assert_eq!(read.status.observed_generation, counted, "{written}");
    }
}

#[test]
fn a_status_is_read_where_old_and_new_controllers_keep_it() {
    let status = json!({
        "phase": "Paused", "message": "CanaryPauseStep", "currentPodHash": "new", "stableRS": "old", "currentStepIndex": 3,
        "controllerPause": true, "pauseConditions": [{"reason": "CanaryPauseStep", "startTime": "2026-11-21T10:00:00Z"}],
        "canary": {"weights": {"canary": {"weight": 20}, "verified": true},
            "currentStepAnalysisRunStatus": {"name": "run-1"}, "currentBackgroundAnalysisRun": "run-2"},
        "replicas": 11, "updatedReplicas": 2, "readyReplicas": 11, "availableReplicas": 10, "conditions": {},
    });
    let read = rollout(&json!({"canary": {}}), &status);
    let argo = &read.argo().unwrap().status;
    assert_eq!((&*argo.phase, &*argo.current_hash, &*argo.stable_hash, argo.step), ("Paused", "new", "old", Some(3)));
    assert_eq!((argo.weight, &*argo.step_run, &*argo.background_run), (Some((20, Some(true))), "run-1", "run-2"));
    let since = Some("2026-11-21T10:00:00Z".parse().unwrap());
    assert_eq!(argo.pauses, [PauseCondition { reason: "CanaryPauseStep".into(), since }]);
    assert_eq!((read.status.replicas, read.status.updated), (11, 2));
    let old = json!({"activeSelector": "a", "blueGreen": {"previewSelector": "p"}, "canary": {"stableRS": "s"}});
    let read = rollout(&json!({"blueGreen": {"activeService": "x", "autoPromotionEnabled": false}}), &old);
    let argo = read.argo().unwrap();
    assert_eq!((&*argo.status.active_hash, &*argo.status.preview_hash, &*argo.status.stable_hash), ("a", "p", "s"));
    let Some(ArgoStrategy::BlueGreen(switch)) = &argo.strategy else { panic!("{argo:?}") };
    assert_eq!((switch.auto_promotion, switch.scale_down_delay), (false, Some(seconds(30))));
}

#[test]
fn a_rollout_without_status_strategy_or_template_is_still_one() {
    for value in [
        json!({"metadata": {"name": "a", "namespace": "b"}}),
        json!({"metadata": {"name": "a", "namespace": "b"}, "spec": [], "status": 7}),
        json!({"metadata": {"name": "a", "namespace": "b"}, "spec": {"strategy": {"canary": {"steps": "none"}}}}),
    ] {
        let read = workload(Kind::Rollout, &value);
        assert_eq!((&*read.meta.name, read.status.observed_generation), ("a", 0), "{value}");
    }
    let by_reference = json!({"metadata": {"name": "a", "namespace": "b"},
        "spec": {"workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}}});
    let read = workload(Kind::Rollout, &by_reference);
    let of = read.argo().unwrap().workload_ref.clone().unwrap();
    assert_eq!((&*of.kind, &*of.namespace, &*of.name), ("Deployment", "b", "d"));
}

#[test]
fn replica_sets_of_argo_are_numbered_and_hashed_by_it() {
    let value = json!({"metadata": {"name": "g-65fb", "namespace": "shop",
        "labels": {"rollouts-pod-template-hash": "65fb"},
        "annotations": {"rollout.argoproj.io/revision": "31", "scale-down-deadline": "2026-11-21T10:00:30Z"}}});
    let Object::ReplicaSet(set) = read(Family::ReplicaSets, &value) else { panic!() };
    assert_eq!((set.revision, &*set.hash), (31, "65fb"));
    assert_eq!(set.meta.annotation("scale-down-deadline"), Some("2026-11-21T10:00:30Z"));
}

fn canary(analysis: &Value) -> Workload {
    let value = json!({"metadata": {"name": "cart", "namespace": "shop", "generation": 2}, "spec": {
        "targetRef": {"kind": "Deployment", "name": "cart-service"}, "analysis": analysis},
        "status": {"phase": "Progressing", "canaryWeight": 10, "iterations": -1, "failedChecks": 1}});
    workload(Kind::Canary, &value)
}

#[test]
fn a_flagger_canary_goes_through_the_weights_its_controller_would() {
    for (analysis, weights) in [
        (json!({"stepWeight": 10, "maxWeight": 50}), vec![10, 20, 30, 40, 50]),
        (json!({"stepWeight": 30, "maxWeight": 50}), vec![30, 60]),
        (json!({"stepWeight": 40}), vec![40, 80, 100]),
        (json!({"stepWeights": [1, 2, 10, 80]}), vec![1, 2, 10, 80]),
        (json!({"stepWeight": 10, "maxWeight": 50, "iterations": 5}), vec![]),
        (json!({}), vec![]),
    ] {
        assert_eq!(canary(&analysis).flagger().unwrap().analysis.weights, weights, "{analysis}");
    }
}

#[test]
fn a_flagger_canary_keeps_its_checks_and_gates() {
    let read = canary(&json!({"interval": "1s", "threshold": 5, "iterations": 3, "match": [{"headers": {}}],
        "metrics": [{"name": "request-success-rate", "threshold": 99}, {"name": "lag", "thresholdRange": {"max": 0.5}}],
        "webhooks": [{"type": "confirm-promotion", "name": "gate", "url": "http://flagger-loadtester.test/gate/check"},
            {"type": "rollout", "name": "load"}]}));
    let Some(Delivery::Flagger(flagger)) = read.delivery.as_deref() else { panic!() };
    let analysis = &flagger.analysis;
    assert_eq!(
        (analysis.interval, analysis.threshold, analysis.iterations, analysis.matched),
        (seconds(10), 5, 3, true)
    );
    let ranges: Vec<_> = analysis.metrics.iter().map(|metric| (&*metric.name, metric.min, metric.max)).collect();
    assert_eq!(ranges, [("request-success-rate", Some(99.0), None), ("lag", None, Some(0.5))]);
    let gates: Vec<_> = analysis.gates.iter().map(|gate| (&*gate.kind, &*gate.name)).collect();
    assert_eq!(gates, [("confirm-promotion", "gate")]);
    assert_eq!((&*flagger.service, &*flagger.target.name), ("cart-service", "cart-service"));
    assert_eq!((flagger.status.weight, flagger.status.iterations, flagger.progress_deadline_seconds), (10, -1, 600));
}

#[test]
fn an_analysis_run_shows_what_was_asked_and_measured() {
    let value = json!({"metadata": {"name": "run", "namespace": "shop"},
        "spec": {"args": [{"name": "service", "value": "gateway"}], "dryRun": [{"metricName": "latency"}], "metrics": [
            {"name": "errors", "successCondition": "result[0] < 0.05", "failureCondition": "",
             "provider": {"prometheus": {"query": "rate(x{service=\"{{args.service}}\"}[1m])\n"}}},
            {"name": "latency", "provider": {"prometheus": {"query": "{{ args.unknown }}"}}}]},
        "status": {"phase": "Running", "metricResults": [
            {"name": "errors", "phase": "Running", "successful": 2, "failed": 1, "measurements": [
                {"phase": "Successful", "value": "[0.01]", "startedAt": "2026-11-21T10:00:00Z", "finishedAt": "2026-11-21T10:00:01Z"},
                {"phase": "Error", "value": "", "message": "no answer"}]},
            {"name": "latency", "metadata": {"ResolvedPrometheusQuery": "up"}}, {"name": "late"}]}});
    let Object::AnalysisRun(run) = read(Family::AnalysisRuns, &value) else { panic!() };
    let names: Vec<_> = run.metrics.iter().map(|metric| (&*metric.name, &*metric.query, metric.dry_run)).collect();
    assert_eq!(
        names,
        [("errors", "rate(x{service=\"gateway\"}[1m])", false), ("latency", "up", true), ("late", "", false)]
    );
    let errors = &run.metrics[0];
    assert_eq!((&*errors.success, errors.counts), ("result[0] < 0.05", [2, 1, 0, 0]));
    assert_eq!((errors.measurements[0].number(), errors.measurements[1].number()), (Some(0.01), None));
}

#[test]
fn routes_of_three_kinds_tell_their_weights() {
    let http = json!({"metadata": {"name": "cart"}, "spec": {"rules": [
        {"backendRefs": [{"name": "other"}]},
        {"backendRefs": [{"name": "cart-primary", "weight": 90}, {"name": "cart-canary", "weight": 10}]}]}});
    let mesh = json!({"metadata": {"name": "cart"}, "spec": {"http": [{"route": [
        {"destination": {"host": "cart-primary.shop.svc.cluster.local"}, "weight": 75},
        {"destination": {"host": "cart-canary"}, "weight": 25}]}]}});
    let nginx = json!({"metadata": {"name": "cart-canary", "annotations": {
            "nginx.ingress.kubernetes.io/canary": "true", "nginx.ingress.kubernetes.io/canary-weight": "40"}},
        "spec": {"rules": [{"http": {"paths": [{"backend": {"service": {"name": "cart-canary"}}}]}}]}});
    let plain = json!({"metadata": {"name": "cart"}, "spec": {"defaultBackend": {"service": {"name": "cart-canary"}}}});
    for (kind, value, share) in [
        (RouteKind::HttpRoute, &http, Some(10.0)),
        (RouteKind::VirtualService, &mesh, Some(25.0)),
        (RouteKind::Ingress, &nginx, Some(40.0)),
        (RouteKind::Ingress, &plain, None),
        (RouteKind::HttpRoute, &json!({"metadata": {}, "spec": {"rules": [{"backendRefs": 3}]}}), None),
    ] {
        let Object::Route(read_as, route) = read(Family::Routes(kind), value) else { panic!() };
        assert_eq!((read_as, route.share("cart-canary")), (kind, share), "{route:?}");
    }
}

#[test]
fn a_service_knows_when_its_selector_was_written() {
    let value = json!({"metadata": {"name": "search", "managedFields": [
            {"manager": "a", "time": "2026-11-21T10:00:00Z", "fieldsV1": {"f:spec": {"f:selector": {}}}},
            {"manager": "b", "time": "2026-11-21T11:00:00Z", "fieldsV1": {"f:spec": {"f:ports": {}}}}]},
        "spec": {"selector": {"app": "search", "slot": "blue"}}});
    let Object::Service(service) = read(Family::Services, &value) else { panic!() };
    assert_eq!(service.selected, Some("2026-11-21T10:00:00Z".parse().unwrap()));
    assert_eq!(service.selector.get("slot").map(|slot| &**slot), Some("blue"));
}
