//! Label canaries: two Deployments behind one Service; traffic follows pods.

use crate::{
    domain::{Text, WorkloadKey},
    world::World,
};

use super::{Delivery, Manner, System, Wait, WeightSource, sides::of_deployment};

/// Reads how a label canary stands; whether it waits for a person is for the judgement of both Deployments to say.
pub(in crate::release) fn delivery(
    world: &World,
    stable: &WorkloadKey,
    canary: &WorkloadKey,
    services: &[Text],
) -> Delivery {
    let mut delivery = Delivery::of(System::Labels, Manner::Canary, of_deployment(world, stable, "stable"));
    match services {
        [] => delivery
            .alarms
            .push(format!("no Service reaches {} and {}: no traffic is shared", stable.name, canary.name)),
        [_] => {}
        several => {
            let names: Vec<&str> = several.iter().map(|name| &**name).collect();
            delivery.alarms.push(format!(
                "{} Services share their traffic between both by their pods: {}; a label of one side in its selector takes one \
                 out",
                several.len(),
                names.join(" and ")
            ));
        }
    }
    let side = of_deployment(world, canary, "canary");
    if side.desired == 0 && world.own_pods_of(canary).is_empty() {
        return delivery;
    }
    let shared = |wanted: i32, all: i32| if all > 0 { f64::from(wanted) * 100.0 / f64::from(all) } else { 0.0 };
    let available = side.available + delivery.stable.available;
    delivery.weight_wanted = Some(shared(side.desired, side.desired + delivery.stable.desired));
    if !services.is_empty() {
        let actual = shared(side.available, available);
        delivery.weight_actual = Some((actual, WeightSource::Pods(side.available, available)));
    }
    delivery.canary = Some(side);
    delivery
}

/// The wait of a canary that is up: nothing but a person moves it.
pub(in crate::release) fn wait(since: Option<jiff::Timestamp>) -> Wait {
    Wait::Person { since, what: "promotion".to_owned() }
}
