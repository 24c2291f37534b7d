//! Who made a change: a person only where something names one, else the tool, never the one for the other.

use crate::domain::{Meta, Template, Workload};

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

/// Tells who made a workload's present template.
pub fn of_workload(workload: &Workload) -> Who {
    if let Some(person) = person(&workload.meta, Some(&workload.template)) {
        return person;
    }
    let writer = workload.meta.managers.iter().find(|manager| manager.template);
    writer.map_or(Who::Unknown, |manager| Who::Tool(manager.name.clone()))
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
    use crate::{domain::Manager, world::fixtures::deployment};

    #[test]
    fn a_tool_is_never_passed_off_as_a_person() {
        let mut workload = deployment("app");
        assert_eq!(of_workload(&workload), Who::Unknown);
        let manager = |name: &str, template| Manager {
            name: name.into(),
            operation: "Update".into(),
            at: None,
            template,
            replicas: true,
            paused: false,
        };
        workload.meta.managers = vec![manager("kubectl-scale", false), manager("kubectl-set", true)];
        assert_eq!(of_workload(&workload), Who::Tool("kubectl-set".into()));
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
            assert_eq!(of_workload(&workload), expected, "{cause}");
        }
        workload.template.annotations.insert("ci.example.org/triggered-by".into(), "dave".into());
        let person = Who::Person { name: "dave".into(), via: "ci.example.org/triggered-by".into() };
        assert_eq!(of_workload(&workload), person);
    }
}
