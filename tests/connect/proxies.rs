//! Ways through a proxy: of the kubeconfig or of the environment, CONNECT, TLS, SOCKS, and past it.

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use rolltop::{
    cluster::kubeconfig::Environment,
    domain::{Link, LinkState, Observation},
    session::ConnectOptions,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use serde_json::json;
use tokio_rustls::TlsAcceptor;

use crate::{
    certificates::{authority, signed},
    company::{Company, Feed, open, open_with},
    tunnel::{Manner, Tunnel},
};

/// A cluster by a name that only a proxy knows: whoever reaches it was there.
const NAME: &str = "https://k8s.corp.invalid:6443";

/// Opens a session on the named cluster, as this environment lets it.
fn through(company: &Company, environment: Environment) -> (rolltop::session::Session, Feed) {
    let cluster = json!({"server": NAME, "tls-server-name": "localhost"});
    let access = company.access(&cluster, &json!({"token": company.running.credentials.admin}));
    open_with(ConnectOptions {
        access,
        environment,
        heartbeat: Some(Duration::from_millis(200)),
        ..ConnectOptions::default()
    })
}

/// The named cluster, through the cluster's own proxy.
async fn by_proxy_url(company: &Company, url: String, ca: Option<String>) -> Result<Link, String> {
    let mut cluster = json!({"server": NAME, "tls-server-name": "localhost", "proxy-url": url});
    if let Some(ca) = ca {
        cluster["certificate-authority-data"] = BASE64_STANDARD.encode(ca).into();
    }
    let (session, mut feed) = open(company.access(&cluster, &json!({"token": company.running.credentials.admin})));
    let fared = feed.until("how the link fares", |observation| match observation {
        Observation::Link(link) => match &link.state {
            LinkState::Live => Some(Ok(link.clone())),
            LinkState::Down { sentence, .. } => Some(Err(sentence.to_string())),
            LinkState::Connecting(_) => None,
        },
        _ => None,
    });
    let fared = fared.await;
    session.close();
    fared
}

#[tokio::test]
async fn one_connection_serves_everything_through_the_clusters_proxy() {
    let company = Company::start().await;
    company.deploy("order");
    let tunnel = Tunnel::start(Manner { login: Some("Basic dTpwQHc="), ..Manner::default() }).await;
    let proxy = json!({"proxy-url": format!("http://u:p%40w@{}", tunnel.address)});
    let (session, mut feed) = open(company.access(&proxy, &json!({"token": company.running.credentials.admin})));
    feed.live().await;
    assert_eq!(feed.deployments().await, ["order"]);
    company.deploy("payment");
    feed.applied("payment").await;
    assert_eq!(tunnel.opened(), 1, "watches, lists and polls share one HTTP/2 connection");
    session.close();

    let wrong = json!({"proxy-url": format!("http://u:wrong@{}", tunnel.address)});
    let (session, mut feed) = open(company.access(&wrong, &json!({"token": "t"})));
    let (sentence, ..) = feed.down().await;
    assert!(sentence.contains("the proxy") && !sentence.contains("wrong@"), "{sentence}");
    session.close();
}

#[tokio::test]
async fn a_socks_proxy_finds_the_name_and_may_want_a_login() {
    let company = Company::start().await;
    let manner = Manner { socks: true, leads_to: Some(company.running.address), ..Manner::default() };
    let open_to_all = Tunnel::start(manner.clone()).await;
    for scheme in ["socks5", "socks5h"] {
        let link = by_proxy_url(&company, format!("{scheme}://{}", open_to_all.address), None).await;
        assert_eq!(&*link.unwrap().user, "rolltop-admin");
    }
    assert_eq!(open_to_all.asked(), ["k8s.corp.invalid:6443"; 2], "the proxy resolves the name");

    let guarded = Tunnel::start(Manner { login: Some("ann:p@w"), ..manner }).await;
    let link = by_proxy_url(&company, format!("socks5://ann:p%40w@{}", guarded.address), None).await;
    assert_eq!(&*link.unwrap().user, "rolltop-admin");
    let sentence = by_proxy_url(&company, format!("socks5://ann:wrong@{}", guarded.address), None).await.unwrap_err();
    assert!(sentence.contains("the proxy") && !sentence.contains("wrong@"), "{sentence}");
}

#[tokio::test]
async fn a_proxy_behind_tls_is_trusted_by_the_clusters_authorities_too() {
    let company = Company::start().await;
    let authority = authority();
    let (certificate, key) = signed(&authority, 2100);
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(
        vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
        PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
    );
    let tunnel = Tunnel::start(Manner {
        login: Some("Basic dTpwQHc="),
        tls: Some(TlsAcceptor::from(Arc::new(config.unwrap()))),
        leads_to: Some(company.running.address),
        ..Manner::default()
    });
    let tunnel = tunnel.await;
    let url = format!("https://u:p%40w@{}", tunnel.address);
    let both = format!("{}{}", company.running.ca_pem, authority.pem());
    let link = by_proxy_url(&company, url.clone(), Some(both)).await;
    assert_eq!(&*link.unwrap().user, "rolltop-admin");
    assert_eq!(tunnel.opened(), 1);
    let sentence = by_proxy_url(&company, url, None).await.unwrap_err();
    assert!(sentence.contains("unknown authority"), "a proxy nobody vouches for: {sentence}");
    assert_eq!(tunnel.opened(), 1, "and nothing went through it");
}

#[tokio::test]
async fn the_environments_proxy_serves_unless_the_cluster_is_excepted() {
    let company = Company::start().await;
    let tunnel = Tunnel::start(Manner { leads_to: Some(company.running.address), ..Manner::default() }).await;
    let environment = Environment { https_proxy: Some(tunnel.address.to_string()), ..Environment::default() };
    let (session, mut feed) = through(&company, environment.clone());
    feed.live().await;
    assert_eq!(tunnel.asked(), ["k8s.corp.invalid:6443"]);
    session.close();
    // Excepting the proxy itself excepts nothing.
    let proxy = Environment { no_proxy: Some(tunnel.address.to_string()), ..environment.clone() };
    let (session, mut feed) = through(&company, proxy);
    feed.live().await;
    session.close();
    for list in ["k8s.corp.invalid", ".corp.invalid,", "elsewhere, k8s.corp.invalid:6443", "*"] {
        let (session, mut feed) = through(&company, Environment { no_proxy: Some(list.into()), ..environment.clone() });
        let (sentence, ..) = feed.down().await;
        assert!(sentence.contains("k8s.corp.invalid") && sentence.contains("is not known"), "{list}: {sentence}");
        session.close();
    }
    assert_eq!(tunnel.opened(), 2, "those went past it");
    // What the kubeconfig says counts, whatever the environment excepts.
    let socks =
        Tunnel::start(Manner { socks: true, leads_to: Some(company.running.address), ..Manner::default() }).await;
    let cluster =
        json!({"server": NAME, "tls-server-name": "localhost", "proxy-url": format!("socks5://{}", socks.address)});
    let access = company.access(&cluster, &json!({"token": company.running.credentials.admin}));
    let environment = Environment { no_proxy: Some("*".into()), ..environment };
    let (session, mut feed) = open_with(ConnectOptions { access, environment, ..ConnectOptions::default() });
    feed.live().await;
    assert_eq!((socks.opened(), tunnel.opened()), (1, 2));
    session.close();
}
