//! Is there a Prometheus, and does it answer?

use crate::{cli::reach::Reach, session::PrometheusState, settings::Settings};

use super::{Finding, good, warn};

const WHAT: &str = "prometheus";
const WITHOUT: &str = "charts stay empty; name it with --prometheus URL";

/// Asks the Prometheus of the settings, or looks for one in the cluster, as the screen does.
pub(super) async fn look(reach: &Reach, settings: &Settings) -> Finding {
    match reach.prometheus(settings).await {
        PrometheusState::Ready(client) => good(WHAT, format!("{} answers", client.place())),
        PrometheusState::Failing(_, why) | PrometheusState::Absent(why) => warn(WHAT, why, WITHOUT),
        PrometheusState::Searching => warn(WHAT, "nothing was found in time".to_owned(), WITHOUT),
    }
}
