//! What a read-only session lets out: reads, dry runs, and questions about oneself.

use http::{HeaderMap, Method, Response, StatusCode, Uri, header};
use serde_json::json;

/// Reviews that only answer a question, though they are sent with POST.
const QUESTIONS: [&str; 3] = [
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
    "/apis/authentication.k8s.io/v1/selfsubjectreviews",
];
/// Subresources that hand the request to something else, which knows nothing of dry runs.
const PASSED_ON: [&str; 4] = ["proxy", "exec", "attach", "portforward"];

/// Tells whether a request may leave a read-only session.
pub(super) fn lets_out(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let path = uri.path();
    let passed_on = |name: &str| path.split('/').any(|segment| segment == name);
    let interactive = PASSED_ON[1..].iter().any(|name| passed_on(name)) || headers.contains_key(header::UPGRADE);
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(method) {
        return !interactive;
    }
    if *method == Method::POST && QUESTIONS.contains(&path) {
        return true;
    }
    let dry = uri.query().unwrap_or_default().split('&').any(|pair| pair == "dryRun=All");
    dry && !PASSED_ON.iter().any(|name| passed_on(name))
}

/// Returns the answer given in the server's stead.
pub(super) fn refusal(method: &Method, uri: &Uri) -> Response<Vec<u8>> {
    let message = format!("this session is read-only: {method} {} was not sent", uri.path());
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403,
        "reason": "ReadOnlySession", "message": message});
    let mut response = Response::new(status.to_string().into_bytes());
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reads_dry_runs_and_questions_leave() {
        let deployment = "/apis/apps/v1/namespaces/shop/deployments/order";
        for (method, uri, out) in [
            ("GET", deployment, true),
            ("HEAD", deployment, true),
            ("GET", "/api/v1/namespaces/m/services/http:prometheus:web/proxy/api/v1/query?query=up", true),
            ("GET", "/api/v1/namespaces/shop/pods/p/exec?command=rm", false),
            ("GET", "/api/v1/namespaces/shop/pods/p/portforward", false),
            ("PATCH", deployment, false),
            ("PATCH", &format!("{deployment}?dryRun=All"), true),
            ("PATCH", &format!("{deployment}?fieldManager=rolltop&dryRun=All"), true),
            ("PATCH", &format!("{deployment}?dryRun=None"), false),
            ("PATCH", &format!("{deployment}?xdryRun=All"), false),
            ("PUT", deployment, false),
            ("DELETE", deployment, false),
            ("POST", "/api/v1/namespaces/shop/pods/p/eviction", false),
            ("POST", "/api/v1/namespaces/shop/pods/p/eviction?dryRun=All", true),
            ("POST", "/api/v1/namespaces/shop/services/x/proxy/delete?dryRun=All", false),
            ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", true),
            ("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", true),
            ("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", true),
            ("DELETE", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", false),
            ("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", false),
        ] {
            let (method, parsed) = (method.parse().unwrap(), uri.parse().unwrap());
            assert_eq!(lets_out(&method, &parsed, &HeaderMap::new()), out, "{method} {uri}");
        }
    }
}
