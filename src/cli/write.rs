//! The subcommands that change something: preview, question, deed, and what became of it.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::{
    audit::Journal,
    cluster::execute::read_target,
    domain::Kind as WorkloadKind,
    operation::{Change, Consent, Operation, Outcome, Plan, Planned, Policy, Preview, Request},
    release::{Comparison, Finding},
    session::operate,
    settings::Settings,
};

use super::{
    args::{Follow, Output},
    evidence,
    failure::{Failure, Kind},
    follow::{self, Until},
    intent::Common,
    print::Printer,
    reach::Reach,
    target::Target,
};

/// How often a person is asked anew when the workload changes between question and answer.
const QUESTIONS: u32 = 3;

/// Everything a change needs beside itself.
struct Manners<'a> {
    /// What the session may do.
    policy: Policy,
    /// Where it is recorded.
    journal: &'a Journal,
    /// How it is made.
    follow: Follow,
    /// How the result is written.
    output: Output,
    /// Where the result goes.
    printer: Printer,
    /// Canary against stable, where it is to be promoted.
    evidence: Option<Comparison>,
}

/// Connects, and makes one change.
pub async fn start(
    common: &Common,
    settings: &Settings,
    target: &Target,
    operation: Operation,
    follow: Follow,
    printer: Printer,
) -> Result<(), Failure> {
    let journal = Journal::new(&settings.options.audit_path.value, Timestamp::now);
    let reach = Reach::open(common, settings).await?;
    let policy = Policy { no_audit: follow.no_audit || common.no_audit, ..reach.policy.clone() };
    let key = reach.resolve(target).await?;
    let evidence = match operation {
        Operation::Promote { .. } => evidence::look(&reach, settings, &key).await,
        _ => None,
    };
    let bad = evidence.as_ref().filter(|found| found.verdict == Finding::Bad);
    let request = Request { against: bad.map(|found| found.sentence.clone()), ..Request::new(key, operation) };
    let manners = Manners { policy, journal: &journal, follow, output: common.output, printer, evidence };
    run(&reach, request, &manners).await
}

async fn run(reach: &Reach, request: Request, manners: &Manners<'_>) -> Result<(), Failure> {
    let planned =
        operate::prepare(&reach.client, &reach.link, &request, &manners.policy, manners.journal.now()).await?;
    if manners.follow.dry_run {
        return manners.printer.result(&shown(&planned, manners)).map_err(Failure::from);
    }
    let phase_since = phase_since(reach, &request).await?;
    let done = ask_and_do(reach, planned, manners).await?;
    told(manners, &done)?;
    match manners.follow.wait {
        None => Ok(()),
        Some(limit) => {
            if done.plan.then.is_some() {
                finish(reach, &done.plan, limit, manners).await?;
            }
            let until = Until { keys: vec![request.target], generation: done.generation, phase_since, limit };
            let mut view = reach.view(&until.keys).await?;
            follow::run(&mut view, &until, manners.printer).await
        }
    }
}

/// When a Canary last changed its phase, where a change of its target is to be followed: neither shows in the other's
/// generation.
async fn phase_since(reach: &Reach, request: &Request) -> Result<Option<Timestamp>, Failure> {
    let template = matches!(request.operation, Operation::SetImage(_) | Operation::Undo { .. } | Operation::Retry);
    if request.target.kind != WorkloadKind::Canary || !template {
        return Ok(None);
    }
    let canary = read_target(&reach.client, &request.target).await?;
    let since = canary.pointer("/status/lastTransitionTime").and_then(serde_json::Value::as_str);
    Ok(since.and_then(|at| at.parse().ok()))
}

/// Does the second step, as soon as it is possible.
async fn finish(reach: &Reach, first: &Plan, limit: SignedDuration, manners: &Manners<'_>) -> Result<(), Failure> {
    let command = format!("rolltop -n {} finish {}", first.target.namespace, first.target);
    let limit = std::time::Duration::try_from(limit).unwrap_or_default();
    let second = operate::see_through(&reach.client, &reach.link, first, &manners.policy, manners.journal);
    let ended = tokio::select! {
        ended = tokio::time::timeout(limit, second) => ended.ok(),
        _ = tokio::signal::ctrl_c() => None,
    };
    match ended.transpose()? {
        Some(Outcome::Applied { sentence, .. }) => {
            manners.printer.remark(&format!("done: {sentence}"));
            Ok(())
        }
        Some(Outcome::Refused(refusal)) => Err(refusal.into()),
        Some(Outcome::Partly { sentence, hint }) => Err(Failure::new(Kind::Failed, sentence).hint(hint)),
        Some(Outcome::Unknown { sentence, .. }) => Err(Failure::new(Kind::Undecided, sentence)),
        Some(Outcome::Changed(_)) | None => {
            let left = first.then.as_deref().unwrap_or_default();
            Err(Failure::new(Kind::Undecided, format!("the second step is not done yet: {left}"))
                .hint(format!("do it later with {command}")))
        }
    }
}

/// What was done.
struct Done {
    /// In words.
    sentence: String,
    /// How to take it back.
    undo: String,
    /// What was planned.
    plan: Plan,
    /// The target's generation after it.
    generation: i64,
}

