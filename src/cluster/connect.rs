//! From a context of a kubeconfig to a client that can ask its cluster.
//!
//! ```text
//! proxy        which proxy, decided as client-go does        credential   as whom, renewed when it ends
//! exec         plugins: once, no terminal, stderr caught     transport    TLS, HTTP/2 with pings, proxies
//! guard        what a read-only session lets out             stack        what every request passes
//! ```

mod credential;
mod exec;
mod guard;
mod proxy;
mod stack;
mod transport;

use std::path::PathBuf;

use http::{HeaderMap, HeaderName, HeaderValue, Uri, header::USER_AGENT};
use kube::config::{AuthInfo, Cluster};

use self::{credential::Source, stack::Stack, transport::Blueprint};
use super::{
    client::Client,
    failure::{Failure, FailureKind},
    kubeconfig::{self, Environment, Found, Target},
};

/// Which cluster, as whom.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// `--as`.
    pub impersonate: Option<String>,
    /// `--as-group`.
    pub impersonate_groups: Vec<String>,
    /// Writing requests never leave the process.
    pub read_only: bool,
}

/// A target whose files were read; nothing was run or opened yet.
#[derive(Debug)]
pub struct Prepared {
    /// Context; `in-cluster` inside one.
    pub context: String,
    /// Namespace of the context.
    pub namespace: String,
    /// User entry; may be empty.
    pub user: String,
    /// Address.
    pub server: String,
    blueprint: Blueprint,
    source: Source,
    headers: HeaderMap,
    read_only: bool,
}

impl Access {
    /// Reads the files. It blocks on the disk, so it belongs onto a blocking thread.
    ///
    /// # Errors
    /// Files that are missing or broken, contexts that do not exist; see [`FailureKind`].
    pub fn prepare(&self, env: &Environment) -> Result<Prepared, Failure> {
        let target = match kubeconfig::read(self.kubeconfig.as_deref(), env)? {
            Found::Files(config) => kubeconfig::resolve(&config, self.context.as_deref())?,
            Found::InCluster => in_cluster(self.context.as_deref())?,
        };
        let text = target.cluster.server.clone().unwrap_or_default();
        let server = address(&text).ok_or_else(|| {
            let sentence = format!("the server of context `{}` is no address: `{text}`", target.context);
            Failure::new(FailureKind::BrokenKubeconfig, sentence, "write it as https://host:port")
        })?;
        let proxy = proxy::choose(&server, target.cluster.proxy_url.as_deref(), env)?;
        let source = Source::of(&target.auth, &target.cluster)?;
        Ok(Prepared {
            blueprint: Blueprint::of(&target.cluster, &target.auth, server, proxy)?,
            source,
            headers: self.headers(&target.auth)?,
            context: target.context,
            namespace: target.namespace,
            user: self.impersonate.clone().unwrap_or(target.user),
            server: text.trim_end_matches('/').to_owned(),
            read_only: self.read_only,
        })
    }

    fn headers(&self, auth: &AuthInfo) -> Result<HeaderMap, Failure> {
        let mut headers = HeaderMap::new();
        let agent = concat!("rolltop/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        let mut add = |name: &'static str, value: &str| {
            let value = HeaderValue::from_str(value).map_err(|_| {
                let sentence = format!("`{value}` cannot be sent as {name}");
                Failure::new(FailureKind::Credentials, sentence, "check --as, --as-group and the user's `as` entries")
            })?;
            headers.append(HeaderName::from_static(name), value);
            Ok::<(), Failure>(())
        };
        // As in kubectl, the command line replaces what the kubeconfig says.
        if let Some(user) = self.impersonate.as_ref().or(auth.impersonate.as_ref()) {
            add("impersonate-user", user)?;
        }
        let none = Vec::new();
        let groups = if self.impersonate_groups.is_empty() {
            auth.impersonate_groups.as_ref().unwrap_or(&none)
        } else {
            &self.impersonate_groups
        };
        groups.iter().try_for_each(|group| add("impersonate-group", group))?;
        if let Some(uid) = &auth.impersonate_uid {
            add("impersonate-uid", uid)?;
        }
        for (key, values) in auth.impersonate_user_extra.iter().flatten() {
            let encoded = percent_encoding::utf8_percent_encode(key, percent_encoding::NON_ALPHANUMERIC);
            if let Ok(name) = HeaderName::try_from(format!("impersonate-extra-{encoded}")) {
                for value in values.iter().filter_map(|value| HeaderValue::from_str(value).ok()) {
                    headers.append(name.clone(), value);
                }
            }
        }
        Ok(headers)
    }
}

impl Prepared {
    /// Returns what has to be waited for before the cluster can be asked: an exec plugin.
    pub fn waits_for(&self) -> Option<String> {
        self.source.waits_for()
    }

    /// Runs the exec plugin, if there is one, and makes the client; the connection opens with the first request.
    ///
    /// # Errors
    /// A plugin that fails, a token file or a certificate that cannot be used.
    pub async fn client(self) -> Result<Client, Failure> {
        let stack = Stack::build(self.blueprint, self.source, self.headers, self.read_only).await?;
        Ok(Client::new(kube::Client::new(stack, self.namespace), self.server))
    }
}

/// The namespace and credentials a pod finds in its own file system.
fn in_cluster(context: Option<&str>) -> Result<Target, Failure> {
    let config = kube::Config::incluster().map_err(|error| {
        let sentence = format!("this looks like a pod, but its service account cannot be used: {error}");
        Failure::new(FailureKind::NoKubeconfig, sentence, "name a kubeconfig with --kubeconfig")
    })?;
    if let Some(name) = context.filter(|name| *name != "in-cluster") {
        let sentence = format!("there is no context `{name}`: there is no kubeconfig");
        return Err(Failure::new(FailureKind::UnknownContext, sentence, "name a kubeconfig with --kubeconfig"));
    }
    let ca = config.root_cert_file.map(|path| path.display().to_string());
    Ok(Target {
        context: "in-cluster".to_owned(),
        namespace: config.default_namespace,
        user: String::new(),
        cluster: Cluster {
            server: Some(config.cluster_url.to_string()),
            certificate_authority: ca,
            ..Cluster::default()
        },
        auth: config.auth_info,
    })
}

/// Parses a server address; like client-go, one without a scheme is meant as http.
fn address(text: &str) -> Option<Uri> {
    let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let uri: Uri = full.parse().ok()?;
    let known = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty());
    known.then_some(uri)
}
