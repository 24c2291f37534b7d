//! `simulate` and `demo`: the simulated company, served until it is told to stop.

use std::{fs, path::PathBuf};

use crate::{
    demo::{
        prometheus::Credentials,
        scenario::{self, Scenario},
        start::{Options, Running, StartError, start},
    },
    problem::Problem,
};

use super::{
    args::{Load, Simulation},
    failure::{Failure, Kind},
    print::Printer,
};

/// Speeds that make sense: below, nothing happens; above, probes have no time to answer.
const SPEEDS: std::ops::RangeInclusive<f64> = 0.1..=100.0;

/// A company that runs, and the kubeconfig that leads to it; a temporary file goes when this does.
pub struct Company {
    /// The company.
    pub running: Running,
    /// Where its kubeconfig is.
    pub kubeconfig: PathBuf,
    temporary: bool,
}

impl Drop for Company {
    fn drop(&mut self) {
        if self.temporary {
            // It holds a token that is worth nothing once the company is gone.
            let _ = fs::remove_file(&self.kubeconfig);
        }
    }
}

/// Starts a company.
///
/// # Errors
/// A story that does not exist or has faults, a port that is taken, a kubeconfig that cannot be written.
pub async fn open(story: Option<Scenario>, simulation: &Simulation, port: u16, load: Load) -> Result<Company, Failure> {
    let usual = Options::default();
    let speed = simulation.speed.unwrap_or(usual.speed);
    if !SPEEDS.contains(&speed) {
        return Err(Failure::new(Kind::Usage, format!("--speed {speed} is not between 0.1 and 100")));
    }
    let count = |number: Option<u32>| usize::try_from(number.unwrap_or(0)).unwrap_or(0);
    let churn = load.churn.unwrap_or(usual.churn);
    if !(0.0..=1000.0).contains(&churn) {
        return Err(Failure::new(Kind::Usage, format!("--churn {churn} is not between 0 and 1000")));
    }
    let deployments = count(load.deployments);
    let options = Options {
        scenario: story,
        seed: simulation.seed.unwrap_or(usual.seed),
        speed,
        port,
        deployments,
        replicas: if load.replicas.is_none() && deployments > 0 { 1 } else { count(load.replicas) },
        churn,
        memory: usual.memory,
        prometheus: simulation.prometheus_port.map(|port| (port, Credentials::None)),
    };
    let running = start(options).await.map_err(|error| {
        let kind = if matches!(error, StartError::Story(_)) { Kind::Usage } else { Kind::Failed };
        Failure::new(kind, error.to_string())
    })?;
    let temporary = simulation.write_kubeconfig.is_none();
    let kubeconfig = simulation.write_kubeconfig.clone().unwrap_or_else(|| {
        std::env::temp_dir().join(format!("rolltop-{}-{:08x}.kubeconfig", std::process::id(), fastrand::u32(..)))
    });
    let written = running.write_kubeconfig(&kubeconfig);
    written.map_err(|error| Failure::new(Kind::Failed, error.to_string()))?;
    Ok(Company { running, kubeconfig, temporary })
}

/// Finds a story by its name, or reads it from a file that ends in `.toml`.
///
/// # Errors
/// No such story, or one with faults: all of them.
pub fn story(name: &str) -> Result<Scenario, Failure> {
    let faults = |problems: Vec<Problem>| Failure::of_files(&problems);
    if let Some(shipped) = scenario::shipped(name) {
        return shipped.map_err(faults);
    }
    let path = std::path::Path::new(name);
    if path.extension().is_some_and(|extension| extension == "toml") {
        let text = fs::read_to_string(path)
            .map_err(|error| Failure::new(Kind::Usage, format!("the story {name} cannot be read: {error}")))?;
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        return Scenario::parse(&stem, name, &text).map_err(faults);
    }
    let hint = match crate::problem::nearest(name, scenario::names()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => "rolltop demo --list names them; a story of your own is a file ending in .toml".to_owned(),
    };
    Err(Failure::new(Kind::Usage, format!("there is no story {name:?}")).hint(hint))
}

/// Serves a company until Ctrl-C or SIGTERM.
pub async fn serve(simulation: &Simulation, port: Option<u16>, load: Load, printer: Printer) -> Result<(), Failure> {
    let told = simulation.scenario.as_deref().map(story).transpose()?;
    let mut asked = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let company = open(told, simulation, port.unwrap_or(0), load).await?;
    let shown = company.kubeconfig.display();
    let prometheus = company.running.prometheus();
    let prometheus = prometheus.map(|address| format!("its Prometheus answers at http://{address}\n"));
    printer.result(&format!(
        "the simulated company answers at https://{}\n{}\n  kubectl --kubeconfig {shown} -n mambogo-production get pods\n  \
         rolltop --kubeconfig {shown} -n mambogo-production\n\nCtrl-C ends it.\n",
        company.running.address(),
        prometheus.unwrap_or_default(),
    ))?;
    tokio::select! {
        caught = tokio::signal::ctrl_c() => caught?,
        _ = asked.recv() => {}
    }
    Ok(())
}
