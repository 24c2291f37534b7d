//! Reading a scenario file, with all its problems in one pass.

use jiff::SignedDuration;
use toml::Spanned;

use super::{Action, CONTROLLERS, Release, Scenario, Screen, Sign, Step};
use crate::demo::kubelet::{Behaviour, Fate};
use crate::demo::store::quota;
use crate::demo::traffic::Defect;
use crate::problem::{Document, Problem, Section};

/// The keys that say what a step does; each step has exactly one.
pub(super) const ACTIONS: &[&str] = &[
    "release",
    "scale",
    "hold",
    "configure",
    "fault",
    "unready",
    "traffic",
    "payment_provider",
    "database",
    "noisy_node",
    "lose_node",
    "find_node",
    "quota_spare",
    "no_quota",
    "promote",
    "abort",
    "retry",
    "switch",
    "gate",
    "stop_controller",
    "start_controller",
];

/// The keys that say more about what a step does.
const DETAILS: &[&str] = &[
    "image",
    "cause",
    "by",
    "replicas",
    "key",
    "value",
    "errors",
    "share",
    "full",
    "slot",
    "open",
    "error_share",
    "latency",
    "tail_latency",
    "tail_share",
    "cpu_factor",
    "memory_leak",
    "connection_leak",
    "pool_size",
];

pub(super) fn parse(name: &str, file: &str, text: &str) -> Result<Scenario, Vec<Problem>> {
    let document = Document::parse(file, text);
    let mut root = document.root();
    let mut sentence = |key| root.required_string(key).map(Spanned::into_inner).unwrap_or_default();
    let (teaches, notice, right_move) = (sentence("teaches"), sentence("notice"), sentence("move"));
    let releases = root.sections("release").into_iter().filter_map(release).collect();
    let mut steps: Vec<Step> = root.sections("step").into_iter().filter_map(step).collect();
    let signs = root.sections("sign").into_iter().filter_map(sign).collect();
    root.close();
    steps.sort_by_key(|step| step.at);
    let problems = document.into_problems();
    if problems.is_empty() {
        Ok(Scenario { name: name.to_owned(), teaches, notice, right_move, releases, steps, signs })
    } else {
        Err(problems)
    }
}

pub(super) fn parse_action(file: &str, text: &str) -> Result<Action, Vec<Problem>> {
    let document = Document::parse(file, text);
    let mut root = document.root();
    let action = only_action(&mut root);
    root.close();
    let problems = document.into_problems();
    // Whoever finds no action has reported why.
    action.filter(|_| problems.is_empty()).ok_or(problems)
}

fn release(mut section: Section<'_>) -> Option<Release> {
    let image = section.required_string("image")?.into_inner();
    let mut behaviour = Behaviour::of_image(&image);
    if let Some(seconds) = seconds(&mut section, "startup") {
        behaviour.startup = seconds;
    }
    if section.boolean("never_ready") == Some(true) {
        behaviour.becomes_ready = false;
    }
    behaviour.unready_after = seconds(&mut section, "unready_after");
    if section.boolean("missing") == Some(true) {
        behaviour.exists = false;
    }
    let code = section.integer("exit_code", 1..=255).unwrap_or(1);
    if let Some(after) = seconds(&mut section, "crash_after") {
        behaviour.fate = Some(Fate::Crash { after, code });
    }
    if let Some(after) = seconds(&mut section, "oom_after") {
        behaviour.fate = Some(Fate::OutOfMemory { after });
    }
    let defect = defect(&mut section);
    section.close();
    Some(Release { image, behaviour, defect })
}

