//! Prometheus at a URL.

use std::path::PathBuf;

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use reqwest::{RequestBuilder, Url, header};

use super::{Answer, Error, Transport};

/// Largest answer that is read, in bytes.
const LARGEST: usize = 64 << 20;

/// What is shown at the door. Files are read for each request, as tokens are renewed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// A file with a bearer token.
    pub bearer_token_file: Option<PathBuf>,
    /// A name and a file whose first line is the password.
    pub basic: Option<(String, PathBuf)>,
    /// More headers, such as the tenant for Mimir: name and value.
    pub headers: Vec<(String, String)>,
}

/// A way to Prometheus by its own address.
pub struct Direct {
    base: Url,
    place: String,
    credentials: Credentials,
    http: reqwest::Client,
}

impl Direct {
    /// Makes a way to an address; a path in it is kept before the API's (`http://mimir/prometheus`).
    ///
    /// # Errors
    /// The address is none, or there is no TLS to be had.
    pub fn new(url: &str, credentials: Credentials) -> Result<Self, Error> {
        let setting = |why: String| Error::Setting { what: "the address of Prometheus".to_owned(), why };
        let base = Url::parse(url).map_err(|error| setting(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(setting(format!("{} is no http or https address", base.scheme())));
        }
        let mut shown = base.clone();
        // A name and password in the address are a secret; whether there were any does not matter to the reader.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        shown.set_query(None);
        let http = reqwest::Client::builder()
            .user_agent(concat!("rolltop/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(std::time::Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| setting(innermost(&error)))?;
        Ok(Self { place: shown.as_str().trim_end_matches('/').to_owned(), base, credentials, http })
    }

    async fn exchange(&self, path: &str) -> Result<Answer, Error> {
        let lost = |error: &reqwest::Error| Error::Unreachable { place: self.place.clone(), why: innermost(error) };
        let url = format!("{}{path}", self.base.as_str().trim_end_matches('/'));
        let request = self.dress(self.http.get(url)).await?;
        let mut response = request.send().await.map_err(|error| lost(&error))?;
        let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let (status, content_type) = (response.status().as_u16(), content_type.unwrap_or_default().to_owned());
        let mut body = BytesMut::new();
        while let Some(piece) = response.chunk().await.map_err(|error| lost(&error))? {
            if body.len() + piece.len() > LARGEST {
                let why = format!("its answer is larger than {} MiB", LARGEST >> 20);
                return Err(Error::Unreachable { place: self.place.clone(), why });
            }
            body.extend_from_slice(&piece);
        }
        Ok(Answer { status, content_type, body: Bytes::from(body) })
    }

    async fn dress(&self, mut request: RequestBuilder) -> Result<RequestBuilder, Error> {
        if let Some(file) = &self.credentials.bearer_token_file {
            request = request.bearer_auth(first_line(file).await?);
        }
        if let Some((name, file)) = &self.credentials.basic {
            request = request.basic_auth(name, Some(first_line(file).await?));
        }
        for (name, value) in &self.credentials.headers {
            request = request.header(name, value);
        }
        Ok(request)
    }
}

impl Transport for Direct {
    fn get(&self, path: String) -> BoxFuture<'_, Result<Answer, Error>> {
        Box::pin(async move { self.exchange(&path).await })
    }

    fn place(&self) -> &str {
        &self.place
    }
}

async fn first_line(file: &std::path::Path) -> Result<String, Error> {
    let text = tokio::fs::read_to_string(file)
        .await
        .map_err(|error| Error::Credential { file: file.display().to_string(), why: error.to_string() })?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

/// The outer errors only say that something went wrong; the innermost says what. None of them holds the URL.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
