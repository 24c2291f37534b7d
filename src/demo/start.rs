//! Starts the simulated company: settles its past, serves its API, runs its clockwork on a thread of its own.
//!
//! ```text
//! start           on the wall clock: what `demo` and `simulate` run       director  faults in words, from a person
//! start_by_hand   on a clock that a test turns: no moment of a story is missed
//! ```

mod by_hand;
mod director;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::api::{
    self, Backends, Chaos, KubeconfigError, LogQuery, LogStream, ProxyRequest, ProxyResponse, ServeError, Usage,
};
use super::clock::Clock;
use super::company::{self, Crowd};
use super::controllers::cluster::Key;
use super::controllers::flagger::{self, Gates};
use super::engine::{self, Engine, Measured};
use super::logs::Logs;
use super::prometheus::{self, Credentials};
use super::scenario::{Action, Scenario};
use super::store::{ApiError, SharedStore, Store};

pub use by_hand::{ByHand, start_by_hand};
pub use director::{DirectError, Director};

/// How far before the present the clockwork begins, to roll the company's past out.
const PAST: SignedDuration = SignedDuration::from_hours(2000);

/// What to simulate.
#[derive(Debug, Clone)]
pub struct Options {
    /// The story; none for a healthy company.
    pub scenario: Option<Scenario>,
    /// Equal seeds give equal names and equal histories.
    pub seed: u64,
    /// Divides the durations of the served specs, of pulls and of starts.
    pub speed: f64,
    /// Port on loopback, 0 for any.
    pub port: u16,
    /// Deployments beside the shop's, for measurements.
    pub deployments: usize,
    /// Pods of each of them.
    pub replicas: usize,
    /// Restarts of them per second.
    pub churn: f64,
    /// Whether Prometheus remembers the day before, which takes a moment to make up.
    pub memory: bool,
    /// Serves Prometheus' API over plain HTTP too: port on loopback, 0 for any, and what a client must show.
    pub prometheus: Option<(u16, Credentials)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            scenario: None,
            seed: 1,
            speed: 10.0,
            port: 0,
            deployments: 0,
            replicas: 0,
            churn: 0.0,
            memory: true,
            prometheus: None,
        }
    }
}

/// A company that runs; it stops when this is dropped.
#[derive(Debug)]
pub struct Running {
    api: api::Running,
    store: SharedStore,
    orders: mpsc::UnboundedSender<Action>,
    prometheus: Option<SocketAddr>,
    _stop: DropGuard,
}

impl Running {
    /// Returns where its API listens.
    pub fn address(&self) -> SocketAddr {
        self.api.address
    }

    /// Returns where Prometheus' API listens by itself, if it was asked to.
    pub fn prometheus(&self) -> Option<SocketAddr> {
        self.prometheus
    }

    /// Renders the administrator's kubeconfig.
    pub fn kubeconfig(&self) -> String {
        self.api.kubeconfig()
    }

    /// Renders the kubeconfig of somebody who may only look.
    pub fn viewer_kubeconfig(&self) -> String {
        self.api.viewer_kubeconfig()
    }

    /// Writes the administrator's kubeconfig, mode 0600; a file that this program did not write is left alone.
    ///
    /// # Errors
    /// Where the file cannot be written or belongs to somebody else.
    pub fn write_kubeconfig(&self, path: &Path) -> Result<(), KubeconfigError> {
        api::write_kubeconfig(path, &self.kubeconfig())
    }

    /// Returns the faults of its API server.
    pub fn chaos(&self) -> &Chaos {
        &self.api.chaos
    }

    /// Returns its objects, to look at or to act on past the API.
    pub fn store(&self) -> &SharedStore {
        &self.store
    }

    /// Lets something of a scenario happen now; a company that has stopped hears nothing.
    pub fn inject(&self, action: Action) {
        // The receiver is gone only when the company stops with this handle.
        let _ = self.orders.send(action);
    }

    /// Returns who lets faults happen that are told in words.
    pub fn director(&self) -> Director {
        Director::new(self.store.clone(), self.orders.clone())
    }
}

