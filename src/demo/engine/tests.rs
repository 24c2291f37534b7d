//! The whole company in virtual time.

use super::*;
use crate::demo::company::{self, PRODUCTION};
use crate::demo::controllers::object::{condition, int, list, name, text};
use crate::demo::prometheus::Monitoring;
use crate::demo::prometheus::eval::{Answer, range};
use crate::demo::store::Store;

const NOW: i64 = 1_795_262_400;

fn settled(seed: u64) -> (Engine, Timestamp) {
    let now = Timestamp::from_second(NOW).expect("in range");
    let store = SharedStore::new(Store::new(seed));
    let mut engine = Engine::new(store, seed, 10.0, now - SignedDuration::from_hours(2000));
    company::settle(&mut engine, now);
    (engine, now)
}

#[test]
fn the_company_is_settled_and_old_when_the_story_begins() {
    let (engine, _) = settled(1);
    let cluster = engine.cluster();
    for deployment in cluster.list(Kind::Deployment, None) {
        let wanted = int(&deployment, &["spec", "replicas"]);
        for count in ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"] {
            assert_eq!(int(&deployment, &["status", count]), wanted, "{} {count}", name(&deployment));
        }
        let progress = condition(&deployment, "Progressing").expect("it has a deadline");
        assert_eq!(text(progress, &["reason"]), "NewReplicaSetAvailable");
    }
    assert!(list(&cluster.list(Kind::Pod, Some(PRODUCTION))[0], &["status", "containerStatuses"]).len() == 1);
    assert_eq!(cluster.list(Kind::Pod, Some(PRODUCTION)).len(), 36 + 9 + 5);
    let order = cluster
        .list(Kind::ReplicaSet, Some(PRODUCTION))
        .into_iter()
        .filter(|set| name(set).starts_with("order-service"))
        .count();
    assert_eq!(order, 3, "its history is there");
    assert!(cluster.list(Kind::Event, None).len() < 5, "the API server keeps events for an hour");
}

#[test]
fn the_same_seed_gives_the_same_history() {
    let names = |engine: &Engine| {
        engine.cluster().list(Kind::Pod, None).iter().map(|pod| name(pod).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&settled(3).0), names(&settled(3).0));
    assert_ne!(names(&settled(3).0), names(&settled(4).0));
}

/// A company that is settled and measured, and remembers the day before `start`.
fn measured(start: Timestamp) -> (Engine, Monitoring) {
    let store = SharedStore::new(Store::new(1));
    let mut engine = Engine::new(store, 1, 10.0, start - SignedDuration::from_hours(2000));
    company::settle(&mut engine, start);
    let measured = engine.measure(1, Logs::new(1), start);
    engine.remember();
    engine.step(start);
    (engine, measured.monitoring().clone())
}

/// What a query answers for each half minute of the five minutes before `end`.
fn minutes_before(monitoring: &Monitoring, end: Timestamp, query: &str) -> Vec<f64> {
    let (end, prometheus) = (end.as_millisecond(), monitoring.lock());
    let answer = range(&prometheus.db, prometheus.options, query, (end - 300_000, end, 30_000));
    let Ok(Answer::Matrix(series)) = answer else { panic!("{query}: {answer:?}") };
    assert_eq!(series.len(), 1, "{query}");
    series[0].1.iter().map(|(_, value)| *value).collect()
}

#[test]
fn what_is_remembered_goes_over_into_what_is_measured_without_an_edge() {
    let start = Timestamp::from_second(NOW).expect("in range");
    let later = start + SignedDuration::from_mins(4);
    let (mut engine, lived) = measured(start);
    engine.step_until(later);
    let (_, remembered) = measured(later);
    let shop = "namespace=\"mambogo-production\",pod=~\"order-service-.*\"";
    for (query, most) in [
        (format!("sum(rate(http_server_requests_seconds_count{{{shop}}}[1m]))"), 0.02),
        (format!("sum(rate(container_cpu_usage_seconds_total{{{shop}}}[1m]))"), 0.02),
        (format!("sum(container_memory_working_set_bytes{{{shop}}})"), 0.01),
        (format!("sum(rate(container_cpu_cfs_periods_total{{{shop}}}[1m]))"), 0.01),
    ] {
        // The first minute is remembered in both, then comes the start of the one, and neither shows in the other.
        let (lived, remembered) = (minutes_before(&lived, later, &query), minutes_before(&remembered, later, &query));
        for (lived, remembered) in lived.iter().zip(&remembered) {
            let apart = (lived / remembered - 1.0).abs();
            assert!(apart < most, "{query}: {lived} lived, {remembered} remembered");
        }
    }
}
