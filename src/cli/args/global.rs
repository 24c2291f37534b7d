//! Options that are accepted before and after any subcommand.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Aligned columns for people.
    #[default]
    Table,
    /// JSON for programs.
    Json,
    /// YAML for programs.
    Yaml,
}

/// Options every subcommand takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Namespace to look at; may be given more than once.
    #[arg(short = 'n', long = "namespace", value_name = "NAMESPACE", global = true)]
    pub namespaces: Vec<String>,
    /// All namespaces.
    #[arg(short = 'A', long, global = true, conflicts_with = "namespaces")]
    pub all_namespaces: bool,
    /// Context of the kubeconfig.
    #[arg(long, value_name = "NAME", global = true)]
    pub context: Option<String>,
    /// Kubeconfig to read instead of $KUBECONFIG or ~/.kube/config.
    #[arg(long, value_name = "FILE", global = true)]
    pub kubeconfig: Option<PathBuf>,
    /// Only workloads with these labels, as kubectl's -l takes them.
    #[arg(short = 'l', long, value_name = "SELECTOR", global = true)]
    pub selector: Option<String>,
    /// User to act as.
    #[arg(long = "as", value_name = "USER", global = true)]
    pub as_user: Option<String>,
    /// Group to act as; may be given more than once.
    #[arg(long = "as-group", value_name = "GROUP", global = true, requires = "as_user")]
    pub as_groups: Vec<String>,
    /// Address of Prometheus; found in the cluster when absent.
    #[arg(long, value_name = "URL", global = true)]
    pub prometheus: Option<String>,
    /// Theme of the screen.
    #[arg(long, value_name = "NAME", global = true)]
    pub theme: Option<String>,
    /// Keymap of the screen.
    #[arg(long, value_name = "NAME", global = true)]
    pub keymap: Option<String>,
    /// Refuse every change.
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Configuration file to read instead of the usual one.
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// What the log file holds: error, warn, info, debug, trace.
    #[arg(long, value_name = "LEVEL", global = true)]
    pub log_level: Option<String>,
    /// How the result is written.
    #[arg(short = 'o', long, value_name = "FORMAT", global = true, value_enum)]
    pub output: Option<Output>,
}
