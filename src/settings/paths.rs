//! Where rolltop's files are.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

/// The folders and files of this user, by the XDG rules on Linux and on macOS alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The folder of `themes/`, `keymaps/`, `panels/`: `$XDG_CONFIG_HOME/rolltop`, else `~/.config/rolltop`.
    pub config_dir: PathBuf,
    /// The configuration: `config.toml` there, unless another file is named.
    pub config_file: PathBuf,
    /// Whether the configuration was named by the user, so that its absence is a fault.
    pub config_named: bool,
    /// The folder of audit and log: `$XDG_STATE_HOME/rolltop`, else `~/.local/state/rolltop`.
    pub state_dir: PathBuf,
    /// The home folder, which `~/` stands for.
    pub home: PathBuf,
}

impl Paths {
    /// Finds the folders; `config` names another configuration file. Without a home folder everything is
    /// looked for below the current one.
    pub fn find(config: Option<&Path>) -> Self {
        match etcetera::choose_base_strategy() {
            Ok(base) => {
                let state = base.state_dir().unwrap_or_else(|| base.data_dir());
                Self::of(base.home_dir(), &base.config_dir(), &state, config)
            }
            Err(_) => Self::of(Path::new("."), Path::new(".config"), Path::new(".local/state"), config),
        }
    }

    /// The paths below given base folders.
    pub fn of(home: &Path, config_base: &Path, state_base: &Path, config: Option<&Path>) -> Self {
        let config_dir = config_base.join("rolltop");
        let config_file = config.map_or_else(|| config_dir.join("config.toml"), Path::to_owned);
        Self {
            config_dir,
            config_file,
            config_named: config.is_some(),
            state_dir: state_base.join("rolltop"),
            home: home.to_owned(),
        }
    }

    /// The folders to watch for saved files, and a configuration that was named and lies elsewhere. Some may not
    /// exist.
    pub fn watched(&self) -> Vec<PathBuf> {
        let mut places = vec![self.config_dir.clone()];
        places.extend(["themes", "keymaps", "panels"].map(|kind| self.config_dir.join(kind)));
        if self.config_file.parent() != Some(&self.config_dir) {
            places.push(self.config_file.clone());
        }
        places
    }

    /// A path from the configuration: `~/` is the home folder, a relative path starts beside the configuration.
    pub fn resolve(&self, text: &str) -> PathBuf {
        match text.strip_prefix("~/") {
            Some(rest) => self.home.join(rest),
            None => self.config_file.parent().map_or_else(|| PathBuf::from(text), |parent| parent.join(text)),
        }
    }
}
