//! Connecting by kubectl's rules, against the simulated cluster: credentials, plugins, proxies, certificates, refusals.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

#[path = "connect/certificates.rs"]
mod certificates;
#[path = "support/company.rs"]
mod company;
#[path = "connect/proxies.rs"]
mod proxies;
#[path = "support/tunnel.rs"]
mod tunnel;

use std::{collections::BTreeSet, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use company::{Company, open, open_with};
use kube::client::Body;
use rolltop::{
    cluster::{Access, FailureKind, kubeconfig::Environment},
    domain::{LinkState, Observation, Permission, Scope, Verdict},
    session::ConnectOptions,
};
use serde_json::json;

#[tokio::test]
async fn opening_touches_nothing_and_then_everything_arrives() {
    let company = Company::start().await;
    company.deploy("order");
    let (session, mut feed) = open(company.admin());
    assert_eq!(session.connected().unwrap_err().kind, FailureKind::NotConnected);
    let link = feed.live().await;
    assert_eq!((&*link.context, &*link.namespace, &*link.user), ("test", "shop", "rolltop-admin"));
    assert_eq!(link.scope, Scope::one("shop"));
    assert_eq!(feed.deployments().await, ["order"]);
    assert!(matches!(&feed.seen[0], Observation::Link(link) if matches!(link.state, LinkState::Connecting(_))));
    assert_eq!(session.wait_connected().await.unwrap().link.id, link.id);
    assert!(session.namespaces().await.unwrap().iter().any(|name| &**name == "shop"));
    let object =
        rolltop::domain::ObjectRef { kind: "Deployment".into(), namespace: "shop".into(), name: "order".into() };
    assert!(session.yaml(&object).await.unwrap().contains("image: shop/x:v1"));
    session.close();
}

#[tokio::test]
async fn what_only_a_person_can_mend_is_said_once() {
    let company = Company::start().await;
    let cases = [
        (Access { context: Some("prod".into()), ..company.admin() }, "no context `prod`"),
        (Access { kubeconfig: Some("/nowhere/config".into()), ..Access::default() }, "/nowhere/config"),
        (Access { kubeconfig: Some(company.file("broken", "users: [\n")), ..Access::default() }, "is not valid"),
    ];
    for (access, part) in cases {
        let (session, mut feed) = open(access);
        let (sentence, hint, again) = feed.down().await;
        assert!(sentence.contains(part) && !hint.is_empty(), "{sentence} / {hint}");
        assert!(!again, "{sentence}");
        session.close();
    }
}

#[tokio::test]
async fn strangers_and_refusals_are_named_and_tried_again() {
    let company = Company::start().await;
    let stranger = Company::start().await;
    let token = json!({"token": company.running.credentials.admin});
    let free = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let other_ca = {
        use base64::{Engine, prelude::BASE64_STANDARD};
        BASE64_STANDARD.encode(&stranger.running.ca_pem)
    };
    let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let no_tls = plain.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = plain.accept().await {
            use tokio::io::AsyncWriteExt;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let cases = [
        (json!({}), json!({"token": "wrong-word"}), "does not accept the credentials"),
        (json!({"certificate-authority-data": other_ca}), token.clone(), "unknown authority"),
        (json!({"tls-server-name": "elsewhere"}), token.clone(), "made for another name"),
        (json!({"server": format!("https://{free}")}), token.clone(), "refuses the connection"),
        (json!({"server": "https://nowhere.invalid:6443"}), token.clone(), "is not known"),
        (json!({"server": format!("https://{no_tls}")}), token.clone(), "no TLS with"),
    ];
    for (cluster, user, part) in cases {
        let (session, mut feed) = open(company.access(&cluster, &user));
        let (sentence, hint, again) = feed.down().await;
        assert!(sentence.contains(part), "{sentence} (wanted: {part})");
        assert!(!hint.is_empty() && again && !sentence.contains("wrong-word"), "{sentence} / {hint}");
        session.close();
    }
}

#[tokio::test]
async fn every_way_of_trusting_and_logging_in_works() {
    let company = Company::start().await;
    let admin = company.running.credentials.admin.clone();
    let token_file = company.file("token", &format!("{admin}\n"));
    let ca_file = company.file("ca.pem", &company.running.ca_pem);
    let token = json!({"token": admin});
    let none = json!(null);
    let cases = [
        (json!({"insecure-skip-tls-verify": true, "certificate-authority-data": none}), token.clone()),
        (
            json!({"certificate-authority-data": none, "certificate-authority": ca_file.file_name().unwrap().to_str()}),
            token.clone(),
        ),
        (json!({"tls-server-name": "localhost"}), token.clone()),
        (json!({}), json!({"tokenFile": token_file})),
    ];
    for (cluster, user) in cases {
        let (session, mut feed) = open(company.access(&cluster, &user));
        assert_eq!(&*feed.live().await.user, "rolltop-admin", "{cluster} {user}");
        session.close();
    }
}

#[tokio::test]
async fn an_exec_plugin_runs_once_without_a_terminal() {
    let company = Company::start().await;
    company.deploy("order");
    let count = company.folder.path().join("count");
    let script = plugin(
        &company,
        &format!(
            "echo run >> {}\necho noise >&2\nread line && exit 7\n[ \"$WORD\" = from-env ] || exit 8\n\
             case \"$KUBERNETES_EXEC_INFO\" in *'\"interactive\":false'*) ;; *) exit 9;; esac\n{}",
            count.display(),
            answer(&company.running.credentials.admin),
        ),
    );
    let exec = json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": script,
        "env": [{"name": "WORD", "value": "from-env"}], "interactiveMode": "IfAvailable",
    }});
    let (session, mut feed) = open(company.access(&json!({}), &exec));
    feed.live().await;
    assert_eq!(feed.deployments().await, ["order"]);
    assert_eq!(std::fs::read_to_string(&count).unwrap(), "run\n");
    let waited = |observation: &Observation| {
        matches!(observation, Observation::Link(link)
            if matches!(&link.state, LinkState::Connecting(what) if what.contains("exec plugin")))
    };
    assert!(feed.seen.iter().any(waited), "the header says what is waited for");
    session.close();
}

