//! `rolltop simulate` in a process of its own, and what the system says of a process. Linux only: it is read from `/proc`.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

pub type Error = Box<dyn std::error::Error>;

/// The built program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_rolltop");

/// A company that ends with this.
pub struct Simulated {
    pub child: Child,
    folder: tempfile::TempDir,
}

impl Simulated {
    /// Starts one, and returns once it is served.
    pub fn start(knobs: &[&str]) -> Result<Self, Error> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("kubeconfig");
        let mut command = Command::new(PROGRAM);
        command.arg("simulate").args(knobs).arg("--write-kubeconfig").arg(&file);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let begun = Instant::now();
        while !file.exists() {
            if begun.elapsed() > Duration::from_secs(300) {
                return Err("the simulated company did not come up".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { child, folder })
    }

    /// Where its kubeconfig is.
    pub fn kubeconfig(&self) -> String {
        self.folder.path().join("kubeconfig").to_string_lossy().into_owned()
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a line of a process's status, such as `VmHWM:`, in KiB.
pub fn memory(process: u32, what: &str) -> Result<u64, Error> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(what)).ok_or("no such line")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// User and system time of a process so far; a clock tick is 10 ms on Linux.
pub fn cpu(process: u32) -> Result<Duration, Error> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(')').next().ok_or("no fields")?.split_whitespace().collect();
    Ok(Duration::from_millis((fields[11].parse::<u64>()? + fields[12].parse::<u64>()?) * 10))
}
