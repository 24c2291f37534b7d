//! Listening: loopback only, TLS, HTTP/1.1 and HTTP/2, until told to stop.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::backends::Backends;
use super::chaos::Chaos;
use super::credentials::{self, Credentials};
use super::proto::Schema;
use super::{handle, rbac, tls};
use crate::demo::clock::Clock;
use crate::demo::store::resource::NAMESPACES;
use crate::demo::store::{Resource, SharedStore, Writer, custom};

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is not on loopback.
    #[error("the simulated company listens on loopback only; {0} is refused: use 127.0.0.1")]
    NotLoopback(SocketAddr),
    /// The port is taken, or forbidden.
    #[error("cannot listen on {0}: {1}; choose another port, or 0 for any")]
    Listen(SocketAddr, std::io::Error),
    /// No certificate could be made.
    #[error("cannot make a certificate for the simulated company: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate does not suit.
    #[error("cannot set up TLS for the simulated company: {0}")]
    Tls(#[from] rustls::Error),
    /// The system gives no random numbers.
    #[error("cannot make tokens for the simulated company: the system gives no random numbers")]
    NoRandomness,
}

/// Everything an answer may need.
pub(super) struct Server {
    pub(super) store: SharedStore,
    pub(super) backends: Arc<dyn Backends>,
    pub(super) clock: Clock,
    pub(super) credentials: Credentials,
    pub(super) chaos: Chaos,
    pub(super) address: SocketAddr,
    pub(super) proto: Arc<Schema>,
}

/// A server that answers; it stops when this is dropped.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The certificate authority its clients must trust.
    pub ca_pem: String,
    /// The tokens it accepts.
    pub credentials: Credentials,
    /// Its faults.
    pub chaos: Chaos,
    _stop: DropGuard,
}

impl Running {
    /// Renders the administrator's kubeconfig.
    pub fn kubeconfig(&self) -> String {
        credentials::kubeconfig(self.address, &self.ca_pem, &self.credentials.admin)
    }

    /// Renders the viewer's kubeconfig.
    pub fn viewer_kubeconfig(&self) -> String {
        credentials::kubeconfig(self.address, &self.ca_pem, &self.credentials.viewer)
    }
}

/// Starts serving a store on `address` (port 0 for any), which must be on loopback.
///
/// Adds the namespaces and roles every cluster has, where they are absent.
pub async fn serve(
    address: SocketAddr,
    store: SharedStore,
    backends: Arc<dyn Backends>,
    clock: Clock,
) -> Result<Running, ServeError> {
    if !address.ip().is_loopback() {
        return Err(ServeError::NotLoopback(address));
    }
    let tls = tls::make()?;
    let listener = TcpListener::bind(address).await.map_err(|error| ServeError::Listen(address, error))?;
    let address = listener.local_addr().map_err(|error| ServeError::Listen(address, error))?;
    let credentials = Credentials::random().ok_or(ServeError::NoRandomness)?;
    furnish(&store, &clock);
    let chaos = Chaos::default();
    let server = Arc::new(Server {
        store,
        backends,
        clock,
        credentials: credentials.clone(),
        chaos: chaos.clone(),
        address,
        proto: Arc::new(Schema::read()),
    });
    let stop = CancellationToken::new();
    tokio::spawn(accept(listener, TlsAcceptor::from(tls.config), server, stop.clone()));
    Ok(Running { address, ca_pem: tls.ca_pem, credentials, chaos, _stop: stop.drop_guard() })
}

impl Server {
    /// Tells whether a kind is served now: custom ones only where they are defined and no fault hides them.
    pub(super) fn serves(&self, resource: &Resource) -> bool {
        !resource.is_custom()
            || (!self.chaos.hides(resource.group) && self.store.with(|store| custom::is_served(store, resource)))
    }
}

fn furnish(store: &SharedStore, clock: &Clock) {
    let writer = Writer::new("kube-apiserver", clock.now());
    store.with(|store| {
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            // Whoever filled the store may have made some of these.
            drop(store.create(&NAMESPACES, serde_json::json!({"metadata": {"name": name}}), &writer));
        }
        for (resource, object) in rbac::bootstrap() {
            drop(store.create(resource, object, &writer));
        }
    });
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, server: Arc<Server>, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                tokio::spawn(stop.clone().run_until_cancelled_owned(connection(
                    stream,
                    acceptor.clone(),
                    Arc::clone(&server),
                )));
            }
            // Out of descriptors, most likely: let some close.
            Err(error) => {
                tracing::warn!(%error, "the simulated company cannot accept a connection");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, server: Arc<Server>) {
    let mut dropped = server.chaos.dropped();
    dropped.mark_unchanged();
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its delay");
    }
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let service = service_fn(|request: http::Request<Incoming>| {
        let server = Arc::clone(&server);
        async move { Ok::<_, Infallible>(handle::answer(server, request).await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http2()
        .max_concurrent_streams(1000)
        .initial_connection_window_size(8 << 20)
        .initial_stream_window_size(2 << 20);
    let serving = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => if let Err(error) = ended {
            tracing::debug!(error, "a connection ended badly");
        },
        _ = dropped.changed() => {}
    }
}