#[tokio::test]
async fn a_plugin_that_fails_says_why_and_one_that_must_ask_is_not_run() {
    let company = Company::start().await;
    let script = plugin(&company, "printf '\\033[31mplease run: corp login\\n' >&2\nexit 3");
    let exec = |mode: &str| {
        json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": script, "interactiveMode": mode,
            "env": [{"name": "SECRET", "value": "hidden-word"}]}})
    };
    let (session, mut feed) = open(company.access(&json!({}), &exec("Never")));
    let (sentence, _, again) = feed.down().await;
    assert!(sentence.contains("please run: corp login") && sentence.contains('3') && again, "{sentence}");
    assert!(!sentence.contains("hidden-word") && !sentence.contains('\u{1b}'));
    session.close();
    let (session, mut feed) = open(company.access(&json!({}), &exec("Always")));
    let (sentence, hint, again) = feed.down().await;
    assert!(sentence.contains("terminal") && hint.contains("another terminal") && !again, "{sentence}");
    session.close();
    let missing = json!({"exec": {"command": "no-such-plugin-here", "installHint": "install it from corp"}});
    let (session, mut feed) = open(company.access(&json!({}), &missing));
    let (sentence, hint, _) = feed.down().await;
    assert!(sentence.contains("cannot be started") && hint == "install it from corp", "{sentence} / {hint}");
    session.close();
}

#[tokio::test]
async fn a_refused_token_makes_the_plugin_run_again() {
    let company = Company::start().await;
    let flag = company.folder.path().join("second");
    let script = plugin(
        &company,
        &format!(
            "if [ -e {0} ]; then {1}; else touch {0}; {2}; fi",
            flag.display(),
            answer(&company.running.credentials.admin),
            answer("expired"),
        ),
    );
    let exec = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": script}});
    let (session, mut feed) = open(company.access(&json!({}), &exec));
    assert!(feed.down().await.0.contains("does not accept the credentials"));
    assert_eq!(&*feed.live().await.user, "rolltop-admin");
    session.close();
}

