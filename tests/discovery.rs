//! Delivery systems that are there, are not, come and go, may not be read, or speak another version: against a scripted
//! server that notes what it is asked.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures::stream;
use http::{Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use rolltop::{
    cluster::Access,
    domain::{Absence, Family, Kind, RouteKind, SourceState},
    session::{ConnectOptions, Live},
};
use serde_json::{Value, json};

/// Far more than any step takes; only a hanging test meets it.
const PATIENCE: Duration = Duration::from_secs(30);
const ROLLOUTS: Family = Family::Workloads(Kind::Rollout);

/// What the server serves beside the built-in kinds, and what it was asked.
#[derive(Default)]
struct Script {
    /// Resources by group version.
    served: BTreeMap<String, Vec<&'static str>>,
    /// Resources that may not be listed.
    forbidden: Vec<&'static str>,
    asked: Vec<String>,
}

type Shared = Arc<Mutex<Script>>;

fn answer(script: &Shared, path: &str, watch: bool) -> Response<BoxBody<Bytes, Infallible>> {
    let mut script = script.lock().unwrap();
    script.asked.push(path.to_owned());
    let parts: Vec<&str> = path.trim_start_matches("/apis/").split('/').collect();
    let version = parts.iter().take(2).copied().collect::<Vec<_>>().join("/");
    let resource = parts.last().copied().unwrap_or_default();
    let custom = path.starts_with("/apis/") && path.contains(".io/") || path.contains("flagger.app");
    let built_in = ["autoscaling", "apps", "metrics.k8s.io"].iter().any(|group| path.contains(group));
    let (status, body) = match path {
        "/apis" => (StatusCode::OK, groups(&script.served)),
        _ if script.forbidden.contains(&resource) => (StatusCode::FORBIDDEN, refusal(403, "Forbidden")),
        _ if custom && !built_in => match script.served.get(&version) {
            None => (StatusCode::NOT_FOUND, refusal(404, "NotFound")),
            Some(names) if parts.len() == 2 => {
                let names: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
                (StatusCode::OK, json!({"kind": "APIResourceList", "resources": names}))
            }
            Some(names) if !names.contains(&resource) => (StatusCode::NOT_FOUND, refusal(404, "NotFound")),
            Some(_) => (StatusCode::OK, list(resource)),
        },
        _ => (StatusCode::OK, list(resource)),
    };
    let silent = watch && status == StatusCode::OK;
    let body = if silent {
        // A watch that has nothing to say and stays open.
        BodyExt::boxed(StreamBody::new(stream::pending::<Result<Frame<Bytes>, Infallible>>()))
    } else {
        Full::new(Bytes::from(body.to_string())).boxed()
    };
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(body).unwrap()
}

fn groups(served: &BTreeMap<String, Vec<&'static str>>) -> Value {
    let group = |version: &String| {
        let name = version.split('/').next().unwrap();
        json!({"name": name, "versions": [{"groupVersion": version, "version": "v"}]})
    };
    json!({"kind": "APIGroupList", "groups": served.keys().map(group).collect::<Vec<_>>()})
}

fn refusal(code: u16, reason: &str) -> Value {
    json!({"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": "no"})
}

/// One Rollout; of everything else nothing.
fn list(resource: &str) -> Value {
    let items = match resource {
        "rollouts" => json!([{"metadata": {"name": "gateway", "namespace": "shop", "uid": "u1"}}]),
        _ => json!([]),
    };
    json!({"kind": "List", "metadata": {"resourceVersion": "1"}, "items": items})
}

struct Server {
    script: Shared,
    folder: tempfile::TempDir,
    _task: tokio::task::JoinSet<()>,
}

impl Server {
    async fn start(groups: &[(&str, &[&'static str])]) -> Self {
        let script = Shared::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        let shared = script.clone();
        tasks.spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let shared = shared.clone();
                let service = service_fn(move |request: Request<Incoming>| {
                    let watch = request.uri().query().is_some_and(|query| query.contains("watch=1"));
                    let answer = answer(&shared, request.uri().path(), watch);
                    async move { Ok::<_, Infallible>(answer) }
                });
                connections.spawn(async move {
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "c", "cluster": {"server": format!("http://{address}")}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
        });
        std::fs::write(folder.path().join("kubeconfig"), config.to_string()).unwrap();
        let started = Self { script, folder, _task: tasks };
        started.serve(groups);
        started
    }

    fn serve(&self, served: &[(&str, &[&'static str])]) {
        let served = served.iter().map(|(version, names)| ((*version).to_owned(), names.to_vec()));
        self.script.lock().unwrap().served = served.collect();
    }

    fn open(&self) -> Live {
        Live::open(ConnectOptions {
            access: Access { kubeconfig: Some(self.folder.path().join("kubeconfig")), ..Access::default() },
            discovery: Some(Duration::from_millis(100)),
            no_discovery: true,
            ..ConnectOptions::default()
        })
    }

    /// How often paths with a word in them were asked.
    fn asked(&self, word: &str) -> usize {
        self.script.lock().unwrap().asked.iter().filter(|path| path.contains(word)).count()
    }
}

/// Follows until something holds of what is known.
async fn until(live: &mut Live, what: &str, holds: impl Fn(&Live) -> bool) {
    let wait = async {
        while !holds(live) {
            live.next(Timestamp::now).await.expect("the session ended");
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never seen: {what}"));
}

fn rollouts(live: &Live) -> usize {
    live.world.workloads().filter(|workload| workload.kind == Kind::Rollout).count()
}

fn state(live: &Live, family: Family) -> Option<SourceState> {
    live.world.source(family, "shop").map(|source| source.state.clone())
}

const ARGO: (&str, &[&str]) = ("argoproj.io/v1alpha1", &["rollouts", "rollouts/status", "analysisruns", "experiments"]);

#[tokio::test]
async fn what_is_not_served_is_never_asked_for() {
    // The project's other program serves the same group and version.
    let server = Server::start(&[
        ("argoproj.io/v1alpha1", &["applications"]),
        ("gateway.networking.k8s.io/v1", &["httproutes"]),
    ])
    .await;
    let mut live = server.open();
    until(&mut live, "synced", |live| live.world.synced()).await;
    // Ten looks later nothing else was asked.
    let wait = async {
        while server.asked("/apis/argoproj.io/v1alpha1") < 10 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap();
    for word in ["rollouts", "analysisruns", "experiments", "flagger", "httproutes", "ingresses", "istio"] {
        assert_eq!(server.asked(word), 0, "{word}");
    }
    assert!(live.world.source(ROLLOUTS, "shop").is_none());
    live.session.close();
}

#[tokio::test]
async fn systems_come_go_and_come_again_while_it_runs() {
    let server = Server::start(&[]).await;
    let mut live = server.open();
    until(&mut live, "synced", |live| live.world.synced()).await;
    for _ in 0..2 {
        server.serve(&[
            ARGO,
            ("gateway.networking.k8s.io/v1", &["httproutes"]),
            ("networking.k8s.io/v1", &["ingresses"]),
        ]);
        until(&mut live, "the Rollout", |live| rollouts(live) == 1).await;
        assert!(live.assessments.iter().any(|one| &*one.key.name == "gateway"));
        let routes = Family::Routes(RouteKind::HttpRoute);
        until(&mut live, "routes", |live| state(live, routes) == Some(SourceState::Synced)).await;
        let ingresses = Family::Routes(RouteKind::Ingress);
        until(&mut live, "ingresses", |live| state(live, ingresses) == Some(SourceState::Synced)).await;
        server.serve(&[]);
        let gone = SourceState::Absent(Absence::NoApi("argoproj.io/v1alpha1".into()));
        until(&mut live, "its end", |live| rollouts(live) == 0 && state(live, ROLLOUTS).as_ref() == Some(&gone)).await;
        assert!(live.world.synced(), "what is not served keeps nothing back");
        assert!(live.assessments.is_empty());
    }
    live.session.close();
}

#[tokio::test]
async fn a_list_that_is_forbidden_names_its_rule_and_keeps_nothing_back() {
    let server = Server::start(&[ARGO]).await;
    server.script.lock().unwrap().forbidden = vec!["rollouts", "analysisruns"];
    let mut live = server.open();
    until(&mut live, "synced", |live| live.world.synced()).await;
    let rule = |resource: &str| {
        Some(SourceState::Absent(Absence::Forbidden(format!("list {resource}.argoproj.io in shop").as_str().into())))
    };
    assert_eq!(state(&live, ROLLOUTS), rule("rollouts"));
    assert_eq!(state(&live, Family::AnalysisRuns), rule("analysisruns"));
    assert_eq!(state(&live, Family::Experiments), Some(SourceState::Synced));
    live.session.close();
}

#[tokio::test]
async fn a_version_nobody_here_speaks_is_named() {
    let server = Server::start(&[("argoproj.io/v1", &["rollouts"]), ("flagger.app/v2", &["canaries"])]).await;
    let mut live = server.open();
    until(&mut live, "synced", |live| live.world.synced() && live.world.source(ROLLOUTS, "shop").is_some()).await;
    for (family, says) in [
        (ROLLOUTS, "argoproj.io/v1alpha1 (the server has argoproj.io/v1)"),
        (Family::Workloads(Kind::Canary), "flagger.app/v1beta1 (the server has flagger.app/v2)"),
    ] {
        assert_eq!(state(&live, family), Some(SourceState::Absent(Absence::NoApi(says.into()))));
    }
    assert_eq!(server.asked("/rollouts"), 0);
    live.session.close();
}
