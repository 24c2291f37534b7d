//! Failures and their sentences, as a table of cases.

use http::{HeaderMap, StatusCode};

use super::*;

#[test]
fn answers_become_sentences() {
    let status = |code: u16, body: &str| {
        let code = StatusCode::from_u16(code).unwrap();
        Failure::from_answer("https://c:6443", "list pods in shop", code, &HeaderMap::new(), body.as_bytes())
    };
    let said = |code: u16, reason: &str| {
        format!(r#"{{"kind":"Status","code":{code},"reason":"{reason}","message":"the words"}}"#)
    };
    for (code, body, kind, part) in [
        (401, said(401, "Unauthorized"), FailureKind::Unauthorized, "does not accept the credentials"),
        (403, said(403, "Forbidden"), FailureKind::Forbidden, "you may not list pods in shop: the words"),
        (403, said(403, "ReadOnlySession"), FailureKind::ReadOnly, "the words"),
        (404, "404 page not found\n".to_owned(), FailureKind::NotFound, "404 page not found"),
        (409, said(409, "Conflict"), FailureKind::Conflict, "the words"),
        (410, said(410, "Expired"), FailureKind::Gone, "the words"),
        (429, said(429, "TooManyRequests"), FailureKind::TooManyRequests, "busy"),
        (500, "oops".to_owned(), FailureKind::Server, "500"),
        (503, "<html><body>sorry</body>".to_owned(), FailureKind::Server, "a web page"),
        (302, String::new(), FailureKind::NotKubernetes, "302"),
    ] {
        let failure = status(code, &body);
        assert_eq!(failure.kind, kind, "{code} {body}");
        assert!(failure.sentence.contains(part), "{code}: {}", failure.sentence);
    }
}

#[test]
fn the_server_may_ask_to_be_left_alone() {
    let mut headers = HeaderMap::new();
    headers.insert("retry-after", "7".parse().unwrap());
    let failure = Failure::from_answer("s", "w", StatusCode::TOO_MANY_REQUESTS, &headers, b"");
    assert_eq!(failure.retry_after, Some(Duration::from_secs(7)));
    let body = br#"{"kind":"Status","code":429,"details":{"retryAfterSeconds":3}}"#;
    let failure = Failure::from_answer("s", "w", StatusCode::TOO_MANY_REQUESTS, &HeaderMap::new(), body);
    assert_eq!(failure.retry_after, Some(Duration::from_secs(3)));
}

#[test]
fn cut_answers_and_web_pages_are_told_apart() {
    for (body, kind) in [
        ("{\"items\": [{\"met", FailureKind::Cut),
        ("<!doctype html><title>Log in</title>", FailureKind::NotKubernetes),
        ("", FailureKind::NotKubernetes),
    ] {
        let error = serde_json::from_str::<serde_json::Value>(body).unwrap_err();
        assert_eq!(Failure::unreadable("s", "w", &HeaderMap::new(), body.as_bytes(), &error).kind, kind, "{body}");
    }
}

#[test]
fn errors_below_http_become_sentences() {
    use std::io::{Error, ErrorKind};
    let of = |error: &(dyn std::error::Error + 'static)| Failure::from_transport("https://c", error);
    assert_eq!(of(&Error::from(ErrorKind::ConnectionRefused)).kind, FailureKind::Unreachable);
    assert_eq!(of(&Error::from(ErrorKind::UnexpectedEof)).kind, FailureKind::Cut);
    assert_eq!(of(&Error::other("failed to lookup address information: x")).kind, FailureKind::UnknownHost);
    let tls = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
    let failure = of(&Error::new(ErrorKind::InvalidData, tls));
    assert_eq!(failure.kind, FailureKind::UntrustedServer);
    assert!(failure.hint.contains("certificate-authority-data"));
    let tls = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
    assert_eq!(of(&Error::other(Error::other(tls))).kind, FailureKind::ExpiredCertificate);
}
