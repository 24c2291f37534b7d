//! Who made a change: a person only where something names one, else the tool, never the one for the other.

use jiff::SignedDuration;

use crate::domain::{Deed, Manager, Meta, Template, Workload};

use super::Who;

/// Annotation with a sentence on the reason of a change.
pub const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// Last part of annotation names that pipelines use for the person who triggered them.
const NAMES_OF_PEOPLE: [&str; 9] = [
    "changed-by",
    "deployed-by",
    "triggered-by",
    "released-by",
    "deployer",
    "actor",
    "commit-author",
    "git-author",
    "user-login",
];

/// The field manager of this program's own writes.
const OURS: &str = "rolltop";

/// How long after its record a write may have reached the server.
const REACHED: SignedDuration = SignedDuration::from_secs(60);

/// Tells who made a workload's present template; `deed` is the newest change of it the audit holds.
pub fn of_workload(workload: &Workload, deed: Option<&Deed>) -> Who {
    // The audit outranks what annotations say: a rollback brings back those of the revision it goes to.
    if let Some(person) = on_record(workload, deed).or_else(|| person(&workload.meta, Some(&workload.template))) {
        return person;
    }
    template_writer(workload).map_or(Who::Unknown, |manager| Who::Tool(manager.name.clone()))
}

/// Tells who made a workload's present template with this program, if that is how it was made.
pub fn on_record(workload: &Workload, deed: Option<&Deed>) -> Option<Who> {
    let (deed, writer) = (deed?, template_writer(workload)?);
    // The server notes whole seconds.
    let took = writer.at?.duration_since(deed.at).as_secs();
    let ours = &*writer.name == OURS && (-1..=REACHED.as_secs()).contains(&took);
    ours.then(|| Who::Person { name: deed.user.to_string(), via: "audit".into() })
}

fn template_writer(workload: &Workload) -> Option<&Manager> {
    workload.meta.managers.iter().find(|manager| manager.template)
}

/// Tells who made a former revision, whose object only its controller ever wrote.
pub fn of_revision(meta: &Meta, template: &Template) -> Who {
    person(meta, Some(template)).unwrap_or_default()
}

fn person(meta: &Meta, template: Option<&Template>) -> Option<Who> {
    let of_template = template.into_iter().flat_map(|template| &template.annotations);
    let named = of_template.chain(&meta.annotations).find(|(name, value)| {
        let last = name.rsplit('/').next().unwrap_or(name);
        NAMES_OF_PEOPLE.contains(&last) && !value.trim().is_empty()
    });
    if let Some((annotation, name)) = named {
        return Some(Who::Person { name: name.trim().to_owned(), via: annotation.clone() });
    }
    let name = named_in(meta.annotation(CHANGE_CAUSE)?)?;
    Some(Who::Person { name, via: "change-cause".into() })
}

/// Finds a person in a change-cause: an address, an `@handle`, or the word after `by`.
fn named_in(sentence: &str) -> Option<String> {
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let trim = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '@').to_owned();
    let handle = |word: &&&str| {
        let word = trim(word);
        let (before, after) = word.split_once('@').unwrap_or_default();
        // An image with a digest holds an `@` too.
        !after.is_empty() && !after.contains(':') && !before.contains(['/', ':'])
    };
    if let Some(word) = words.iter().find(handle) {
        return Some(trim(word).trim_start_matches('@').to_owned());
    }
    let after = words.windows(2).find(|pair| pair[0].eq_ignore_ascii_case("by")).map(|pair| trim(pair[1]));
    after.filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::fixtures::deployment;

    #[test]
    fn a_tool_is_never_passed_off_as_a_person() {
        let mut workload = deployment("app");
        assert_eq!(of_workload(&workload, None), Who::Unknown);
        let manager = |name: &str, template| Manager {
            aborts: false,
            name: name.into(),
            operation: "Update".into(),
            at: None,
            template,
            replicas: true,
            paused: false,
        };
        workload.meta.managers = vec![manager("kubectl-scale", false), manager("kubectl-set", true)];
        assert_eq!(of_workload(&workload, None), Who::Tool("kubectl-set".into()));
        for (cause, name) in [
            ("release v1.2.0 (bad0001)", None),
            ("kubectl set image deploy/app app=shop/app@sha256:abc", None),
            ("rollback by alice, see INC-7", Some("alice")),
            ("v2, asked for by @bob", Some("bob")),
            ("v2 (carol@example.org)", Some("carol@example.org")),
        ] {
            workload.meta.annotations.insert(CHANGE_CAUSE.into(), cause.into());
            let expected = name.map_or(Who::Tool("kubectl-set".into()), |name| Who::Person {
                name: name.into(),
                via: "change-cause".into(),
            });
            assert_eq!(of_workload(&workload, None), expected, "{cause}");
        }
        workload.template.annotations.insert("ci.example.org/triggered-by".into(), "dave".into());
        let person = Who::Person { name: "dave".into(), via: "ci.example.org/triggered-by".into() };
        assert_eq!(of_workload(&workload, None), person);
    }

    #[test]
    fn the_audit_names_who_made_a_change_with_this_program() {
        let mut workload = deployment("app");
        workload.meta.annotations.insert(CHANGE_CAUSE.into(), "release v1 by alice".into());
        let sent: jiff::Timestamp = "2026-11-21T03:00:00.7Z".parse().unwrap();
        let deed = Deed { uid: workload.meta.uid.clone(), user: "oncall".into(), at: sent, aborts: false };
        let audited = Who::Person { name: "oncall".into(), via: "audit".into() };
        let alice = Who::Person { name: "alice".into(), via: "change-cause".into() };
        for (manager, at, expected) in [
            ("rolltop", "2026-11-21T03:00:00Z", &audited),
            ("rolltop", "2026-11-21T03:00:20Z", &audited),
            ("rolltop", "2026-11-21T03:05:00Z", &alice),
            ("rolltop", "2026-11-21T02:59:00Z", &alice),
            ("kubectl-set", "2026-11-21T03:00:01Z", &alice),
        ] {
            workload.meta.managers = vec![Manager {
                aborts: false,
                name: manager.into(),
                operation: "Update".into(),
                at: Some(at.parse().unwrap()),
                template: true,
                replicas: false,
                paused: false,
            }];
            assert_eq!(of_workload(&workload, Some(&deed)), *expected, "{manager} {at}");
        }
    }
}
