//! The file: its mode, its lines, what is kept out of it, and a refusal where it cannot be written.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    domain::{Kind, WorkloadKey},
    operation::{
        Confirmed, Consent, Facts, Objects, Operation, Outcome, Plan, Planned, Policy, Preview, Refusal, Request,
        ScaleTo, diff, plan,
    },
};

use super::*;

fn clock() -> jiff::Timestamp {
    "2026-11-21T03:04:05Z".parse().unwrap()
}

fn confirmed(name: &str, preview: Preview) -> Confirmed<Plan> {
    let facts = Facts {
        connection: 1,
        context: "prod".into(),
        user: "alice".into(),
        key: WorkloadKey::new(Kind::Deployment, "shop", name),
        target: json!({"metadata": {"uid": "d-1"}, "spec": {"replicas": 3}}),
        objects: Objects::default(),
    };
    let request = Request::new(facts.key.clone(), Operation::Scale(ScaleTo::Exactly(5)));
    let plan = plan(&facts, &request, &Policy::default(), clock()).unwrap();
    Planned { plan, preview }.confirm(Consent::Beforehand).unwrap()
}

fn scaled(name: &str) -> Confirmed<Plan> {
    confirmed(name, Preview::DryRun(diff(&json!({"spec": {"replicas": 3}}), &json!({"spec": {"replicas": 5}}))))
}

fn journal(folder: &TempDir) -> Journal {
    Journal::new(folder.path().join("state/audit.jsonl"), clock)
}

#[test]
fn intent_and_outcome_are_two_lines_with_one_id() {
    let folder = TempDir::new().unwrap();
    let journal = journal(&folder);
    let ticket = journal.intend(&scaled("payment")).unwrap();
    journal.conclude(&ticket, &Outcome::Refused(Refusal::new("no").hint("wait"))).unwrap();
    let text = fs::read_to_string(journal.path()).unwrap();
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["id"], lines[1]["id"]);
    for line in &mut lines {
        line["id"] = "[id]".into();
    }
    insta::assert_json_snapshot!(lines);
}

#[test]
fn only_the_user_may_read_the_file() {
    let folder = TempDir::new().unwrap();
    let journal = journal(&folder);
    journal.intend(&scaled("payment")).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(journal.path()), 0o600);
    assert_eq!(mode(journal.path().parent().unwrap()), 0o700);
    fs::set_permissions(journal.path(), fs::Permissions::from_mode(0o644)).unwrap();
    journal.intend(&scaled("payment")).unwrap();
    assert_eq!(mode(journal.path()), 0o600, "a file left open to others is closed");
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let folder = TempDir::new().unwrap();
    let blocked = folder.path().join("state");
    fs::write(&blocked, "not a folder").unwrap();
    let error = journal(&folder).intend(&scaled("payment")).unwrap_err().to_string();
    assert!(error.contains("audit.jsonl cannot be written: "), "{error}");
}

#[test]
fn environment_values_are_not_recorded() {
    let template = |secret: &str| json!({"c": [{"name": "a", "env": [{"name": "KEY", "value": secret}]}]});
    let added = json!({"c": [{"name": "a", "env": [{"name": "KEY", "value": "old"}]}, {"name": "b", "env": [{"name": "K", "value": "third"}]}]});
    for (before, after) in [(template("old"), template("new")), (template("old"), added)] {
        let line = Line::intent(clock(), "1".into(), &confirmed("payment", Preview::DryRun(diff(&before, &after))));
        let text = serde_json::to_string(&line).unwrap();
        assert!(text.contains("(not recorded)"), "{text}");
        assert!(!text.contains("old") && !text.contains("new\"") && !text.contains("third"), "{text}");
    }
}

#[test]
fn what_was_begun_and_not_finished_is_found() {
    let folder = TempDir::new().unwrap();
    let journal = journal(&folder);
    let step = |name: &str, operation: Operation, then: Option<&str>| {
        let mut confirmed = scaled(name);
        let mut planned = Planned { plan: confirmed.what().clone(), preview: Preview::DryRun(Vec::new()) };
        planned.plan.operation = operation;
        planned.plan.uid = format!("uid-{name}").as_str().into();
        planned.plan.then = then.map(str::to_owned);
        confirmed = planned.confirm(Consent::Beforehand).unwrap();
        journal.intend(&confirmed).unwrap()
    };
    let applied =
        Outcome::Applied { sentence: "done".into(), undo: String::new(), generation: 4, remark: None, then: None };
    let promote = || Operation::Promote { full: true };
    let done = |ticket| journal.conclude(&ticket, &applied).unwrap();
    done(step("cart", promote(), Some("put it back")));
    done(step("stock", promote(), Some("scale it down")));
    done(step("stock", Operation::Finish, None));
    let refused = step("order", promote(), Some("x"));
    journal.conclude(&refused, &Outcome::Refused(Refusal::new("no"))).unwrap();
    // The program ended before the outcome: whether it was done is not on record, so nothing is offered.
    step("web", promote(), Some("x"));
    done(step("pay", promote(), Some("scale it down")));
    let tried = step("pay", Operation::Finish, None);
    journal.conclude(&tried, &Outcome::Refused(Refusal::new("no"))).unwrap();
    let left = unfinished(journal.path(), "prod").unwrap();
    let told: Vec<_> = left.iter().map(|one| (one.target.to_string(), one.then.as_str())).collect();
    let expected = [("deployment/cart".to_owned(), "put it back"), ("deployment/pay".to_owned(), "scale it down")];
    assert_eq!(told, expected);
    assert_eq!(unfinished(journal.path(), "staging").unwrap(), [], "another cluster's");
}

#[test]
fn the_past_of_a_workload_is_read_back() {
    let folder = TempDir::new().unwrap();
    let journal = journal(&folder);
    let key = WorkloadKey::new(Kind::Deployment, "shop", "payment");
    assert_eq!(read(journal.path(), "prod", &key).unwrap(), []);
    journal.intend(&scaled("order")).unwrap();
    let ticket = journal.intend(&scaled("payment")).unwrap();
    let applied =
        Outcome::Applied { sentence: "done".into(), undo: String::new(), generation: 4, remark: None, then: None };
    journal.conclude(&ticket, &applied).unwrap();
    journal.intend(&scaled("payment")).unwrap();
    fs::write(journal.path(), [fs::read(journal.path()).unwrap(), b"{\"half a li".to_vec()].concat()).unwrap();
    let past = read(journal.path(), "prod", &key).unwrap();
    let told: Vec<_> = past.iter().map(|past| (past.user.as_str(), past.operation.as_str(), past.result)).collect();
    assert_eq!(told, [("alice", "scale", Some(Result::Applied)), ("alice", "scale", None)]);
    assert_eq!(read(journal.path(), "staging", &key).unwrap(), [], "another cluster's namesake");
}
