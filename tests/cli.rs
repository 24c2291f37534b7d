//! The subcommands through the built program: exit codes, shapes, refusals, without a terminal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where its ground gives way")]

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::Value;
use simulated::Simulated;

#[path = "support/simulated.rs"]
mod simulated;

const PROGRAM: &str = env!("CARGO_BIN_EXE_rolltop");

/// Runs the program on a company; returns exit code, standard output and standard error.
fn run(company: &Simulated, args: &[&str]) -> (i32, String, String) {
    let output = company.run(PROGRAM, args);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn json(company: &Simulated, args: &[&str]) -> Value {
    serde_json::from_str(&company.must(PROGRAM, args)).unwrap()
}

fn replicas(company: &Simulated, name: &str) -> Value {
    json(company, &["status", &format!("deploy/{name}"), "-o", "json"])[0]["desired"].clone()
}

#[test]
fn a_company_is_read_and_changed_from_scripts() {
    let company = Simulated::start();
    company.must(PROGRAM, &["status", "deploy/eureka", "--wait=60s"]);
    shapes(&company);
    what_is_not_there(&company);
    nothing_is_asked_without_a_terminal(&company);
    read_only_and_dry_runs_change_nothing(&company);
    protected_contexts_want_the_name(&company);
    a_change_is_on_record(&company);
    prometheus_is_found_or_named(&company);
    waiting_ends_when_it_is_stuck(&company);
    releases_are_promoted_and_given_up(&company);
}

fn releases_are_promoted_and_given_up(company: &Simulated) {
    let (code, _, err) = run(company, &["promote", "deploy/payment-service", "--yes"]);
    assert!(code == 1 && err.contains("is not delivered progressively"), "{code} {err}");
    let (code, _, err) = run(company, &["gate", "open", "rollout/gateway-service", "--yes"]);
    assert!(code == 1 && err.contains("only a Canary of Flagger has gates"), "{code} {err}");

    // The second step follows by itself where somebody waits for it.
    let canary = "deploy/inventory-service-canary";
    company.must(PROGRAM, &["set-image", canary, "*=mambogo/inventory-service:v1.7.0", "--yes"]);
    company.must(PROGRAM, &["set-weight", "deploy/inventory-service", "40%", "--yes"]);
    company.must(PROGRAM, &["status", canary, "--wait=120s"]);
    let preview = json(company, &["promote", "deploy/inventory-service", "--dry-run", "-o", "json"]);
    assert!(
        preview["then"].as_str().unwrap().contains("scale deployment/inventory-service-canary from 2 to 0"),
        "{preview}"
    );
    let (code, out, err) = run(company, &["promote", "deploy/inventory-service", "--yes", "--wait=120s"]);
    assert!(code == 0 && err.contains("done: finish the promotion of deployment/inventory-service"), "{out} {err}");
    let (code, _, err) = run(company, &["finish", "deploy/inventory-service", "--yes"]);
    assert!(code == 1 && err.contains("is left half done"), "{code} {err}");

    let rollout = "rollout/gateway-service";
    let (code, _, err) = run(company, &["promote", rollout, "--yes"]);
    assert!(code == 1 && err.contains("nothing to promote"), "{code} {err}");
    company.must(PROGRAM, &["set-image", rollout, "*=mambogo/gateway-service:v1.9.3", "--yes"]);
    company.must(PROGRAM, &["pause", rollout, "--yes"]);
    company.must(PROGRAM, &["resume", rollout, "--yes"]);
    let (code, out, err) = run(company, &["promote", "--full", rollout, "--yes", "--wait=120s"]);
    assert_eq!(code, 0, "{out} {err}");
    let history = json(company, &["history", rollout, "-o", "json"]);
    assert!(history[0]["images"].to_string().contains("v1.9.3"), "{history}");
}

/// Asks what a promotion would do until its evidence says so.
fn evidence(company: &Simulated, verdict: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let preview = json(company, &["promote", INVENTORY, "--dry-run", "-o", "json"]);
        if preview["evidence"]["verdict"] == verdict {
            return preview["evidence"].clone();
        }
        assert!(Instant::now() < deadline, "never {verdict}: {preview:#}");
    }
}

