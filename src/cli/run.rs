//! From arguments to an exit code.

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;

use crate::settings::{self, Settings};

use super::{
    args::Args,
    check,
    failure::Failure,
    intent::{Common, Intent},
    look,
    print::Printer,
    screen, shell, simulate, write,
};

/// Does what the arguments ask for.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(error) => {
            // Help and version are answers, not failures; clap knows which stream each belongs to.
            let _ = error.print();
            return u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
        }
    };
    let printer = Printer;
    match args.meaning().and_then(|(common, intent)| dispatch(&common, intent, printer)) {
        Ok(code) => code,
        Err(failure) => {
            printer.remark(&failure.to_string());
            failure.exit_code()
        }
    }
}

fn dispatch(common: &Common, intent: Intent, printer: Printer) -> Result<ExitCode, Failure> {
    let done = match intent {
        // The screen ends with a code of its own: a signal's, if one ended it.
        Intent::Screen(workload) => return screen::show(common, workload),
        Intent::Demo(simulation) => return screen::demo(common, &simulation),
        Intent::Completions(shell) => shell::completions(shell, printer),
        Intent::Man(folder) => shell::man(folder.as_deref(), printer),
        Intent::Scenarios => shell::scenarios(common.output, printer),
        Intent::Config(what) => shell::config(what, &settings(common)?, printer),
        Intent::Status { targets, wait } => {
            let settings = settings(common)?;
            wait_for(look::status(common, &settings, &targets, wait, printer))
        }
        Intent::History { target, diff } => {
            let settings = settings(common)?;
            wait_for(look::history(common, &settings, &target, diff, printer))
        }
        Intent::Write { target, operation, follow } => {
            let settings = settings(common)?;
            wait_for(write::start(common, &settings, &target, operation, follow, printer))
        }
        Intent::Check => wait_for(check::run(common, printer)),
        Intent::Simulate { simulation, port, load } => wait_for(simulate::serve(&simulation, port, load, printer)),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Runs what needs the network.
fn wait_for(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(work)
}

/// Loads the settings; a subcommand refuses to guess what a bad file meant.
fn settings(common: &Common) -> Result<Settings, Failure> {
    let (settings, problems) = settings::load(&common.overrides);
    if problems.is_empty() { Ok(settings) } else { Err(Failure::of_files(&problems)) }
}
