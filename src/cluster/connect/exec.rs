//! Exec plugins: run once, without a terminal, stderr caught, in time.

use std::{process::Stdio, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use kube::config::{Cluster, ExecConfig, ExecInteractiveMode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::cluster::failure::{Failure, FailureKind};

/// How long a plugin may take; some wait for a slow identity provider.
const PATIENCE: Duration = Duration::from_secs(60);
/// How much of a plugin's stderr is quoted.
const QUOTE: usize = 400;
const EXTENSION: &str = "client.authentication.k8s.io/exec";

/// What a plugin answered.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ExecCredential {
    /// Bearer token.
    pub(super) token: Option<String>,
    /// Client certificate, PEM.
    pub(super) client_certificate_data: Option<String>,
    /// Its key, PEM.
    pub(super) client_key_data: Option<String>,
    /// When to ask again.
    pub(super) expiration_timestamp: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Answer {
    status: Option<ExecCredential>,
}

/// Runs the plugin.
pub(super) async fn run(exec: &ExecConfig, cluster: &Cluster) -> Result<ExecCredential, Failure> {
    let command = exec.command.as_deref().filter(|command| !command.is_empty());
    let failed = |sentence: String, hint: &str| Failure::new(FailureKind::Credentials, sentence, hint);
    let Some(command) = command else {
        let sentence = "the user's exec plugin has no command";
        return Err(Failure::new(FailureKind::BrokenKubeconfig, sentence, "compare it with `kubectl config view`"));
    };
    if exec.interactive_mode == Some(ExecInteractiveMode::Always) {
        let sentence = format!("the exec plugin `{command}` must ask on a terminal");
        let hint = "log in with it (or any kubectl command) in another terminal, then connect again";
        return Err(Failure::new(FailureKind::NeedsTerminal, sentence, hint));
    }
    let version = exec.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1");
    let mut child = Command::new(command);
    child.args(exec.args.iter().flatten()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for entry in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (entry.get("name"), entry.get("value")) {
            child.env(name, value);
        }
    }
    child.env("KUBERNETES_EXEC_INFO", info(exec, version, cluster).to_string()).kill_on_drop(true);
    let hint = exec.install_hint.as_deref().unwrap_or_default();
    let output = tokio::time::timeout(PATIENCE, child.output())
        .await
        .map_err(|_| failed(format!("the exec plugin `{command}` did not end within {} s", PATIENCE.as_secs()), hint))?
        .map_err(|why| failed(format!("the exec plugin `{command}` cannot be started: {why}"), hint))?;
    if !output.status.success() {
        let said = tail(&output.stderr);
        let colon = if said.is_empty() { "" } else { ": " };
        let sentence = format!("the exec plugin `{command}` failed ({}){colon}{said}", output.status);
        return Err(failed(sentence, "log in again with that command"));
    }
    // The output holds the secret: it is never quoted.
    let answer: Option<Answer> = serde_json::from_slice(&output.stdout).ok();
    let credential = answer.and_then(|answer| answer.status).ok_or_else(|| {
        failed(
            format!("the exec plugin `{command}` did not answer with an ExecCredential"),
            "check its version and arguments",
        )
    })?;
    if credential.token.is_none() && credential.client_certificate_data.is_none() {
        return Err(failed(format!("the exec plugin `{command}` gave neither token nor certificate"), ""));
    }
    Ok(credential)
}

/// What the plugin is told: that nobody can be asked and, when it wants to know, of which cluster it is.
fn info(exec: &ExecConfig, version: &str, cluster: &Cluster) -> Value {
    let mut info = json!({"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": false}});
    if exec.provide_cluster_info {
        let ca = cluster.certificate_authority_data.clone().or_else(|| {
            let path = cluster.certificate_authority.as_deref()?;
            Some(BASE64_STANDARD.encode(std::fs::read(path).ok()?))
        });
        let config = cluster.extensions.iter().flatten().find(|extension| extension.name == EXTENSION);
        let told = [
            ("server", cluster.server.clone().map(Value::from)),
            ("tls-server-name", cluster.tls_server_name.clone().map(Value::from)),
            ("insecure-skip-tls-verify", cluster.insecure_skip_tls_verify.map(Value::from)),
            ("certificate-authority-data", ca.map(Value::from)),
            ("proxy-url", cluster.proxy_url.clone().map(Value::from)),
            ("config", config.map(|extension| extension.extension.clone())),
        ];
        info["spec"]["cluster"] = told
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect::<serde_json::Map<_, _>>()
            .into();
    }
    info
}

/// Returns the end of what a plugin wrote to stderr: that is where the reason stands.
fn tail(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let text = crate::domain::text::clean(text.trim(), false).into_owned();
    let skip = text.chars().count().saturating_sub(QUOTE);
    text.chars().skip(skip).collect()
}