const INVENTORY: &str = "deploy/inventory-service";

#[test]
fn a_promotion_from_a_script_heeds_the_evidence() {
    let company = Simulated::start();
    let canary = |version: &str| {
        let image = format!("*=mambogo/inventory-service:{version}");
        company.must(PROGRAM, &["set-image", "deploy/inventory-service-canary", &image, "--yes"]);
        company.must(PROGRAM, &["set-weight", INVENTORY, "40%", "--yes"]);
        company.must(PROGRAM, &["status", "deploy/inventory-service-canary", "--wait=60s"]);
    };
    let stable = || json(&company, &["history", INVENTORY, "-o", "json"])[0]["images"].to_string();
    canary("v1.7.0");
    let good = evidence(&company, "good");
    let said = good["sentence"].as_str().unwrap();
    assert!(
        said.contains("no worse in errors, p99, restarts, memory, cpu (") && said.contains(" on canary, "),
        "{good}"
    );
    let (code, table, _) = run(&company, &["promote", INVENTORY, "--dry-run"]);
    assert!(code == 0 && table.contains("\n  evidence: good: ") && table.contains("\n    good: errors: "), "{table}");
    company.must(PROGRAM, &["promote", INVENTORY, "--yes", "--wait=120s"]);

    canary("v1.7.1-5xx");
    let bad = evidence(&company, "bad");
    let said = bad["sentence"].as_str().unwrap();
    assert!(said.starts_with("errors: ") && said.contains("requests"), "{bad}");
    for (args, word) in [
        (&["promote", INVENTORY, "--yes"][..], "a plain yes is not enough"),
        (&["promote", "--full", INVENTORY, "--yes"], "a plain yes is not enough"),
        (&["promote", INVENTORY], "there is no terminal to ask on"),
        (&["promote", "--full", INVENTORY], "there is no terminal to ask on"),
        (&["promote", INVENTORY, "--confirm", "inventory"], "is not \"inventory-service\""),
    ] {
        let (code, out, err) = run(&company, args);
        assert_eq!(code, 1, "{args:?}: {out} {err}");
        assert!(
            err.contains(word) && (err.contains("--confirm inventory-service") || args.len() > 3),
            "{args:?}: {err}"
        );
        assert!(err.contains("  evidence: bad: errors: "), "{args:?}: {err}");
    }
    assert!(stable().contains("v1.7.0"), "{}", stable());
    company.must(PROGRAM, &["promote", INVENTORY, "--confirm", "inventory-service"]);
    assert!(stable().contains("v1.7.1-5xx"), "{}", stable());
    let recorded = fs::read_to_string(company.home().join("rolltop/audit.jsonl")).unwrap();
    assert!(recorded.lines().any(|line| line.contains("\"against\":\"errors: ")), "{recorded}");
}

fn shapes(company: &Simulated) {
    let mut status = json(company, &["status", "deploy/eureka", "-o", "json"]);
    assert!(status[0]["since"].is_string(), "{status}");
    status[0]["since"] = "<time>".into();
    insta::assert_json_snapshot!("status", status);
    let mut history = json(company, &["history", "deploy/payment-service", "-o", "json"]);
    assert!(history.as_array().unwrap().len() > 1, "{history}");
    assert!(history[0]["revision"].as_i64() > history[1]["revision"].as_i64(), "newest first: {history}");
    history[0]["created"] = "<time>".into();
    history[0]["who"]["at"] = "<time>".into();
    insta::assert_json_snapshot!("history-newest", history[0]);
    let all = json(company, &["status", "-o", "json"]);
    assert!(all.as_array().unwrap().len() >= 14, "{all}");
    // The company's own namespace stands before the subcommand.
    let both = json(company, &["status", "-n", "mambogo-staging", "-o", "json"]);
    let namespaces: BTreeSet<&str> =
        both.as_array().unwrap().iter().filter_map(|one| one["namespace"].as_str()).collect();
    assert_eq!(namespaces, BTreeSet::from(["mambogo-production", "mambogo-staging"]));
    let (code, table, _) = run(company, &["status"]);
    assert!(code == 0 && table.starts_with("WORKLOAD"), "{table}");
    assert!(!table.contains('\u{1b}'), "no colour in a pipe");
}

