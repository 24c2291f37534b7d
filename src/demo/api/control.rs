//! The control endpoint: sets faults and drops connections; needs the administrator's token.
//!
//! `GET|PUT|DELETE /rolltop/control/faults` shows, sets (JSON of [`Faults`]) and heals;
//! `POST /rolltop/control/drop` closes every connection; `POST /rolltop/control/compact` forgets the change log;
//! `POST /rolltop/control/inject` lets a fault happen now: words such as `crash payment-service`, or the lines of a
//! scenario's step in TOML, such as `lose_node = "worker-1"`. docs/simulated-company.md shows all of it.

use http::Method;
use jiff::SignedDuration;

use super::chaos::Faults;
use super::handle::Call;
use super::resources::not_allowed;
use super::respond::{self, Answer};
use crate::demo::store::{ApiError, Store};

/// Where the endpoint is.
pub(super) const PREFIX: &str = "/rolltop/control/";

/// Answers a request to the control endpoint.
pub(super) fn answer(call: &Call) -> Result<Answer, ApiError> {
    if !call.user.groups.iter().any(|group| group == "system:masters") {
        return Err(ApiError::new(403, "Forbidden", "the control endpoint needs the administrator's token"));
    }
    let chaos = &call.server.chaos;
    match (call.path.strip_prefix(PREFIX).unwrap_or_default(), &call.method) {
        ("faults", &Method::GET) => {}
        ("faults", &Method::PUT | &Method::POST) => {
            let faults: Faults = serde_json::from_slice(&call.body)
                .map_err(|error| ApiError::bad_request(format!("no such fault: {error}")))?;
            set(call, faults);
        }
        ("faults", &Method::DELETE) => set(call, Faults::default()),
        ("drop", &Method::POST) => chaos.drop_connections(),
        ("compact", &Method::POST) => call.with(Store::compact),
        ("inject", &Method::POST) => call.server.backends.inject(&String::from_utf8_lossy(&call.body))?,
        ("faults" | "drop" | "compact" | "inject", method) => return Err(not_allowed(method)),
        (other, _) => {
            return Err(ApiError::new(
                404,
                "NotFound",
                format!("no control called {other:?}; there are faults, drop, compact and inject"),
            ));
        }
    }
    Ok(respond::json(200, &serde_json::to_value(chaos.faults()).unwrap_or_default()))
}

fn set(call: &Call, faults: Faults) {
    call.server.clock.set_skew(SignedDuration::from_secs(faults.skew_seconds));
    call.server.chaos.set(faults);
}
