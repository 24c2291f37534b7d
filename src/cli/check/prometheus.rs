//! Is there a Prometheus, and does it answer?

use serde_json::Value;

use crate::{
    cli::reach::Reach,
    cluster::{Failure, client::PATIENCE},
    prometheus::{Candidate, Client, Credentials, Direct, Service, rank, well_known},
    settings::{PrometheusOptions, Settings},
};

use super::{Finding, good, warn};

const WHAT: &str = "prometheus";
const WITHOUT: &str = "charts stay empty; name it with --prometheus URL";

/// Asks the Prometheus of the settings, or looks for one in the cluster.
pub(super) async fn look(reach: &Reach, settings: &Settings) -> Finding {
    let options = settings.options.in_context(&reach.link.context).prometheus;
    match options.url.value.clone() {
        Some(url) => direct(&url, &options).await,
        None if options.discover.value => discovered(reach).await,
        None => warn(WHAT, "no address is set, and looking for one is switched off".to_owned(), WITHOUT),
    }
}

async fn direct(url: &str, options: &PrometheusOptions) -> Finding {
    let credentials = Credentials {
        bearer_token_file: options.bearer_token_file.value.clone(),
        basic: options.basic_auth.as_ref().map(|auth| (auth.username.clone(), auth.password_file.clone())),
        headers: options.headers.iter().map(|(name, value)| (name.clone(), value.reveal().to_owned())).collect(),
    };
    let client = match Direct::new(url, credentials) {
        Ok(way) => Client::new(way),
        Err(error) => return warn(WHAT, error.to_string(), WITHOUT),
    };
    match client.instant("vector(1)", jiff::Timestamp::now()).await {
        Ok(_) => good(WHAT, format!("{} answers", client.place())),
        Err(error) => warn(WHAT, error.to_string(), WITHOUT),
    }
}

async fn discovered(reach: &Reach) -> Finding {
    let listed: Result<Value, Failure> = reach.client.json("/api/v1/services", "list services").await;
    let (candidates, how) = match listed {
        Ok(list) => (rank(&services(&list)), "no service of the cluster looks like Prometheus".to_owned()),
        Err(failure) => (well_known(), failure.sentence),
    };
    let mut why = how;
    for candidate in candidates {
        match ask(reach, &candidate).await {
            Ok(()) => return good(WHAT, format!("{} answers", candidate.place())),
            Err(failure) => why = failure.sentence,
        }
    }
    warn(WHAT, why, WITHOUT)
}

async fn ask(reach: &Reach, candidate: &Candidate) -> Result<(), Failure> {
    let path = format!("{}/api/v1/query?query=vector(1)", candidate.proxy_path());
    reach.client.get(&path, &format!("ask Prometheus at {}", candidate.place()), PATIENCE).await.map(|_| ())
}

fn services(list: &Value) -> Vec<Service> {
    let items = list.get("items").and_then(Value::as_array);
    items.into_iter().flatten().map(service).collect()
}

fn service(item: &Value) -> Service {
    let word = |pointer: &str| item.pointer(pointer).and_then(Value::as_str).unwrap_or_default().into();
    let labels = item.pointer("/metadata/labels").and_then(Value::as_object);
    let ports = item.pointer("/spec/ports").and_then(Value::as_array);
    Service {
        namespace: word("/metadata/namespace"),
        name: word("/metadata/name"),
        labels: labels
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str().into(), value.as_str().unwrap_or_default().into()))
            .collect(),
        ports: ports
            .into_iter()
            .flatten()
            .filter_map(|port| {
                let name = port.get("name").and_then(Value::as_str).unwrap_or_default();
                Some((name.into(), u16::try_from(port.get("port")?.as_u64()?).ok()?))
            })
            .collect(),
    }
}
