//! The doctor: files, cluster, permissions, metrics, Prometheus; one line each, worst exit code last.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{
    cluster::{
        access::{ask, ping},
        client::PATIENCE,
        discovery::{Served, served},
    },
    domain::{Family, Kind, Permission, Scope, Verdict},
    operation::{Operation, ScaleTo, permissions_for},
    settings::{self, Settings},
};

use super::{
    failure::{Failure, Kind as Exit},
    intent::Common,
    print::{Printer, Table},
    reach::Reach,
    report::machine,
};

mod prometheus;

/// How one thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Grade {
    /// As it should be.
    Ok,
    /// Something is missing; the rest works.
    Warning,
    /// Nothing works before it is mended.
    Failed,
}

/// One thing looked at.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    what: &'static str,
    grade: Grade,
    says: String,
    hint: String,
}

/// Looks at everything and says what was found.
pub async fn run(common: &Common, printer: Printer) -> Result<(), Failure> {
    let (settings, problems) = settings::load(&common.overrides);
    let shelves = settings.check_shelves();
    let mut findings: Vec<Finding> = problems
        .iter()
        .chain(shelves.iter().filter(|problem| !problems.contains(problem)))
        .map(|problem| Finding { what: "files", grade: Grade::Failed, says: problem.to_string(), hint: String::new() })
        .collect();
    let bad_files = !findings.is_empty();
    if !bad_files {
        findings.push(good(
            "files",
            format!("config, themes, keymaps and panels are in order ({})", settings.paths.config_dir.display()),
        ));
    }
    let failed = match Reach::open(common, &settings).await {
        Ok(reach) => cluster(&reach, &settings, &mut findings).await,
        Err(failure) => {
            findings.push(bad("cluster", failure.text.clone(), &failure.hint));
            Some(failure)
        }
    };
    let text = machine(&findings, common.output).unwrap_or_else(|| Ok(table(&findings)))?;
    printer.result(&text)?;
    match failed {
        _ if bad_files => Err(Failure::new(Exit::Usage, "some files are not in order")),
        Some(failure) => Err(Failure::new(failure.kind, "the cluster cannot be used as it is")),
        None => Ok(()),
    }
}

async fn cluster(reach: &Reach, settings: &Settings, findings: &mut Vec<Finding>) -> Option<Failure> {
    if let Err(failure) = ping(&reach.client, PATIENCE).await {
        findings.push(bad("cluster", failure.sentence.clone(), &failure.hint));
        return Some(failure.into());
    }
    let link = &reach.link;
    let user = if link.user.is_empty() { "an unnamed user" } else { &link.user };
    findings.push(good("cluster", format!("{} answers to {user} (context {})", link.server, link.context)));
    let namespace = match &link.scope {
        Scope::All => "",
        Scope::Namespaces(names) => names.first().map_or("", |name| &**name),
    };
    let served = served(&reach.client).await;
    findings.push(delivery(served.as_ref()));
    let families = served.map(|served| served.families).unwrap_or_default();
    for (what, needed) in questions(namespace, &families) {
        findings.push(permission(reach, what, &needed).await);
    }
    findings.push(metrics(reach, namespace).await);
    findings.push(prometheus::look(reach, settings).await);
    None
}