fn defect(section: &mut Section<'_>) -> Defect {
    let mut defect = Defect::default();
    let numbers: [(&'static str, &mut f64); 4] = [
        ("error_share", &mut defect.error_share),
        ("tail_share", &mut defect.tail_share),
        ("cpu_factor", &mut defect.cpu_factor),
        ("connection_leak", &mut defect.connection_leak),
    ];
    for (key, field) in numbers {
        if let Some(number) = section.number(key) {
            *field = number;
        }
    }
    for (key, field) in [("latency", &mut defect.latency), ("tail_latency", &mut defect.tail_latency)] {
        if let Some(number) = seconds(section, key) {
            *field = number;
        }
    }
    if let Some(text) = section.string("memory_leak") {
        match quota::quantity(&serde_json::Value::String(text.get_ref().clone())) {
            Some(bytes) => defect.memory_leak = bytes,
            None => section.document().report_with(
                &text.span(),
                "no amount of memory",
                "write bytes lost per second, such as \"2Mi\"",
            ),
        }
    }
    defect.pool_size = section.integer("pool_size", 1..=1000).and_then(|size| u32::try_from(size).ok());
    defect
}

fn step(mut section: Section<'_>) -> Option<Step> {
    section.required_string("at");
    let at = seconds(&mut section, "at");
    let action = only_action(&mut section);
    section.close();
    Some(Step { at: SignedDuration::try_from_secs_f64(at?).ok()?, action: action? })
}

fn sign(mut section: Section<'_>) -> Option<Sign> {
    section.required_string("screen");
    let screen = section.choice("screen", Screen::ALL);
    let workload = section.required_string("workload").map(Spanned::into_inner);
    let says = section.required_string("says");
    if let Some(Err(error)) = says.as_ref().map(|says| regex::Regex::new(says.get_ref())) {
        let span = says.as_ref().map(Spanned::span).unwrap_or_default();
        section.document().report_with(&span, "no regular expression", error.to_string());
    }
    section.required_string("by");
    let by = seconds(&mut section, "by");
    section.close();
    let by = SignedDuration::try_from_secs_f64(by?).ok()?;
    Some(Sign { screen: screen?, workload: workload?, says: says?.into_inner(), by })
}

fn only_action(section: &mut Section<'_>) -> Option<Action> {
    let span = section.span();
    let document = section.document();
    let mut actions = Vec::new();
    for key in ACTIONS {
        if section.entry(key).is_some() {
            actions.push(*key);
        }
    }
    match actions.as_slice() {
        [only] => action(only, section),
        [] => {
            document.report_with(&span, "this step does nothing", format!("give it one of: {}", ACTIONS.join(", ")));
            // They are right as soon as the key they belong to is.
            for key in DETAILS {
                section.asked(key);
            }
            None
        }
        several => {
            document.report_with(
                &span,
                format!("this step does several things: {}", several.join(", ")),
                "make a step of each",
            );
            None
        }
    }
}

fn action(key: &'static str, section: &mut Section<'_>) -> Option<Action> {
    let mut text = |key| section.required_string(key).map(Spanned::into_inner);
    Some(match key {
        "release" => Action::Release {
            workload: text(key)?,
            image: text("image")?,
            cause: section.string("cause").map(Spanned::into_inner),
            by: section.string("by").map_or_else(|| "github-actions".to_owned(), Spanned::into_inner),
        },
        "scale" => Action::Scale { workload: text(key)?, replicas: section.integer("replicas", 0..=10_000)? },
        "hold" => Action::HoldImage { workload: text(key)? },
        "configure" => {
            let (workload, key, value) = (text(key)?, text("key")?, text("value")?);
            Action::Configure { workload, key, value, defect: defect(section) }
        }
        "fault" => Action::Fault { workload: text(key)?, defect: defect(section) },
        "unready" => Action::Unready { workload: text(key)? },
        "traffic" => Action::Traffic(section.number(key)?),
        "payment_provider" => {
            Action::PaymentProvider { latency: seconds(section, key)?, errors: section.number("errors").unwrap_or(0.0) }
        }
        "database" => Action::Database(seconds(section, key)?),
        "noisy_node" => Action::NoisyNode { node: text(key)?, share: section.number("share")? },
        "lose_node" => Action::LoseNode(text(key)?),
        "find_node" => Action::FindNode(text(key)?),
        "promote" => Action::Promote { workload: text(key)?, full: section.boolean("full").unwrap_or(false) },
        "abort" => Action::Abort(text(key)?),
        "retry" => Action::Retry(text(key)?),
        "switch" => Action::Switch { service: text(key)?, slot: text("slot")? },
        "gate" => Action::Gate { canary: text(key)?, open: section.boolean("open").unwrap_or(true) },
        "stop_controller" | "start_controller" => {
            Action::Controller { name: controller(section, key)?, runs: key == "start_controller" }
        }
        "quota_spare" => Action::Quota { spare: section.integer(key, 0..=10_000)? },
        _ => Action::NoQuota,
    })
}

/// Reads the name of a controller that may be stopped.
fn controller(section: &mut Section<'_>, key: &'static str) -> Option<String> {
    let name = section.required_string(key)?;
    if CONTROLLERS.contains(&name.get_ref().as_str()) {
        return Some(name.into_inner());
    }
    let hint = format!("write one of: {}", CONTROLLERS.join(", "));
    section.document().report_with(&name.span(), "no controller that can be stopped", hint);
    None
}

/// Reads a duration such as `"1m 30s"` as seconds.
fn seconds(section: &mut Section<'_>, key: &'static str) -> Option<f64> {
    let text = section.string(key)?;
    let parsed = text.get_ref().parse::<SignedDuration>().ok().filter(|duration| !duration.is_negative());
    if parsed.is_none() {
        section.document().report_with(
            &text.span(),
            format!("{key:?} is no duration"),
            "write it like \"1m 30s\" or \"250ms\"",
        );
    }
    parsed.map(|duration| duration.as_secs_f64())
}
