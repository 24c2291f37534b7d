//! Roles with half of what a delivery takes: keys that need the other half are dim and name it, and so do subcommands.

use std::path::Path;

use super::{
    simulated::{NAMESPACE, Simulated},
    terminal::Terminal,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_rolltop");
const STOREFRONT: &str = "rollout/storefront";
const OF_OBJECT: &str = "patch rollouts.argoproj.io in mambogo-production";
const OF_STATUS: &str = "patch rollouts.argoproj.io/status in mambogo-production";

/// Arguments of somebody in a group.
fn as_of(group: &str) -> [String; 4] {
    ["--as", "nina", "--as-group", group].map(str::to_owned)
}

/// The storefront's page of somebody in a group, while a preview waits.
fn page(kubeconfig: &Path, group: &str) -> Terminal {
    let kubeconfig = kubeconfig.display().to_string();
    let who = as_of(group);
    let mut arguments = vec!["--kubeconfig", &kubeconfig, "-n", NAMESPACE];
    arguments.extend(who.iter().map(String::as_str));
    arguments.push(STOREFRONT);
    let mut terminal = Terminal::start(&arguments, &[]);
    terminal.until("the preview that waits", |screen| {
        screen.lines().nth(1).unwrap_or_default().contains("preview 3/3, wants you")
    });
    terminal
}

/// Waits until of two hints the first is dim and the second is not.
fn dims(terminal: &mut Terminal, dim: &'static str, bright: &'static str) {
    let colour = |screen: &vt100::Screen, hint: &str| {
        let (rows, columns) = screen.size();
        let row = rows.get() - 1;
        let line: String = screen.rows(0, columns.get()).nth(row.into()).unwrap_or_default();
        let column = line[..line.find(hint)?].chars().count();
        screen.cell(row, u16::try_from(column).ok()?).map(vt100::Cell::fgcolor)
    };
    // The way back is always open.
    terminal.until_it_looks(dim, |screen| {
        let key = colour(screen, "esc back");
        key.is_some() && colour(screen, bright) == key && colour(screen, dim).is_some_and(|dim| Some(dim) != key)
    });
}

/// Back to the list, and out.
fn leave(mut terminal: Terminal) {
    terminal.keys("q");
    terminal.sees("WORKLOAD");
    terminal.keys("q");
    terminal.ends_with(0);
}

#[test]
fn half_a_role_dims_the_keys_of_the_other_half_and_names_the_rule() {
    let company = Simulated::start();
    company.must(PROGRAM, &["set-image", STOREFRONT, "*=mambogo/storefront:v5.2.2", "--yes"]);

    let mut terminal = page(&company.kubeconfig(), "rolltop:rollouts-only");
    dims(&mut terminal, "A abort", "u undo");
    for key in ["A", "P", "F"] {
        terminal.keys(key);
        terminal.sees(&format!("you lack the rule: {OF_STATUS}"));
    }
    terminal.keys("p");
    terminal.sees("Pause rollout/storefront?");
    terminal.keys_until("n", "no question", |screen| !screen.contains("n cancel"));
    leave(terminal);

    let mut terminal = page(&company.kubeconfig(), "rolltop:status-only");
    dims(&mut terminal, "u undo", "A abort");
    for key in ["p", "u", "i", "R"] {
        terminal.keys(key);
        terminal.sees(&format!("you lack the rule: {OF_OBJECT}"));
    }
    terminal.keys("A");
    terminal.sees("Abort rollout/storefront: users get");
    terminal.keys_until("y", "the question answered", |screen| !screen.contains("y confirm"));
    terminal.until("it is aborted", |screen| screen.lines().nth(1).unwrap_or_default().contains("aborted"));
    leave(terminal);

    for (group, verb, rule) in [
        ("rolltop:rollouts-only", "retry", OF_STATUS),
        ("rolltop:status-only", "pause", OF_OBJECT),
        ("rolltop:status-only", "restart", OF_OBJECT),
    ] {
        let who = as_of(group);
        let mut arguments: Vec<&str> = who.iter().map(String::as_str).collect();
        arguments.extend([verb, STOREFRONT, "--yes"]);
        let output = company.run(PROGRAM, &arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && said.contains(rule), "{verb} as {group}: {said}");
    }
}
