//! A subcommand and the global options that stand behind it: those before it are the program's own.
//!
//! clap's own global arguments keep one side only, so that `-n a status -n b` would lose `a`.

use clap::{ArgMatches, Args, Command as Builder, FromArgMatches, Subcommand};

use super::{Command, Global};

/// What to do instead of showing the screen, and what was said behind it.
#[derive(Debug)]
pub struct Chosen {
    /// What to do.
    pub command: Command,
    /// Options written behind the subcommand.
    pub global: Global,
}

impl FromArgMatches for Chosen {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Self::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        let behind = matches.subcommand().map(|(_, own)| Global::from_arg_matches(own));
        Ok(Self { global: behind.transpose()?.unwrap_or_default(), command: Command::from_arg_matches_mut(matches)? })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Subcommand for Chosen {
    fn augment_subcommands(program: Builder) -> Builder {
        Command::augment_subcommands(program).mut_subcommands(with_global)
    }

    fn augment_subcommands_for_update(program: Builder) -> Builder {
        Command::augment_subcommands_for_update(program).mut_subcommands(with_global)
    }

    fn has_subcommand(name: &str) -> bool {
        Command::has_subcommand(name)
    }
}

/// Lets a subcommand take the global options; what it says of itself stays.
fn with_global(own: Builder) -> Builder {
    let (about, long) = (own.get_about().cloned(), own.get_long_about().cloned());
    let mut whole = Global::augment_args(own);
    if let Some(about) = about {
        whole = whole.about(about);
    }
    match long {
        Some(long) => whole.long_about(long),
        None => whole,
    }
}
