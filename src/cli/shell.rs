//! Subcommands that need no cluster: completions, the manual page, configuration.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::settings::{Paths, Settings};

use super::{
    args::{Args, ConfigWhat, Output},
    failure::{Failure, Kind},
    print::{Printer, Table},
    report::{machine, story_list, story_rows},
};

/// Writes a completion script.
pub fn completions(shell: Shell, printer: Printer) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "rolltop", &mut script);
    Ok(printer.result(&String::from_utf8_lossy(&script))?)
}

/// Writes the manual: a page for the program and one for each subcommand, each into a file of its own where a folder
/// is given.
pub fn man(folder: Option<&Path>, printer: Printer) -> Result<(), Failure> {
    let mut program = Args::command().disable_help_subcommand(true);
    program.build();
    let mut pages = vec![Man::new(program.clone())];
    pages.extend(program.get_subcommands().filter(|one| !one.is_hide_set()).cloned().map(Man::new));
    let Some(folder) = folder else {
        let mut all = Vec::new();
        pages.iter().try_for_each(|page| page.render(&mut all))?;
        return Ok(printer.result(&String::from_utf8_lossy(&all))?);
    };
    let said = |error: std::io::Error| {
        Failure::new(Kind::Failed, format!("the manual cannot be written into {}: {error}", folder.display()))
    };
    std::fs::create_dir_all(folder).map_err(said)?;
    for page in pages {
        page.generate_to(folder).map_err(said)?;
    }
    Ok(())
}

/// Says where the files are, or what each setting is and where that comes from.
pub fn config(what: ConfigWhat, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    let text = match what {
        ConfigWhat::Path => paths(&settings.paths, &settings.options.audit_path.value),
        ConfigWhat::Print => {
            let mut table = Table::new(&["SETTING", "VALUE", "FROM"]);
            for row in settings.rows() {
                table.row(vec![row.key.clone(), row.value.clone(), row.source.to_string()]);
            }
            table.render()
        }
    };
    Ok(printer.result(&text)?)
}

fn paths(paths: &Paths, audit: &Path) -> String {
    let mut table = Table::new(&["WHAT", "WHERE"]);
    let folder = |name: &str| paths.config_dir.join(name).display().to_string();
    for (what, path) in [
        ("config", paths.config_file.display().to_string()),
        ("themes", folder("themes")),
        ("keymaps", folder("keymaps")),
        ("panels", folder("panels")),
        ("audit", audit.display().to_string()),
        ("state", paths.state_dir.display().to_string()),
    ] {
        table.row(vec![what.to_owned(), path]);
    }
    table.render()
}

/// Tells the stories of the simulated company.
pub fn scenarios(output: Output, printer: Printer) -> Result<(), Failure> {
    let rows = story_rows()?;
    let text = machine(&rows, output).unwrap_or_else(|| Ok(story_list(&rows)))?;
    Ok(printer.result(&text)?)
}
