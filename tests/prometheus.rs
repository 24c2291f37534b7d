//! The direct way to Prometheus, against a server on loopback that answers byte for byte what a case wants.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

use std::{sync::Once, time::Duration};

use rolltop::{
    cluster::Access,
    demo::{
        prometheus::Credentials as Demanded,
        start::{Options, start},
    },
    prometheus::{Client, Credentials, Direct, Error, Window},
    session::{ConnectOptions, Live, PrometheusAddress, PrometheusState},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::oneshot,
};

const WINDOW: Window = Window { start: 0, end: 60, step: 15 };
const EMPTY: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;

/// Answers one request with the given bytes and hands the request's head out.
async fn serve(answer: Option<String>) -> (String, oneshot::Receiver<String>) {
    static TLS: Once = Once::new();
    TLS.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, head) = oneshot::channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n") {
            read.push(stream.read_u8().await.unwrap());
        }
        let _ = sender.send(String::from_utf8(read).unwrap());
        match answer {
            Some(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
            None => std::future::pending().await,
        }
    });
    (url, head)
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn client(url: &str, credentials: Credentials) -> Client {
    Client::new(Direct::new(url, credentials).unwrap())
}

#[tokio::test]
async fn a_query_is_sent_whole_with_every_credential() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "s3cret\nrest").unwrap();
    let (url, head) = serve(Some(ok(EMPTY))).await;
    let headers = vec![("X-Scope-OrgID".to_owned(), "shop".to_owned())];
    let client = client(
        &format!("{url}/prometheus/"),
        Credentials { bearer_token_file: Some(token), headers, ..Credentials::default() },
    );
    assert_eq!(client.range("sum(rate(x{a=~\"b.*\"}[1m])) + 1", &WINDOW).await, Ok(Vec::new()));
    let head = head.await.unwrap();
    assert!(
        head.starts_with("GET /prometheus/api/v1/query_range?query=sum%28rate%28x%7Ba%3D~%22b.%2A%22%7D%5B1m%5D%29%29%20%2B%201&start=0&end=60&step=15 "),
        "{head}"
    );
    let head = head.to_ascii_lowercase();
    assert!(head.contains("authorization: bearer s3cret\r\n") && head.contains("x-scope-orgid: shop\r\n"), "{head}");
}

#[tokio::test]
async fn basic_auth_takes_the_password_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "open sesame\n").unwrap();
    let (url, head) = serve(Some(ok(EMPTY))).await;
    let client = client(&url, Credentials { basic: Some(("ali".to_owned(), password)), ..Credentials::default() });
    client.range("up", &WINDOW).await.unwrap();
    assert!(head.await.unwrap().to_ascii_lowercase().contains("authorization: basic ywxpom9wzw4gc2vzyw1l"));
    let missing = Credentials { bearer_token_file: Some(folder.path().join("gone")), ..Credentials::default() };
    let error = self::client(&url, missing).range("up", &WINDOW).await.unwrap_err();
    assert!(matches!(&error, Error::Credential { file, .. } if file.ends_with("gone")), "{error}");
}

#[tokio::test]
async fn a_silent_server_a_cut_answer_and_a_closed_port_are_told_apart() {
    let (url, _head) = serve(None).await;
    let waiting = client(&url, Credentials::default()).with_limit(Duration::from_millis(50));
    assert!(matches!(waiting.check().await, Err(Error::Timeout { .. })));

    let (url, _head) = serve(Some("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"status\":".to_owned())).await;
    let error = client(&url, Credentials::default()).check().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://user:s3cret@{}", listener.local_addr().unwrap());
    drop(listener);
    let error = client(&closed, Credentials::default()).check().await.unwrap_err().to_string();
    assert!(error.contains("refused") && !error.contains("s3cret"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_companys_own_prometheus_answers_who_shows_what_it_demands() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "open sesame\n").unwrap();
    let headers = vec![("X-Scope-OrgID".to_owned(), "shop".to_owned())];
    let bearer = Credentials { bearer_token_file: Some(secret.clone()), headers, ..Credentials::default() };
    let basic = Credentials { basic: Some(("ali".to_owned(), secret)), ..Credentials::default() };
    for (demanded, right, wrong) in [
        (Demanded::Bearer("open sesame".to_owned()), bearer.clone(), basic.clone()),
        (Demanded::Basic("ali".to_owned(), "open sesame".to_owned()), basic, bearer),
    ] {
        let options = Options { prometheus: Some((0, demanded)), ..Options::default() };
        let company = start(options).await.unwrap();
        let url = format!("http://{}", company.prometheus().unwrap());
        let kubeconfig = folder.path().join("kubeconfig");
        std::fs::write(&kubeconfig, company.kubeconfig()).unwrap();
        let fares = async |credentials: Credentials| {
            let live = Live::open(ConnectOptions {
                access: Access { kubeconfig: Some(kubeconfig.clone()), ..Access::default() },
                prometheus: Some(PrometheusAddress { url: url.clone(), credentials }),
                ..ConnectOptions::default()
            });
            let mut state = live.session.prometheus();
            let settled = state.wait_for(|state| !matches!(state, PrometheusState::Searching));
            tokio::time::timeout(Duration::from_secs(60), settled).await.unwrap().unwrap().clone()
        };
        let PrometheusState::Ready(client) = fares(right).await else { panic!("not ready") };
        assert_eq!(client.place(), url);
        let count = client.instant("count(up == 1)", jiff::Timestamp::now()).await.unwrap();
        assert!(count[0].samples[0].value > 10.0, "{count:?}");
        let PrometheusState::Failing(_, why) = fares(wrong).await else { panic!("not refused") };
        assert!(why.contains("401") && why.contains("[prometheus]") && !why.contains("sesame"), "{why}");
    }
}

#[test]
fn an_address_that_is_none_is_refused() {
    for url in ["", "prometheus", "ftp://x", "http://"] {
        assert!(matches!(Direct::new(url, Credentials::default()), Err(Error::Setting { .. })), "{url}");
    }
}
