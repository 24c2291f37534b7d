//! Where a key is pressed.

/// The place on screen that has the keyboard; it decides what a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// What holds in every place but [`Context::Text`].
    Everywhere,
    /// The list of workloads.
    Fleet,
    /// One workload's rollout, with its panes and panels.
    Rollout,
    /// A container's log.
    Logs,
    /// A text to read: YAML, help, messages.
    Document,
    /// A list to choose from: namespaces, contexts, revisions, themes.
    List,
    /// A question to be answered with yes or no.
    Confirm,
    /// A line being typed: filter, palette, number of replicas, image.
    Text,
}

impl Context {
    /// All contexts, the most general first.
    pub const ALL: [Self; 8] = [
        Self::Everywhere,
        Self::Fleet,
        Self::Rollout,
        Self::Logs,
        Self::Document,
        Self::List,
        Self::Confirm,
        Self::Text,
    ];

    /// The name in keymap files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::Fleet => "fleet",
            Self::Rollout => "rollout",
            Self::Logs => "logs",
            Self::Document => "document",
            Self::List => "list",
            Self::Confirm => "confirm",
            Self::Text => "text",
        }
    }

    /// The context whose keys also hold here. A line being typed inherits nothing: its letters are letters.
    pub fn parent(self) -> Option<Self> {
        match self {
            Self::Everywhere | Self::Text => None,
            _ => Some(Self::Everywhere),
        }
    }
}