#[tokio::test]
async fn a_token_file_is_read_again_when_its_token_is_refused() {
    let company = Company::start().await;
    let file = company.file("token", "outdated");
    let (session, mut feed) = open(company.access(&json!({}), &json!({"tokenFile": file})));
    assert!(feed.down().await.0.contains("does not accept the credentials"));
    company.file("token", &company.running.credentials.admin);
    feed.live().await;
    let client = session.wait_connected().await.unwrap().client;
    company.file("token", "outdated again");
    assert!(client.get("/api/v1/namespaces", "list namespaces", Duration::from_secs(9)).await.is_ok(), "still used");
    session.close();
}

#[tokio::test]
async fn impersonation_is_asked_for_and_answered() {
    let company = Company::start().await;
    let access = Access {
        impersonate: Some("jane".into()),
        impersonate_groups: vec!["rolltop:viewers".into(), "others".into()],
        ..company.admin()
    };
    let (session, mut feed) = open(access);
    assert_eq!(&*feed.live().await.user, "jane");
    let permission = |verb: &str, group: &str, resource: &str| Permission {
        verb: verb.into(),
        group: group.into(),
        resource: resource.into(),
        namespace: "shop".into(),
    };
    let (list, scale) = (permission("list", "", "pods"), permission("patch", "apps", "deployments/scale"));
    session.wait_connected().await.unwrap();
    session.ask(vec![list.clone(), scale.clone()]);
    for (wanted, allowed) in [(list, true), (scale, false)] {
        let seen = feed.seen.len();
        let verdict = feed.seen[..seen].iter().find_map(|one| answered(one, &wanted));
        let verdict = match verdict {
            Some(verdict) => verdict,
            None => feed.until("an answer", |one| answered(one, &wanted)).await,
        };
        assert_eq!(verdict == Verdict::Allowed, allowed, "{wanted}: {verdict:?}");
    }
    session.close();
}

fn answered(observation: &Observation, wanted: &Permission) -> Option<Verdict> {
    match observation {
        Observation::Access(permission, verdict) if permission == wanted => Some(verdict.clone()),
        _ => None,
    }
}

