//! The service proxy: how tools reach Prometheus through the API server.

use super::backends::ProxyRequest;
use super::handle::Call;
use super::request::Target;
use super::respond::{self, Answer};
use crate::demo::store::ApiError;
use crate::demo::store::resource::SERVICES;

/// Passes a request to `[scheme:]name[:port]` on to the service behind it.
pub(super) fn answer(call: &Call, target: &Target) -> Result<Answer, ApiError> {
    let spelled = target.name.as_deref().unwrap_or_default();
    let parts: Vec<&str> = spelled.split(':').collect();
    let (service, port) = match parts.as_slice() {
        [service] => (*service, ""),
        [service, port] | ["http" | "https" | "", service, port] => (*service, *port),
        _ => return Err(ApiError::bad_request(format!("invalid service request {spelled:?}"))),
    };
    if target.served.resource != &SERVICES {
        return Err(ApiError::new(501, "NotImplemented", "only services are proxied in the simulated company"));
    }
    call.with(|store| store.find(&SERVICES, &target.namespace, service).map(|_| ()))?;
    let request = ProxyRequest {
        namespace: target.namespace.clone(),
        service: service.to_owned(),
        port: port.to_owned(),
        method: call.method.to_string(),
        path: format!("/{}", target.rest),
        query: call.raw_query.clone(),
        body: call.body.clone(),
    };
    let down = call.server.chaos.faults().without_proxy;
    let answered = if down { None } else { call.server.backends.service_proxy(&request) };
    let Some(response) = answered else {
        return Err(ApiError::new(
            503,
            "ServiceUnavailable",
            format!("no endpoints available for service {service:?}"),
        ));
    };
    Ok(respond::compress(response.body, &call.headers, |body| {
        respond::bytes(response.status, &response.content_type, body)
    }))
}
