//! The unmodified kubectl as judge: a session recorded against a real API server with real controllers, played
//! against the simulated cluster, must say the same.
//!
//! Compared are the exit code, the first line of stderr, table headings and cells that are no names, ages or
//! addresses, the key sets of JSON and YAML, the section titles of `describe`, and the order of rollout-status
//! lines. Where the two differ on purpose, [`differences`] says why.
//!
//! Needs kubectl 1.27 or newer on the path; says so and passes where there is none.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

#[path = "kubectl_golden/cluster.rs"]
mod cluster;
#[path = "kubectl_golden/compare.rs"]
mod compare;
#[path = "kubectl_golden/differences.rs"]
mod differences;
#[path = "support/kubectl.rs"]
mod kubectl;

use cluster::Company;
use serde_json::Value;

const SESSION: &str = include_str!("kubectl_golden/session.jsonl");

/// Commands that only look: so many of them are asked at once.
const TOGETHER: usize = 4;

struct Step {
    command: Vec<String>,
    recorded: Value,
}

#[test]
fn a_recorded_session_says_the_same() {
    let Some(company) = Company::start() else { return };
    company.furnish();
    let mut wrong = Vec::new();
    let mut unused: Vec<&str> = differences::REASONS.iter().map(|(command, ..)| *command).collect();
    let steps: Vec<Step> = SESSION.lines().filter_map(step).collect();
    let mut rest = steps.as_slice();
    while !rest.is_empty() {
        let looking = rest.iter().take(TOGETHER).take_while(|step| only_looks(&step.command)).count().max(1);
        let (now, later) = rest.split_at(looking);
        rest = later;
        let asked: Vec<Vec<&str>> = now.iter().map(|step| step.command.iter().map(String::as_str).collect()).collect();
        let given: Vec<kubectl::Given> = std::thread::scope(|scope| {
            let asking: Vec<_> = asked.iter().map(|command| scope.spawn(|| company.kubectl(command))).collect();
            asking.into_iter().map(|answer| answer.join().unwrap()).collect()
        });
        for ((step, command), given) in now.iter().zip(&asked).zip(&given) {
            let shown = command.join(" ");
            let excused = differences::REASONS.iter().find(|(command, ..)| *command == shown);
            let passing = differences::PASSING.iter().any(|(command, _)| *command == shown);
            for difference in compare::differences(command, &step.recorded, given) {
                match excused {
                    Some((command, what, _)) if difference.starts_with(what) => {
                        unused.retain(|unused| unused != command);
                    }
                    _ if passing && is_momentary(&difference) => {}
                    _ => wrong.push(format!("kubectl {shown}\n    {difference}")),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    assert!(unused.is_empty(), "differences that no longer are: {unused:?}");
}

/// Reads a line of the session; the pauses it records are of its own controllers, ours are as quick as the commands.
fn step(line: &str) -> Option<Step> {
    let recorded: Value = serde_json::from_str(line).unwrap();
    let words = recorded.get("kubectl")?.as_array().unwrap();
    let command = words.iter().map(|word| word.as_str().unwrap().to_owned()).collect();
    Some(Step { command, recorded })
}

fn only_looks(command: &[String]) -> bool {
    let words: Vec<&str> = command.iter().take(2).map(String::as_str).collect();
    match words.as_slice() {
        ["rollout", verb] => *verb == "history",
        ["get" | "describe" | "top" | "auth" | "version" | "api-versions" | "api-resources" | "cluster-info", ..] => {
            true
        }
        _ => false,
    }
}

/// Rows, or none at all: the exit code and the headings stay as they are.
fn is_momentary(difference: &str) -> bool {
    ["rows: ", "tables: ", "stderr: recorded \"\", given \"No resources found"]
        .iter()
        .any(|start| difference.starts_with(start))
}
