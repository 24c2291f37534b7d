//! Client certificates and HTTP/1.1, through a front that asks for one and speaks nothing newer.

use std::{net::SocketAddr, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType, date_time_ymd};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    server::WebPkiClientVerifier,
};
use serde_json::{Value, json};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::{
    company::{Company, open},
    plugin,
};

/// An authority, and a server before the company that admits only those the authority signed.
struct Front {
    authority: CertifiedIssuer<'static, KeyPair>,
    address: SocketAddr,
}

impl Front {
    /// Starts one; its own certificate ends in the given year.
    async fn start(company: &Company, ends: i32) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let authority = authority();
        let (certificate, key) = signed(&authority, ends);
        let mut known = RootCertStore::empty();
        known.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
        let mut config = ServerConfig::builder()
            .with_client_cert_verifier(WebPkiClientVerifier::builder(Arc::new(known)).build().unwrap())
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
                PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(pass_on(
            listener,
            TlsAcceptor::from(Arc::new(config)),
            connector(company),
            company.running.address,
        ));
        Self { authority, address }
    }

    /// The cluster entry of a kubeconfig that leads here.
    fn cluster(&self) -> Value {
        json!({
            "server": format!("https://{}", self.address),
            "certificate-authority-data": BASE64_STANDARD.encode(self.authority.pem()),
        })
    }
}

/// Makes an authority of its own.
pub fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Makes a certificate and its key, in PEM, that end in the given year.
pub fn signed(authority: &CertifiedIssuer<'static, KeyPair>, ends: i32) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["jane".to_owned()]).unwrap();
    params.subject_alt_names.push(SanType::IpAddress([127, 0, 0, 1].into()));
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(ends, 1, 1);
    (params.signed_by(&key, authority).unwrap().pem(), key.serialize_pem())
}

fn connector(company: &Company) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(company.running.ca_pem.as_bytes()).unwrap()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    TlsConnector::from(Arc::new(config))
}

async fn pass_on(listener: TcpListener, acceptor: TlsAcceptor, connector: TlsConnector, company: SocketAddr) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, connector) = (acceptor.clone(), connector.clone());
        tokio::spawn(async move {
            let Ok(mut inside) = acceptor.accept(stream).await else { return };
            let plain = TcpStream::connect(company).await.unwrap();
            let mut behind = connector.connect(ServerName::try_from("localhost").unwrap(), plain).await.unwrap();
            let _ = copy_bidirectional(&mut inside, &mut behind).await;
        });
    }
}

#[tokio::test]
async fn a_client_certificate_is_shown_from_data_from_files_and_from_a_plugin() {
    let company = Company::start().await;
    company.deploy("order");
    let front = Front::start(&company, 2100).await;
    let (certificate, key) = signed(&front.authority, 2100);
    let token = &company.running.credentials.admin;
    company.file("jane.crt", &certificate);
    company.file("jane.key", &key);
    let credential = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "status": {"token": token, "clientCertificateData": certificate, "clientKeyData": key},
    });
    let answer = company.file("answer.json", &credential.to_string());
    let script = plugin(&company, &format!("cat {}", answer.display()));
    for user in [
        json!({
            "token": token,
            "client-certificate-data": BASE64_STANDARD.encode(&certificate),
            "client-key-data": BASE64_STANDARD.encode(&key),
        }),
        // Relative to the kubeconfig's folder, as kubectl takes them.
        json!({"token": token, "client-certificate": "jane.crt", "client-key": "jane.key"}),
        json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": script, "interactiveMode": "Never"}}),
    ] {
        let (session, mut feed) = open(company.access(&front.cluster(), &user));
        feed.live().await;
        assert_eq!(feed.deployments().await, ["order"], "over HTTP/1.1: {user}");
        session.close();
    }
}

#[tokio::test]
async fn certificates_that_ended_or_are_missing_are_said_to_be_so() {
    let company = Company::start().await;
    let front = Front::start(&company, 2100).await;
    let ended = Front::start(&company, 2020).await;
    let user = |(certificate, key): (String, String)| {
        json!({
            "client-certificate-data": BASE64_STANDARD.encode(certificate),
            "client-key-data": BASE64_STANDARD.encode(key),
        })
    };
    let half = json!({"client-certificate": "/nowhere/jane.crt", "client-key": "/nowhere/jane.key"});
    for (cluster, user, part) in [
        (front.cluster(), user(signed(&front.authority, 2020)), "says that the client certificate has expired"),
        (front.cluster(), user(signed(&ended.authority, 2100)), "does not accept the client certificate"),
        (front.cluster(), json!({"token": "t"}), "does not accept the client certificate"),
        (front.cluster(), half, "certificates of this context cannot be used"),
        (ended.cluster(), user(signed(&ended.authority, 2100)), "has expired"),
    ] {
        let (session, mut feed) = open(company.access(&cluster, &user));
        let (sentence, hint, _) = feed.down().await;
        assert!(sentence.contains(part) && !hint.is_empty(), "{sentence} / {hint} (wanted: {part})");
        session.close();
    }
}
