//! Which workloads of a namespace are one release unit.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Kind, Service, Text, Workload, WorkloadKey};

use super::{
    World,
    units::{Space, Unit},
};

/// On a canary Deployment: the name of the stable one.
const CANARY_OF: &str = "rolltop.dev/canary-of";
/// On both Deployments of a blue-green pair: a name they share.
const BLUE_GREEN: &str = "rolltop.dev/blue-green";
/// Annotations that pair.
pub(super) const ANNOTATIONS: [&str; 2] = [CANARY_OF, BLUE_GREEN];

/// Labels that tell a canary's pods from stable ones.
const TRACKS: [&str; 3] = ["track", "release", "version"];
/// Labels blue-green pairs are usually told apart by.
const SLOTS: [&str; 7] = ["slot", "color", "colour", "version", "deployment", "environment", "bluegreen"];
const COLOURS: [&str; 2] = ["blue", "green"];
/// What names of the two Deployments of a canary end with.
const SIDES: [&str; 3] = ["-canary", "-stable", "-baseline"];
/// What names of Services end with that show what users do not get yet.
const PREVIEWS: [&str; 5] = ["-preview", "-test", "-next", "-inactive", "-canary"];

/// Works out the units of a namespace.
pub(super) fn detect(world: &World, namespace: &Text) -> Space {
    let mut space = Space::default();
    let of = |kind: Kind| world.workloads.get(&kind).into_iter().flat_map(|store| store.within(namespace));
    let key = |name: &str| WorkloadKey::new(Kind::Deployment, namespace.clone(), name);
    for canary in of(Kind::Canary) {
        let Some(target) = canary.flagger().map(|canary| &canary.target) else { continue };
        let kind = Kind::parse(&target.kind).filter(|kind| Kind::BUILT_IN.contains(kind));
        if let Some(kind) = kind.filter(|_| !target.name.is_empty()) {
            let member = |name: &str| WorkloadKey::new(kind, namespace.clone(), name);
            let primary = member(&format!("{}-primary", target.name));
            space.units.insert(canary.key(), Unit::Flagger { target: member(&target.name), primary });
        }
    }
    for rollout in of(Kind::Rollout) {
        let referred = rollout.argo().and_then(|argo| argo.workload_ref.as_ref());
        if let Some(referred) = referred.filter(|referred| &*referred.kind == "Deployment") {
            space.units.insert(rollout.key(), Unit::Argo { template: key(&referred.name) });
        }
    }
    let taken: BTreeSet<WorkloadKey> = space.units.values().flat_map(Unit::members).cloned().collect();
    let free: Vec<&Workload> = of(Kind::Deployment).filter(|one| !taken.contains(&one.key())).collect();
    let services: Vec<&Service> = world.services_in(namespace).filter(|service| !service.selector.is_empty()).collect();
    let paired = switches(&free, &services, &mut space);
    let free: Vec<&Workload> = free.into_iter().filter(|one| !paired.contains(&one.meta.name)).collect();
    canaries(&free, &services, &mut space);
    space
}

/// Tells whether a Service's selector reaches a workload's pods, whatever it says of one key.
fn reaches(service: &Service, workload: &Workload, but: Option<&Text>) -> bool {
    let labels = &workload.template.labels;
    service.selector.iter().filter(|(name, _)| Some(*name) != but).all(|(name, value)| labels.get(name) == Some(value))
}

/// One Service that selects exactly one of several Deployments.
struct Pick<'a> {
    service: &'a Service,
    label: &'a Text,
    active: &'a Workload,
    others: Vec<&'a Workload>,
}

