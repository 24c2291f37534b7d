//! Options that are accepted before and after any subcommand, on both sides at once too.

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
    #[arg(short = 'n', long = "namespace", value_name = "NAMESPACE")]
    pub namespaces: Vec<String>,
    /// All namespaces.
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Context of the kubeconfig.
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// Kubeconfig to read instead of $KUBECONFIG or ~/.kube/config.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Only workloads with these labels, as kubectl's -l takes them.
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// User to act as.
    #[arg(long = "as", value_name = "USER")]
    pub as_user: Option<String>,
    /// Group to act as; may be given more than once.
    #[arg(long = "as-group", value_name = "GROUP")]
    pub as_groups: Vec<String>,
    /// Address of Prometheus; found in the cluster when absent.
    #[arg(long, value_name = "URL")]
    pub prometheus: Option<String>,
    /// Theme of the screen.
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    /// Keymap of the screen.
    #[arg(long, value_name = "NAME")]
    pub keymap: Option<String>,
    /// Refuse every change.
    #[arg(long)]
    pub read_only: bool,
    /// Configuration file to read instead of the usual one.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What the log file holds: error, warn, info, debug, trace.
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,
    /// How the result is written.
    #[arg(short = 'o', long, value_name = "FORMAT", value_enum)]
    pub output: Option<Output>,
}

impl Global {
    /// Joins what stands before a subcommand with what stands behind it: lists are joined, of the others the one
    /// nearer to the subcommand's end counts.
    #[must_use]
    pub fn joined(self, behind: Self) -> Self {
        let list = |before: Vec<String>, behind: Vec<String>| [before, behind].concat();
        Self {
            namespaces: list(self.namespaces, behind.namespaces),
            all_namespaces: self.all_namespaces || behind.all_namespaces,
            context: behind.context.or(self.context),
            kubeconfig: behind.kubeconfig.or(self.kubeconfig),
            selector: behind.selector.or(self.selector),
            as_user: behind.as_user.or(self.as_user),
            as_groups: list(self.as_groups, behind.as_groups),
            prometheus: behind.prometheus.or(self.prometheus),
            theme: behind.theme.or(self.theme),
            keymap: behind.keymap.or(self.keymap),
            read_only: self.read_only || behind.read_only,
            config: behind.config.or(self.config),
            log_level: behind.log_level.or(self.log_level),
            output: behind.output.or(self.output),
        }
    }

    /// Says what cannot be meant together, wherever each of it stands.
    pub fn contradiction(&self) -> Option<&'static str> {
        if self.all_namespaces && !self.namespaces.is_empty() {
            return Some("--all-namespaces cannot be used with --namespace");
        }
        (!self.as_groups.is_empty() && self.as_user.is_none()).then_some("--as-group is given without --as")
    }
}
