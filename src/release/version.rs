//! Versions as people name them: a label, an image's tag, a short digest.

use crate::domain::{Container, Template};

use super::Version;

/// Label that names the version of what a template runs.
const LABEL: &str = "app.kubernetes.io/version";
/// Digits of a digest that tell images apart.
const DIGEST_DIGITS: usize = 7;

/// Returns the tag of an image reference; the short digest where there is no tag; `latest` where there is neither.
pub fn tag(image: &str) -> String {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let last = name.rsplit('/').next().unwrap_or(name);
    if let Some((_, tag)) = last.split_once(':') {
        return tag.to_owned();
    }
    match digest.map(|digest| digest.split_once(':').map_or(digest, |(_, hex)| hex)) {
        Some(hex) => hex.chars().take(DIGEST_DIGITS).collect(),
        None => "latest".to_owned(),
    }
}

/// Returns the version of one template: its first container's tag, which unlike a label cannot be stale; the label
/// where the image says nothing.
pub fn of(template: &Template) -> String {
    let first = template.containers.first().map(|container| tag(&container.image));
    let telling = first.clone().filter(|tag| tag != "latest");
    telling.or_else(|| label(template)).or(first).unwrap_or_default()
}

/// Returns the versions at both ends: the label where it moved, else the tag of the container whose image changed.
pub fn between(from: Option<&Template>, to: &Template) -> Version {
    let Some(from) = from else { return Version { from: String::new(), to: of(to) } };
    if let (Some(before), Some(after)) = (label(from), label(to))
        && before != after
    {
        return Version { from: before, to: after };
    }
    let named = |name: &str| from.containers.iter().find(|container| &*container.name == name);
    let changed = to.containers.iter().find_map(|container: &Container| {
        named(&container.name).filter(|before| before.image != container.image).map(|before| (before, container))
    });
    match changed {
        Some((before, after)) => pair(&before.image, &after.image),
        None => Version { from: of(from), to: of(to) },
    }
}

/// The same tag with another digest differs in the digest alone.
fn pair(from: &str, to: &str) -> Version {
    let version = Version { from: tag(from), to: tag(to) };
    let digest = |image: &str| image.split_once('@').map(|(_, digest)| tag(&format!("x@{digest}")));
    match (version.from == version.to, digest(from), digest(to)) {
        (true, Some(from), Some(to)) => Version { from, to },
        _ => version,
    }
}

fn label(template: &Template) -> Option<String> {
    template.labels.get(LABEL).map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::fixtures::template;

    #[test]
    fn tags_are_read_from_every_form_of_reference() {
        for (image, expected) in [
            ("app:v1", "v1"),
            ("registry:5000/team/app:v1.2.3", "v1.2.3"),
            ("registry:5000/team/app", "latest"),
            ("app:v2@sha256:0123456789abcdef", "v2"),
            ("app@sha256:0123456789abcdef", "0123456"),
            ("", "latest"),
        ] {
            assert_eq!(tag(image), expected, "{image}");
        }
    }

    #[test]
    fn both_ends_speak_of_the_container_that_changed() {
        let two = |app: &str, side: &str| {
            let mut template = template(app);
            let sidecar = Container { name: "side".into(), image: side.into(), ..Container::default() };
            template.containers = template.containers.iter().cloned().chain([sidecar]).collect();
            template
        };
        let ends = |from: &Template, to: &Template| {
            let version = between(Some(from), to);
            (version.from, version.to)
        };
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(ends(&template("a:v1"), &template("a:v2")), pair("v1", "v2"));
        assert_eq!(ends(&two("a:v1", "s:1"), &two("a:v1", "s:2")), pair("1", "2"));
        assert_eq!(ends(&template("a:v1"), &template("a:v1")), pair("v1", "v1"), "a restart");
        assert_eq!(
            ends(&template("a:v1@sha256:aaaaaaaaaa"), &template("a:v1@sha256:bbbbbbbbbb")),
            pair("aaaaaaa", "bbbbbbb")
        );
        let labelled = |version: &str| {
            let mut template = template("a:v1");
            template.labels.insert(LABEL.into(), version.into());
            template
        };
        assert_eq!(ends(&labelled("1.0"), &labelled("1.1")), pair("1.0", "1.1"));
        assert_eq!(between(None, &template("a:v2")), Version { from: String::new(), to: "v2".into() });
    }
}