/// Finds blue-green pairs; answers the Deployments they are made of.
fn switches<'a>(free: &[&'a Workload], services: &[&'a Service], space: &mut Space) -> BTreeSet<Text> {
    let mut groups: BTreeMap<String, Vec<&Workload>> = BTreeMap::new();
    for workload in free {
        match workload.meta.annotation(BLUE_GREEN).filter(|name| !name.is_empty()) {
            // A slash does not occur in names.
            Some(name) => groups.entry(format!("{name}/")).or_default().push(workload),
            None => groups.entry(colourless(workload)).or_default().push(workload),
        }
    }
    let mut paired = BTreeSet::new();
    for (base, group) in groups.iter().filter(|(_, group)| group.len() > 1) {
        let told = base.ends_with('/');
        let picks: Vec<Pick<'_>> = services.iter().filter_map(|service| pick(service, group, told)).collect();
        let base = base.trim_end_matches('/');
        let chosen = public(&picks, base, group);
        let Some(first) = chosen.first() else { continue };
        let disagree = chosen.iter().find(|pick| pick.active.meta.name != first.active.meta.name);
        let doubt = match (disagree, first.others.as_slice()) {
            (Some(pick), _) => format!(
                "two Services, {} and {}, each select another side: which one users reach cannot be told; a Service named {base} \
                 settles it",
                first.service.meta.name, pick.service.meta.name
            ),
            (None, [other]) => {
                let of_other = picks.iter().find(|pick| pick.active.meta.name == other.meta.name);
                let unit = Unit::Switch {
                    active: first.active.key(),
                    other: other.key(),
                    service: first.service.meta.name.clone(),
                    label: first.label.clone(),
                    preview: of_other.map(|pick| pick.service.meta.name.clone()),
                    beside: beside(&picks, first, group),
                };
                paired.extend([first.active.meta.name.clone(), other.meta.name.clone()]);
                space.units.insert(first.active.key(), unit);
                continue;
            }
            (None, others) => format!(
                "Service {} selects one of {} Deployments: which is the other side cannot be told",
                first.service.meta.name,
                others.len() + 1
            ),
        };
        doubtful(space, group.iter().copied(), &doubt);
    }
    paired
}

/// Returns the picks of the Service users reach: the one of the pair's name, else one that is not for a single side or
/// a preview, else any.
fn public<'p, 'a>(picks: &'p [Pick<'a>], base: &str, group: &[&Workload]) -> Vec<&'p Pick<'a>> {
    let named = |pick: &&Pick<'_>| *pick.service.meta.name == *base;
    let for_all = |pick: &&Pick<'_>| {
        let name = &pick.service.meta.name;
        let of_side = |workload: &&Workload| *name == workload.meta.name;
        !PREVIEWS.iter().any(|end| name.ends_with(end)) && !group.iter().any(of_side)
    };
    let tiers: [Vec<&Pick<'_>>; 3] =
        [picks.iter().filter(named).collect(), picks.iter().filter(for_all).collect(), picks.iter().collect()];
    tiers.into_iter().find(|tier| !tier.is_empty()).unwrap_or_default()
}

