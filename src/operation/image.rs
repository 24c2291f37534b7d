//! Setting images, and the change-cause that goes with a new template.

use serde_json::{Map, Value, json};

use crate::domain::Text;

use super::{
    Facts, Patch, PatchKind, Refusal, Warning, WarningKind, Write,
    json::{list, text},
    plan::Draft,
    undo::on_delete,
};

const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";
const LISTS: [&str; 2] = ["initContainers", "containers"];

/// Plans new images by a strategic merge, so that nothing else of a container is lost.
pub(super) fn set_image(facts: &Facts, images: &[(Text, Text)]) -> Result<Draft, Refusal> {
    let names = container_names(facts);
    for (container, image) in images {
        check(facts, &names, container, image)?;
    }
    let mut spec = Map::new();
    let mut wanted = facts.target.clone();
    for kind in LISTS {
        let pointer = format!("/spec/template/spec/{kind}");
        let mut patches = Vec::new();
        for (index, container) in list(&facts.target, &pointer).iter().enumerate() {
            let name = text(container, "/name");
            // The last assignment wins, as it does for kubectl.
            let Some((_, image)) = images.iter().rev().find(|(for_name, _)| &**for_name == "*" || &**for_name == name)
            else {
                continue;
            };
            if text(container, "/image") == &**image {
                continue;
            }
            patches.push(json!({"name": name, "image": &**image}));
            if let Some(slot) = wanted.pointer_mut(&format!("{pointer}/{index}/image")) {
                *slot = (&**image).into();
            }
        }
        if !patches.is_empty() {
            spec.insert(kind.to_owned(), patches.into());
        }
    }
    if spec.is_empty() {
        return Err(Refusal::new(format!("{} runs these images already", facts.key)));
    }
    Ok(draft(facts, images, &spec, wanted))
}

fn draft(facts: &Facts, images: &[(Text, Text)], spec: &Map<String, Value>, mut wanted: Value) -> Draft {
    let what = images.iter().map(|(name, image)| format!("{name}={image}")).collect::<Vec<_>>().join(" ");
    let cause = cause(facts, &format!("set-image {what}"));
    let mut body = json!({"spec": {"template": {"spec": spec}}});
    with_cause(&mut body, &cause);
    let mut note = json!({});
    with_cause(&mut note, &cause);
    json_patch::merge(&mut wanted, &note);
    let paused = facts.paused().then(|| Warning {
        kind: WarningKind::Idle,
        sentence: "it is paused: the new image rolls out when it is resumed".to_owned(),
    });
    let words = format!("set image of {}: {what}", facts.key);
    let patch = Patch { subresource: None, kind: PatchKind::Strategic, body, unified: None };
    Draft {
        summary: words.clone(),
        writes: vec![Write::patch(facts.object(), &facts.target, &wanted, words, patch)],
        then: None,
        undo: facts.command("undo", ""),
        warnings: paused.into_iter().chain(on_delete(facts)).collect(),
    }
}

/// Words a change-cause: what was done, and by whom where that is a person.
pub(super) fn cause(facts: &Facts, what: &str) -> String {
    let person = !facts.user.is_empty() && !facts.user.starts_with("system:");
    if person { format!("rolltop {what} by {}", facts.user) } else { format!("rolltop {what}") }
}

/// Adds the change-cause to the patch that changes the template, so that both go into one revision.
pub(super) fn with_cause(body: &mut Value, cause: &str) {
    json_patch::merge(body, &json!({"metadata": {"annotations": {CHANGE_CAUSE: cause}}}));
}

fn container_names(facts: &Facts) -> Vec<String> {
    LISTS
        .iter()
        .flat_map(|kind| list(&facts.target, &format!("/spec/template/spec/{kind}")))
        .map(|container| text(container, "/name").to_owned())
        .collect()
}

fn check(facts: &Facts, names: &[String], container: &str, image: &str) -> Result<(), Refusal> {
    if image.is_empty() || image.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Refusal::new(format!("{image:?} is not an image reference"))
            .hint("write it as repository:tag or repository@digest"));
    }
    if container == "*" || names.iter().any(|name| name == container) {
        return Ok(());
    }
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let hint = match similar::get_close_matches(container, &known, 1, 0.5).first() {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("its containers: {}", known.join(", ")),
    };
    Err(Refusal::new(format!("{} has no container {container:?}", facts.key)).hint(hint))
}
