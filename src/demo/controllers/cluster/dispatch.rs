//! Which objects a change concerns: they are looked at again.

use serde_json::Value;

use super::{Cluster, Key, Kind, kind};
use crate::demo::controllers::object::{controller, deleting, dig, name, namespace, selects, text};
use crate::demo::store::{Change, Event};

impl Cluster {
    pub(super) fn absorb(&mut self) {
        let seen = self.seen;
        let (changes, version) = self.store.with(|store| {
            let changes: Option<Vec<Event>> = store.changed_since(seen).map(|changes| changes.cloned().collect());
            (changes, store.resource_version())
        });
        self.seen = version;
        match changes {
            Some(changes) => {
                for change in &changes {
                    self.dispatch(change);
                }
            }
            None => self.look_at_everything(),
        }
    }

    /// The change log ran out under us: take stock and look at every object once.
    fn look_at_everything(&mut self) {
        self.adopt();
        for (kind, _) in kind::KINDS.iter().filter(|(kind, _)| *kind != Kind::Event) {
            for object in self.list(*kind, None) {
                self.enqueue(Key::new(*kind, namespace(&object), name(&object)));
            }
        }
    }

    fn dispatch(&mut self, change: &Event) {
        let Some(kind) = Kind::of(change.resource) else { return };
        let object = &change.object;
        let gone = change.change == Change::Deleted;
        let key = Key::new(kind, namespace(object), name(object));
        if let Some(owner) = controller(object)
            && let Some(owner_kind) = Kind::owner(text(owner, &["kind"]))
        {
            self.enqueue(Key::new(owner_kind, namespace(object), text(owner, &["name"])));
        }
        match kind {
            Kind::Pod => self.dispatch_pod(change, &key, gone),
            Kind::Service | Kind::PodDisruptionBudget | Kind::ResourceQuota => {
                let watchers = self.watchers.entry(key.namespace.clone()).or_default();
                if gone {
                    watchers.remove(&key);
                } else {
                    watchers.insert(key.clone());
                }
                self.enqueue(key);
            }
            Kind::Node => {
                for set in self.list(Kind::DaemonSet, None) {
                    self.enqueue(Key::new(Kind::DaemonSet, namespace(&set), name(&set)));
                }
                self.unpark();
                self.enqueue(key);
            }
            Kind::Deployment => {
                for canary in self.list(Kind::Canary, Some(&key.namespace)) {
                    if text(&canary, &["spec", "targetRef", "name"]) == key.name {
                        self.enqueue(Key::new(Kind::Canary, &key.namespace, name(&canary)));
                    }
                }
                self.enqueue(key);
            }
            Kind::ReplicaSet
            | Kind::StatefulSet
            | Kind::DaemonSet
            | Kind::HorizontalPodAutoscaler
            | Kind::Rollout
            | Kind::AnalysisRun
            | Kind::Experiment
            | Kind::Canary
            | Kind::HttpRoute => self.enqueue(key),
            _ => {}
        }
    }

    fn dispatch_pod(&mut self, change: &Event, key: &Key, gone: bool) {
        let object = &change.object;
        let before = change.before.as_deref().map(crate::demo::store::Object::value);
        self.ledger.account(before, (!gone).then_some(object.value()));
        if gone {
            self.unplaced.remove(key);
            self.unpark();
            self.wake_recreating(object);
        }
        let path: [&[&str]; 2] = [&["spec"], &["metadata", "deletionTimestamp"]];
        let concerns_kubelet =
            before.is_none_or(|before| path.iter().any(|path| dig(before, path) != dig(object, path)));
        if gone || concerns_kubelet {
            self.enqueue(key.clone());
        }
        let labels = dig(object, &["metadata", "labels"]).unwrap_or(&Value::Null);
        let Some(watchers) = self.watchers.get(&key.namespace) else { return };
        let same_for_all = before.is_some_and(|before| !gone && !counts_differ(before, object));
        if same_for_all {
            return;
        }
        let concerned: Vec<Key> = watchers.iter().filter(|watcher| self.concerns(watcher, labels)).cloned().collect();
        for watcher in concerned {
            self.enqueue(watcher);
        }
    }

    /// A Deployment that recreates its pods goes on when the last old one is gone, which no `ReplicaSet` counts any more.
    fn wake_recreating(&mut self, pod: &Value) {
        let Some(set) = controller(pod).filter(|owner| text(owner, &["kind"]) == "ReplicaSet") else { return };
        let Some(set) = self.get(Kind::ReplicaSet, namespace(pod), text(set, &["name"])) else { return };
        let Some(owner) = controller(&set) else { return };
        let Some(deployment) = self.get(Kind::Deployment, namespace(pod), text(owner, &["name"])) else { return };
        if text(&deployment, &["spec", "strategy", "type"]) == "Recreate" {
            self.enqueue(Key::new(Kind::Deployment, namespace(pod), name(&deployment)));
        }
    }

    fn concerns(&self, watcher: &Key, labels: &Value) -> bool {
        let Some(object) = self.get(watcher.kind, &watcher.namespace, &watcher.name) else { return false };
        match watcher.kind {
            Kind::Service => dig(&object, &["spec", "selector"])
                .is_some_and(|all| selects(&serde_json::json!({"matchLabels": all}), labels)),
            Kind::PodDisruptionBudget => {
                dig(&object, &["spec", "selector"]).is_some_and(|selector| selects(selector, labels))
            }
            _ => true,
        }
    }

    fn unpark(&mut self) {
        for key in std::mem::take(&mut self.unplaced) {
            self.enqueue(key);
        }
    }
}

/// Says whether a service, budget or quota would count the pod differently.
fn counts_differ(before: &Value, after: &Value) -> bool {
    crate::demo::controllers::pods::ready(before) != crate::demo::controllers::pods::ready(after)
        || deleting(before) != deleting(after)
        || crate::demo::controllers::pods::finished(before) != crate::demo::controllers::pods::finished(after)
        || text(before, &["status", "podIP"]) != text(after, &["status", "podIP"])
        || dig(before, &["metadata", "labels"]) != dig(after, &["metadata", "labels"])
}
