//! The unmodified kubectl, with a home of its own and a kubeconfig of the simulated cluster.

use std::process::Command;

use serde_json::Value;

/// What kubectl answered.
pub struct Given {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

pub struct Kubectl {
    home: tempfile::TempDir,
    space: String,
}

impl Kubectl {
    /// Looks for kubectl; says so where it is missing or too old.
    pub fn is_there() -> bool {
        let there = minor_version().is_some_and(|minor| minor >= 27);
        if !there {
            eprintln!("SKIPPED: kubectl 1.27 or newer is not installed");
        }
        there
    }

    /// A kubectl that speaks to a cluster, by default about one namespace.
    pub fn new(kubeconfig: &str, space: &str) -> Self {
        let kubectl = Self { home: tempfile::tempdir().unwrap(), space: space.to_owned() };
        kubectl.file("config", kubeconfig);
        kubectl
    }

    /// Writes a file and returns its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    }

    /// Prepares a command.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("kubectl");
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .arg("--kubeconfig")
            .arg(self.home.path().join("config"))
            .args(["-n", &self.space])
            .args(arguments);
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Given {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Given { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

fn minor_version() -> Option<u32> {
    let output = Command::new("kubectl").args(["version", "--client", "-o", "json"]).output().ok()?;
    let version: Value = serde_json::from_slice(&output.stdout).ok()?;
    version["clientVersion"]["minor"].as_str()?.trim_end_matches('+').parse().ok()
}
