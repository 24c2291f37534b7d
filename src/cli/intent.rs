//! What the arguments mean, free of clap.

use std::path::PathBuf;

use clap_complete::Shell;
use jiff::SignedDuration;

use crate::{
    operation::{Operation, ScaleTo},
    settings::Overrides,
};

use super::{
    args::{Args, Chosen, Command, ConfigWhat, DemoArgs, Follow, GateState, Global, Load, Output, Range, Simulation},
    failure::{Failure, Kind},
    target::Target,
};

/// What holds for every subcommand.
#[derive(Clone, Debug, Default)]
pub struct Common {
    /// What the command line says about settings.
    pub overrides: Overrides,
    /// Which cluster, and as whom.
    pub access: Access,
    /// Namespaces given by name.
    pub namespaces: Vec<String>,
    /// All namespaces.
    pub all_namespaces: bool,
    /// Label selector.
    pub selector: Option<String>,
    /// Writes go ahead when the audit file cannot be written.
    pub no_audit: bool,
    /// How the result is written.
    pub output: Output,
}

/// Which cluster, and as whom.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// `--as`.
    pub user: Option<String>,
    /// `--as-group`.
    pub groups: Vec<String>,
}

/// What is to be done.
#[derive(Debug)]
pub enum Intent {
    /// Show the screen, with this workload open.
    Screen(Option<Target>),
    /// Say how workloads are.
    Status {
        /// Which; all when empty.
        targets: Vec<Target>,
        /// How long to follow them.
        wait: Option<SignedDuration>,
    },
    /// Say what a workload was.
    History {
        /// Which.
        target: Target,
        /// Two revisions to compare instead.
        diff: Option<Range>,
    },
    /// Change a workload.
    Write {
        /// Which.
        target: Target,
        /// How.
        operation: Operation,
        /// With which manners.
        follow: Follow,
    },
    /// Look for what stands in the way.
    Check,
    /// Show a simulated company.
    Demo(Simulation),
    /// Name the stories.
    Scenarios,
    /// Serve a simulated company.
    Simulate {
        /// Which story.
        simulation: Simulation,
        /// On which port.
        port: Option<u16>,
        /// How much beside it.
        load: Load,
    },
    /// Write a completion script.
    Completions(Shell),
    /// Write the manual, into a folder if one is given.
    Man(Option<PathBuf>),
    /// Say where files are or what settings are.
    Config(ConfigWhat),
}

impl Args {
    /// Tells what was meant.
    ///
    /// # Errors
    /// Arguments that parse, and make no sense together.
    pub fn meaning(self) -> Result<(Common, Intent), Failure> {
        let (global, intent) = match self.command {
            None => (self.global, Intent::Screen(self.workload)),
            Some(_) if self.workload.is_some() => {
                return Err(usage("a workload stands before the subcommand").hint("write it after the subcommand"));
            }
            Some(Chosen { command, global }) => (self.global.joined(global), intent(command)),
        };
        if let Some(contradiction) = global.contradiction() {
            return Err(usage(contradiction));
        }
        let output = output(&intent, global.output)?;
        Ok((Common { no_audit: self.no_audit, ..common(global, output) }, intent))
    }
}

fn intent(command: Command) -> Intent {
    let write = |args: super::args::WriteArgs, operation| Intent::Write {
        target: args.workload,
        operation,
        follow: args.follow,
    };
    match command {
        Command::Status { workloads, wait } => Intent::Status { targets: workloads, wait },
        Command::History { workload, diff } => Intent::History { target: workload, diff },
        Command::Pause(args) => write(args, Operation::Pause),
        Command::Resume(args) => write(args, Operation::Resume),
        Command::Promote { write: args, full } => write(args, Operation::Promote { full }),
        Command::Abort(args) => write(args, Operation::Abort),
        Command::Retry(args) => write(args, Operation::Retry),
        Command::SkipStep(args) => write(args, Operation::SkipStep),
        Command::SetWeight { write: args, weight } => write(args, Operation::SetWeight(weight)),
        Command::Gate { to, write: args, kind } => {
            let kind = kind.unwrap_or_default().as_str().into();
            write(args, Operation::Gate { kind, open: to == GateState::Open })
        }
        Command::Terminate { write: args, run } => {
            let (kind, name) = run.map(|run| (run.kind.into(), run.name)).unwrap_or_default();
            write(args, Operation::Terminate { kind, name })
        }
        Command::Finish(args) => write(args, Operation::Finish),
        Command::Restart(args) => write(args, Operation::Restart),
        Command::Scale(args) => {
            // One of the two is there: clap sees to it.
            let to = args.to.or(args.replicas.map(ScaleTo::Exactly)).unwrap_or(ScaleTo::By(0));
            write(args.write, Operation::Scale(to))
        }
        Command::Undo { write: args, to_revision } => write(args, Operation::Undo { to: to_revision }),
        Command::SetImage { write: args, images } => write(args, Operation::SetImage(images)),
        Command::Check => Intent::Check,
        Command::Demo(DemoArgs { list: true, .. }) => Intent::Scenarios,
        Command::Demo(DemoArgs { simulation, list: false }) => Intent::Demo(simulation),
        Command::Simulate { simulation, port, load } => Intent::Simulate { simulation, port, load },
        Command::Completions { shell } => Intent::Completions(shell),
        Command::Man { dir } => Intent::Man(dir),
        Command::Config { what } => Intent::Config(what),
    }
}

fn common(global: Global, output: Output) -> Common {
    Common {
        overrides: Overrides {
            config: global.config,
            theme: global.theme,
            keymap: global.keymap,
            prometheus: global.prometheus,
            read_only: global.read_only,
            log_level: global.log_level,
        },
        access: Access {
            kubeconfig: global.kubeconfig,
            context: global.context,
            user: global.as_user,
            groups: global.as_groups,
        },
        namespaces: global.namespaces,
        all_namespaces: global.all_namespaces,
        selector: global.selector,
        no_audit: false,
        output,
    }
}

/// Checks that a subcommand can write what was asked for.
fn output(intent: &Intent, chosen: Option<Output>) -> Result<Output, Failure> {
    let known: &[Output] = match intent {
        Intent::Status { .. } => &[Output::Table, Output::Json, Output::Yaml],
        Intent::History { .. } | Intent::Write { .. } | Intent::Check | Intent::Scenarios => {
            &[Output::Table, Output::Json]
        }
        _ => &[Output::Table],
    };
    match chosen {
        None => Ok(Output::Table),
        Some(output) if known.contains(&output) => Ok(output),
        Some(_) => Err(usage("this subcommand does not write that format").hint("status writes table, json and yaml")),
    }
}

fn usage(text: &str) -> Failure {
    Failure::new(Kind::Usage, text)
}
