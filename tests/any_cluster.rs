//! A release watched and acted on in whatever cluster there is: the simulated company, or a disposable one.
//!
//! `ROLLTOP_TEST_KUBECONFIG` names the kubeconfig of the latter; a namespace is made there and taken away again. Faults
//! by image tag need simulated nodes: they are left out there, and that is said.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

use std::{env, path::PathBuf, time::Duration};

use http::Method;
use jiff::Timestamp;
use rolltop::{
    audit::Journal,
    cluster::{Access, execute::read_target},
    demo::start::{Options, Running, start},
    domain::{Kind, Scope, WorkloadKey},
    operation::{Consent, Operation, Outcome, Policy, Request, ScaleTo},
    release::{Assessment, State},
    session::{
        ConnectOptions, Connected, Live,
        operate::{execute, prepare},
    },
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Pulling an image on a real cluster takes its time; only a hanging test meets it.
const PATIENCE: Duration = Duration::from_secs(180);

struct Bench {
    /// `None` on a real cluster.
    company: Option<Running>,
    live: Live,
    connected: Connected,
    key: WorkloadKey,
    folder: TempDir,
}

impl Bench {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (company, kubeconfig) = if let Some(path) = env::var_os("ROLLTOP_TEST_KUBECONFIG") {
            (None, PathBuf::from(path))
        } else {
            let company = start(Options::default()).await.unwrap();
            let path = folder.path().join("kubeconfig");
            std::fs::write(&path, company.kubeconfig()).unwrap();
            (Some(company), path)
        };
        let namespace = format!("rolltop-test-{:08x}", fastrand::u32(..));
        let access = Access { kubeconfig: Some(kubeconfig), ..Access::default() };
        let scope = Some(Scope::one(namespace.as_str()));
        let live = Live::open(ConnectOptions { access, scope, ..ConnectOptions::default() });
        let connected = live.session.wait_connected().await.unwrap();
        let key = WorkloadKey::new(Kind::Deployment, namespace, "pause");
        Self { company, live, connected, key, folder }
    }

    async fn send(&self, method: Method, path: &str, body: &Value) {
        let body = kube::client::Body::from(body.to_string().into_bytes());
        let request =
            http::Request::builder().method(method).uri(path).header("content-type", "application/json").body(body);
        let answer = self.connected.client.call(request, "set the stage", Duration::from_secs(20)).await.unwrap();
        assert!(answer.status.is_success(), "{path}: {answer:?}");
    }

    /// Waits until the Deployment is judged as wanted.
    async fn until(&mut self, what: &str, wanted: impl Fn(&Assessment) -> bool) {
        let seen = async {
            while !self.live.assessments.get(&self.key).is_some_and(&wanted) {
                self.live.next(Timestamp::now).await.unwrap();
            }
        };
        tokio::time::timeout(PATIENCE, seen).await.unwrap_or_else(|_| panic!("never seen: {what}"));
    }

    async fn act(&self, operation: Operation) {
        let Connected { client, link, .. } = &self.connected;
        let (request, policy) = (Request::new(self.key.clone(), operation), Policy::default());
        let planned = prepare(client, link, &request, &policy, Timestamp::now()).await.unwrap();
        let confirmed = planned.confirm(Consent::Beforehand).unwrap();
        let journal = Journal::new(self.folder.path().join("audit.jsonl"), Timestamp::now);
        let outcome = execute(client, link, &confirmed, &policy, &journal).await.unwrap();
        assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
    }

    async fn template(&self) -> Value {
        read_target(&self.connected.client, &self.key).await.unwrap()["spec"]["template"].clone()
    }
}

fn image(reference: &str) -> Operation {
    Operation::SetImage(vec![("main".into(), reference.into())])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_watched_and_acted_on() {
    let mut bench = Bench::open().await;
    let namespace = bench.key.namespace.clone();
    bench.send(Method::POST, "/api/v1/namespaces", &json!({"metadata": {"name": &*namespace}})).await;
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "pause"},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": "pause"}},
            "template": {
                "metadata": {"labels": {"app": "pause"}},
                "spec": {"containers": [{"name": "main", "image": "registry.k8s.io/pause:3.9"}]},
            },
        },
    });
    bench.send(Method::POST, &format!("/apis/apps/v1/namespaces/{namespace}/deployments"), &deployment).await;
    bench.until("its first pod", |judged| judged.state == State::Stable && judged.progress.available == 1).await;
    let first = bench.template().await;

    bench.act(Operation::Scale(ScaleTo::By(1))).await;
    bench.until("two pods", |judged| judged.state == State::Stable && judged.progress.available == 2).await;
    bench.act(Operation::Pause).await;
    bench.until("a pause", |judged| judged.state == State::Paused).await;
    bench.act(Operation::Resume).await;
    bench.act(image("registry.k8s.io/pause:3.10")).await;
    bench.until("the second revision", |judged| judged.state == State::Stable && judged.revision == 2).await;
    bench.act(Operation::Undo { to: None }).await;
    bench.until("the way back", |judged| judged.state == State::Stable && judged.revision == 3).await;
    assert_eq!(bench.template().await, first);

    if bench.company.is_some() {
        bench.act(image("shop/pause:crash")).await;
        bench.until("a crash", |judged| judged.state == State::Stuck && !judged.evidence.is_empty()).await;
    } else {
        eprintln!("SKIPPED on a real cluster: faults by image tag need simulated nodes");
    }
    bench.send(Method::DELETE, &format!("/api/v1/namespaces/{namespace}"), &json!({})).await;
}
