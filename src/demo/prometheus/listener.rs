//! A plain HTTP listener on loopback, for clients that are pointed at the server directly.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::Reply;

/// Longest body that is read, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// What a client must show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Nothing.
    None,
    /// A bearer token.
    Bearer(String),
    /// A user's name and password.
    Basic(String, String),
}

/// Why the listener does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is not on loopback.
    #[error("refusing to serve simulated metrics on {0}: only loopback addresses are allowed, use 127.0.0.1")]
    NotLoopback(std::net::SocketAddr),
    /// The listener failed.
    #[error("the metrics listener failed: {0}")]
    Io(#[from] io::Error),
}

impl Credentials {
    /// The header that a client must send; none where it need not.
    fn header(&self) -> Option<String> {
        match self {
            Credentials::None => None,
            Credentials::Bearer(token) => Some(format!("Bearer {token}")),
            Credentials::Basic(user, password) => {
                Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
            }
        }
    }
}

/// Serves on `listener` until the future is dropped: `answer` gets method, path, query and body.
///
/// # Errors
///
/// Where the listener is not on loopback, or fails.
pub async fn serve<A>(listener: TcpListener, credentials: Credentials, answer: A) -> Result<(), ListenError>
where
    A: Fn(&str, &str, &str, &str) -> Reply + Send + Sync + 'static,
{
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(ListenError::NotLoopback(address));
    }
    let demanded: Arc<Option<String>> = Arc::new(credentials.header());
    let answer = Arc::new(answer);
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        let (demanded, answer) = (Arc::clone(&demanded), Arc::clone(&answer));
        let service = service_fn(move |request| {
            let (demanded, answer) = (Arc::clone(&demanded), Arc::clone(&answer));
            async move { Ok::<_, Infallible>(respond(request, demanded.as_deref(), &*answer).await) }
        });
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            if let Err(error) = served.await {
                tracing::debug!(%error, "a metrics client went away");
            }
        });
    }
}

/// Checks the credentials and lets `answer` reply.
async fn respond<A>(request: Request<Incoming>, demanded: Option<&str>, answer: &A) -> Response<Full<Bytes>>
where
    A: Fn(&str, &str, &str, &str) -> Reply,
{
    let (head, body) = request.into_parts();
    let shown = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if demanded.is_some() && shown != demanded {
        let mut refused = Response::new(Full::from("Unauthorized\n"));
        *refused.status_mut() = StatusCode::UNAUTHORIZED;
        let challenge = http::HeaderValue::from_static("Basic realm=\"prometheus\"");
        refused.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        return refused;
    }
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        let mut refused = Response::new(Full::from("Request Entity Too Large\n"));
        *refused.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        return refused;
    };
    let body = body.to_bytes();
    let form = String::from_utf8_lossy(&body);
    let query = head.uri.query().unwrap_or("");
    let reply = answer(head.method.as_str(), head.uri.path(), query, &form);
    let mut response = Response::new(Full::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(reply.content_type));
    response
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    /// Status line and body of a request that shows `authorization`.
    async fn ask(credentials: Credentials, authorization: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let server = tokio::spawn(serve(listener, credentials, |method, path, query, form| Reply {
            status: 200,
            content_type: "text/plain",
            body: format!("{method} {path} {query} {form}"),
        }));
        let request = format!(
            "POST /a?b=c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{authorization}Content-Length: 3\r\n\r\nd=e"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        server.abort();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        format!("{} | {body}", head.lines().next().unwrap())
    }

    #[tokio::test]
    async fn only_the_right_credentials_get_an_answer() {
        let answered = "HTTP/1.1 200 OK | POST /a b=c d=e";
        let refused = "HTTP/1.1 401 Unauthorized | Unauthorized\n";
        let bearer = || Credentials::Bearer("secret".into());
        let basic = || Credentials::Basic("user".into(), "pass".into());
        let cases = [
            (Credentials::None, "", answered),
            (bearer(), "", refused),
            (bearer(), "Authorization: Bearer wrong\r\n", refused),
            (bearer(), "Authorization: Bearer secret\r\n", answered),
            (basic(), "Authorization: Basic dXNlcjpwYXNz\r\n", answered),
            (basic(), "Authorization: Bearer secret\r\n", refused),
        ];
        for (credentials, authorization, expected) in cases {
            assert_eq!(ask(credentials, authorization).await, expected, "{authorization}");
        }
    }

    #[tokio::test]
    async fn nothing_but_loopback_is_served() {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let answer = |_: &str, _: &str, _: &str, _: &str| Reply { status: 200, content_type: "", body: String::new() };
        let refused = serve(listener, Credentials::None, answer).await;
        assert!(matches!(refused, Err(ListenError::NotLoopback(_))));
    }
}