/// Why the company could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its API server could not.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Its thread could not.
    #[error("cannot start the simulated company's thread: {0}")]
    Thread(#[from] std::io::Error),
    /// Prometheus' own port could not be served.
    #[error("Prometheus cannot be served at {0}: {1}")]
    Prometheus(SocketAddr, #[source] std::io::Error),
    /// Its story speaks of what is not there.
    #[error("the story cannot be played:\n  {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  "))]
    Story(Vec<DirectError>),
    /// Its past could not be rolled out.
    #[error("the simulated company broke while it was set up; please report this")]
    Broken,
}

/// Starts a company and returns once its API answers. Needs a multi-threaded runtime.
///
/// # Errors
/// Where the port is taken, or the system gives no thread, certificate or randomness.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let staged = stage(&options, Clock::wall(options.speed)).await?;
    let Staged { engine, clock, store, orders, received, backends, api } = staged;
    let ending = CancellationToken::new();
    let prometheus = match options.prometheus {
        Some((port, credentials)) => Some(listen(port, credentials, backends, ending.clone()).await?),
        None => None,
    };
    let works = Works { engine, clock, store: store.clone(), received, stop: ending.clone() };
    let runtime = tokio::runtime::Handle::current();
    std::thread::Builder::new().name("company".to_owned()).spawn(move || runtime.block_on(works.run()))?;
    Ok(Running { api, store, orders, prometheus, _stop: ending.drop_guard() })
}

/// A company that is served, its story about to begin.
struct Staged {
    engine: Engine,
    clock: Clock,
    store: SharedStore,
    orders: mpsc::UnboundedSender<Action>,
    received: mpsc::UnboundedReceiver<Action>,
    backends: Arc<Company>,
    api: api::Running,
}

async fn stage(options: &Options, clock: Clock) -> Result<Staged, StartError> {
    let store = SharedStore::new(Store::new(options.seed));
    let logs = Logs::new(options.seed);
    let (shop, shop_store, shop_clock, shop_logs) = (options.clone(), store.clone(), clock.clone(), logs.clone());
    let settled = tokio::task::spawn_blocking(move || settle(&shop, shop_store, shop_logs, &shop_clock));
    let (mut engine, measured) = settled.await.map_err(|_| StartError::Broken)?;
    let (orders, received) = mpsc::unbounded_channel();
    let director = Director::new(store.clone(), orders.clone());
    let missing = options.scenario.as_ref().map(|story| director.missing(story)).unwrap_or_default();
    if !missing.is_empty() {
        return Err(StartError::Story(missing));
    }
    let gates = engine.cluster().gates.clone();
    let backends = Arc::new(Company { clock: clock.clone(), measured, logs, director, gates });
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let api = api::serve(address, store.clone(), backends.clone(), clock.clone()).await?;
    if let Some(scenario) = options.scenario.clone() {
        engine.play(scenario, clock.now());
    }
    Ok(Staged { engine, clock, store, orders, received, backends, api })
}

/// Serves Prometheus' API by itself until the company ends; returns where.
async fn listen(
    port: u16,
    credentials: Credentials,
    company: Arc<Company>,
    ending: CancellationToken,
) -> Result<SocketAddr, StartError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let taken = |error| StartError::Prometheus(address, error);
    let listener = TcpListener::bind(address).await.map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    let answer = move |method: &str, path: &str, query: &str, form: &str| company.prometheus(method, path, query, form);
    tokio::spawn(ending.run_until_cancelled_owned(async move {
        if let Err(error) = prometheus::serve(listener, credentials, answer).await {
            tracing::warn!(%error, "Prometheus' own port is served no longer");
        }
    }));
    Ok(address)
}

fn settle(options: &Options, store: SharedStore, logs: Logs, clock: &Clock) -> (Engine, Measured) {
    let now = clock.now();
    let mut engine = Engine::new(store, options.seed, clock.speed(), now - PAST);
    company::settle(&mut engine, now);
    if options.deployments > 0 {
        let crowd = Crowd { deployments: options.deployments, replicas: options.replicas, churn: options.churn };
        crowd.settle(&mut engine, now);
    }
    let now = clock.now();
    let measured = engine.measure(options.seed, logs, now);
    if options.memory {
        engine.remember();
    }
    engine.step(now);
    (engine, measured)
}

/// The thread that turns the clockwork.
struct Works {
    engine: Engine,
    clock: Clock,
    store: SharedStore,
    received: mpsc::UnboundedReceiver<Action>,
    stop: CancellationToken,
}

impl Works {
    async fn run(mut self) {
        let mut changed = self.store.subscribe();
        loop {
            let now = self.clock.now();
            self.engine.step(now);
            changed.borrow_and_update();
            if self.engine.has_news() {
                continue;
            }
            let due = self.engine.next_wake().unwrap_or(now + engine::IDLE);
            let wait = Duration::try_from(due.duration_since(self.clock.now())).unwrap_or_default();
            tokio::select! {
                // First: once the runtime shuts down, its timers must not be looked at any more.
                biased;
                () = self.stop.cancelled() => return,
                order = self.received.recv() => match order {
                    Some(action) => self.engine.act(action, self.clock.now()),
                    None => return,
                },
                // A failed wait means that the store is gone, and so are we.
                changed = changed.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(wait) => {}
            }
        }
    }
}

