//! Restarting: pods older than `spec.restartAt` are evicted, a few at a time.

use jiff::SignedDuration;
use serde_json::Value;

use super::super::cluster::{Kind, Object};
use super::super::object::{deleting, dig, int, name, namespace, put, selects, time, uid};
use super::super::pods;
use super::Pass;
use super::sets::asked;

impl Pass<'_> {
    /// Evicts old pods where that is asked for; returns how many.
    pub(super) fn restart_pods(&mut self) -> i64 {
        let Some(at) = time(&self.rollout, &["spec", "restartAt"]) else { return 0 };
        if self.status(&["restartedAt"]) == dig(&self.rollout, &["spec", "restartAt"]) {
            return 0;
        }
        if self.now <= at {
            self.wake(at);
            return 0;
        }
        let pods: Vec<Object> = self.all.iter().flat_map(|set| self.cluster.owned(uid(set), Kind::Pod)).collect();
        let min_ready = int(&self.rollout, &["spec", "minReadySeconds"]);
        let usable = |pod: &&Object| pods::available(pod, min_ready, self.now) && !deleting(pod);
        let available = i64::try_from(pods.iter().filter(usable).count()).unwrap_or(0);
        let total: i64 = self.all.iter().map(|set| asked(set)).sum();
        let at_once = if self.is_blue_green() { 1 } else { self.limits().1.max(1) };
        let mut may_go = available - (self.replicas().max(total) - at_once);
        let old: Vec<Object> = pods
            .into_iter()
            .filter(|pod| time(pod, &["metadata", "creationTimestamp"]).is_some_and(|created| created < at))
            .collect();
        let mut evicted = 0;
        for pod in &old {
            if may_go > 0 && !deleting(pod) && self.evict(pod) {
                may_go -= 1;
                evicted += 1;
            }
        }
        if i64::try_from(old.len()).unwrap_or(i64::MAX) == evicted {
            let at = dig(&self.rollout, &["spec", "restartAt"]).cloned().unwrap_or_default();
            put(&mut self.next, &["restartedAt"], at);
        } else {
            let again = self.now + self.cluster.scaled(30.0).max(SignedDuration::from_secs(1));
            self.wake(again);
        }
        evicted
    }

    /// Evicts a pod where its disruption budget allows that.
    fn evict(&mut self, pod: &Object) -> bool {
        let labels = dig(pod, &["metadata", "labels"]).unwrap_or(&Value::Null);
        let budgets = self.cluster.list(Kind::PodDisruptionBudget, Some(namespace(pod)));
        let refuses = |budget: &Object| {
            dig(budget, &["spec", "selector"]).is_some_and(|selector| selects(selector, labels))
                && int(budget, &["status", "disruptionsAllowed"]) <= 0
        };
        if budgets.iter().any(refuses) {
            return false;
        }
        self.cluster.delete(Kind::Pod, namespace(pod), name(pod));
        true
    }
}