fn what_is_not_there(company: &Simulated) {
    for (args, code, word) in [
        (&["status", "deploy/nobody"][..], 1, "nobody"),
        (&["undo", "deploy/eureka", "--to-revision", "99", "--yes"], 1, "no revision 99"),
        (&["scale", "deploy/eureka", "-9", "--yes"], 1, "below 0"),
        (&["scale", "deploy/eureka", "1e9"], 2, "1e9"),
        (&["set-image", "deploy/eureka", "eurekka=x:1", "--yes"], 1, "eureka"),
        (&["pause", "sts/redis", "--yes"], 1, "pause"),
        (&["nonsense"], 1, "nonsense"),
    ] {
        let (found, out, err) = run(company, args);
        // A lone word opens the screen on a workload of that name, which needs a terminal.
        assert_eq!(found, code, "{args:?}\n{out}\n{err}");
        assert!(args == ["nonsense"] || err.contains(word), "{args:?}\n{err}");
    }
}

fn nothing_is_asked_without_a_terminal(company: &Simulated) {
    let before = replicas(company, "eureka");
    let (code, _, err) = run(company, &["scale", "deploy/eureka", "+1"]);
    assert!(code != 0 && err.contains("--yes"), "{code} {err}");
    assert_eq!(replicas(company, "eureka"), before);
}

fn read_only_and_dry_runs_change_nothing(company: &Simulated) {
    let before = replicas(company, "eureka");
    let (code, _, err) = run(company, &["scale", "deploy/eureka", "+1", "--yes", "--read-only"]);
    assert!(code == 1 && err.contains("read-only"), "{code} {err}");
    let (code, out, err) = run(company, &["scale", "deploy/eureka", "+1", "--dry-run"]);
    assert!(code == 0 && out.contains("replicas"), "{code} {out} {err}");
    assert_eq!(replicas(company, "eureka"), before);
}

fn protected_contexts_want_the_name(company: &Simulated) {
    let config = company.home().join("protected.toml");
    fs::write(&config, "[contexts.\"*\"]\nprotected = true\n").unwrap();
    let config = config.to_str().unwrap();
    let before = replicas(company, "eureka").as_i64().unwrap();
    let args = ["--config", config, "scale", "deploy/eureka", "+1", "--yes"];
    let (code, _, err) = run(company, &args);
    assert!(code == 1 && err.contains("--confirm eureka"), "{code} {err}");
    assert_eq!(replicas(company, "eureka"), before);
    let confirmed = ["--config", config, "scale", "deploy/eureka", "+1", "--confirm", "eureka"];
    let (code, out, err) = run(company, &confirmed);
    assert_eq!(code, 0, "{out} {err}");
    assert_eq!(replicas(company, "eureka"), before + 1);
}

fn a_change_is_on_record(company: &Simulated) {
    let paths = company.must(PROGRAM, &["config", "path"]);
    let path = paths.lines().find_map(|line| line.strip_prefix("audit")).unwrap().trim().to_owned();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let lines: Vec<Value> =
        fs::read_to_string(&path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "one change: its intent and its outcome, and nothing of what was refused");
    let text = lines[0].to_string();
    for word in ["eureka", "mambogo-production", "rolltop-admin", "replicas"] {
        assert!(text.contains(word), "{word} is missing in {text}");
    }
}

