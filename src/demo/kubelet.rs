//! The kubelets of all nodes: they pull, start, probe, restart and stop what the scheduler bound.
//!
//! ```text
//! behaviour  what an image does: from its tag, or from a scenario     probe      what the spec's probes ask, when
//! container  one container's life, pure: time in, notes out           pod        a pod's containers, its end
//! status     the pod's status as JSON                                    pace       how fast, and how long between two tries
//! ```
//!
//! Only what is about to happen costs anything: a healthy running container has no timer. Durations in a
//! pod's spec are taken as written; all others (pulls, starts, back-offs) are divided by the speed.

mod behaviour;
mod container;
mod pace;
mod pod;
mod probe;
mod status;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use serde_json::Value;

pub use behaviour::{Behaviour, Fate};
use container::{Note, Role};
use pace::Pace;
use pod::PodRun;

use super::controllers::cluster::{Cluster, Key, Kind};
use super::controllers::object::{deleting, dig, label, list, put, text, uid};

/// What one container is doing, for whoever measures it.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    /// Its name.
    pub name: String,
    /// When it started; none while it does not run.
    pub since: Option<Timestamp>,
    /// Whether it gets traffic.
    pub ready: bool,
    /// How often it was restarted.
    pub restarts: u32,
}

/// All kubelets.
#[derive(Debug, Default)]
pub struct Kubelets {
    pods: HashMap<Key, (String, PodRun)>,
    images: HashSet<(String, String)>,
    releases: BTreeMap<String, Behaviour>,
    lost: BTreeMap<String, Timestamp>,
    /// Services whose readiness probes fail: namespace and label `app`.
    unready: HashSet<(String, String)>,
    addresses: u32,
    lives: Vec<Life>,
}

/// Something that happened in a container's life, for whoever keeps the logs.
#[derive(Debug, Clone, PartialEq)]
pub struct Life {
    /// The pod.
    pub pod: Key,
    /// Its label `app`, or its container's name.
    pub app: String,
    /// The container's name.
    pub container: String,
    /// The container's image.
    pub image: String,
    /// Seconds from its start until it serves, at the clock's pace.
    pub startup: f64,
    /// Exit code and reason where it ended; none where it started.
    pub ended: Option<(i64, String)>,
}

impl Kubelets {
    /// Says how an image behaves, whatever its tag says; counts for containers started from now on.
    pub fn set_behaviour(&mut self, image: &str, behaviour: Behaviour) {
        self.releases.insert(image.to_owned(), behaviour);
    }

    /// Cuts a node off: its pods stay as they were last seen.
    pub fn lose(&mut self, node: &str, now: Timestamp) {
        self.lost.insert(node.to_owned(), now);
    }

    /// Brings a lost node back.
    pub fn find(&mut self, node: &str) {
        self.lost.remove(node);
    }

    /// Lets the readiness probes of a service's pods fail from now on, or pass again.
    pub fn set_unready(
        &mut self,
        cluster: &mut Cluster,
        (namespace, app): (&str, &str),
        unready: bool,
        now: Timestamp,
    ) {
        let service = (namespace.to_owned(), app.to_owned());
        let changes = if unready { self.unready.insert(service) } else { self.unready.remove(&service) };
        if !changes {
            return;
        }
        for pod in cluster.list(Kind::Pod, Some(namespace)).iter().filter(|pod| label(pod, "app") == app) {
            let key = Key::new(Kind::Pod, namespace, text(pod, &["metadata", "name"]));
            if let Some((_, run)) = self.pods.get_mut(&key) {
                run.containers.iter_mut().for_each(|each| each.set_unready(unready, now));
                cluster.enqueue(key);
            }
        }
    }

    /// Returns since when a node is lost.
    pub fn lost_since(&self, node: &str) -> Option<Timestamp> {
        self.lost.get(node).copied()
    }

