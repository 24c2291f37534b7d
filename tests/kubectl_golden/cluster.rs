//! The simulated cluster of the session: twenty nodes, controllers fifty times as fast, and a kubectl that knows it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use rolltop::demo::api::{
    Backends, ContainerUsage, LogQuery, LogStream, NodeUsage, PodUsage, ProxyRequest, ProxyResponse, Running, Usage,
    serve,
};
use rolltop::demo::clock::Clock;
use rolltop::demo::controllers::cluster::{Key, Kind};
use rolltop::demo::engine::Engine;
use rolltop::demo::store::resource::{NODES, PODS};
use rolltop::demo::store::{ApiError, Meta, Shared, SharedStore, Store, Writer};
use serde_json::{Value, json};

use crate::kubectl::{Given, Kubectl};

const SPEED: f64 = 50.0;
/// Cores and bytes of each pod as the autoscaler sees them: 54 % of what the session's payment service asks for.
const USED: (f64, f64) = (0.135, 67_108_864.0);
const MANIFESTS: &str = include_str!("manifests.yaml");

pub struct Company {
    _running: Running,
    _runtime: tokio::runtime::Runtime,
    stop: Arc<AtomicBool>,
    engine: Option<std::thread::JoinHandle<()>>,
    kubectl: Kubectl,
}

/// Every running pod uses the same little.
struct Constant(SharedStore);

impl Backends for Constant {
    fn logs(&self, _query: LogQuery) -> Result<LogStream, ApiError> {
        Ok(Box::pin(futures::stream::empty()))
    }

    fn usage(&self) -> Usage {
        let (timestamp, window) = (Timestamp::now(), Duration::from_secs(15));
        self.0.with(|store| Usage {
            pods: store
                .list(&PODS, None)
                .filter(|pod| pod["status"]["phase"] == "Running")
                .map(|pod| PodUsage {
                    namespace: pod.namespace().to_owned(),
                    name: pod.name().to_owned(),
                    timestamp,
                    window,
                    containers: vec![ContainerUsage {
                        name: "main".to_owned(),
                        cpu_nanocores: 7_000_000,
                        memory_bytes: 64 << 20,
                    }],
                })
                .collect(),
            nodes: store
                .list(&NODES, None)
                .map(|node| NodeUsage {
                    name: node.name().to_owned(),
                    timestamp,
                    window,
                    cpu_nanocores: 7_000_000,
                    memory_bytes: 1 << 30,
                })
                .collect(),
        })
    }

    fn service_proxy(&self, _request: &ProxyRequest) -> Option<ProxyResponse> {
        None
    }
}

impl Company {
    /// Starts the cluster; none where kubectl is missing or too old.
    pub fn start() -> Option<Self> {
        if !Kubectl::is_there() {
            return None;
        }
        let store = SharedStore::new(Store::new(3));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let clock = Clock::wall(SPEED);
        let backends = Arc::new(Constant(store.clone()));
        let running = runtime.block_on(serve("127.0.0.1:0".parse().unwrap(), store.clone(), backends, clock)).unwrap();
        let kubectl = Kubectl::new(&running.kubeconfig(), "golden");
        let writer = Writer::new("kubelet", Timestamp::now());
        store.with(|store| {
            for number in 0..20 {
                store.create(&NODES, node(number), &writer).unwrap();
            }
        });
        let stop = Arc::new(AtomicBool::new(false));
        let engine = std::thread::spawn({
            let stop = Arc::clone(&stop);
            move || run(&store, &stop)
        });
        Some(Self { _running: running, _runtime: runtime, stop, engine: Some(engine), kubectl })
    }

    /// Creates the session's namespace and objects, and waits until they stand.
    pub fn furnish(&self) {
        // The recorded kubelets ignored probes; ours keep to them, and half a minute a wave is too long here.
        let manifests =
            MANIFESTS.replace("initialDelaySeconds: 30, periodSeconds: 10", "initialDelaySeconds: 1, periodSeconds: 1");
        let path = self.kubectl.file("manifests.yaml", &manifests);
        for command in [
            vec!["create", "namespace", "golden"],
            vec!["apply", "-f", &path],
            vec!["rollout", "status", "deploy/order-service", "--timeout=60s"],
            vec!["rollout", "status", "deploy/payment-service", "--timeout=60s"],
            vec!["rollout", "status", "sts/kafka", "--timeout=60s"],
            vec!["rollout", "status", "ds/log-shipper", "--timeout=60s"],
        ] {
            let given = self.kubectl(&command);
            assert_eq!(given.code, 0, "kubectl {}: {}{}", command.join(" "), given.stdout, given.stderr);
        }
    }

    /// Runs kubectl in the session's namespace.
    pub fn kubectl(&self, arguments: &[&str]) -> Given {
        self.kubectl.run(arguments)
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(engine) = self.engine.take() {
            drop(engine.join());
        }
    }
}

fn run(store: &SharedStore, stop: &AtomicBool) {
    let mut engine = Engine::new(store.clone(), 3, SPEED, Timestamp::now());
    // Autoscalers begin once anything at all is measured.
    engine.cluster_mut().usage.insert(Key::new(Kind::Pod, "kube-system", "measured"), USED);
    while !stop.load(Ordering::Relaxed) {
        let pod = |pod: &Shared| (Key::new(Kind::Pod, pod.namespace(), pod.name()), USED);
        let usage = &mut engine.cluster_mut().usage;
        usage.extend(store.with(|store| store.list(&PODS, None).map(pod).collect::<Vec<_>>()));
        engine.step(Timestamp::now());
        if !engine.has_news() {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn node(number: usize) -> Value {
    let size = json!({"cpu": "64", "memory": "256Gi", "pods": "1k"});
    let now = rolltop::demo::store::timestamp(Timestamp::now());
    let name = format!("node-{number:03}");
    json!({
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": "a"}},
        "status": {
            "capacity": size, "allocatable": size,
            "addresses": [{"type": "InternalIP", "address": format!("10.1.0.{number}")}, {"type": "Hostname", "address": name}],
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "", "lastHeartbeatTime": now, "lastTransitionTime": now}],
            "nodeInfo": {
                "machineID": "", "systemUUID": "", "bootID": "", "kernelVersion": "0", "osImage": "fake", "containerRuntimeVersion": "fake://0",
                "kubeletVersion": "v1.20.2", "kubeProxyVersion": "", "operatingSystem": "linux", "architecture": "amd64",
            },
        },
    })
}
