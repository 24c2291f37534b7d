//! A company served by `rolltop simulate` in a process of its own, and programs pointed at it.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

/// Where the shop runs.
pub const NAMESPACE: &str = "mambogo-production";

/// A healthy company, its kubeconfig, and a home of its own for configuration and state.
pub struct Simulated {
    served: Child,
    folder: tempfile::TempDir,
}

impl Simulated {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut served = Command::new(env!("CARGO_BIN_EXE_rolltop"))
            .args(["simulate", "--speed", "20", "--prometheus-port", "0", "--write-kubeconfig"])
            .arg(folder.path().join("kubeconfig"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // It says how to reach it once it serves.
        let mut lines = BufReader::new(served.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| Some(line.unwrap().strip_prefix("its Prometheus answers at ")?.to_owned()));
        // Where its Prometheus answers without the API server in between.
        std::fs::write(folder.path().join("prometheus"), address.expect("rolltop simulate ended at once")).unwrap();
        Self { served, folder }
    }

    /// The folder that holds kubeconfig, configuration and state.
    pub fn home(&self) -> &Path {
        self.folder.path()
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.home().join("kubeconfig")
    }

    /// Runs a program that takes kubectl's flags, without a terminal.
    pub fn run(&self, program: &str, args: &[&str]) -> Output {
        Command::new(program)
            .arg("--kubeconfig")
            .arg(self.kubeconfig())
            .args(["-n", NAMESPACE])
            .args(args)
            .env("XDG_STATE_HOME", self.home())
            .env("XDG_CONFIG_HOME", self.home())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs it, and demands that it ends well; returns what it printed.
    pub fn must(&self, program: &str, args: &[&str]) -> String {
        let output = self.run(program, args);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{program} {args:?} ended with {}\n{out}\n{err}", output.status);
        out.into_owned()
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let _ = self.served.kill();
        let _ = self.served.wait();
    }
}