#[tokio::test]
async fn a_read_only_session_lets_no_write_out() {
    let company = Company::start().await;
    company.deploy("order");
    let (session, mut feed) = open(Access { read_only: true, ..company.admin() });
    feed.live().await;
    let client = session.wait_connected().await.unwrap().client;
    let path = "/apis/apps/v1/namespaces/shop/deployments/order";
    let scaled = |query: &str| {
        http::Request::patch(format!("{path}{query}"))
            .header("content-type", "application/merge-patch+json")
            .body(Body::from(br#"{"spec":{"replicas":7}}"#.to_vec()))
    };
    let answer = client.call(scaled(""), "scale", Duration::from_secs(9)).await.unwrap();
    assert_eq!(answer.status, 403);
    assert!(String::from_utf8_lossy(&answer.body).contains("read-only"));
    let answer = client.call(scaled("?dryRun=All"), "scale", Duration::from_secs(9)).await.unwrap();
    assert_eq!(answer.status, 200);
    let stored = client.json::<serde_json::Value>(path, "read").await.unwrap();
    assert_eq!(stored["spec"]["replicas"], 2);
    session.close();
}

#[tokio::test]
async fn without_the_right_to_list_everything_the_contexts_namespace_is_watched() {
    let company = Company::start().await;
    company.deploy("order");
    let options = |access| ConnectOptions { access, scope: Some(Scope::All), ..ConnectOptions::default() };
    let (session, mut feed) = open_with(options(company.admin()));
    assert_eq!(feed.live().await.scope, Scope::All);
    session.close();
    company.fault(json!({"path": "/apis/apps/v1/deployments", "status": 403}));
    let (session, mut feed) = open_with(options(company.admin()));
    assert_eq!(feed.live().await.scope, Scope::one("shop"));
    assert_eq!(feed.deployments().await, ["order"]);
    company.fault(json!({"path": "/api/v1/namespaces", "status": 403}));
    assert_eq!(session.namespaces().await.unwrap(), ["shop".into()], "known ones stand in");
    session.close();
}

#[tokio::test]
async fn bad_answers_each_have_their_sentence() {
    let company = Company::start().await;
    company.deploy("order");
    let (session, mut feed) = open(company.admin());
    feed.live().await;
    let client = session.wait_connected().await.unwrap().client;
    let path = "/apis/apps/v1/namespaces/shop/deployments/order";
    let mut sentences = BTreeSet::new();
    for (faults, kind) in [
        (json!({"html": true}), FailureKind::NotKubernetes),
        (json!({"cut": true}), FailureKind::Cut),
        (json!({"status": 401}), FailureKind::Unauthorized),
        (json!({"status": 403}), FailureKind::Forbidden),
        (json!({"status": 404}), FailureKind::NotFound),
        (json!({"status": 409}), FailureKind::Conflict),
        (json!({"status": 410}), FailureKind::Gone),
        (json!({"status": 429, "retry_after": 2}), FailureKind::TooManyRequests),
        (json!({"status": 500}), FailureKind::Server),
        (json!({"stall": true}), FailureKind::Timeout),
    ] {
        let mut here = faults.clone();
        here["path"] = json!("deployments/order");
        company.fault(here);
        let failure = if kind == FailureKind::Timeout {
            client.get(path, "get deployment order", Duration::from_millis(300)).await.map(|_| ()).unwrap_err()
        } else {
            client.json::<serde_json::Value>(path, "get deployment order").await.map(|_| ()).unwrap_err()
        };
        assert_eq!(failure.kind, kind, "{faults}: {failure}");
        assert!(sentences.insert(failure.sentence.clone()), "{failure}");
        if kind == FailureKind::TooManyRequests {
            assert_eq!(failure.retry_after, Some(Duration::from_secs(2)));
        }
        company.heal();
    }
    session.close();
}

#[tokio::test]
async fn a_failed_request_is_not_repeated_behind_ones_back() {
    let company = Company::start().await;
    let (session, mut feed) = open(company.admin());
    feed.live().await;
    let client = session.wait_connected().await.unwrap().client;
    for status in [429, 503, 504] {
        company.fault(json!({"path": "/namespaces/shop/configmaps", "status": status, "times": 1}));
        let path = "/api/v1/namespaces/shop/configmaps";
        let first = client.get(path, "list configmaps", Duration::from_secs(9)).await;
        assert!(first.is_err(), "{status} reaches the caller");
        assert!(client.get(path, "list configmaps", Duration::from_secs(9)).await.is_ok());
    }
    session.close();
}

#[test]
fn without_any_kubeconfig_a_sentence_says_where_it_was_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let env = Environment { home: Some(folder.path().into()), ..Environment::default() };
    let failure = Access::default().prepare(&env).unwrap_err();
    assert!(failure.sentence.contains(folder.path().to_str().unwrap()) && failure.hint.contains("--kubeconfig"));
}

#[test]
fn a_pod_without_its_service_account_says_what_it_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let env = Environment { home: Some(folder.path().into()), in_cluster: true, ..Environment::default() };
    let failure = Access::default().prepare(&env).unwrap_err();
    assert!(failure.sentence.contains("service account cannot be used"), "{failure}");
    assert!(failure.hint.contains("--kubeconfig"));
}

/// Writes an exec plugin: a shell script with this body.
fn plugin(company: &Company, body: &str) -> PathBuf {
    let path = company.file("plugin", &format!("#!/bin/sh\n{body}\n"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// The shell command that answers with a token.
fn answer(token: &str) -> String {
    let credential = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token},
    });
    format!("printf '%s' '{credential}'")
}
