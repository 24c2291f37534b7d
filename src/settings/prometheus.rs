//! Where Prometheus is, and what it wants to see first.

use std::fmt;
use std::path::PathBuf;

use http::{HeaderName, HeaderValue, Uri};

use super::layers::{Layers, Outer};
use super::{Overrides, Paths, Source, Sourced};
use crate::problem::Section;

/// How to reach Prometheus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrometheusOptions {
    /// Its address; none leaves it to [`PrometheusOptions::discover`].
    pub url: Sourced<Option<String>>,
    /// Whether to look for it in the cluster when no address is given.
    pub discover: Sourced<bool>,
    /// A file with a bearer token, read again for each request, as tokens are renewed.
    pub bearer_token_file: Sourced<Option<PathBuf>>,
    /// A name and a file with its password.
    pub basic_auth: Option<BasicAuth>,
    /// More headers, such as the tenant for Mimir.
    pub headers: Vec<(String, Secret)>,
}

/// A name and a file with its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasicAuth {
    /// The name.
    pub username: String,
    /// The file whose first line is the password.
    pub password_file: PathBuf,
}

/// A text that is never printed or logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, to be sent and not shown.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl PrometheusOptions {
    /// Reads `[prometheus]`, or the same table of a context. Credentials in a file go to the address in the
    /// same table only: a token must not follow an address given by flag or variable to a stranger.
    pub(super) fn read(
        section: Section<'_>,
        layers: &mut Layers<'_>,
        paths: &Paths,
        outer: Option<&Overrides>,
    ) -> Self {
        let mut section = section;
        let address = outer.map_or_else(Outer::default, |overrides| Outer {
            variable: Some("ROLLTOP_PROMETHEUS"),
            flag: overrides.prometheus.as_deref().map(|url| ("--prometheus", url)),
        });
        let token = Outer { variable: outer.map(|_| "ROLLTOP_PROMETHEUS_TOKEN_FILE"), flag: None };
        let url = layers.text(&mut section, "url", None, |text| address_of(text).map(Some), address);
        let discover = layers.boolean(&mut section, "discover", true, Outer::default());
        let path = |text: &str| Ok(Some(paths.resolve(text)));
        let bearer_token_file = layers.text(&mut section, "bearer_token_file", None, path, token);
        let basic_auth = basic_auth(&mut section, layers, paths);
        let headers = headers(&mut section, layers);
        let mut options = Self { url, discover, bearer_token_file, basic_auth, headers };
        Self::check(&section, layers);
        options.keep_credentials_home();
        section.close();
        options
    }

    fn check(section: &Section<'_>, layers: &Layers<'_>) {
        if let (Some(span), true) = (section.key_span("basic_auth"), section.has("bearer_token_file")) {
            let sentence = "basic_auth and bearer_token_file exclude each other";
            layers.document().report_with(&span, sentence, "keep the one your Prometheus asks for");
        }
        let credentials = ["bearer_token_file", "basic_auth", "headers"].into_iter().find(|key| section.has(key));
        if let Some(key) = credentials.filter(|_| !section.has("url"))
            && let Some(span) = section.key_span(key)
        {
            let sentence = format!("{key:?} is of no use without \"url\" in the same table");
            layers.document().report_with(&span, sentence, "credentials are sent to that address only");
        }
    }

    fn keep_credentials_home(&mut self) {
        let from_file = |source: &Source| matches!(source, Source::File { .. });
        if from_file(&self.url.source) {
            return;
        }
        self.basic_auth = None;
        self.headers.clear();
        if from_file(&self.bearer_token_file.source) {
            self.bearer_token_file = Sourced::default(None);
        }
    }
}

/// Checks an address: http or https with a host, and no password in it, which would end up in logs.
fn address_of(text: &str) -> Result<String, String> {
    let host = text.split("://").last().and_then(|rest| rest.split('/').next()).unwrap_or_default();
    if host.contains('@') {
        return Err("an address must not hold a password; use basic_auth with a password_file".to_owned());
    }
    let wrong = || format!("{text:?} is no address; write http://HOST:PORT or https://HOST/PATH");
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let authority = uri.authority().ok_or_else(wrong)?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || authority.host().is_empty() {
        return Err(wrong());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn basic_auth(section: &mut Section<'_>, layers: &mut Layers<'_>, paths: &Paths) -> Option<BasicAuth> {
    let key = section.full("basic_auth");
    let mut table = section.section("basic_auth")?;
    let (username, password_file) = (table.required_string("username"), table.required_string("password_file"));
    table.close();
    let (username, password_file) = (username?, password_file?);
    let source = layers.source_at(username.span().start);
    layers.note(format!("{key}.username"), toml::Value::from(username.get_ref().as_str()).to_string(), source);
    let source = layers.source_at(password_file.span().start);
    layers.note(
        format!("{key}.password_file"),
        toml::Value::from(password_file.get_ref().as_str()).to_string(),
        source,
    );
    Some(BasicAuth { username: username.into_inner(), password_file: paths.resolve(password_file.get_ref()) })
}

fn headers(section: &mut Section<'_>, layers: &mut Layers<'_>) -> Vec<(String, Secret)> {
    let key = section.full("headers");
    let Some(table) = section.section("headers") else { return Vec::new() };
    let mut headers = Vec::new();
    for entry in table.entries() {
        if HeaderName::try_from(entry.key()).is_err() {
            layers.document().report(&entry.key_span(), format!("{:?} is no header name", entry.key()));
        }
        let Some(value) = entry.string() else { continue };
        if HeaderValue::try_from(value.get_ref().as_str()).is_err() {
            let sentence = format!("the value of {:?} cannot be sent in a header", entry.key());
            layers.document().report_secret(&value.span(), sentence);
        }
        let source = layers.source_at(value.span().start);
        layers.note(format!("{key}.{:?}", entry.key()), "(hidden)".to_owned(), source);
        headers.push((entry.key().to_owned(), Secret::new(value.into_inner())));
    }
    headers.retain(|(name, value)| {
        HeaderName::try_from(name.as_str()).is_ok() && HeaderValue::try_from(value.reveal()).is_ok()
    });
    headers
}
