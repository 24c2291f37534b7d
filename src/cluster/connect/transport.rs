//! The connection itself: TLS, proxies, one HTTP/2 connection with pings, HTTP/1.1 where a server knows no better.

use std::{path::Path, sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use futures::{FutureExt, future::BoxFuture};
use http::{Request, Response, Uri};
use hyper::{
    body::Incoming,
    rt::{Read, Write},
};
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Builder, Client, Error as ClientError,
        connect::{
            Connection, HttpConnector,
            proxy::{SocksV5, Tunnel},
        },
    },
    rt::{TokioExecutor, TokioTimer},
};
use kube::{
    Config,
    client::{Body, ConfigExt},
    config::{AuthInfo, Cluster},
};
use rustls::{
    ClientConfig,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use rustls_platform_verifier::Verifier;
use tower::Service;

use super::{credential::Credential, proxy::Proxy};
use crate::cluster::failure::{Failure, FailureKind};

/// How long opening a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// A ping goes out this often, and must be answered within the same time: a dead peer is found in twice of it.
const PING: Duration = Duration::from_secs(5);
/// TCP keep-alive, for servers that only speak HTTP/1.1.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Sends one request over the pooled connection.
pub(super) type Send = Arc<
    dyn Fn(Request<Body>) -> BoxFuture<'static, Result<Response<Incoming>, ClientError>> + std::marker::Send + Sync,
>;

/// What a connection is made of, besides the credential.
#[derive(Clone, Debug)]
pub(super) struct Blueprint {
    pub(super) server: Uri,
    pub(super) proxy: Option<Proxy>,
    /// CA certificates in DER; `None` is the system's.
    pub(super) roots: Option<Vec<Vec<u8>>>,
    pub(super) insecure: bool,
    pub(super) server_name: Option<String>,
    /// The client certificate of the kubeconfig.
    pub(super) identity: AuthInfo,
}

impl Blueprint {
    /// Reads what a kubeconfig says of a cluster and of the user's certificate.
    pub(super) fn of(cluster: &Cluster, auth: &AuthInfo, server: Uri, proxy: Option<Proxy>) -> Result<Self, Failure> {
        let identity = AuthInfo {
            client_certificate: auth.client_certificate.clone(),
            client_certificate_data: auth.client_certificate_data.clone(),
            client_key: auth.client_key.clone(),
            client_key_data: auth.client_key_data.clone(),
            ..AuthInfo::default()
        };
        let server_name = cluster.tls_server_name.clone().filter(|name| !name.is_empty());
        let insecure = cluster.insecure_skip_tls_verify.unwrap_or_default();
        Ok(Self { server, proxy, roots: roots(cluster)?, insecure, server_name, identity })
    }

    /// Opens nothing yet: makes the pool that will.
    pub(super) fn build(&self, credential: &Credential) -> Result<Send, Failure> {
        // Whoever comes first installs it; the provider is the same everywhere.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_connect_timeout(Some(CONNECT));
        http.set_keepalive(Some(KEEP_ALIVE));
        http.set_nodelay(true);
        match &self.proxy {
            None => self.pool(http, credential),
            Some(Proxy::Connect { uri, tls: false, auth }) => {
                self.pool(authorised(Tunnel::new(uri.clone(), http), auth.as_ref()), credential)
            }
            Some(Proxy::Connect { uri, tls: true, auth }) => {
                // A CONNECT proxy speaks HTTP/1.1 only.
                let to_proxy = HttpsConnectorBuilder::new().with_tls_config(self.tls_to_proxy()?).https_or_http();
                let to_proxy = to_proxy.enable_http1().wrap_connector(http);
                self.pool(authorised(Tunnel::new(uri.clone(), to_proxy), auth.as_ref()), credential)
            }
            Some(Proxy::Socks { uri, auth }) => {
                let mut socks = SocksV5::new(uri.clone(), http);
                if let Some((name, word)) = auth.clone() {
                    socks = socks.with_auth(name, word);
                }
                self.pool(socks, credential)
            }
        }
    }

    fn pool<C>(&self, connector: C, credential: &Credential) -> Result<Send, Failure>
    where
        C: Service<Uri> + Clone + std::marker::Send + Sync + 'static,
        C::Response: Connection + Read + Write + std::marker::Send + Unpin + 'static,
        C::Future: std::marker::Send + 'static,
        C::Error: Into<Box<dyn std::error::Error + std::marker::Send + Sync>>,
    {
        let client: Client<HttpsConnector<C>, Body> = Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .http2_keep_alive_interval(PING)
            .http2_keep_alive_timeout(PING)
            .http2_keep_alive_while_idle(true)
            .http2_adaptive_window(true)
            .build(self.tls(connector, credential)?);
        Ok(Arc::new(move |request| client.request(request).boxed()))
    }

    fn tls<C>(&self, connector: C, credential: &Credential) -> Result<HttpsConnector<C>, Failure> {
        let mut config = Config::new(self.server.clone());
        config.root_cert.clone_from(&self.roots);
        config.accept_invalid_certs = self.insecure;
        config.auth_info = self.identity.clone();
        if let Some((certificate, key)) = &credential.identity {
            config.auth_info = AuthInfo {
                client_certificate_data: Some(BASE64_STANDARD.encode(certificate)),
                client_key_data: Some(BASE64_STANDARD.encode(key).into()),
                ..AuthInfo::default()
            };
        }
        let tls = config.rustls_client_config().map_err(|error| unusable(&error))?;
        let mut builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
        if let Some(name) = &self.server_name {
            let name = ServerName::try_from(name.clone()).map_err(|_| {
                let sentence = format!("tls-server-name `{name}` is no host name");
                Failure::new(FailureKind::BrokenKubeconfig, sentence, "correct it in the kubeconfig")
            })?;
            builder = builder.with_server_name_resolver(FixedServerNameResolver::new(name));
        }
        Ok(builder.enable_all_versions().wrap_connector(connector))
    }

    /// How a proxy proves who it is: by the system's authorities or, as with kubectl, by the cluster's own. It is
    /// never shown the client certificate.
    fn tls_to_proxy(&self) -> Result<ClientConfig, Failure> {
        if self.insecure {
            let mut config = Config::new(self.server.clone());
            config.accept_invalid_certs = true;
            return config.rustls_client_config().map_err(|error| unusable(&error));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let own = self.roots.iter().flatten().map(|der| CertificateDer::from(der.clone()));
        let verifier = Verifier::new_with_extra_roots(own, provider.clone()).map_err(|error| unusable(&error))?;
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| unusable(&error))?.dangerous();
        Ok(builder.with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
    }
}

fn unusable(error: &dyn std::fmt::Display) -> Failure {
    let sentence = format!("the certificates of this context cannot be used: {error}");
    Failure::new(FailureKind::BrokenKubeconfig, sentence, "check the certificate and key files the kubeconfig names")
}

fn authorised<C>(tunnel: Tunnel<C>, auth: Option<&http::HeaderValue>) -> Tunnel<C> {
    match auth {
        Some(value) => tunnel.with_auth(value.clone()),
        None => tunnel,
    }
}

/// Reads the CA certificates a cluster names, from the data first, as client-go does.
fn roots(cluster: &Cluster) -> Result<Option<Vec<Vec<u8>>>, Failure> {
    let wrong = |sentence: String| {
        Failure::new(FailureKind::BrokenKubeconfig, sentence, "check certificate-authority of the cluster")
    };
    let data = cluster.certificate_authority_data.as_deref().filter(|data| !data.is_empty());
    let pem = match (data, cluster.certificate_authority.as_deref().filter(|path| !path.is_empty())) {
        (Some(data), _) => BASE64_STANDARD
            .decode(data.split_ascii_whitespace().collect::<String>())
            .map_err(|why| wrong(format!("certificate-authority-data is no base64: {why}")))?,
        (None, Some(path)) => {
            std::fs::read(Path::new(path)).map_err(|why| wrong(format!("the CA file {path} cannot be read: {why}")))?
        }
        (None, None) => return Ok(None),
    };
    let found: Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(&pem).map(|one| one.map(|der| der.to_vec())).collect();
    let found = found.map_err(|why| wrong(format!("the cluster's CA is no PEM certificate: {why}")))?;
    if found.is_empty() {
        return Err(wrong("the cluster's CA holds no certificate".to_owned()));
    }
    Ok(Some(found))
}
