//! As whom requests go out: fixed, from a file that is read again, or from an exec plugin that is run again.

use std::{
    fmt,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use kube::config::{AuthInfo, Cluster, ExecConfig};
use secrecy::{ExposeSecret, SecretBox};

use super::exec;
use crate::cluster::failure::{Failure, FailureKind};

/// How long a token file's content is used.
const FILE_AGE: Duration = Duration::from_secs(60);
/// A token is renewed this long before it ends.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);
/// A plugin is not run again sooner, however often the server says no.
const PLUGIN_PAUSE: Duration = Duration::from_secs(10);

/// Where the credential comes from.
pub(super) enum Source {
    /// Nothing but, perhaps, a client certificate.
    None,
    /// A header that stays.
    Header(HeaderValue),
    /// A token file.
    File(String),
    /// An exec plugin, and the cluster it may be told about.
    Exec(Box<(ExecConfig, Cluster)>),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Header(_) => "Header(…)",
            Self::File(_) => "File",
            Self::Exec(_) => "Exec",
        })
    }
}

/// A credential in use.
#[derive(Clone, Default)]
pub(super) struct Credential {
    /// `Authorization`.
    pub(super) header: Option<HeaderValue>,
    /// Certificate and key in PEM, from a plugin.
    pub(super) identity: Option<(String, String)>,
    obtained: Option<Instant>,
    expires: Option<Timestamp>,
}

impl Source {
    /// Picks the source by client-go's precedence: basic auth, token, token file, plugin.
    pub(super) fn of(auth: &AuthInfo, cluster: &Cluster) -> Result<Self, Failure> {
        if let Some(provider) = &auth.auth_provider {
            // kubectl dropped these plugins; of oidc the token itself can still be used.
            let token = provider.config.get("id-token").filter(|_| provider.name == "oidc");
            return token.map(|token| bearer(token)).transpose()?.map(Self::Header).ok_or_else(|| {
                let sentence = format!("the auth-provider `{}` of this user is no longer supported", provider.name);
                Failure::new(
                    FailureKind::BrokenKubeconfig,
                    sentence,
                    "use an exec plugin instead (kubelogin and the like)",
                )
            });
        }
        if let (Some(name), Some(word)) = (&auth.username, auth.password.as_ref().map(SecretBox::expose_secret)) {
            let value = format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{word}")));
            return sensitive(&value).map(Self::Header);
        }
        if let Some(token) = auth.token.as_ref().map(SecretBox::expose_secret).filter(|token| !token.is_empty()) {
            return bearer(token).map(Self::Header);
        }
        if let Some(path) = &auth.token_file {
            return Ok(Self::File(path.clone()));
        }
        Ok(match &auth.exec {
            Some(exec) => Self::Exec(Box::new((exec.clone(), cluster.clone()))),
            None => Self::None,
        })
    }

    /// Returns what is waited for while the credential is fetched.
    pub(super) fn waits_for(&self) -> Option<String> {
        match self {
            Self::Exec(exec) => Some(format!("the exec plugin `{}`", exec.0.command.as_deref().unwrap_or_default())),
            Self::None | Self::Header(_) | Self::File(_) => None,
        }
    }

    /// Tells whether a new credential can be fetched.
    pub(super) fn renews(&self) -> bool {
        matches!(self, Self::File(_) | Self::Exec(_))
    }

    /// Fetches the credential.
    pub(super) async fn fetch(&self) -> Result<Credential, Failure> {
        let now = Some(Instant::now());
        match self {
            Self::None => Ok(Credential::default()),
            Self::Header(header) => Ok(Credential { header: Some(header.clone()), ..Credential::default() }),
            Self::File(path) => {
                let text = tokio::fs::read_to_string(path).await.map_err(|why| {
                    let sentence = format!("the token file {path} cannot be read: {why}");
                    Failure::new(FailureKind::Credentials, sentence, "check tokenFile of the user")
                })?;
                Ok(Credential { header: Some(bearer(text.trim())?), obtained: now, ..Credential::default() })
            }
            Self::Exec(exec) => {
                let answer = exec::run(&exec.0, &exec.1).await?;
                Ok(Credential {
                    header: answer.token.as_deref().map(bearer).transpose()?,
                    identity: answer.client_certificate_data.zip(answer.client_key_data),
                    obtained: now,
                    expires: answer.expiration_timestamp,
                })
            }
        }
    }

    /// Tells whether the credential in use must be fetched again before it is sent.
    pub(super) fn is_stale(&self, used: &Credential, now: Timestamp) -> bool {
        match self {
            Self::None | Self::Header(_) => false,
            Self::File(_) => used.obtained.is_none_or(|at| at.elapsed() > FILE_AGE),
            // A plugin may hand out tokens that live shorter than the margin: those are used as they are.
            Self::Exec(_) => used.expires.is_some_and(|end| now + MARGIN >= end) && self.may_renew(used),
        }
    }

    /// Tells whether, the server having refused it, fetching again is worth a try.
    pub(super) fn may_renew(&self, used: &Credential) -> bool {
        match self {
            Self::None | Self::Header(_) => false,
            Self::File(_) => true,
            Self::Exec(_) => used.obtained.is_none_or(|at| at.elapsed() > PLUGIN_PAUSE),
        }
    }
}

fn bearer(token: &str) -> Result<HeaderValue, Failure> {
    sensitive(&format!("Bearer {token}"))
}

fn sensitive(value: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(value).map_err(|_| {
        let sentence = "the user's token holds characters that no header can carry";
        Failure::new(FailureKind::Credentials, sentence, "check the token for line ends and copy it again")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
