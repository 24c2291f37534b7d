//! Whole-process figures: the built program in a pseudo-terminal, measured from outside.
//!
//! `cargo bench --bench process` prints first frame, key to screen, idle cost and memory beside their targets. Linux only:
//! CPU time and memory are read from `/proc`. Names of measurements may be given to run only those.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a measuring program prints")]

use std::{
    io::{Read, Write},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

#[path = "support/simulated.rs"]
mod simulated;

use simulated::{Error, PROGRAM, Simulated, cpu, memory};

fn main() -> Result<(), Error> {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let runs = |name: &str| wanted.is_empty() || wanted.iter().any(|one| one == name);
    println!("{:<44} {:>14} {:>12}", "measured", "found", "target");
    if runs("size") {
        row("binary size", &mib(std::fs::metadata(PROGRAM)?.len() / 1024), "< 30 MiB");
    }
    if runs("first-frame") {
        first_frame()?;
    }
    if runs("demo") {
        demo()?;
    }
    if runs("keys") {
        keys()?;
    }
    if runs("large") {
        large()?;
    }
    Ok(())
}

/// Start to the first whole frame, without a cluster to talk to: the network must not stand in the way.
fn first_frame() -> Result<(), Error> {
    let home = tempfile::tempdir()?;
    let kubeconfig = home.path().join("kubeconfig");
    // A closed port on loopback answers at once; the frame must be there all the same.
    std::fs::write(&kubeconfig, kubeconfig_for("https://127.0.0.1:9"))?;
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        let mut screen = Screen::start(&["--kubeconfig", &kubeconfig.to_string_lossy()], 120, 35)?;
        screen.wait_for(Duration::from_secs(10), |text| text.contains("rolltop") && text.contains("palette"))?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    row("first frame, median of 20", &millis(times[times.len() / 2]), "< 50 ms");
    row("first frame, worst of 20", &millis(times[times.len() - 1]), "");
    Ok(())
}

/// The demo, both in one process: memory after a minute of story, and what it costs.
fn demo() -> Result<(), Error> {
    let mut screen = Screen::start(&["demo"], 120, 35)?;
    let begun = Instant::now();
    screen.wait_for(Duration::from_secs(30), |text| text.contains("synced"))?;
    row("demo: start to synced", &millis(begun.elapsed()), "");
    screen.drain(Duration::from_secs(60))?;
    row("demo: peak resident after 60 s", &mib(screen.peak_kib()?), "< 120 MiB");
    Ok(())
}

/// Key to screen while pods change, then an idle screen on a quiet cluster.
fn keys() -> Result<(), Error> {
    let busy = settled(&["--deployments", "50", "--replicas", "10", "--churn", "5"])?;
    let mut screen = Screen::start(&["--kubeconfig", &busy.kubeconfig(), "-A"], 120, 35)?;
    screen.wait_for(Duration::from_secs(60), |text| text.contains("synced"))?;
    screen.drain(Duration::from_secs(3))?;
    let mut times = Vec::new();
    for at in 0..100 {
        // The help overlay opens and closes: a change no data frame can be mistaken for.
        let open = at % 2 == 0;
        screen.drain(Duration::from_millis(7))?;
        let begun = Instant::now();
        screen.send(if open { b"?" } else { b"q" })?;
        screen.wait_for(Duration::from_secs(5), |text| text.contains("Keys here") == open)?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    row("key to screen, median under churn", &millis(times[times.len() / 2]), "< 16 ms");
    row("key to screen, 95th percentile", &millis(times[times.len() * 95 / 100]), "< 16 ms");
    drop(screen);
    drop(busy);

    let quiet = settled(&[])?;
    let mut screen = Screen::start(&["--kubeconfig", &quiet.kubeconfig()], 120, 35)?;
    screen.wait_for(Duration::from_secs(60), |text| text.contains("synced"))?;
    screen.drain(Duration::from_secs(10))?;
    let (cpu, begun) = (screen.cpu()?, Instant::now());
    let bytes = screen.drain(Duration::from_secs(50))?;
    let share = screen.cpu()?.saturating_sub(cpu).as_secs_f64() / begun.elapsed().as_secs_f64();
    row("idle fleet for 50 s: share of a core", &format!("{:.2} %", share * 100.0), "< 1 %");
    row("idle fleet for 50 s: bytes written", &bytes.to_string(), "clock, metrics");
    Ok(())
}

/// 10 000 pods: start to a true fleet, and the peak.
fn large() -> Result<(), Error> {
    let cluster = settled(&["--deployments", "500", "--replicas", "20"])?;
    for _ in 0..3 {
        let begun = Instant::now();
        let mut screen = Screen::start(&["--kubeconfig", &cluster.kubeconfig(), "-A"], 120, 35)?;
        screen.wait_for(Duration::from_secs(120), |text| text.contains("synced"))?;
        row("10 000 pods: start to synced", &millis(begun.elapsed()), "< 3000 ms");
        screen.drain(Duration::from_secs(5))?;
        row("10 000 pods: peak resident", &mib(screen.peak_kib()?), "< 150 MiB");
    }
    Ok(())
}

fn row(what: &str, found: &str, target: &str) {
    println!("{what:<44} {found:>14} {target:>12}");
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn mib(kib: u64) -> String {
    format!("{}.{} MiB", kib / 1024, kib % 1024 * 10 / 1024)
}

fn kubeconfig_for(server: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: bench\nclusters: [{{name: bench, cluster: {{server: '{server}'}}}}]\n\
         users: [{{name: bench, user: {{token: none}}}}]\ncontexts: [{{name: bench, context: {{cluster: bench, user: bench}}}}]\n"
    )
}

/// A company that has had the time to settle.
fn settled(knobs: &[&str]) -> Result<Simulated, Error> {
    let company = Simulated::start(knobs)?;
    std::thread::sleep(Duration::from_secs(3));
    Ok(company)
}

/// The program in a pseudo-terminal, its screen kept by a terminal emulator.
struct Screen {
    parser: vt100::Parser,
    output: Receiver<Vec<u8>>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    _state: tempfile::TempDir,
}

impl Screen {
    fn start(args: &[&str], cols: u16, rows: u16) -> Result<Self, Error> {
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 })?;
        let state = tempfile::tempdir()?;
        let mut command = CommandBuilder::new(PROGRAM);
        command.args(args);
        command.env("TERM", "xterm-256color");
        command.env("XDG_STATE_HOME", state.path());
        command.env("XDG_CONFIG_HOME", state.path());
        let child = pair.slave.spawn_command(command)?;
        drop(pair.slave);
        let (sender, output) = channel();
        let mut reader = pair.master.try_clone_reader()?;
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        let writer = pair.master.take_writer()?;
        let size = (rows.try_into()?, cols.try_into()?);
        Ok(Self { parser: vt100::Parser::new(size.0, size.1, 0), output, writer, child, _state: state })
    }

    fn send(&mut self, keys: &[u8]) -> Result<(), Error> {
        self.writer.write_all(keys)?;
        Ok(self.writer.flush()?)
    }

    fn wait_for(&mut self, limit: Duration, mut found: impl FnMut(&str) -> bool) -> Result<(), Error> {
        let end = Instant::now() + limit;
        loop {
            if found(&self.parser.screen().contents()) {
                return Ok(());
            }
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.parser.process(&bytes),
                Err(_) => {
                    return Err(format!("not on screen in {limit:?}:\n{}", self.parser.screen().contents()).into());
                }
            }
        }
    }

    /// Reads for a while; returns how many bytes came.
    fn drain(&mut self, time: Duration) -> Result<usize, Error> {
        let (end, mut total) = (Instant::now() + time, 0);
        loop {
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => {
                    total += bytes.len();
                    self.parser.process(&bytes);
                }
                Err(RecvTimeoutError::Timeout) => return Ok(total),
                Err(RecvTimeoutError::Disconnected) => return Err("the program ended".into()),
            }
        }
    }

    fn process(&self) -> Result<u32, Error> {
        Ok(self.child.process_id().ok_or("the program has no process id")?)
    }

    fn peak_kib(&self) -> Result<u64, Error> {
        memory(self.process()?, "VmHWM:")
    }

    fn cpu(&self) -> Result<Duration, Error> {
        cpu(self.process()?)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