fn prometheus_is_found_or_named(company: &Simulated) {
    let found = |args: &[&str]| {
        let all = json(company, &[args, &["check", "-o", "json"]].concat());
        all.as_array().unwrap().iter().find(|one| one["what"] == "prometheus").unwrap().clone()
    };
    let discovered = found(&[]);
    assert_eq!(discovered["grade"], "ok", "{discovered}");
    assert!(discovered["says"].as_str().unwrap().contains("monitoring/prometheus-operated"), "{discovered}");
    let url = fs::read_to_string(company.home().join("prometheus")).unwrap();
    let named = found(&["--prometheus", &url]);
    assert_eq!(named["grade"], "ok", "{named}");
    assert!(named["says"].as_str().unwrap().contains(&url), "{named}");
    let wrong = found(&["--prometheus", &format!("{url}/elsewhere")]);
    assert_eq!(wrong["grade"], "warning", "{wrong}");
    assert!(wrong["says"].as_str().unwrap().contains("404"), "{wrong}");
}

fn waiting_ends_when_it_is_stuck(company: &Simulated) {
    let image = "*=mambogo/eureka:v1-crash";
    let (code, out, err) = run(company, &["set-image", "deploy/eureka", image, "--yes", "--wait=120s"]);
    assert_eq!(code, 1, "{out} {err}");
    assert!(format!("{out}{err}").contains("exit 1"), "the evidence is quoted: {out} {err}");
    let (code, out, err) = run(company, &["undo", "deploy/eureka", "--yes", "--wait=120s"]);
    assert_eq!(code, 0, "{out} {err}");
}

#[test]
fn without_a_cluster_each_failure_has_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let nobody = write(
        "nobody",
        "apiVersion: v1\nkind: Config\ncurrent-context: x\nclusters: [{name: x, cluster: {server: 'https://127.0.0.1:9'}}]\n\
         users: [{name: x, user: {token: t}}]\ncontexts: [{name: x, context: {cluster: x, user: x}}]\n",
    );
    let broken = write("broken", "clusters: [");
    let theme = write("theme.toml", "theme = \"drak\"\n");
    for (args, code, word) in [
        (&["--kubeconfig", nobody.as_str(), "status"][..], 3, "127.0.0.1:9"),
        (&["--kubeconfig", nobody.as_str(), "--context", "y", "status"], 2, "`y`"),
        (&["--kubeconfig", broken.as_str(), "status"], 2, "broken"),
        (&["--kubeconfig", "/nowhere/at/all", "status"], 2, "/nowhere/at/all"),
        (&["--config", theme.as_str(), "--kubeconfig", nobody.as_str(), "status"], 2, "did you mean \"dark\"?"),
    ] {
        let output = Command::new(PROGRAM).args(args).env("XDG_CONFIG_HOME", folder.path()).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}\n{err}");
        assert!(err.contains(word), "{args:?}\n{err}");
    }
}

#[test]
fn scripts_and_pages_are_written() {
    for (args, word) in [
        (&["completions", "bash"][..], "_rolltop"),
        (&["completions", "zsh"], "#compdef rolltop"),
        (&["man"], ".TH rolltop-set-image 1"),
        (&["demo", "--list"], "\n  move     Undo payment-service to v2.3.0"),
        (&["demo", "--list", "-o", "json"], "\"name\": \"crash-loop\""),
        (&["config", "print"], "theme"),
    ] {
        let output = Command::new(PROGRAM).args(args).output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && out.contains(word), "{args:?}\n{out}");
    }
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    let output = Command::new(PROGRAM).args(["man", "--dir"]).arg(&pages).output().unwrap();
    assert!(output.status.success() && output.stdout.is_empty());
    for (page, word) in [("rolltop.1", "rolltop\\-undo(1)"), ("rolltop-undo.1", "to\\-revision")] {
        let text = fs::read_to_string(pages.join(page)).unwrap();
        assert!(text.contains(word), "{page}\n{text}");
    }
    let output = Command::new(PROGRAM).args(["man", "--dir", "/dev/null/man1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/dev/null/man1"));
}
