//! What pods say, consume and report, against the simulated company: logs, metrics-server, Prometheus through the proxy.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

use std::time::Duration;

use jiff::Timestamp;
use rolltop::{
    cluster::{Access, logs::LogChunk},
    demo::{
        scenario::Action,
        start::{Options, Running, start},
    },
    domain::{Cores, Kind, LogLine, LogRequest, Text, WorkloadKey},
    panel::{self, Variables},
    prometheus::{self, Error, Window},
    session::{ConnectOptions, Live, PrometheusState},
    world::World,
};
use tokio::sync::mpsc::Receiver;

const NAMESPACE: &str = "mambogo-production";
const PAYMENT: &str = "payment-service";
/// Far more than any step takes; only a hanging test meets it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A company, and what is known of it.
struct Bench {
    company: Running,
    live: Live,
    _folder: tempfile::TempDir,
}

impl Bench {
    async fn open() -> Self {
        let company = start(Options::default()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kubeconfig");
        std::fs::write(&path, company.kubeconfig()).unwrap();
        let access = Access { kubeconfig: Some(path), ..Access::default() };
        let live = Live::open(ConnectOptions { access, ..ConnectOptions::default() });
        live.session.wait_connected().await.unwrap();
        Self { company, live, _folder: folder }
    }

    /// Waits until the world shows something.
    async fn until<T>(&mut self, what: &str, wanted: impl Fn(&World) -> Option<T>) -> T {
        let seen = async {
            loop {
                if let Some(found) = wanted(&self.live.world) {
                    return found;
                }
                self.live.next(Timestamp::now).await.unwrap();
            }
        };
        tokio::time::timeout(PATIENCE, seen).await.unwrap_or_else(|_| panic!("never seen: {what}"))
    }

    fn logs(&self, pod: &Text, previous: bool, follow: bool) -> Receiver<LogChunk> {
        let request = LogRequest {
            namespace: NAMESPACE.into(),
            pod: pod.clone(),
            container: PAYMENT.into(),
            previous,
            follow,
            tail: 5,
        };
        self.live.session.logs(request).unwrap()
    }
}

fn payment() -> WorkloadKey {
    WorkloadKey::new(Kind::Deployment, NAMESPACE, PAYMENT)
}

/// Reads until there are so many lines or the log ends.
async fn read(chunks: &mut Receiver<LogChunk>, lines: usize) -> Result<Vec<LogLine>, String> {
    let mut read = Vec::new();
    while read.len() < lines {
        match tokio::time::timeout(PATIENCE, chunks.recv()).await.unwrap() {
            Some(LogChunk::Lines(more)) => read.extend(more),
            Some(LogChunk::Pause(failure)) => return Err(failure.sentence),
            None => break,
        }
    }
    Ok(read)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_followed_and_the_run_before_is_asked_for() {
    let mut bench = Bench::open().await;
    let pod = bench.until("a pod", |world| Some(world.pods_of(&payment()).first()?.meta.name.clone())).await;
    let followed = read(&mut bench.logs(&pod, false, true), 8).await.unwrap();
    assert!(followed.len() >= 8, "more than the tail comes while one looks on");
    assert!(followed.is_sorted_by_key(|line| line.at.unwrap()));
    let tail = read(&mut bench.logs(&pod, false, false), usize::MAX).await.unwrap();
    assert_eq!(tail.len(), 5, "as many as asked for, then the end");
    let none = read(&mut bench.logs(&pod, true, true), 1).await.unwrap_err();
    assert_eq!(none, "payment-service has no previous run, or its log is gone");

    bench.company.inject(Action::Release {
        workload: PAYMENT.to_owned(),
        image: "mambogo/payment-service:crash".to_owned(),
        cause: None,
        by: "kubectl".to_owned(),
    });
    // The second restart: by then the first one's log is put aside for certain.
    let crashed = bench.until("a crash", |world| {
        let mut pods = world.pods_of(&payment()).into_iter();
        pods.find(|pod| pod.statuses.iter().any(|status| status.restarts > 1)).map(|pod| pod.meta.name.clone())
    });
    let crashed = crashed.await;
    let before = read(&mut bench.logs(&crashed, true, false), usize::MAX).await.unwrap();
    assert!(!before.is_empty() && before.iter().all(|line| !line.text.contains('\u{1b}')));
}

#[tokio::test(flavor = "multi_thread")]
async fn consumption_comes_with_what_was_asked_for() {
    let mut bench = Bench::open().await;
    let usage = bench.until("usage of all pods", |world| {
        world.usage_of(&payment()).ok().filter(|usage| usage.counted == usage.total && usage.total > 0)
    });
    let usage = usage.await;
    assert!(usage.cpu > Cores(0) && usage.memory.0 > 0, "{usage:?}");
    let nodes = bench.until("nodes", |world| (!world.node_usage().is_empty()).then(|| world.node_usage().len()));
    assert!(nodes.await > 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_is_found_behind_the_api_server_and_answers_panels() {
    let bench = Bench::open().await;
    let mut state = bench.live.session.prometheus();
    let found = state.wait_for(|state| matches!(state, PrometheusState::Ready(_)));
    let found = tokio::time::timeout(PATIENCE, found).await.unwrap().unwrap().clone();
    let client = found.client().unwrap();
    assert!(client.place().contains("prometheus"), "{}", client.place());

    let end = Timestamp::now().as_second();
    let window = Window { start: end - 900, end, step: 30 };
    let (panels, problems) = panel::load(&panel::shelf());
    assert!(problems.is_empty());
    let variables = Variables::of(&payment(), None, Duration::from_secs(120));
    for shipped in &panels {
        let data = prometheus::panel(client, shipped, &variables, &window).await.unwrap();
        let measured = data.lines.iter().any(|(_, series)| series.samples.iter().any(|one| one.value.is_finite()));
        assert!(measured, "{shipped:?}");
    }

    let error = client.range("sum(", &window).await.unwrap_err();
    assert!(matches!(error, Error::Query { .. }), "{error:?}");
    let error = client.range("\"text\"", &window).await.unwrap_err();
    assert!(matches!(error, Error::Query { .. }), "a range of a wrong type: {error:?}");
    assert_eq!(client.range("nothing_of_that_name", &window).await, Ok(Vec::new()));
    let nan = client.range("vector(0) / 0", &window).await.unwrap();
    assert!(nan[0].samples.iter().all(|one| one.value.is_nan()));
}
