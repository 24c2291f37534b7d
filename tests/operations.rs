//! Every write against the simulated company: done, verified, refused, raced.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

use std::{path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use rolltop::{
    audit::Journal,
    cluster::{Access, Client, execute::read_target, kubeconfig::Environment},
    demo::{
        api::Faults,
        start::{Options, Running, start},
    },
    domain::{Kind, Link, LinkState, Scope, Text, WorkloadKey},
    operation::{Consent, Operation, Outcome, Planned, Policy, Preview, Refusal, Request, ScaleTo},
    session::operate::{Failure, difference, execute, prepare},
};
use serde_json::{Value, json};
use tempfile::TempDir;

#[path = "operations/argo.rs"]
mod argo;
#[path = "operations/flagger.rs"]
mod flagger;
#[path = "operations/pairs.rs"]
mod pairs;
#[path = "operations/plugin.rs"]
mod plugin;

const NAMESPACE: &str = "mambogo-production";
/// Far more than any step takes; only a hanging test meets it.
const PATIENCE: Duration = Duration::from_secs(90);

/// A company, a connection to it, and a journal.
struct Bench {
    company: Running,
    client: Client,
    link: Link,
    journal: Journal,
    folder: TempDir,
}

impl Bench {
    async fn open() -> Self {
        Self::with(rolltop::demo::start::Running::kubeconfig, false).await
    }

    /// A company whose steps and pauses take seconds.
    async fn fast() -> Self {
        Self::at(Options { speed: 60.0, memory: false, ..Options::default() }, Running::kubeconfig, false).await
    }

    async fn with(kubeconfig: impl Fn(&Running) -> String, read_only: bool) -> Self {
        Self::at(Options::default(), kubeconfig, read_only).await
    }

    async fn at(options: Options, kubeconfig: impl Fn(&Running) -> String, read_only: bool) -> Self {
        // The first to come installs it; the others find it there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let company = start(options).await.unwrap();
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("kubeconfig");
        std::fs::write(&path, kubeconfig(&company)).unwrap();
        let client = connect(path, read_only).await;
        let journal = Journal::new(folder.path().join("audit.jsonl"), Timestamp::now);
        Self { client, link: link(1), journal, company, folder }
    }

    fn request(kind: Kind, name: &str, operation: Operation) -> Request {
        Request::new(WorkloadKey::new(kind, NAMESPACE, name), operation)
    }

    async fn prepare(&self, request: &Request) -> Result<Planned, Failure> {
        prepare(&self.client, &self.link, request, &Policy::default(), Timestamp::now()).await
    }

    async fn execute(&self, planned: Planned) -> Result<Outcome, Failure> {
        let confirmed = planned.confirm(Consent::Beforehand).unwrap();
        execute(&self.client, &self.link, &confirmed, &Policy::default(), &self.journal).await
    }

    async fn act(&self, kind: Kind, name: &str, operation: Operation) -> Result<Outcome, Failure> {
        let planned = self.prepare(&Self::request(kind, name, operation)).await?;
        self.execute(planned).await
    }

    async fn target(&self, kind: Kind, name: &str) -> Value {
        read_target(&self.client, &WorkloadKey::new(kind, NAMESPACE, name)).await.unwrap()
    }

    /// Waits until a workload is as it should be.
    async fn until(&self, kind: Kind, name: &str, there: impl Fn(&Value) -> bool) -> Value {
        let mut changed = self.company.store().subscribe();
        let work = async {
            loop {
                let target = self.target(kind, name).await;
                if there(&target) {
                    return target;
                }
                changed.changed().await.unwrap();
            }
        };
        let there = tokio::time::timeout(PATIENCE, work).await;
        let Ok(target) = there else {
            panic!("{kind} {name} did not get there: {:#}", self.target(kind, name).await["status"])
        };
        target
    }

    /// Asks for something that must be refused, and returns why.
    async fn refused(&self, kind: Kind, name: &str, operation: Operation) -> Refusal {
        match self.act(kind, name, operation).await {
            Err(Failure::Refused(refusal)) | Ok(Outcome::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    }

    /// Changes an object past the path under test, as another client would.
    async fn meddle(&self, name: &str, patch: &Value) {
        self.meddle_with(&format!("/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{name}"), patch).await;
    }

    async fn meddle_with(&self, object: &str, patch: &Value) {
        let request = http::Request::patch(object)
            .header("content-type", "application/merge-patch+json")
            .body(kube::client::Body::from(patch.to_string().into_bytes()));
        let answer = self.client.call(request, "meddle", Duration::from_secs(20)).await.unwrap();
        assert!(answer.status.is_success(), "{answer:?}");
    }

    fn audit(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.journal.path()).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

async fn connect(kubeconfig: PathBuf, read_only: bool) -> Client {
    let access = Access { kubeconfig: Some(kubeconfig), read_only, ..Access::default() };
    access.prepare(&Environment::default()).unwrap().client().await.unwrap()
}

fn link(id: u64) -> Link {
    Link {
        id,
        context: "rolltop-demo".into(),
        server: "simulated".into(),
        user: "ann".into(),
        namespace: NAMESPACE.into(),
        scope: Scope::one(NAMESPACE),
        state: LinkState::Live,
    }
}

fn applied(outcome: Result<Outcome, Failure>) -> String {
    match outcome {
        Ok(Outcome::Applied { sentence, remark: None, .. }) => sentence,
        other => panic!("{other:?}"),
    }
}

fn image(container: &str, image: &str) -> Operation {
    Operation::SetImage(vec![(container.into(), image.into())])
}

const PAYMENT: &str = "payment-service";

#[tokio::test(flavor = "multi_thread")]
async fn every_write_arrives_and_is_recorded() {
    let bench = Bench::open().await;
    let before = bench.target(Kind::Deployment, PAYMENT).await;

    applied(bench.act(Kind::Deployment, PAYMENT, Operation::Pause).await);
    assert_eq!(bench.target(Kind::Deployment, PAYMENT).await["spec"]["paused"], true);
    applied(bench.act(Kind::Deployment, PAYMENT, Operation::Resume).await);
    assert_ne!(bench.target(Kind::Deployment, PAYMENT).await["spec"]["paused"], true);

    applied(bench.act(Kind::Deployment, PAYMENT, Operation::Scale(ScaleTo::By(2))).await);
    assert_eq!(bench.target(Kind::Deployment, PAYMENT).await["spec"]["replicas"], 5);

    applied(bench.act(Kind::Deployment, PAYMENT, image(PAYMENT, "mambogo/payment-service:v9.9.9")).await);
    let released = bench.target(Kind::Deployment, PAYMENT).await;
    let container = &released["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], "mambogo/payment-service:v9.9.9");
    assert_eq!(
        container["resources"], before["spec"]["template"]["spec"]["containers"][0]["resources"],
        "nothing is lost"
    );
    let cause = released["metadata"]["annotations"]["kubernetes.io/change-cause"].as_str().unwrap();
    assert_eq!(cause, "rolltop set-image payment-service=mambogo/payment-service:v9.9.9 by ann");

    applied(bench.act(Kind::Deployment, PAYMENT, Operation::Restart).await);
    let restarted = bench.target(Kind::Deployment, PAYMENT).await;
    let annotations = &restarted["spec"]["template"]["metadata"]["annotations"];
    assert!(annotations["kubectl.kubernetes.io/restartedAt"].is_string());

    for kind in [Kind::StatefulSet, Kind::DaemonSet] {
        let name = if kind == Kind::StatefulSet { "redis" } else { "log-shipper" };
        let template = bench.target(kind, name).await["spec"]["template"].clone();
        applied(bench.act(kind, name, Operation::Restart).await);
        undone(&bench, kind, name).await;
        assert_eq!(bench.target(kind, name).await["spec"]["template"], template, "{name}");
    }

    let lines = bench.audit();
    assert_eq!(lines.len(), 18, "nine writes, two lines each");
    for pair in lines.chunks(2) {
        assert_eq!((&pair[0]["event"], &pair[1]["event"]), (&json!("intent"), &json!("outcome")));
        assert_eq!((&pair[0]["id"], &pair[1]["result"]), (&pair[1]["id"], &json!("applied")));
    }
}

/// Undoes as soon as the controller has kept the revision before.
async fn undone(bench: &Bench, kind: Kind, name: &str) {
    let mut changed = bench.company.store().subscribe();
    let work = async {
        loop {
            match bench.act(kind, name, Operation::Undo { to: None }).await {
                Err(Failure::Refused(_)) => changed.changed().await.unwrap(),
                outcome => return applied(outcome),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_works_in_the_middle_of_a_failed_rollout() {
    let bench = Bench::open().await;
    let good = bench.target(Kind::Deployment, PAYMENT).await["spec"]["template"].clone();
    applied(bench.act(Kind::Deployment, PAYMENT, image(PAYMENT, "mambogo/payment-service:crash-1")).await);
    undone(&bench, Kind::Deployment, PAYMENT).await;
    let back = bench.target(Kind::Deployment, PAYMENT).await;
    assert_eq!(back["spec"]["template"], good);
    let key = WorkloadKey::new(Kind::Deployment, NAMESPACE, PAYMENT);
    let failure = difference(&bench.client, &bench.link, &key, (400, 1)).await.unwrap_err();
    assert!(failure.to_string().contains("has no revision"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_changes_nothing_and_names_exactly_the_fields() {
    let bench = Bench::open().await;
    let before = bench.target(Kind::Deployment, PAYMENT).await;
    let request = Bench::request(Kind::Deployment, PAYMENT, Operation::Scale(ScaleTo::Exactly(9)));
    let planned = bench.prepare(&request).await.unwrap();
    let Preview::DryRun(changes) = &planned.preview else { panic!("{planned:?}") };
    assert_eq!(changes.iter().map(ToString::to_string).collect::<Vec<_>>(), ["spec.replicas: 3 → 9"]);
    assert_eq!(bench.target(Kind::Deployment, PAYMENT).await["spec"], before["spec"]);
    assert!(bench.audit().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_is_evicted_only_once_it_is_confirmed() {
    let bench = Bench::open().await;
    let list = format!("/api/v1/namespaces/{NAMESPACE}/pods?labelSelector=app%3D{PAYMENT}");
    let pods: Value = bench.client.json(&list, "list pods").await.unwrap();
    let pod = &pods["items"][0]["metadata"];
    let text = |value: &Value| -> Text { value.as_str().unwrap().into() };
    let delete = Operation::DeletePod { pod: text(&pod["name"]), uid: text(&pod["uid"]) };
    let planned = bench.prepare(&Bench::request(Kind::Deployment, PAYMENT, delete)).await.unwrap();
    assert!(matches!(planned.preview, Preview::Described(_)));
    let path = format!("/api/v1/namespaces/{NAMESPACE}/pods/{}", pod["name"].as_str().unwrap());
    let there: Value = bench.client.json(&path, "read the pod").await.unwrap();
    assert!(there["metadata"]["deletionTimestamp"].is_null(), "the dry run evicted it");
    applied(bench.execute(planned).await);
    let gone = bench.client.json::<Value>(&path, "read the pod").await;
    assert!(gone.is_err() || gone.is_ok_and(|pod| pod["metadata"]["deletionTimestamp"].is_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_between_preview_and_yes_is_asked_again() {
    let bench = Bench::open().await;
    let request = Bench::request(Kind::Deployment, PAYMENT, Operation::Scale(ScaleTo::By(2)));
    let planned = bench.prepare(&request).await.unwrap();
    bench.meddle(PAYMENT, &json!({"spec": {"replicas": 4}})).await;
    let Ok(Outcome::Changed(anew)) = bench.execute(planned).await else { panic!("not asked again") };
    assert_eq!(bench.target(Kind::Deployment, PAYMENT).await["spec"]["replicas"], 4, "nothing was written");
    assert_eq!(anew.plan.summary, "scale deployment/payment-service from 4 to 6");
    applied(bench.execute(*anew).await);
    assert_eq!(bench.target(Kind::Deployment, PAYMENT).await["spec"]["replicas"], 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recreated_object_and_another_connection_are_refused() {
    let bench = Bench::open().await;
    let request = Bench::request(Kind::Deployment, PAYMENT, Operation::Pause);
    let planned = bench.prepare(&request).await.unwrap();
    let confirmed = planned.clone().confirm(Consent::Beforehand).unwrap();
    let elsewhere = execute(&bench.client, &link(2), &confirmed, &Policy::default(), &bench.journal).await;
    assert!(matches!(&elsewhere, Ok(Outcome::Refused(refusal)) if refusal.to_string().contains("another connection")));

    let path = format!("/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{PAYMENT}");
    let mut copy = bench.target(Kind::Deployment, PAYMENT).await;
    let delete = http::Request::delete(&path).body(kube::client::Body::empty());
    bench.client.call(delete, "delete it", Duration::from_secs(20)).await.unwrap();
    for name in ["uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "deletionTimestamp"] {
        copy["metadata"].as_object_mut().unwrap().remove(name);
    }
    copy.as_object_mut().unwrap().remove("status");
    let collection = format!("/apis/apps/v1/namespaces/{NAMESPACE}/deployments");
    created(&bench, &collection, &copy).await;
    let outcome = bench.execute(planned).await;
    assert!(
        matches!(&outcome, Ok(Outcome::Refused(refusal)) if refusal.to_string().contains("created anew")),
        "{outcome:?}"
    );
    assert_ne!(bench.target(Kind::Deployment, PAYMENT).await["spec"]["paused"], true);
}

/// Creates an object as soon as the one of its name is gone.
async fn created(bench: &Bench, path: &str, object: &Value) {
    let mut changed = bench.company.store().subscribe();
    let work = async {
        while bench.client.post(path, "create it", object).await.is_err() {
            changed.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(60), work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn status_churn_never_asks_again() {
    let bench = Arc::new(Bench::open().await);
    let stop = tokio_util::sync::CancellationToken::new();
    let churn = {
        let (bench, stop) = (bench.clone(), stop.clone());
        tokio::spawn(async move {
            let mut beats = 0;
            while !stop.is_cancelled() {
                beats += 1;
                bench.meddle(PAYMENT, &json!({"metadata": {"labels": {"beat": beats.to_string()}}})).await;
                tokio::time::sleep(Duration::from_millis(150)).await;
            }
            beats
        })
    };
    for count in [4, 5, 6, 7] {
        let outcome = bench.act(Kind::Deployment, PAYMENT, Operation::Scale(ScaleTo::Exactly(count))).await;
        assert_eq!(applied(outcome), format!("scale deployment/payment-service from {} to {count}", count - 1));
    }
    stop.cancel();
    assert!(churn.await.unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_write_leaves_a_read_only_session() {
    let bench = Bench::with(rolltop::demo::start::Running::kubeconfig, true).await;
    let planned = bench.prepare(&Bench::request(Kind::Deployment, PAYMENT, Operation::Pause)).await.unwrap();
    let policy = Policy { read_only: true, ..Policy::default() };
    let confirmed = planned.clone().confirm(Consent::Beforehand).unwrap();
    let asked = execute(&bench.client, &bench.link, &confirmed, &policy, &bench.journal).await;
    assert!(matches!(&asked, Ok(Outcome::Refused(refusal)) if refusal.to_string().contains("read-only")));
    assert!(bench.audit().is_empty(), "the policy refuses before anything is recorded");
    // Even a policy that forgot cannot write: the connection does not let it out.
    let slipped = bench.execute(planned).await;
    assert!(
        matches!(&slipped, Ok(Outcome::Refused(refusal)) if refusal.to_string().contains("read-only")),
        "{slipped:?}"
    );
    assert_ne!(bench.target(Kind::Deployment, PAYMENT).await["spec"]["paused"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_is_told_the_missing_rule() {
    let bench = Bench::with(rolltop::demo::start::Running::viewer_kubeconfig, false).await;
    let failure = bench.prepare(&Bench::request(Kind::Deployment, PAYMENT, Operation::Pause)).await.unwrap_err();
    let Failure::Refused(refusal) = failure else { panic!("{failure:?}") };
    assert_eq!(refusal.missing.unwrap().to_string(), format!("patch deployments.apps in {NAMESPACE}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_record_nothing_is_done_unless_it_is_wanted_so() {
    let bench = Bench::open().await;
    let journal = Journal::new(bench.folder.path().join("kubeconfig/audit.jsonl"), Timestamp::now);
    let planned = bench.prepare(&Bench::request(Kind::Deployment, PAYMENT, Operation::Pause)).await.unwrap();
    let confirmed = planned.confirm(Consent::Beforehand).unwrap();
    let refused = execute(&bench.client, &bench.link, &confirmed, &Policy::default(), &journal).await;
    assert!(
        matches!(&refused, Ok(Outcome::Refused(refusal)) if refusal.to_string().contains("--no-audit")),
        "{refused:?}"
    );
    assert_ne!(bench.target(Kind::Deployment, PAYMENT).await["spec"]["paused"], true);
    let policy = Policy { no_audit: true, ..Policy::default() };
    let done = execute(&bench.client, &bench.link, &confirmed, &policy, &journal).await;
    assert!(matches!(done, Ok(Outcome::Applied { remark: Some(_), .. })), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_is_reported_and_not_repeated() {
    let bench = Bench::open().await;
    let planned = bench.prepare(&Bench::request(Kind::Deployment, PAYMENT, Operation::Pause)).await.unwrap();
    // The write is done, its answer is cut off; reads of the same path go through again afterwards.
    let faults = Faults { path: "fieldManager=rolltop".to_owned(), cut: true, ..Faults::default() };
    bench.company.chaos().set(faults);
    let outcome = bench.execute(planned).await;
    let Ok(Outcome::Unknown { seen, sentence }) = &outcome else { panic!("{outcome:?}") };
    let paused = bench.target(Kind::Deployment, PAYMENT).await["spec"]["paused"] == true;
    assert_eq!(*seen, Some(paused), "{sentence}");
    assert_eq!(bench.audit()[1]["result"], "unknown");
}