/// What the screens and the keys need, by what a person would miss.
fn questions(namespace: &str, served: &BTreeSet<Family>) -> Vec<(&'static str, Vec<Permission>)> {
    let list = |group: &str, resource: &str| Permission {
        verb: "list".into(),
        group: group.into(),
        resource: resource.into(),
        namespace: namespace.into(),
    };
    let has = |kind: Kind| Kind::BUILT_IN.contains(&kind) || served.contains(&Family::Workloads(kind));
    let kinds = Kind::ALL.into_iter().filter(|kind| has(*kind));
    let workloads = kinds.map(|kind| list(kind.group(), kind.plural())).collect();
    let of = |operation: Operation| permissions_for(&operation, Kind::Deployment, namespace);
    let mut questions = vec![
        ("watch workloads", workloads),
        ("watch revisions", vec![list("apps", "replicasets"), list("apps", "controllerrevisions")]),
        ("watch pods", vec![list("", "pods"), list("", "events")]),
        ("watch autoscalers", vec![list("autoscaling", "horizontalpodautoscalers")]),
        ("read logs", vec![Permission { verb: "get".into(), ..list("", "pods/log") }]),
        ("pause, restart, set image", of(Operation::Restart)),
        ("undo", of(Operation::Undo { to: None })),
        ("scale", of(Operation::Scale(ScaleTo::By(1)))),
        ("delete a pod", of(Operation::DeletePod { pod: "".into(), uid: "".into() })),
    ];
    let promote = |kind| permissions_for(&Operation::Promote { full: kind == Kind::Canary }, kind, namespace);
    if has(Kind::Rollout) {
        let group = Kind::Rollout.group();
        questions.push(("watch analyses", vec![list(group, "analysisruns"), list(group, "experiments")]));
    }
    for (what, kind) in [("promote a Rollout", Kind::Rollout), ("promote a Canary", Kind::Canary)] {
        if has(kind) {
            questions.push((what, promote(kind)));
        }
    }
    questions
}

/// Which delivery systems there are; one of a foreign version is there and cannot be read.
fn delivery(served: Result<&Served, &crate::cluster::Failure>) -> Finding {
    let served = match served {
        Ok(served) => served,
        Err(failure) => return warn("delivery", failure.sentence.clone(), "Rollouts and Canaries cannot be seen"),
    };
    if let Some(needed) = served.foreign.values().next() {
        return warn("delivery", format!("not served: {needed}"), "this program does not speak that version");
    }
    let systems = [(Kind::Rollout, "Argo Rollouts"), (Kind::Canary, "Flagger")];
    let there = systems.into_iter().filter(|(kind, _)| served.families.contains(&Family::Workloads(*kind)));
    let names: Vec<&str> = there.map(|(_, name)| name).collect();
    good("delivery", if names.is_empty() { "no delivery system is served".to_owned() } else { names.join(" and ") })
}

async fn permission(reach: &Reach, what: &'static str, needed: &[Permission]) -> Finding {
    let mut missing = Vec::new();
    for rule in needed {
        match ask(&reach.client, rule).await {
            Verdict::Allowed => {}
            Verdict::Denied(_) => missing.push(format!("you may not {rule}")),
            Verdict::Unknown(why) => missing.push(format!("{rule}: {why}")),
        }
    }
    if missing.is_empty() {
        good(what, "allowed".to_owned())
    } else {
        warn(what, missing.join("; "), "ask for the rule, or look elsewhere with -n")
    }
}

async fn metrics(reach: &Reach, namespace: &str) -> Finding {
    let within = if namespace.is_empty() { String::new() } else { format!("/namespaces/{namespace}") };
    let path = format!("/apis/metrics.k8s.io/v1beta1{within}/pods?limit=1");
    match reach.client.get(&path, "read the usage of pods", PATIENCE).await {
        Ok(_) => good("metrics", "metrics.k8s.io answers".to_owned()),
        Err(failure) => warn("metrics", failure.sentence, "CPU and memory columns stay empty; install metrics-server"),
    }
}

fn good(what: &'static str, says: String) -> Finding {
    Finding { what, grade: Grade::Ok, says, hint: String::new() }
}

fn warn(what: &'static str, says: String, hint: &str) -> Finding {
    Finding { what, grade: Grade::Warning, says, hint: hint.to_owned() }
}

fn bad(what: &'static str, says: String, hint: &str) -> Finding {
    Finding { what, grade: Grade::Failed, says, hint: hint.to_owned() }
}

fn table(findings: &[Finding]) -> String {
    let mut table = Table::new(&["CHECK", "RESULT", "FOUND"]);
    for finding in findings {
        let result = match finding.grade {
            Grade::Ok => "ok",
            Grade::Warning => "warning",
            Grade::Failed => "failed",
        };
        let mut lines = finding.says.lines();
        table.row(vec![finding.what.to_owned(), result.to_owned(), lines.next().unwrap_or_default().to_owned()]);
        for line in lines.chain((!finding.hint.is_empty()).then_some(finding.hint.as_str())) {
            table.row(vec![" ".to_owned(), " ".to_owned(), format!("  {line}")]);
        }
    }
    table.render()
}
