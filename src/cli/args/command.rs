//! The subcommands.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::SignedDuration;

use crate::{cli::target::Target, operation::ScaleTo};

use super::{Pair, Range, Run, duration, pair, percent, range, run};

/// What to do instead of showing the screen.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say how workloads are; with --wait, follow them to the end.
    Status {
        /// Workloads; all of the namespace when none is named.
        workloads: Vec<Target>,
        /// Wait until each is rolled out or stuck, this long at most.
        #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "5m", value_parser = duration)]
        wait: Option<SignedDuration>,
    },
    /// Say what a workload was: its revisions, newest first.
    History {
        /// Which workload.
        workload: Target,
        /// Show what changed in the template between two revisions.
        #[arg(long, value_name = "A..B", value_parser = range)]
        diff: Option<Range>,
    },
    /// Stop a release from going on.
    Pause(WriteArgs),
    /// Let a paused release go on.
    Resume(WriteArgs),
    /// Let a canary take its next step, or switch a blue-green release.
    ///
    /// The canary is compared with stable first: errors, p99, restarts, memory, each with its numbers, as on the screen.
    /// Where the evidence is bad a plain yes is not enough: the workload's name is asked for, or given with --confirm.
    Promote {
        /// Which workload, and how.
        #[command(flatten)]
        write: WriteArgs,
        /// All the way: skip every step, pause and analysis that is left; of a label canary take the whole pod spec.
        #[arg(long)]
        full: bool,
    },
    /// Give a canary up, or switch back: users get the trusted version again.
    Abort(WriteArgs),
    /// Try again what was aborted or has failed.
    Retry(WriteArgs),
    /// Skip the present step of a canary (Argo Rollouts).
    SkipStep(WriteArgs),
    /// Give a canary this share of the pods (two Deployments behind one Service).
    SetWeight {
        /// Which workload, and how.
        #[command(flatten)]
        write: WriteArgs,
        /// Share of the pods.
        #[arg(value_name = "N%", value_parser = percent)]
        weight: i32,
    },
    /// Open or close a gate that holds a canary (Flagger).
    Gate {
        /// Which way.
        #[arg(value_enum)]
        to: GateState,
        /// Which workload, and how.
        #[command(flatten)]
        write: WriteArgs,
        /// Which gate: confirm-rollout, confirm-promotion …; the one that holds it when absent.
        #[arg(value_name = "GATE")]
        kind: Option<String>,
    },
    /// End what measures a canary before its time (Argo Rollouts).
    Terminate {
        /// Which workload, and how.
        #[command(flatten)]
        write: WriteArgs,
        /// What: analysisrun/NAME or experiment/NAME; what runs now when absent.
        #[arg(value_name = "RUN", value_parser = run)]
        run: Option<Run>,
    },
    /// Do the second step of what was done in two: scale a promoted canary down, put Flagger's skipAnalysis back.
    Finish(WriteArgs),
    /// Replace all pods by new ones of the same template, wave after wave.
    Restart(WriteArgs),
    /// Change the number of replicas.
    Scale(ScaleArgs),
    /// Go back to the previous revision, or to a given one.
    Undo {
        /// Which workload, and how.
        #[command(flatten)]
        write: WriteArgs,
        /// Revision to go back to.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
        to_revision: Option<i64>,
    },
    /// Change images: release another version.
    SetImage {
        /// Which workload, and how.
        #[command(flatten)]
        write: WriteArgs,
        /// Container and image; `*` is every container.
        #[arg(required = true, value_name = "CONTAINER=IMAGE", value_parser = pair)]
        images: Vec<Pair>,
    },
    /// Look for what stands in the way: files, cluster, permissions, metrics, Prometheus.
    Check,
    /// Show a simulated company with a release in it; needs no cluster.
    Demo(DemoArgs),
    /// Serve the simulated company to kubectl and others, until Ctrl-C.
    Simulate {
        /// Which story, and how.
        #[command(flatten)]
        simulation: Simulation,
        /// Port on 127.0.0.1; a free one when absent.
        #[arg(long, value_name = "PORT")]
        port: Option<u16>,
        /// How much of it.
        #[command(flatten)]
        load: Load,
    },
    /// Write a completion script for a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Write the manual: a page for rolltop and one for each subcommand.
    Man {
        /// Write each page into a file here, as man wants them; all go to standard output when absent.
        #[arg(long, value_name = "FOLDER")]
        dir: Option<PathBuf>,
    },
    /// Say where the files are, and what each setting is and why.
    Config {
        /// What to say.
        #[arg(value_enum, default_value_t = ConfigWhat::Print)]
        what: ConfigWhat,
    },
}

