//! The whole company in virtual time.

use super::*;
use crate::demo::company::{self, PRODUCTION};
use crate::demo::controllers::object::{condition, int, list, name, text};
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