/// Asks until the answer and the cluster agree.
async fn ask_and_do(reach: &Reach, mut planned: Planned, manners: &Manners<'_>) -> Result<Done, Failure> {
    for _ in 0..QUESTIONS {
        if manners.output == Output::Table {
            manners.printer.remark(shown(&planned, manners).trim_end());
        }
        let consent = consent(&planned, &manners.follow, manners.printer)?;
        let beforehand = consent == Consent::Beforehand || manners.follow.confirm.is_some();
        let confirmed = planned.confirm(consent)?;
        let done =
            uninterrupted(operate::execute(&reach.client, &reach.link, &confirmed, &manners.policy, manners.journal));
        match done.await? {
            Outcome::Applied { sentence, undo, generation, remark, then: _ } => {
                if let Some(remark) = remark {
                    manners.printer.remark(&format!("rolltop: done, but {remark}"));
                }
                return Ok(Done { sentence, undo, plan: confirmed.what().clone(), generation });
            }
            Outcome::Refused(refusal) => return Err(refusal.into()),
            Outcome::Partly { sentence, hint } => return Err(Failure::new(Kind::Failed, sentence).hint(hint)),
            Outcome::Unknown { sentence, .. } => return Err(Failure::new(Kind::Undecided, sentence)),
            Outcome::Changed(_) if beforehand => {
                return Err(Failure::new(
                    Kind::Failed,
                    "the workload changed in this very moment, so nothing was done",
                )
                .hint("look at it and repeat the command"));
            }
            Outcome::Changed(anew) => {
                manners.printer.remark("The workload changed since the preview. Now it would be:");
                planned = *anew;
            }
        }
    }
    Err(Failure::new(Kind::Failed, "the workload keeps changing, so nothing was done"))
}

/// Finds the yes: given beforehand, or asked for on the terminal.
fn consent(planned: &Planned, follow: &Follow, printer: Printer) -> Result<Consent, Failure> {
    if let Some(name) = &follow.confirm {
        return Ok(Consent::Typed(name.clone()));
    }
    if follow.yes {
        return Ok(Consent::Beforehand);
    }
    let name = &planned.plan.target.name;
    let protected = planned.plan.typed_name;
    let question = match &planned.plan.against {
        Some(why) => format!("{why}. Type {name} to do it all the same:"),
        None if protected => format!("Context {} is protected. Type {name} to do it:", planned.plan.context),
        None => "Do it? [y/N]".to_owned(),
    };
    match printer.ask(&question)? {
        None if protected => {
            let why = planned.plan.against.as_ref().map(|why| format!("{why}: ")).unwrap_or_default();
            Err(Failure::new(Kind::Failed, format!("{why}there is no terminal to ask on"))
                .hint(format!("a plain yes is not enough here: give --confirm {name}")))
        }
        None => Err(Failure::new(Kind::Failed, "there is no terminal to ask on").hint("give --yes to go without")),
        Some(answer) if protected => Ok(Consent::Typed(answer)),
        Some(answer) if matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes") => Ok(Consent::Answered),
        Some(_) => Err(Failure::new(Kind::Failed, "not confirmed; nothing was changed")),
    }
}

/// Keeps Ctrl-C from leaving a write half told: once sent, its outcome is waited for and recorded.
async fn uninterrupted<T>(work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            caught = tokio::signal::ctrl_c() => if caught.is_err() { return work.await },
        }
    }
}

/// Writes a preview.
fn shown(planned: &Planned, manners: &Manners<'_>) -> String {
    let plan = &planned.plan;
    if manners.output == Output::Json {
        let mut value = json!({
            "summary": plan.summary,
            "diff": match &planned.preview {
                Preview::DryRun(changes) => changes.iter().map(change).collect(),
                Preview::Described(_) => Vec::new(),
            },
            "then": plan.then,
            "warnings": plan.warnings.iter().map(|warning| &warning.sentence).collect::<Vec<_>>(),
            "undo": plan.undo,
            "kubectl": plan.kubectl,
        });
        if let Some(found) = &manners.evidence {
            value["evidence"] = evidence::machine(found);
        }
        return format!("{value:#}\n");
    }
    let mut lines = vec![format!("{} (context {}, namespace {})", plan.summary, plan.context, plan.target.namespace)];
    match &planned.preview {
        Preview::DryRun(changes) => lines.extend(changes.iter().map(|change| format!("  {change}"))),
        Preview::Described(sentence) => lines.push(format!("  {sentence}")),
    }
    lines.extend(plan.then.iter().map(|then| format!("  then, {then}")));
    lines.extend(manners.evidence.iter().flat_map(evidence::lines));
    lines.extend(plan.warnings.iter().map(|warning| format!("  warning: {}", warning.sentence)));
    lines.join("\n") + "\n"
}

fn change(change: &Change) -> serde_json::Value {
    json!({"field": change.label, "before": change.before, "after": change.after})
}

fn told(manners: &Manners<'_>, done: &Done) -> Result<(), Failure> {
    let Done { sentence, undo, plan, .. } = done;
    let then = &plan.then;
    if manners.output == Output::Json {
        let value = json!({"result": "applied", "summary": sentence, "undo": undo, "then": then, "at": Timestamp::to_string(&manners.journal.now())});
        return Ok(manners.printer.result(&format!("{value:#}\n"))?);
    }
    manners.printer.result(&format!("done: {sentence}\n"))?;
    if let Some(then) = then {
        let later = if manners.follow.wait.is_some() {
            String::new()
        } else {
            format!(
                "\n      this command does not wait for it: rolltop -n {} finish {}",
                plan.target.namespace, plan.target
            )
        };
        manners.printer.remark(&format!("then, {then}{later}"));
    }
    manners.printer.remark(&format!("undo: {undo}"));
    Ok(())
}
