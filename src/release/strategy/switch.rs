//! Plain blue-green: a Service that selects one of two Deployments.

use jiff::Timestamp;

use crate::{
    domain::{Text, WorkloadKey},
    world::World,
};

use super::{Delivery, Manner, Side, StepLine, System, Wait, WeightSource, sides::of_deployment};

/// What a switch has to do with.
pub(in crate::release) struct Switch<'a> {
    pub(in crate::release) active: &'a WorkloadKey,
    pub(in crate::release) other: &'a WorkloadKey,
    pub(in crate::release) service: &'a Text,
    /// The Service that shows the other side, if one does.
    pub(in crate::release) preview: Option<&'a Text>,
    /// Further Services that select the active side: a switch leaves them.
    pub(in crate::release) beside: &'a [Text],
    /// The other side is newer than the last switch: nobody has decided about it.
    pub(in crate::release) undecided: bool,
}

/// Reads how a blue-green pair stands.
pub(in crate::release) fn delivery(world: &World, of: &Switch<'_>) -> Delivery {
    let mut delivery = Delivery::of(System::Switch, Manner::BlueGreen, of_deployment(world, of.active, "active"));
    let shown = |side: &Side| format!("{} ({})", side.name, side.version);
    delivery.services = vec![(of.service.clone(), shown(&delivery.stable))];
    if !of.beside.is_empty() {
        delivery.alarms.push(beside(of));
    }
    let role = if of.undecided { "preview" } else { "previous" };
    let side = of_deployment(world, of.other, role);
    if side.desired == 0 && world.own_pods_of(of.other).is_empty() {
        return delivery;
    }
    let plain = |words: &str| StepLine { words: words.to_owned(), weight: None };
    delivery.steps = vec![plain("preview pods"), plain("switch when promoted")];
    let up = side.available >= side.desired.max(1);
    delivery.step = Some(if of.undecided { usize::from(up) } else { 2 });
    delivery.services.extend(of.preview.map(|preview| (preview.clone(), shown(&side))));
    delivery.weight_actual = Some((0.0, WeightSource::Selector(of.service.clone())));
    delivery.canary = Some(side);
    delivery
}

/// Says which Services a switch would forget.
fn beside(of: &Switch<'_>) -> String {
    let names: Vec<&str> = of.beside.iter().map(|name| &**name).collect();
    let names = names.join(" and ");
    let (service, active) = (of.service, &of.active.name);
    format!(
        "Services {service} and {names} select {active}: promote switches {service} alone; switch {names} by hand as well, or \
         name it like the side it is meant for"
    )
}

/// The wait of a preview that is up: nothing but a person switches.
pub(in crate::release) fn wait(since: Option<Timestamp>) -> Wait {
    Wait::Person { since, what: "the switch".to_owned() }
}
