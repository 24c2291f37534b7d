//! The simulated company under load: `cargo bench --bench company` prints what 10 000 pods cost it, how large they are
//! on the wire, and how many watch events a second reach five watchers, beside their targets.
//!
//! `rolltop simulate` runs in a process of its own; memory is read from `/proc`, so Linux only.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a measuring program prints, and counts less than 2^52"
)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{Certificate, Client};
use serde_json::Value;

#[path = "support/simulated.rs"]
mod simulated;

use simulated::{Error, Simulated, cpu, memory};

const PODS: &str = "/api/v1/namespaces/crowd/pods";
const WATCHERS: usize = 5;
/// How long events are counted.
const WINDOW: Duration = Duration::from_secs(20);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Error> {
    rustls::crypto::ring::default_provider().install_default().map_err(|_| "a provider is installed already")?;
    println!("{:<52} {:>16} {:>12}", "measured", "found", "target");
    for churn in ["3", "20"] {
        under(churn).await?;
    }
    Ok(())
}

/// 10 000 pods of two containers with so many rollouts begun each second.
async fn under(churn: &str) -> Result<(), Error> {
    let begun = Instant::now();
    let cluster = Simulated::start(&["--deployments", "500", "--replicas", "20", "--churn", churn])?;
    row(&format!("churn {churn}: start to serving"), &format!("{:.1} s", begun.elapsed().as_secs_f64()), "");
    let process = cluster.child.id();
    let api = Api::of(&cluster)?;
    let list: Value = api.get(PODS).await?.json().await?;
    let pods = list["items"].as_array().ok_or("no pods")?;
    let bytes: usize = pods.iter().map(|pod| pod.to_string().len()).sum();
    row(&format!("churn {churn}: pods"), &pods.len().to_string(), "10 000");
    row(&format!("churn {churn}: compact JSON of a pod, mean"), &format!("{} bytes", bytes / pods.len()), "~ 10 KB");
    drop(list);

    let counted: Vec<Arc<AtomicU64>> = (0..WATCHERS).map(|_| Arc::default()).collect();
    for count in &counted {
        let mut stream = api.get(&format!("{PODS}?watch=true&resourceVersion=0")).await?;
        let count = count.clone();
        tokio::spawn(async move {
            while let Ok(Some(chunk)) = stream.chunk().await {
                let lines = chunk.split(|byte| *byte == b'\n').count() - 1;
                count.fetch_add(lines as u64, Ordering::Relaxed);
            }
        });
    }
    let total = || counted.iter().map(|count| count.load(Ordering::Relaxed)).sum::<u64>();
    // A watch begins with all there is; that is not counted.
    let mut before = 0;
    while total() < 10_000 * WATCHERS as u64 || total() - before > 60_000 {
        before = total();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let (before, used, begun) = (total(), cpu(process)?, Instant::now());
    tokio::time::sleep(WINDOW).await;
    let (events, took) = (total() - before, begun.elapsed().as_secs_f64());
    let share = cpu(process)?.saturating_sub(used).as_secs_f64() / took;
    let rate = events as f64 / took;
    row(&format!("churn {churn}: watch events a second, {WATCHERS} watchers"), &format!("{rate:.0}"), "> 2 000");
    row(&format!("churn {churn}: share of a core meanwhile"), &format!("{:.0} %", share * 100.0), "");
    row(&format!("churn {churn}: resident"), &format!("{} MiB", memory(process, "VmRSS:")? / 1024), "< 1 536 MiB");
    row(&format!("churn {churn}: peak resident"), &format!("{} MiB", memory(process, "VmHWM:")? / 1024), "");
    Ok(())
}

fn row(what: &str, found: &str, target: &str) {
    println!("{what:<52} {found:>16} {target:>12}");
}

/// A client of the company with the administrator's token.
struct Api {
    client: Client,
    server: String,
    token: String,
}

impl Api {
    /// A client of a company with what its kubeconfig says.
    fn of(company: &Simulated) -> Result<Self, Error> {
        let text = std::fs::read_to_string(company.kubeconfig())?;
        let config: Value = serde_saphyr::from_str(&text)?;
        let cluster = &config["clusters"][0]["cluster"];
        let word = |value: &Value| value.as_str().map(str::to_owned).ok_or("the kubeconfig lacks something");
        let ca = BASE64_STANDARD.decode(word(&cluster["certificate-authority-data"])?)?;
        let client = Client::builder().tls_certs_only([Certificate::from_pem(&ca)?]).no_proxy().no_gzip().build()?;
        Ok(Self { client, server: word(&cluster["server"])?, token: word(&config["users"][0]["user"]["token"])? })
    }

    async fn get(&self, path: &str) -> Result<reqwest::Response, Error> {
        let answer = self.client.get(format!("{}{path}", self.server)).bearer_auth(&self.token).send().await?;
        Ok(answer.error_for_status()?)
    }
}
