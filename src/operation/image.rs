//! Setting images, and the change-cause that goes with a new template.

use serde_json::{Map, Value, json};

use crate::domain::Text;

use super::{
    Facts, Patch, PatchKind, Refusal, Warning, WarningKind, Write,
    json::{at, escape, list, text},
    plan::Draft,
    undo::on_delete,
};

const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";
const LISTS: [&str; 2] = ["initContainers", "containers"];

/// A container that gets another image.
pub(super) struct Slot<'a> {
    /// The list it is in: `containers` or `initContainers`.
    pub list: &'static str,
    /// Its place there.
    pub index: usize,
    /// Its name.
    pub name: &'a str,
    /// Its new image.
    pub image: &'a str,
}

/// Plans new images by a strategic merge, so that nothing else of a container is lost.
pub(super) fn set_image(facts: &Facts, images: &[(Text, Text)]) -> Result<Draft, Refusal> {
    const TEMPLATE: &str = "/spec/template";
    let slots = chosen(facts, &facts.target, TEMPLATE, images)?;
    let mut spec = Map::new();
    let mut wanted = facts.target.clone();
    for kind in LISTS {
        let of_list = || slots.iter().filter(|slot| slot.list == kind);
        for slot in of_list() {
            if let Some(place) = wanted.pointer_mut(&format!("{TEMPLATE}/spec/{kind}/{}/image", slot.index)) {
                *place = slot.image.into();
            }
        }
        let patches: Vec<Value> = of_list().map(|slot| json!({"name": slot.name, "image": slot.image})).collect();
        if !patches.is_empty() {
            spec.insert(kind.to_owned(), patches.into());
        }
    }
    let cause = cause(facts, &format!("set-image {}", listed(images)));
    let mut body = json!({"spec": {"template": {"spec": spec}}});
    with_cause(&mut body, &cause);
    let mut note = json!({});
    with_cause(&mut note, &cause);
    json_patch::merge(&mut wanted, &note);
    let words = format!("set image of {}: {}", facts.key, listed(images));
    let patch = Patch { subresource: None, kind: PatchKind::Strategic, body, unified: None };
    Ok(Draft {
        summary: words.clone(),
        writes: vec![Write::patch(facts.object(), &facts.target, &wanted, words, patch)],
        then: None,
        undo: facts.command("undo", ""),
        warnings: idle(facts),
    })
}

/// Finds the containers that get another image, in the template at a pointer of an object.
pub(super) fn chosen<'a>(
    facts: &Facts,
    holder: &'a Value,
    template: &str,
    images: &'a [(Text, Text)],
) -> Result<Vec<Slot<'a>>, Refusal> {
    let all = || LISTS.into_iter().map(|kind| (kind, list(holder, &format!("{template}/spec/{kind}"))));
    let names: Vec<&str> = all().flat_map(|(_, list)| list).map(|container| text(container, "/name")).collect();
    for (container, image) in images {
        check(facts, &names, container, image)?;
    }
    let mut slots = Vec::new();
    for (kind, containers) in all() {
        for (index, container) in containers.iter().enumerate() {
            let name = text(container, "/name");
            // The last assignment wins, as it does for kubectl.
            let assigned = images.iter().rev().find(|(for_name, _)| &**for_name == "*" || &**for_name == name);
            if let Some((_, image)) = assigned.filter(|(_, image)| text(container, "/image") != &**image) {
                slots.push(Slot { list: kind, index, name, image });
            }
        }
    }
    if slots.is_empty() {
        return Err(Refusal::new(format!("{} runs these images already", facts.key)));
    }
    Ok(slots)
}

/// Writes assignments as they are typed.
pub(super) fn listed(images: &[(Text, Text)]) -> String {
    images.iter().map(|(name, image)| format!("{name}={image}")).collect::<Vec<_>>().join(" ")
}

/// Says that new images reach no pod by themselves.
pub(super) fn idle(facts: &Facts) -> Vec<Warning> {
    let paused = facts.paused().then(|| Warning {
        kind: WarningKind::Idle,
        sentence: "it is paused: the new image rolls out when it is resumed".to_owned(),
    });
    paused.into_iter().chain(on_delete(facts)).collect()
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

/// The operation of a JSON patch that adds the change-cause to the object that holds a template.
pub(super) fn note(facts: &Facts, holder: &Value, what: &str) -> Value {
    let cause = cause(facts, what);
    if at(holder, "/metadata/annotations").is_some() {
        let path = format!("/metadata/annotations/{}", escape(CHANGE_CAUSE));
        return json!({"op": "add", "path": path, "value": cause});
    }
    json!({"op": "add", "path": "/metadata/annotations", "value": {CHANGE_CAUSE: cause}})
}

fn check(facts: &Facts, names: &[&str], container: &str, image: &str) -> Result<(), Refusal> {
    if image.is_empty() || image.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Refusal::new(format!("{image:?} is not an image reference"))
            .hint("write it as repository:tag or repository@digest"));
    }
    if container == "*" || names.contains(&container) {
        return Ok(());
    }
    let hint = match similar::get_close_matches(container, names, 1, 0.5).first() {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("its containers: {}", names.join(", ")),
    };
    Err(Refusal::new(format!("{} has no container {container:?}", facts.key)).hint(hint))
}
