//! What every request passes on its way out: the read-only guard, the address, the headers, the credential.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header::AUTHORIZATION, uri::PathAndQuery};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use jiff::Timestamp;
use kube::client::Body;
use tokio::sync::Mutex;
use tower::{BoxError, Service};

use super::{
    credential::{Credential, Source},
    guard,
    transport::{Blueprint, Send},
};
use crate::cluster::failure::Failure;

/// What came from the server, or was said in its stead.
type Reply = Either<Incoming, Full<Bytes>>;

/// The HTTP stack of one connection; clones share it.
#[derive(Clone)]
pub(super) struct Stack(Arc<Inner>);

struct Inner {
    blueprint: Blueprint,
    source: Source,
    headers: HeaderMap,
    read_only: bool,
    /// The credential in use and the pool made for it; only held while it is looked at or renewed, so that however
    /// many requests wait, a plugin runs once.
    current: Mutex<Current>,
}

#[derive(Clone)]
struct Current {
    credential: Credential,
    send: Send,
    generation: u64,
}

impl Stack {
    /// Fetches the first credential and makes the pool.
    pub(super) async fn build(
        blueprint: Blueprint,
        source: Source,
        headers: HeaderMap,
        read_only: bool,
    ) -> Result<Self, Failure> {
        let credential = source.fetch().await?;
        let send = blueprint.build(&credential)?;
        let current = Mutex::new(Current { credential, send, generation: 0 });
        Ok(Self(Arc::new(Inner { blueprint, source, headers, read_only, current })))
    }

    async fn send(self, request: Request<Body>) -> Result<Response<Reply>, BoxError> {
        let (mut head, body) = request.into_parts();
        if self.0.read_only && !guard::lets_out(&head.method, &head.uri, &head.headers) {
            return Ok(guard::refusal(&head.method, &head.uri).map(|body| Reply::Right(Full::from(body))));
        }
        head.uri = absolute(&self.0.blueprint.server, &head.uri)?;
        // `append` keeps several values of one name: Impersonate-Group.
        for (name, value) in &self.0.headers {
            head.headers.append(name, value.clone());
        }
        // A read without a body can be repeated when only the token was out of date; a write never is.
        let again = (head.method == Method::GET && self.0.source.renews()).then(|| head.clone());
        let current = self.0.current().await?;
        let generation = current.generation;
        let answer = current.call(head, body).await?;
        let Some(head) = again.filter(|_| answer.status() == StatusCode::UNAUTHORIZED) else {
            return Ok(answer.map(Reply::Left));
        };
        match self.0.renewed(generation).await {
            Some(current) => Ok(current.call(head, Body::empty()).await?.map(Reply::Left)),
            None => Ok(answer.map(Reply::Left)),
        }
    }
}

impl Inner {
    /// Returns the credential in use, renewed when it is about to end.
    async fn current(&self) -> Result<Current, Failure> {
        let mut current = self.current.lock().await;
        if self.source.is_stale(&current.credential, Timestamp::now()) {
            self.renew(&mut current).await?;
        }
        Ok(current.clone())
    }

    /// Renews a credential the server refused, unless another request did so meanwhile; `None` when it cannot be.
    async fn renewed(&self, refused: u64) -> Option<Current> {
        let mut current = self.current.lock().await;
        if current.generation == refused {
            if !self.source.may_renew(&current.credential) {
                return None;
            }
            self.renew(&mut current).await.ok()?;
        }
        Some(current.clone())
    }

    async fn renew(&self, current: &mut Current) -> Result<(), Failure> {
        let fresh = match self.source.fetch().await {
            Ok(fresh) => fresh,
            // A token file that vanishes is no reason to stop: the last token may still be good.
            Err(_) if matches!(self.source, Source::File(_)) => return Ok(()),
            Err(failure) => return Err(failure),
        };
        if fresh.identity != current.credential.identity {
            current.send = self.blueprint.build(&fresh)?;
        }
        current.credential = fresh;
        current.generation += 1;
        Ok(())
    }
}

impl Current {
    async fn call(&self, mut head: http::request::Parts, body: Body) -> Result<Response<Incoming>, BoxError> {
        if let Some(header) = &self.credential.header {
            head.headers.insert(AUTHORIZATION, header.clone());
        }
        (self.send)(Request::from_parts(head, body)).await.map_err(Into::into)
    }
}

/// Puts a path below the server's address, which may have a path of its own (Rancher's have).
fn absolute(server: &Uri, uri: &Uri) -> Result<Uri, http::Error> {
    let base = server.path().trim_end_matches('/');
    let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    Uri::builder()
        .scheme(server.scheme_str().unwrap_or("https"))
        .authority(server.authority().map_or("", |authority| authority.as_str()))
        .path_and_query(format!("{base}{path}"))
        .build()
}

impl Service<Request<Body>> for Stack {
    type Response = Response<Reply>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<Reply>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.clone().send(request).boxed()
    }
}