    /// Returns what the containers of a pod are doing; nothing for a pod on no node.
    pub fn running(&self, pod: &Key) -> Vec<Running> {
        let containers = self.pods.get(pod).map_or(&[][..], |(_, run)| &run.containers);
        containers
            .iter()
            .map(|each| Running {
                name: each.name.clone(),
                since: each.running_since().filter(|_| !self.pods.get(pod).is_some_and(|(_, run)| run.stopped)),
                ready: each.ready,
                restarts: each.restarts,
            })
            .collect()
    }

    /// Takes what happened in the lives of containers since the last call.
    pub fn take_lives(&mut self) -> Vec<Life> {
        std::mem::take(&mut self.lives)
    }

    /// Takes over a pod that was there, running, before the story began.
    pub fn adopt(&mut self, pod: &Value, speed: f64) {
        let run = PodRun::settled(pod, Pace { speed, haste: 1.0 }, &|image| self.behaviour(image));
        for container in &run.containers {
            self.images.insert((run.node.clone(), container.image.clone()));
        }
        let key = Key::new(Kind::Pod, text(pod, &["metadata", "namespace"]), text(pod, &["metadata", "name"]));
        self.pods.insert(key, (uid(pod).to_owned(), run));
        self.addresses += 1;
    }

    /// Looks at one pod: starts it, lets it live, stops it.
    pub fn sync(&mut self, cluster: &mut Cluster, key: &Key, now: Timestamp) {
        let Some(pod) = cluster.get(Kind::Pod, &key.namespace, &key.name) else {
            self.pods.remove(key);
            return;
        };
        let node = text(&pod, &["spec", "nodeName"]).to_owned();
        if node.is_empty() {
            if deleting(&pod) {
                cluster.delete_now(Kind::Pod, &key.namespace, &key.name);
            }
            return;
        }
        if self.lost.contains_key(&node) {
            return;
        }
        let mut notes = self.begin(&pod, key, cluster, now);
        let images = &self.images;
        let present = |image: &str| images.contains(&(node.clone(), image.to_owned()));
        let Some((_, run)) = self.pods.get_mut(key) else { return };
        let before: Vec<Option<Timestamp>> = run.all().map(container::Container::running_since).collect();
        notes.extend(run.terminate(&pod, now));
        let ended = run.stops.is_some_and(|at| at <= now);
        if ended {
            run.stop(now);
        } else {
            notes.extend(run.advance(now, &present));
        }
        let (run, due) = (run.clone(), run.due());
        self.lives.extend(lives(&before, &run, &pod, key));
        for image in run.all().filter(|each| each.running_since().is_some()).map(|each| &each.image) {
            if !self.images.contains(&(node.clone(), image.clone())) {
                self.images.insert((node.clone(), image.clone()));
            }
        }
        Self::write(cluster, key, &pod, &run, now);
        Self::tell(cluster, &pod, &node, notes);
        if ended {
            cluster.delete_now(Kind::Pod, &key.namespace, &key.name);
            self.pods.remove(key);
        } else if let Some(at) = due {
            cluster.wake(key.clone(), at);
        }
    }

    /// The kernel kills a container for memory.
    pub fn out_of_memory(&mut self, cluster: &mut Cluster, key: &Key, container: &str, now: Timestamp) {
        let Some((_, run)) = self.pods.get_mut(key) else { return };
        let (title_run, index) = (run.clone(), run.containers.iter().position(|each| each.name == container));
        if let Some(index) = index {
            let before: Vec<Option<Timestamp>> = run.all().map(container::Container::running_since).collect();
            run.containers[index].end(137, "OOMKilled", now, &title_run.around());
            cluster.enqueue(key.clone());
            if let Some(pod) = cluster.get(Kind::Pod, &key.namespace, &key.name) {
                let run = run.clone();
                self.lives.extend(lives(&before, &run, &pod, key));
                Self::write(cluster, key, &pod, &run, now);
            }
        }
    }

    fn behaviour(&self, image: &str) -> Behaviour {
        self.releases.get(image).cloned().unwrap_or_else(|| Behaviour::of_image(image))
    }