/// What the API server asks the company for.
struct Company {
    clock: Clock,
    measured: Measured,
    logs: Logs,
    director: Director,
    gates: Gates,
}

impl Company {
    fn prometheus(&self, method: &str, path: &str, query: &str, form: &str) -> prometheus::Reply {
        self.measured.monitoring().handle(self.clock.now(), method, path, query, form)
    }
}

impl Backends for Company {
    fn logs(&self, query: LogQuery) -> Result<LogStream, ApiError> {
        let pod = Key::new(super::controllers::cluster::Kind::Pod, &query.namespace, &query.pod);
        self.logs.read(&pod, &query).ok_or_else(|| {
            let (container, pod) = (&query.container, &query.pod);
            ApiError::bad_request(format!("previous terminated container \"{container}\" in pod \"{pod}\" not found"))
        })
    }

    fn usage(&self) -> Usage {
        self.measured.usage()
    }

    fn service_proxy(&self, request: &ProxyRequest) -> Option<ProxyResponse> {
        if request.namespace == company::PRODUCTION && request.service == flagger::LOAD_TESTER {
            let (status, body) = self.gates.handle(&request.path, &request.body);
            return Some(ProxyResponse {
                status,
                content_type: "text/plain; charset=utf-8".to_owned(),
                body: body.into(),
            });
        }
        let prometheus = request.namespace == "monitoring" && request.service == "prometheus-operated";
        if !prometheus || !matches!(request.port.as_str(), "" | "web" | "9090") {
            return None;
        }
        let form = String::from_utf8_lossy(&request.body);
        let reply = self.prometheus(&request.method, &request.path, &request.query, &form);
        Some(ProxyResponse {
            status: reply.status,
            content_type: reply.content_type.to_owned(),
            body: reply.body.into(),
        })
    }

    fn inject(&self, step: &str) -> Result<(), ApiError> {
        let told = self.director.inject(step).map(drop);
        told.map_err(|error| match error {
            DirectError::Stopped => ApiError::internal(&error.to_string()),
            other => ApiError::bad_request(other.to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::controllers::object::int;
    use crate::demo::scenario;
    use crate::demo::store::resource::DEPLOYMENTS;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_story_about_nobody_is_refused_with_every_name_that_is_wrong() {
        let text = "teaches = 'x'\nnotice = 'y'\nmove = 'z'\n\
                    [[step]]\nat = '3s'\nscale = 'product-servce'\nreplicas = 2\n\
                    [[step]]\nat = '4s'\nscale = 'product-service'\nreplicas = 2\n\
                    [[step]]\nat = '5s'\nlose_node = 'worker-33'\n\
                    [[sign]]\nscreen = 'fleet'\nworkload = 'basket'\nsays = 'x'\nby = '1m'\n\
                    [[sign]]\nscreen = 'fleet'\nworkload = 'product-servce'\nsays = 'x'\nby = '1m'\n";
        let scenario = Some(Scenario::parse("mine", "mine.toml", text).expect("it reads"));
        let refused =
            start(Options { scenario, memory: false, ..Options::default() }).await.expect_err("nobody is there");
        let message = refused.to_string();
        for (wanted, count) in [
            ("no Deployment \"product-servce\" in the simulated company: did you mean \"product-service\"?", 1),
            ("no node \"worker-33\" in the simulated company: did you mean \"worker-3\"?", 1),
            ("no service \"basket\" in the simulated company", 1),
            ("\n", 3),
        ] {
            assert_eq!(message.matches(wanted).count(), count, "{wanted:?} in {message}");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_default_story_releases_an_order_service_within_seconds() {
        let scenario = scenario::shipped(scenario::DEFAULT).expect("it ships").expect("it reads");
        let running =
            start(Options { scenario: Some(scenario), speed: 100.0, ..Options::default() }).await.expect("it starts");
        assert!(running.kubeconfig().contains(&running.address().to_string()));
        let mut changed = running.store().subscribe();
        let arrived = |store: &Store| {
            let order = store.get(&DEPLOYMENTS, company::PRODUCTION, "order-service").expect("it is there");
            let image = order["spec"]["template"]["spec"]["containers"][0]["image"].as_str();
            image == Some("mambogo/order-service:v1.1.0")
                && int(order, &["status", "updatedReplicas"]) == int(order, &["spec", "replicas"])
        };
        let waiting = async {
            while !running.store().with(|store| arrived(store)) {
                changed.changed().await.expect("the company runs");
            }
        };
        tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("the release arrives");
    }
}
