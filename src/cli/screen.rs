//! The live screen: on a real cluster, or on a simulated company of its own.

use std::{path::PathBuf, process::ExitCode};

use crate::{
    cluster::{Access, kubeconfig::Environment},
    demo::{scenario, start::Director},
    domain::Scope,
    runtime::{self, Start},
    session::ConnectOptions,
};

use super::{
    args::{Load, Simulation},
    failure::{Failure, Kind},
    intent::Common,
    selector, simulate,
    target::Target,
};

/// The namespace the company's shop runs in.
const SHOP: &str = "mambogo-production";

/// Shows the screen on the cluster the arguments name.
pub fn show(common: &Common, workload: Option<Target>) -> Result<ExitCode, Failure> {
    let access = Access {
        kubeconfig: common.access.kubeconfig.clone(),
        context: common.access.context.clone(),
        impersonate: common.access.user.clone(),
        impersonate_groups: common.access.groups.clone(),
        read_only: common.overrides.read_only,
    };
    open(common, access, scope(common), workload, None)
}

/// Starts a company and shows the screen on it; both end together.
pub fn demo(common: &Common, simulation: &Simulation) -> Result<ExitCode, Failure> {
    let story = simulate::story(simulation.scenario.as_deref().unwrap_or(scenario::DEFAULT))?;
    let company = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let running = company.block_on(simulate::open(Some(story), simulation, 0, Load::default()))?;
    let kubeconfig: Option<PathBuf> = Some(running.kubeconfig.clone());
    let access = Access { kubeconfig, read_only: common.overrides.read_only, ..Access::default() };
    let director = Some(running.running.director());
    let shown = open(common, access, scope(common).or_else(|| Some(Scope::one(SHOP))), None, director);
    drop(running);
    company.shutdown_background();
    shown
}

fn open(
    common: &Common,
    access: Access,
    scope: Option<Scope>,
    workload: Option<Target>,
    director: Option<Director>,
) -> Result<ExitCode, Failure> {
    let selector = selector::parse(common.selector.as_deref().unwrap_or_default())
        .map_err(|why| Failure::new(Kind::Usage, why))?;
    let connect = ConnectOptions { access, scope, environment: Environment::read(), ..ConnectOptions::default() };
    let start = Start {
        overrides: common.overrides.clone(),
        connect,
        workload: workload.map(|target| (target.kind, target.name)),
        selector,
        director,
        no_audit: common.no_audit,
    };
    Ok(ExitCode::from(runtime::run(start)?))
}

fn scope(common: &Common) -> Option<Scope> {
    if common.all_namespaces {
        return Some(Scope::All);
    }
    let names = common.namespaces.iter().map(|name| name.as_str().into());
    (!common.namespaces.is_empty()).then(|| Scope::Namespaces(names.collect()))
}
