//! The unmodified kubectl against a running company: what a person does with it beyond the recorded session.
//!
//! The chapters share one company and run side by side, each on workloads of its own; those that take something
//! from everybody come last. Needs kubectl 1.27 or newer on the path; says so and passes where there is none.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

#[path = "kubectl_beyond/access.rs"]
mod access;
#[path = "kubectl_beyond/changes.rs"]
mod changes;
#[path = "kubectl_beyond/delivery.rs"]
mod delivery;
#[path = "kubectl_beyond/faults.rs"]
mod faults;
#[path = "support/kubectl.rs"]
mod kubectl;
#[path = "kubectl_beyond/logs.rs"]
mod logs;
#[path = "kubectl_beyond/looks.rs"]
mod looks;
#[path = "kubectl_beyond/nodes.rs"]
mod nodes;
#[path = "kubectl_beyond/pods.rs"]
mod pods;
#[path = "kubectl_beyond/rollouts.rs"]
mod rollouts;

use kubectl::Kubectl;
use rolltop::demo::company::PRODUCTION;
use rolltop::demo::start::{Options, start};

type Chapter = fn(&Kubectl);

#[test]
fn what_people_do_with_kubectl_works() {
    if !Kubectl::is_there() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let options = Options { speed: 100.0, ..Options::default() };
    let company = runtime.block_on(start(options)).unwrap();
    let kubectl = &Kubectl::new(&company.kubeconfig(), PRODUCTION);
    // Discovery goes into kubectl's cache once, not once a chapter.
    ok(kubectl, &["api-resources"]);
    let together: [Chapter; 13] = [
        logs::of_running_and_crashed_containers,
        changes::applied_and_owned,
        changes::edited_replaced_and_compared,
        changes::deleted_with_and_without_dependents,
        nodes::cordoned_and_drained,
        access::refused_and_granted,
        looks::descriptions_and_explanations,
        looks::watches_waits_and_services,
        rollouts::of_deployments,
        rollouts::of_sets,
        delivery::rollouts_and_canaries,
        pods::initialised,
        pods::unready,
    ];
    std::thread::scope(|scope| {
        for chapter in together {
            scope.spawn(move || chapter(kubectl));
        }
    });
    delivery::taken_away(kubectl);
    faults::thrown_in(kubectl);
    faults::documented(kubectl);
}

/// Runs a command that must succeed; returns what it printed.
fn ok(kubectl: &Kubectl, arguments: &[&str]) -> String {
    let given = kubectl.run(arguments);
    assert_eq!(given.code, 0, "kubectl {}: {}{}", arguments.join(" "), given.stdout, given.stderr);
    given.stdout
}

/// Runs a command that must fail; returns its complaint.
fn refused(kubectl: &Kubectl, arguments: &[&str]) -> String {
    let given = kubectl.run(arguments);
    assert_ne!(given.code, 0, "kubectl {}: {}", arguments.join(" "), given.stdout);
    given.stderr
}

/// Checks that a text holds these pieces, in this order.
fn holds(text: &str, pieces: &[&str]) {
    let mut rest = text;
    for piece in pieces {
        let Some(at) = rest.find(piece) else { panic!("{piece:?} is not, or not there, in:\n{text}") };
        rest = &rest[at + piece.len()..];
    }
}