/// Which way a gate goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GateState {
    /// Let it through.
    Open,
    /// Hold it.
    Close,
}

/// What `config` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ConfigWhat {
    /// Where the files are.
    Path,
    /// Each setting, its value and where that comes from.
    Print,
}

/// How a change is made.
#[derive(Args, Clone, Debug)]
pub struct Follow {
    /// Show what would change, by the server's dry-run, and stop.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask.
    #[arg(short = 'y', long)]
    pub yes: bool,
    /// Follow the change to its end, this long at most; without it a change ends when it is accepted.
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "5m", value_parser = duration)]
    pub wait: Option<SignedDuration>,
    /// The workload's name once more: needed in a protected context, and to promote against bad evidence, where --yes
    /// is not enough.
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Go on when the audit file cannot be written.
    #[arg(long)]
    pub no_audit: bool,
}

/// A workload to be changed.
#[derive(Args, Clone, Debug)]
pub struct WriteArgs {
    /// Which workload: kind/name, or a name only one kind has.
    pub workload: Target,
    /// How.
    #[command(flatten)]
    pub follow: Follow,
}

/// A workload to be scaled.
#[derive(Args, Clone, Debug)]
pub struct ScaleArgs {
    /// Which workload, and how.
    #[command(flatten)]
    pub write: WriteArgs,
    /// Replicas: 5 for exactly five, +2 for two more, -1 for one fewer.
    #[arg(value_name = "N|+N|-N", allow_hyphen_values = true, required_unless_present = "replicas")]
    pub to: Option<ScaleTo>,
    /// Exactly this many replicas.
    #[arg(long, value_name = "N", conflicts_with = "to", value_parser = clap::value_parser!(i32).range(0..))]
    pub replicas: Option<i32>,
}

/// A simulated company.
#[derive(Args, Clone, Debug)]
pub struct Simulation {
    /// Which story; `demo --list` names them.
    pub scenario: Option<String>,
    /// Same seed, same history.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How much faster than life its durations are.
    #[arg(long, value_name = "X")]
    pub speed: Option<f64>,
    /// Write a kubeconfig for kubectl and others here (mode 0600).
    #[arg(long, value_name = "FILE")]
    pub write_kubeconfig: Option<PathBuf>,
    /// Serve its Prometheus over plain HTTP too, on this port of 127.0.0.1 (0: a free one), for --prometheus URL.
    #[arg(long, value_name = "PORT")]
    pub prometheus_port: Option<u16>,
}

/// A simulated company and the screen on it.
#[derive(Args, Clone, Debug)]
pub struct DemoArgs {
    /// Which story, and how.
    #[command(flatten)]
    pub simulation: Simulation,
    /// Tell the stories: what each teaches, what to notice, and the right move (-o json for programs).
    #[arg(long)]
    pub list: bool,
}

/// How much of a company is simulated beside the shop.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Load {
    /// Deployments to add.
    #[arg(long, value_name = "N")]
    pub deployments: Option<u32>,
    /// Replicas of each.
    #[arg(long, value_name = "M")]
    pub replicas: Option<u32>,
    /// Rollouts begun each second.
    #[arg(long, value_name = "ROLLOUTS_PER_S")]
    pub churn: Option<f64>,
}
