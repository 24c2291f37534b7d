//! Progressive deliveries in a terminal: each system is shown, promoted, aborted and rolled back.

use super::terminal::{Terminal, fast_demo};

/// Answers the question on screen with yes.
fn yes(terminal: &mut Terminal, question: &str) {
    terminal.sees(question);
    terminal.sees("y confirm");
    terminal.keys_until("y", "the question answered", |screen| !screen.contains("y confirm"));
}

/// The second line of the screen says of the workload what is wanted.
fn head(terminal: &mut Terminal, what: &'static str, words: &'static [&'static str]) {
    terminal.until(what, |screen| {
        let head: String = screen.lines().skip(1).take(2).collect();
        words.iter().all(|word| head.contains(word))
    });
}

/// Opens a workload by part of its name.
fn open(terminal: &mut Terminal, name: &str) {
    terminal.sees("WORKLOAD");
    terminal.keys(&format!("/{name}\r"));
    terminal.until("the one row", |screen| screen.contains(name) && !screen.contains("log-shipper"));
    terminal.keys_until("\r", "its page", |screen| screen.contains("Delivery"));
}

/// Releases a version by typing over the last digit of the image.
fn release(terminal: &mut Terminal, digit: &str) {
    terminal.keys("i");
    terminal.sees("enter confirm");
    terminal.keys(&format!("\x7f{digit}\r"));
    yes(terminal, "Set image of");
}

/// One way to deliver: what is typed and what is to be seen.
struct Journey {
    name: &'static str,
    /// Last digits of the versions released one after the other.
    releases: [&'static str; 2],
    /// In the head while it waits, and what the page shows then.
    waits: &'static [&'static str],
    shows: &'static str,
    promoted: &'static [&'static str],
    /// After the abort, and after the way back.
    aborted: &'static [&'static str],
    rolled_back: &'static [&'static str],
}

const ROLLOUTS: [Journey; 2] = [
    Journey {
        name: "gateway-service",
        releases: ["3", "4"],
        waits: &["waiting", "canary 25 %", "wants you"],
        shows: "HTTPRoute gateway-service",
        promoted: &["stable", "v1.9.3", "revision"],
        aborted: &["degraded", "aborted"],
        rolled_back: &["stable", "v1.9.3"],
    },
    Journey {
        name: "storefront",
        releases: ["2", "3"],
        waits: &["waiting", "preview 3/3", "wants you"],
        shows: "switch when promoted",
        promoted: &["stable", "v5.2.2"],
        aborted: &["degraded", "aborted"],
        rolled_back: &["stable", "v5.2.2"],
    },
];

#[test]
fn rollouts_are_promoted_aborted_and_rolled_back() {
    for journey in ROLLOUTS {
        let mut terminal = Terminal::start(&fast_demo(&["smooth-release"]), &[]);
        open(&mut terminal, journey.name);
        release(&mut terminal, journey.releases[0]);
        head(&mut terminal, "the first release waits", journey.waits);
        terminal.sees(journey.shows);
        terminal.keys("P");
        yes(&mut terminal, "Promote rollout/");
        head(&mut terminal, "the first release promoted", journey.promoted);
        release(&mut terminal, journey.releases[1]);
        head(&mut terminal, "the second release waits", journey.waits);
        terminal.keys("A");
        yes(&mut terminal, "Abort rollout/");
        head(&mut terminal, "the second release aborted", journey.aborted);
        terminal.keys("u");
        yes(&mut terminal, "Undo rollout");
        head(&mut terminal, "the version before", journey.rolled_back);
        terminal.keys("q");
        terminal.sees("WORKLOAD");
        terminal.keys("q");
        terminal.ends_with(0);
    }
}

#[test]
fn a_switch_goes_there_and_back() {
    let mut terminal = Terminal::start(&fast_demo(&["smooth-release"]), &[]);
    open(&mut terminal, "search-service");
    terminal.sees("service search-service sends users to search-service-blue");
    terminal.keys("P");
    yes(&mut terminal, "Promote");
    terminal.sees("service search-service sends users to search-service-green");
    terminal.keys("A");
    yes(&mut terminal, "Abort");
    terminal.sees("service search-service sends users to search-service-blue");
    terminal.keys("q");
    terminal.sees("WORKLOAD");
    terminal.keys("q");
    terminal.ends_with(0);
}
