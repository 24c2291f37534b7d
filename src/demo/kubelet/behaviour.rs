//! What an image does once it is started: what its tag says, or what a scenario says of a release.

/// How a release behaves on a node. Seconds are at speed 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Behaviour {
    /// Seconds to pull the image onto a node that lacks it.
    pub pull: f64,
    /// Whether the image exists.
    pub exists: bool,
    /// Seconds from start until it serves.
    pub startup: f64,
    /// Whether it ever says it is ready.
    pub becomes_ready: bool,
    /// Seconds from start until its readiness probe begins to fail for good; none where it never does.
    pub unready_after: Option<f64>,
    /// How it ends, where it does not run for ever.
    pub fate: Option<Fate>,
    /// Seconds from SIGTERM to the end.
    pub stop: f64,
}

/// How a container ends by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fate {
    /// It exits with a code, seconds after it was started.
    Crash {
        /// Seconds.
        after: f64,
        /// Exit code, not 0.
        code: i64,
    },
    /// The kernel kills it for memory, seconds after it was started.
    OutOfMemory {
        /// Seconds.
        after: f64,
    },
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            pull: 12.0,
            exists: true,
            startup: 18.0,
            becomes_ready: true,
            unready_after: None,
            fate: None,
            stop: 10.0,
        }
    }
}

impl Behaviour {
    /// Reads the words in an image's tag: `crash`, `oom`, `pull`, `noready`, `slow`; any other image is healthy.
    pub fn of_image(image: &str) -> Self {
        let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
        let says = |word| tag.contains(word);
        let mut behaviour = Self { exists: !says("pull"), becomes_ready: !says("noready"), ..Self::default() };
        if says("crash") {
            behaviour.fate = Some(Fate::Crash { after: 20.0, code: 1 });
        } else if says("oom") {
            behaviour.fate = Some(Fate::OutOfMemory { after: 55.0 });
        }
        if says("slow") {
            behaviour.startup = 300.0;
        }
        behaviour
    }

    /// Says whether it never gets as far as answering its probes.
    pub fn dies_early(&self) -> bool {
        matches!(self.fate, Some(Fate::Crash { after, .. } | Fate::OutOfMemory { after }) if after <= self.startup + 5.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_says_what_an_image_does() {
        assert_eq!(Behaviour::of_image("nginx:1.27"), Behaviour::default());
        assert!(!Behaviour::of_image("shop/x:v2-pull").exists);
        assert!(!Behaviour::of_image("shop/x:v2-noready").becomes_ready);
        assert!(matches!(Behaviour::of_image("shop/x:crash").fate, Some(Fate::Crash { code: 1, .. })));
        assert!(matches!(Behaviour::of_image("shop/x:v1.3.0-oom").fate, Some(Fate::OutOfMemory { .. })));
        assert_eq!(Behaviour::of_image("crash/oom"), Behaviour::default(), "only the tag speaks");
    }
}
