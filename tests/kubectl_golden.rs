//! The unmodified kubectl as judge: a session recorded against a real API server with real controllers, played
//! against the simulated cluster, must say the same.
//!
//! Compared are the exit code, the first line of stderr, table headings and cells that are no names, ages or
//! addresses, the key sets of JSON and YAML, the section titles of `describe`, and the order of rollout-status
//! lines. Where the two differ on purpose, [`differences`] says why.
//!
//! Needs kubectl 1.27 or newer on the path; says so and passes where there is none.

#[path = "kubectl_golden/cluster.rs"]
mod cluster;
#[path = "kubectl_golden/compare.rs"]
mod compare;
#[path = "kubectl_golden/differences.rs"]
mod differences;

use cluster::Company;
use serde_json::Value;

const SESSION: &str = include_str!("kubectl_golden/session.jsonl");

#[test]
fn a_recorded_session_says_the_same() {
    let Some(company) = Company::start() else { return };
    company.furnish();
    let mut wrong = Vec::new();
    let mut unused: Vec<&str> = differences::REASONS.iter().map(|(command, ..)| *command).collect();
    for line in SESSION.lines() {
        let step: Value = serde_json::from_str(line).unwrap();
        if let Some(seconds) = step["sleep"].as_f64() {
            std::thread::sleep(std::time::Duration::from_secs_f64(seconds / 3.0));
            continue;
        }
        let words = step["kubectl"].as_array().unwrap();
        let command: Vec<&str> = words.iter().map(|word| word.as_str().unwrap()).collect();
        let shown = command.join(" ");
        let given = company.kubectl(&command);
        let excused = differences::REASONS.iter().find(|(command, ..)| *command == shown);
        let passing = differences::PASSING.iter().any(|(command, _)| *command == shown);
        for difference in compare::differences(&command, &step, &given) {
            match excused {
                Some((command, what, _)) if difference.starts_with(what) => unused.retain(|unused| unused != command),
                _ if passing && is_momentary(&difference) => {}
                _ => wrong.push(format!("kubectl {shown}\n    {difference}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    assert!(unused.is_empty(), "differences that no longer are: {unused:?}");
}

/// Rows, or none at all: the exit code and the headings stay as they are.
fn is_momentary(difference: &str) -> bool {
    ["rows: ", "tables: ", "stderr: recorded \"\", given \"No resources found"]
        .iter()
        .any(|start| difference.starts_with(start))
}
