//! Folds what pods consume into readings and rings.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::domain::{Family, PodUsage, Text, WorkloadKey};

use super::super::{Changed, World};

impl World {
    /// A scrape is complete: pods it does not name have no reading.
    pub(in crate::world) fn fold_pod_usage(
        &mut self,
        namespace: Option<&Text>,
        items: Vec<PodUsage>,
        at: Timestamp,
    ) -> Changed {
        self.hear_all(Family::PodUsage, namespace.cloned(), at);
        let before = match namespace {
            Some(only) => BTreeMap::from_iter(self.usage.remove_entry(only)),
            None => std::mem::take(&mut self.usage),
        };
        let mut after: BTreeMap<Text, BTreeMap<Text, PodUsage>> = BTreeMap::new();
        for usage in items {
            after.entry(usage.namespace.clone()).or_default().insert(usage.name.clone(), usage);
        }
        let same = before == after;
        let of_pods = |usage: &BTreeMap<Text, BTreeMap<Text, PodUsage>>| -> BTreeSet<WorkloadKey> {
            usage.values().flat_map(BTreeMap::values).filter_map(|usage| self.consumer(usage)).collect()
        };
        let touched: BTreeSet<_> = of_pods(&before).into_iter().chain(of_pods(&after)).collect();
        self.note_pods(&after);
        self.usage.extend(after);
        if same {
            return Changed::default();
        }
        let units: BTreeSet<_> = touched.iter().map(|key| self.unit_of(key)).collect();
        for key in touched.union(&units) {
            self.note_usage(key);
        }
        Changed { workloads: touched, families: [Family::PodUsage].into(), ..Changed::default() }
    }

    fn note_pods(&mut self, scrape: &BTreeMap<Text, BTreeMap<Text, PodUsage>>) {
        for usage in scrape.values().flat_map(BTreeMap::values) {
            if let Some(pod) = self.pods.get(&usage.namespace, &usage.name)
                && let Some(history) = self.pod_history.get_mut(&pod.meta.uid)
            {
                history.usage.push(usage.at, usage.cpu(), usage.memory());
            }
        }
    }

    fn consumer(&self, usage: &PodUsage) -> Option<WorkloadKey> {
        self.pods.get(&usage.namespace, &usage.name).and_then(|pod| self.workload_of(&pod.meta))
    }

    fn note_usage(&mut self, key: &WorkloadKey) {
        let Ok(sum) = self.usage_of(key) else { return };
        self.workload_history.entry(key.clone()).or_default().usage.push(sum.at, sum.cpu, sum.memory);
    }
}
