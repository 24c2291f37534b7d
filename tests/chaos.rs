//! The knobs of the simulated company that nothing else turns before a real client: what rolltop makes of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use reqwest::{Certificate, Client};
use rolltop::{
    app::{App, Sight},
    cluster::Access,
    demo::{
        api::Faults,
        company::PRODUCTION,
        start::{Options, Running, start},
    },
    domain::{Absence, Family, Scope, SourceState},
    keymap,
    session::{ConnectOptions, Live, PrometheusState},
    theme::{self, Depth, Styles},
    ui, view,
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Far more than any step takes; only a hanging test meets it.
const PATIENCE: Duration = Duration::from_secs(90);

/// A company with everything in it, and somebody connected to it.
struct Bench {
    company: Running,
    live: Live,
    _folder: TempDir,
}

impl Bench {
    async fn open(faults: Faults) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let company = start(Options { memory: false, ..Options::default() }).await.unwrap();
        company.chaos().set(faults);
        let folder = TempDir::new().unwrap();
        let live = connect(&company, &folder);
        Self { company, live, _folder: folder }
    }

    fn heal(&self) {
        self.company.chaos().set(Faults::default());
    }

    /// Waits until what is known is as wanted.
    async fn until<T>(&mut self, what: &str, wanted: impl Fn(&Live) -> Option<T>) -> T {
        let waiting = async {
            loop {
                if let Some(found) = wanted(&self.live) {
                    return found;
                }
                self.live.next(Timestamp::now).await.expect("the session goes on");
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("never seen: {what}"))
    }

    async fn usage(&mut self, what: &str, wanted: impl Fn(&SourceState) -> bool) -> SourceState {
        let state = |live: &Live| live.world.source(Family::PodUsage, PRODUCTION).map(|source| source.state.clone());
        self.until(what, |live| state(live).filter(&wanted)).await
    }

    /// The fleet as text, 200 columns wide.
    fn fleet(&self) -> String {
        let (keymap, _) = keymap::load(&keymap::shelf(), "default");
        let (theme, _) = theme::load(&theme::shelf(), "dark");
        let app = App::new(Arc::new(keymap));
        let sight = Sight { world: &self.live.world, assessments: &self.live.assessments, now: Timestamp::now() };
        let setting = view::Setting {
            size: (200, 50),
            zone: jiff::tz::TimeZone::UTC,
            prometheus: None,
            panels: rolltop::panel::load(&rolltop::panel::shelf()).0.into(),
            last_words: None,
        };
        let (screen, _) = view::build(sight, &app, &setting);
        let mut buffer = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, 200, 50));
        ui::draw(&screen, &Styles::new(&theme, Depth::True), &mut buffer);
        let row = |y: u16| (0..200).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..50).map(|y| row(y).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    /// Turns knobs over the control endpoint, as a person does.
    async fn turn(&self, faults: &Value) {
        let kubeconfig: Value = serde_json::from_value(read_yaml(&self.company.kubeconfig())).unwrap();
        let ca = kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"].as_str().unwrap();
        let ca = {
            use base64::{Engine, prelude::BASE64_STANDARD};
            BASE64_STANDARD.decode(ca).unwrap()
        };
        let client =
            Client::builder().tls_certs_only([Certificate::from_pem(&ca).unwrap()]).no_proxy().build().unwrap();
        let answer = client
            .put(format!("https://{}/rolltop/control/faults", self.company.address()))
            .bearer_auth(kubeconfig["users"][0]["user"]["token"].as_str().unwrap())
            .json(faults)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
    }
}

fn read_yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

fn connect(company: &Running, folder: &TempDir) -> Live {
    let path = folder.path().join("kubeconfig");
    std::fs::write(&path, company.kubeconfig()).unwrap();
    let access = Access { kubeconfig: Some(path), ..Access::default() };
    let heartbeat = Some(Duration::from_millis(300));
    Live::open(ConnectOptions { access, scope: Some(Scope::one(PRODUCTION)), heartbeat, ..ConnectOptions::default() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_that_are_missing_or_fail_are_told_apart_and_come_back() {
    let mut bench = Bench::open(Faults { without_metrics: true, ..Faults::default() }).await;
    let missing = bench.usage("no metrics API", |state| matches!(state, SourceState::Absent(_))).await;
    assert!(
        matches!(&missing, SourceState::Absent(Absence::NoApi(what)) if what.contains("metrics.k8s.io")),
        "{missing:?}"
    );
    bench.until("all the same", |live| live.world.synced().then_some(())).await;
    assert!(bench.fleet().contains("payment-service"), "{}", bench.fleet());

    let mut bench = Bench::open(Faults { failing_metrics: true, ..Faults::default() }).await;
    let failing =
        |state: &SourceState| matches!(state, SourceState::Lost { .. } | SourceState::Absent(Absence::Failed(_)));
    let failing = bench.usage("a metrics API that fails", failing).await;
    assert!(format!("{failing:?}").contains("answered 503"), "{failing:?}");
    bench.heal();
    bench.usage("usage", |state| *state == SourceState::Synced).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prometheus_that_is_gone_is_missed_and_found_again() {
    let bench = Bench::open(Faults { without_proxy: true, ..Faults::default() }).await;
    let mut state = bench.live.session.prometheus();
    let gone = |state: &PrometheusState| matches!(state, PrometheusState::Failing(..) | PrometheusState::Absent(_));
    let told = tokio::time::timeout(PATIENCE, state.wait_for(gone)).await.unwrap().unwrap().clone();
    assert!(matches!(&told, PrometheusState::Failing(_, why) if !why.is_empty()), "{told:?}");
    bench.heal();
    let back = |state: &PrometheusState| matches!(state, PrometheusState::Ready(_));
    tokio::time::timeout(PATIENCE, state.wait_for(back)).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_token_is_named_and_what_was_seen_stays() {
    let mut bench = Bench::open(Faults::default()).await;
    bench.until("the picture", |live| live.world.synced().then_some(())).await;
    bench.company.chaos().set(Faults { token_expired: true, ..Faults::default() });
    bench.company.chaos().drop_connections();
    let pods = |live: &Live| live.world.source(Family::Pods, PRODUCTION).map(|source| source.state.clone());
    bench
        .until("lost pods", |live| match pods(live)? {
            // The connection that was cut comes first.
            SourceState::Lost { why, .. } if why.contains("does not accept the credentials") => Some(()),
            _ => None,
        })
        .await;
    let frame = bench.fleet();
    assert!(frame.contains("payment-service"), "what was seen last stays on screen:\n{frame}");
    assert!(!frame.lines().next().unwrap().contains("synced"), "and the header does not call it true:\n{frame}");
    bench.heal();
    bench.until("pods again", |live| (pods(live)? == SourceState::Synced).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_whose_clock_is_ahead_shows_no_age_below_nothing() {
    let mut bench = Bench::open(Faults::default()).await;
    bench.until("the picture", |live| live.world.synced().then_some(())).await;
    bench.turn(&json!({"skew_seconds": 7200})).await;
    bench.company.director().inject("crash payment-service").unwrap();
    let stuck = |live: &Live| {
        let found = live.assessments.iter().find(|one| &*one.key.name == "payment-service")?;
        (found.state == rolltop::release::State::Stuck).then_some(())
    };
    bench.until("a stuck release, in spite of the clock", stuck).await;
    let frame = bench.fleet();
    let row = frame.lines().find(|line| line.contains("payment-service")).unwrap();
    assert!(regex::Regex::new(r" \d+s ").unwrap().is_match(row) && !row.contains(" -"), "{row}");
}