/// Returns the other Services that send users to the side a Service selects; one that bears the name of a side, or of a
/// preview, is meant for that alone.
fn beside(picks: &[Pick<'_>], first: &Pick<'_>, group: &[&Workload]) -> Vec<Text> {
    let name = |pick: &Pick<'_>| pick.service.meta.name.clone();
    let for_users = |name: &Text| {
        *name != first.service.meta.name
            && !PREVIEWS.iter().any(|end| name.ends_with(end))
            && !group.iter().any(|workload| *name == workload.meta.name)
    };
    let same = picks.iter().filter(|pick| pick.active.meta.name == first.active.meta.name);
    same.map(name).filter(for_users).collect()
}

/// Returns a name without what tells a side: a colour, or the value of a label sides are told by.
fn colourless(workload: &Workload) -> String {
    let name = &workload.meta.name;
    let labels = &workload.template.labels;
    let values = SLOTS.iter().filter_map(|slot| labels.get(*slot)).map(|value| &**value);
    let ends = values.filter(|value| !matches!(*value, "canary" | "stable")).chain(COLOURS);
    let base = ends.into_iter().find_map(|value| name.strip_suffix(value)?.strip_suffix('-'));
    base.filter(|base| !base.is_empty()).unwrap_or(name).to_owned()
}

/// Finds the key by which a Service selects exactly one of a group.
fn pick<'a>(service: &'a Service, group: &[&'a Workload], told: bool) -> Option<Pick<'a>> {
    service.selector.iter().find_map(|(label, value)| {
        if !told && !SLOTS.contains(&&**label) && !COLOURS.contains(&&**value) {
            return None;
        }
        let alike = |workload: &&&Workload| {
            reaches(service, workload, Some(label)) && workload.template.labels.contains_key(label)
        };
        let (active, others): (Vec<&Workload>, Vec<&Workload>) =
            group.iter().filter(alike).partition(|workload| workload.template.labels.get(label) == Some(value));
        let [active] = active.as_slice() else { return None };
        (!others.is_empty()).then_some(Pick { service, label, active, others })
    })
}

/// A stable Deployment, what looks like its canary, and the Services that reach both.
type Claim<'a> = (&'a Workload, &'a Workload, Vec<Text>);

/// Finds label canaries.
fn canaries(free: &[&Workload], services: &[&Service], space: &mut Space) {
    let mut claims: BTreeMap<&Text, Vec<Claim<'_>>> = BTreeMap::new();
    for canary in free.iter().filter(|one| is_canary(one)) {
        let told = canary.meta.annotation(CANARY_OF);
        let stables = free.iter().filter(|stable| match told {
            Some(name) => *stable.meta.name == *name && stable.meta.name != canary.meta.name,
            None => !is_canary(stable) && sideless(stable) == sideless(canary),
        });
        let shared = |stable: &Workload| -> Vec<Text> {
            let both =
                services.iter().filter(|service| reaches(service, stable, None) && reaches(service, canary, None));
            both.map(|service| service.meta.name.clone()).collect()
        };
        let found: Vec<(&Workload, Vec<Text>)> = stables
            .map(|stable| (*stable, shared(stable)))
            .filter(|(_, services)| told.is_some() || !services.is_empty())
            .collect();
        match found.as_slice() {
            [] => {}
            [(stable, services)] => {
                claims.entry(&stable.meta.name).or_default().push((stable, canary, services.clone()));
            }
            several => {
                let names: BTreeSet<&str> =
                    several.iter().flat_map(|(_, services)| services).map(|name| &**name).collect();
                let names: Vec<&str> = names.into_iter().collect();
                let stables: Vec<&str> = several.iter().map(|(stable, _)| &*stable.meta.name).collect();
                let doubt = format!(
                    "{} may be the canary of {}: {} reach it with each; annotation {CANARY_OF} settles it",
                    canary.meta.name,
                    stables.join(" or "),
                    if names.len() == 1 {
                        format!("Service {}", names[0])
                    } else {
                        format!("Services {}", names.join(" and "))
                    },
                );
                doubtful(space, several.iter().map(|(stable, _)| *stable).chain([*canary]), &doubt);
            }
        }
    }
    for claims in claims.into_values() {
        if let [(stable, canary, services)] = claims.as_slice() {
            let unit = Unit::Labels { stable: stable.key(), canary: canary.key(), services: services.clone() };
            space.units.insert(stable.key(), unit);
            continue;
        }
        let names: Vec<&str> = claims.iter().map(|(_, canary, _)| &*canary.meta.name).collect();
        let Some((stable, ..)) = claims.first() else { continue };
        let doubt = format!("{} all look like the canary of {}", names.join(" and "), stable.meta.name);
        doubtful(space, claims.iter().map(|(_, canary, _)| *canary).chain([*stable]), &doubt);
    }
}

/// Tells whether a Deployment says that it is a canary: by annotation, by label, by name.
fn is_canary(workload: &Workload) -> bool {
    let track = TRACKS.iter().find_map(|track| match workload.template.labels.get(*track).map(|value| &**value) {
        Some("canary") => Some(true),
        Some("stable") => Some(false),
        _ => None,
    });
    workload.meta.annotation(CANARY_OF).is_some() || track.unwrap_or_else(|| workload.meta.name.ends_with("-canary"))
}

/// Returns a name without what tells the side of a canary.
fn sideless(workload: &Workload) -> &str {
    let name = &workload.meta.name;
    SIDES.iter().find_map(|side| name.strip_suffix(side)).filter(|base| !base.is_empty()).unwrap_or(name)
}

fn doubtful<'a>(space: &mut Space, workloads: impl Iterator<Item = &'a Workload>, doubt: &str) {
    for workload in workloads {
        let doubts = space.doubts.entry(workload.key()).or_default();
        if !doubts.iter().any(|known| known == doubt) {
            doubts.push(doubt.to_owned());
        }
    }
}
