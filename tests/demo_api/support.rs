//! A running server, and a client that trusts it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Certificate, Client, Method, Response};
use rolltop::demo::api::{NoBackends, Running, serve};
use rolltop::demo::clock::Clock;
use rolltop::demo::store::resource::{NAMESPACES, PODS};
use rolltop::demo::store::{Part, SharedStore, Store, Writer};
use serde_json::{Value, json};

pub const APPS: &str = "/apis/apps/v1/namespaces/shop/deployments";
pub const PODS_PATH: &str = "/api/v1/namespaces/shop/pods";

pub struct Cluster {
    pub running: Running,
    pub store: SharedStore,
    client: Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub code: u16,
    pub body: Value,
    pub retry_after: Option<String>,
}

impl Answer {
    pub fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }
}

impl Cluster {
    pub async fn start() -> Self {
        // Another test of this process may have installed it already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let store = SharedStore::new(Store::new(1));
        let writer = Writer::new("test", Timestamp::now());
        store.with(|store| store.create(&NAMESPACES, json!({"metadata": {"name": "shop"}}), &writer)).unwrap();
        let address = "127.0.0.1:0".parse().unwrap();
        let running = serve(address, store.clone(), Arc::new(NoBackends), Clock::wall(1.0)).await.unwrap();
        let ca = Certificate::from_pem(running.ca_pem.as_bytes()).unwrap();
        let client = Client::builder()
            .tls_certs_only([ca])
            .no_proxy()
            .no_gzip()
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        Self { running, store, client }
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("https://{}{path}", self.running.address))
    }

    pub fn as_admin(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.request(method, path).bearer_auth(&self.running.credentials.admin)
    }

    pub fn as_viewer(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.request(method, path).bearer_auth(&self.running.credentials.viewer)
    }

    pub async fn get(&self, path: &str) -> Answer {
        read(self.as_admin(Method::GET, path).send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        read(self.as_admin(Method::POST, path).json(body).send().await.unwrap()).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        read(self.as_admin(Method::PUT, path).json(body).send().await.unwrap()).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        read(self.as_admin(Method::DELETE, path).send().await.unwrap()).await
    }

    pub async fn patch(&self, path: &str, kind: &str, body: &Value) -> Answer {
        let request = self.as_admin(Method::PATCH, path).header("content-type", format!("application/{kind}"));
        read(request.body(body.to_string()).send().await.unwrap()).await
    }

    /// Creates a deployment and returns it.
    pub async fn deployment(&self, name: &str) -> Value {
        let created = self.post(APPS, &deployment(name)).await;
        assert_eq!(created.code, 201, "{}", created.body);
        created.body
    }

    /// Creates a running pod.
    pub fn running_pod(&self, name: &str) {
        let writer = Writer::new("kubelet", Timestamp::now());
        let pod = json!({
            "metadata": {"name": name, "namespace": "shop", "labels": {"app": "order"}},
            "spec": {"nodeName": "n1", "containers": [{"name": "main", "image": "shop/x:v1"}]},
        });
        self.store.with(|store| {
            store.create(&PODS, pod, &writer).unwrap();
            store
                .modify(&PODS, ("shop", name), Part::Status, &writer, |pod| pod["status"]["phase"] = json!("Running"))
                .unwrap();
        });
    }

    pub async fn set_faults(&self, faults: &Value) {
        let answer = self.put("/rolltop/control/faults", faults).await;
        assert_eq!(answer.code, 200, "{}", answer.body);
    }
}

pub fn deployment(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "main", "image": "shop/x:v1"}]}},
        },
    })
}

pub async fn read(response: Response) -> Answer {
    let code = response.status().as_u16();
    let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer { code, body, retry_after }
}

/// Reads a watch line by line.
pub struct Lines {
    response: Response,
    buffer: Vec<u8>,
}

impl Lines {
    pub fn new(response: Response) -> Self {
        Self { response, buffer: Vec::new() }
    }

    /// Returns the next event; none at the end, an error where the stream broke.
    pub async fn next(&mut self) -> Result<Option<Value>, reqwest::Error> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Ok(Some(serde_json::from_slice(&line).unwrap()));
            }
            match self.response.chunk().await? {
                Some(chunk) => self.buffer.extend_from_slice(&chunk),
                None => return Ok(None),
            }
        }
    }

    /// Returns type and name of the next event.
    pub async fn heard(&mut self) -> String {
        let event = self.next().await.unwrap().unwrap();
        format!(
            "{} {}",
            event["type"].as_str().unwrap(),
            event["object"]["metadata"]["name"].as_str().unwrap_or_default()
        )
    }
}
