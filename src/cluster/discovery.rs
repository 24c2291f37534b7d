//! What a cluster serves beside the built-in kinds: delivery systems, and the routes they drive.
//!
//! One small GET of `/apis`, and one for each group of interest that is served: a group alone says little, for
//! `argoproj.io` may be another program of that project. What is not served is never asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{
    client::{Client, PATIENCE},
    failure::{Failure, FailureKind},
    watch::Asked,
};
use crate::domain::{Family, Kind, RouteKind, Text, text::clean};

/// Delivery systems: the family that makes one, and the families that come with it.
const SYSTEMS: [Family; 4] =
    [Family::Workloads(Kind::Rollout), Family::AnalysisRuns, Family::Experiments, Family::Workloads(Kind::Canary)];
/// Routes are of interest only where something drives them.
const ROUTES: [Family; 3] = [
    Family::Routes(RouteKind::HttpRoute),
    Family::Routes(RouteKind::VirtualService),
    Family::Routes(RouteKind::Ingress),
];

/// What a cluster serves beside the built-in kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// Families that can be watched.
    pub families: BTreeSet<Family>,
    /// Delivery systems served in no version this program speaks, and what it would need: `flagger.app/v1beta1`.
    pub foreign: BTreeMap<Family, Text>,
}

#[derive(Deserialize)]
struct Groups {
    #[serde(default)]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    #[serde(default)]
    group_version: String,
}

#[derive(Deserialize)]
struct Resources {
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    name: String,
}

/// Returns what is missing where a family is not served, as `kubectl api-versions` writes it.
pub fn api(family: Family) -> &'static str {
    Asked::versions(family).first().copied().unwrap_or_default()
}

/// Asks a cluster what it serves.
///
/// # Errors
/// No answer, or an answer that is no list.
pub async fn served(client: &Client) -> Result<Served, Failure> {
    let what = "list what the server serves";
    let answer = client.get("/apis", what, PATIENCE).await?;
    let groups: Groups = client.parse(&answer, what, |body| serde_json::from_slice(body))?;
    let mut asked = Asking { client, groups: groups.groups, resources: BTreeMap::new() };
    let mut served = Served::default();
    for family in SYSTEMS {
        asked.look(family, &mut served).await?;
    }
    if served.families.iter().any(|family| matches!(family, Family::Workloads(_))) {
        for family in ROUTES {
            asked.look(family, &mut served).await?;
        }
    }
    Ok(served)
}

/// One look at a cluster; each group's list is read once.
struct Asking<'a> {
    client: &'a Client,
    groups: Vec<Group>,
    resources: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Asking<'_> {
    async fn look(&mut self, family: Family, served: &mut Served) -> Result<(), Failure> {
        let name = Asked::resource(family);
        let of_group = |group: &&Group| group.name == Asked::group(family);
        let Some(group) = self.groups.iter().find(of_group) else { return Ok(()) };
        let versions: Vec<String> = group.versions.iter().map(|version| version.group_version.clone()).collect();
        let spoken: Vec<&'static str> = (Asked::versions(family).iter())
            .filter(|spoken| versions.iter().any(|version| version == *spoken))
            .copied()
            .collect();
        for version in &spoken {
            if self.list(version).await?.contains(name) {
                served.families.insert(family);
                return Ok(());
            }
        }
        if !spoken.is_empty() || !matches!(family, Family::Workloads(_)) {
            return Ok(());
        }
        // The group is there and speaks no version known here: say so where it is this very kind.
        for other in versions {
            if read(self.client, &other).await?.contains(name) {
                let says = format!("{} (the server has {})", api(family), clean(&other, false));
                served.foreign.insert(family, says.into());
                return Ok(());
            }
        }
        Ok(())
    }

    async fn list(&mut self, version: &'static str) -> Result<&BTreeSet<String>, Failure> {
        if !self.resources.contains_key(version) {
            let names = read(self.client, version).await?;
            self.resources.insert(version, names);
        }
        Ok(&self.resources[version])
    }
}

/// Reads the names a version of a group serves; one that went in between serves none.
async fn read(client: &Client, version: &str) -> Result<BTreeSet<String>, Failure> {
    let what = format!("list what {version} serves");
    match client.json::<Resources>(&format!("/apis/{version}"), &what).await {
        Ok(list) => Ok(list.resources.into_iter().map(|resource| resource.name).collect()),
        Err(failure) if matches!(failure.kind, FailureKind::NotFound | FailureKind::Forbidden) => Ok(BTreeSet::new()),
        Err(failure) => Err(failure),
    }
}