    /// Starts a pod that is new here; a pod of the same name but another uid replaces the one before.
    fn begin(&mut self, pod: &Value, key: &Key, cluster: &mut Cluster, now: Timestamp) -> Vec<Note> {
        let known = self.pods.get(key).is_some_and(|(known, _)| known == uid(pod));
        if known {
            self.restart_changed_images(pod, key, now);
            return Vec::new();
        }
        let node = text(pod, &["spec", "nodeName"]);
        let host = cluster.get(Kind::Node, "", node);
        let host_ip = host.as_deref().map_or("", |host| {
            let addresses = list(host, &["status", "addresses"]);
            addresses
                .iter()
                .find(|each| text(each, &["type"]) == "InternalIP")
                .map_or("", |each| text(each, &["address"]))
        });
        self.addresses += 1;
        let (high, low) = (self.addresses / 250, self.addresses % 250 + 2);
        let addresses = (format!("10.244.{high}.{low}"), host_ip.to_owned());
        let pace = Pace { speed: cluster.speed(), haste: 0.85 + 0.3 * cluster.rng().f64() };
        let present = |image: &str| self.images.contains(&(node.to_owned(), image.to_owned()));
        let unready = self.unready.contains(&(key.namespace.clone(), label(pod, "app").to_owned()));
        let (mut run, notes) = PodRun::start(pod, addresses, pace, &|image| self.behaviour(image), &present, now);
        if unready {
            run.containers.iter_mut().for_each(|each| each.set_unready(true, now));
        }
        self.pods.insert(key.clone(), (uid(pod).to_owned(), run));
        notes
    }

    /// The image is the one field of a running pod's container that may change; the container restarts with it.
    fn restart_changed_images(&mut self, pod: &Value, key: &Key, now: Timestamp) {
        let releases: Vec<(String, Behaviour)> = list(pod, &["spec", "containers"])
            .iter()
            .map(|spec| (text(spec, &["image"]).to_owned(), self.behaviour(text(spec, &["image"]))))
            .collect();
        let Some((_, run)) = self.pods.get_mut(key) else { return };
        let around_run = run.clone();
        for ((container, spec), (image, behaviour)) in
            run.containers.iter_mut().zip(list(pod, &["spec", "containers"])).zip(releases)
        {
            if container.image != image {
                let mut fresh = container::Container::new(spec, Role::Main, behaviour);
                fresh.begin(false, now, &around_run.around());
                fresh.restarts = container.restarts + 1;
                *container = fresh;
            }
        }
    }

    fn write(cluster: &mut Cluster, key: &Key, pod: &Value, run: &PodRun, now: Timestamp) {
        let status = status::render(pod, run, &run.around(), now);
        if dig(pod, &["status"]) != Some(&status) {
            cluster.modify_status(Kind::Pod, &key.namespace, &key.name, "kubelet", |pod| put(pod, &["status"], status));
        }
    }

    fn tell(cluster: &mut Cluster, pod: &Value, node: &str, notes: Vec<Note>) {
        for Note(kind, reason, message) in notes {
            cluster.event_from(pod, kind, reason, &message, ("kubelet", node));
        }
    }
}

/// Compares what ran before with what runs now.
fn lives(before: &[Option<Timestamp>], run: &PodRun, pod: &Value, key: &Key) -> Vec<Life> {
    let mut lives = Vec::new();
    for (container, before) in run.all().zip(before) {
        let after = container.running_since();
        if after == *before {
            continue;
        }
        let app = match label(pod, "app") {
            _ if container.role == Role::Init => container.name.clone(),
            "" => container.name.clone(),
            app => app.to_owned(),
        };
        let life = |ended| Life {
            pod: key.clone(),
            app: app.clone(),
            container: container.name.clone(),
            image: container.image.clone(),
            startup: container.startup_seconds() / run.speed(),
            ended,
        };
        if before.is_some() {
            lives.push(life(Some(container.ended().unwrap_or((143, "Error".to_owned())))));
        }
        if after.is_some() {
            lives.push(life(None));
        }
    }
    lives
}
