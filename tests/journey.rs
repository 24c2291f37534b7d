//! The binary in a terminal: what a person sees, types, and is left with.
//!
//! Everything is awaited by reading the screen; the deadline is there for a test that hangs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

#[path = "journey/delivery.rs"]
mod delivery;
#[path = "journey/files.rs"]
mod files;
#[path = "journey/manners.rs"]
mod manners;
#[path = "journey/rules.rs"]
mod rules;
#[path = "support/simulated.rs"]
mod simulated;
#[path = "journey/terminal.rs"]
mod terminal;

use terminal::{Terminal, fast_demo};

/// The release of `crash-loop` is stuck: on top, and its reason on screen.
fn await_stuck(terminal: &mut Terminal) {
    terminal.until("the stuck release on top", |screen| {
        let row = screen.lines().nth(2).unwrap_or_default();
        row.contains("payment-service") && row.contains("stuck")
    });
}

#[test]
fn a_bad_release_is_found_undone_and_left() {
    let mut terminal = Terminal::start(&fast_demo(&["crash-loop"]), &[]);
    await_stuck(&mut terminal);
    terminal.keys("\r");
    terminal.sees("last lines of");
    terminal.keys("u");
    terminal.sees("y confirm");
    // Keys that come together with the question are dropped, and a test is faster than a frame.
    terminal.keys_until("y", "the question answered", |screen| !screen.contains("y confirm"));
    terminal.until("a workload at rest on the former version", |screen| {
        let head = screen.lines().nth(1).unwrap_or_default();
        head.contains("payment-service") && head.contains("stable")
    });
    terminal.keys("q");
    terminal.until("the list", |screen| screen.contains("WORKLOAD"));
    terminal.keys("q");
    terminal.ends_with(0);
}

#[test]
fn a_fault_is_injected_from_the_palette() {
    let mut terminal = Terminal::start(&fast_demo(&["smooth-release"]), &[]);
    terminal.sees("inventory-service");
    terminal.keys(":inject crush");
    terminal.sees("did you mean \"crash\"?");
    terminal.keys("\x15inject latency nobody 2s\r");
    terminal.sees("not injected: there is no service \"nobody\"");
    terminal.keys(":inject crash inventory-service");
    terminal.sees("releases an image that crashes");
    terminal.keys("\r");
    terminal.sees("injected: crash inventory-service");
    terminal.until("the stuck release on top", |screen| {
        let row = screen.lines().nth(2).unwrap_or_default();
        row.contains("inventory-service") && row.contains("stuck")
    });
    terminal.keys("\x03");
    terminal.ends_with(0);
}

#[test]
fn any_size_is_survived_and_no_colour_is_none() {
    let mut terminal = Terminal::start(&fast_demo(&["smooth-release"]), &[("NO_COLOR", "1")]);
    terminal.sees("payment-service");
    terminal.resize(1, 1);
    terminal.resize(40, 10);
    terminal.until("another size", |screen| !screen.contains("WORKLOAD") && !screen.trim().is_empty());
    terminal.resize(120, 35);
    terminal.sees("WORKLOAD");
    assert!(!terminal.coloured(), "colours in spite of NO_COLOR");
    terminal.signal(rustix::process::Signal::TERM);
    terminal.ends_with(143);
}

#[test]
fn a_missing_cluster_is_told_and_a_signal_gives_the_terminal_back() {
    use rustix::process::Signal;
    let options = ["--kubeconfig", "/nonexistent/kubeconfig"];
    for (signal, code) in [(Signal::HUP, 129), (Signal::INT, 130)] {
        let mut terminal = Terminal::start(&options, &[]);
        terminal.sees("/nonexistent/kubeconfig");
        terminal.signal(signal);
        terminal.ends_with(code);
    }
}

#[test]
fn a_read_only_session_refuses_and_says_why() {
    let mut terminal = Terminal::start(&fast_demo(&["smooth-release", "--read-only"]), &[]);
    terminal.sees("payment-service");
    terminal.keys("s");
    terminal.sees("read-only");
    terminal.keys("\x03");
    terminal.ends_with(0);
}

#[test]
fn bad_files_are_told_on_screen() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "thme = \"dark\"\n").unwrap();
    let config = config.display().to_string();
    let mut terminal = Terminal::start(&fast_demo(&["smooth-release", "--config", &config]), &[]);
    terminal.sees("thme");
    terminal.sees("payment-service");
    terminal.signal(rustix::process::Signal::TERM);
    terminal.ends_with(143);
}
