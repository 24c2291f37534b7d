//! rolltop's entry point: parse, choose a mode, exit.

use std::process::ExitCode;

use color_eyre::eyre::{Result, eyre};

fn main() -> Result<ExitCode> {
    color_eyre::install()?;
    // Everything that speaks TLS takes the process's provider.
    let provider = rustls::crypto::ring::default_provider().install_default();
    provider.map_err(|_| eyre!("another TLS provider is installed already"))?;
    Ok(rolltop::cli::run(std::env::args_os()))
}
