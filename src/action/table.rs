//! The actions, one row each.

use super::Context::{self, Confirm, Document, Everywhere, Fleet, List, Logs, Rollout, Text};

/// The heading an action stands under in help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Moving the selection or the view.
    Move,
    /// Going from screen to screen.
    Go,
    /// Narrowing and ordering what is shown.
    Find,
    /// Looking closer.
    Look,
    /// Changing the cluster.
    Act,
    /// Reading a log.
    Logs,
    /// Answering a dialog.
    Answer,
    /// The program itself.
    Program,
}

impl Group {
    /// The heading as shown.
    pub fn title(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::Go => "Go",
            Self::Find => "Find",
            Self::Look => "Look",
            Self::Act => "Act on the cluster",
            Self::Logs => "Logs",
            Self::Answer => "Answer",
            Self::Program => "Program",
        }
    }
}

/// What an action may do to the cluster once it is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Risk {
    /// Nothing.
    Reads,
    /// Changes an object; can be undone.
    Writes,
    /// Removes something that does not come back as it was.
    Destroys,
}

/// Everything said about an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The name in keymap files, kebab-case.
    pub name: &'static str,
    /// One or two words for the hint bar.
    pub label: &'static str,
    /// A sentence for help and palette, whose words the palette searches.
    pub sentence: &'static str,
    /// The heading in help.
    pub group: Group,
    /// What it may do to the cluster.
    pub risk: Risk,
    /// Where it applies; [`Context::Everywhere`] means in each context but a typed line.
    pub contexts: &'static [Context],
}

/// Writes the enum, the list of all and the look-up from one table, so that they cannot drift apart.
macro_rules! actions {
    ($($action:ident $name:literal $label:literal $group:ident $risk:ident [$($context:ident),+] $sentence:literal;)+) => {
        /// Something a person may ask for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $(#[doc = $sentence] $action,)+
        }

        impl Action {
            /// All actions, in the order of help.
            pub const ALL: &'static [Self] = &[$(Self::$action,)+];

            /// The action's row of the table.
            pub fn row(self) -> &'static Row {
                match self {
                    $(Self::$action => &Row {
                        name: $name,
                        label: $label,
                        sentence: $sentence,
                        group: Group::$group,
                        risk: Risk::$risk,
                        contexts: &[$($context),+],
                    },)+
                }
            }
        }
    };
}

actions! {
    Up "up" "up" Move Reads [Everywhere, Text] "Move up one line.";
    Down "down" "down" Move Reads [Everywhere, Text] "Move down one line.";
    Top "top" "top" Move Reads [Everywhere] "Move to the first line.";
    Bottom "bottom" "bottom" Move Reads [Everywhere] "Move to the last line.";
    PageUp "page-up" "page up" Move Reads [Everywhere, Text] "Move up one page.";
    PageDown "page-down" "page down" Move Reads [Everywhere, Text] "Move down one page.";
    Left "left" "left" Move Reads [Everywhere] "Scroll to the left, or choose the column to the left.";
    Right "right" "right" Move Reads [Everywhere] "Scroll to the right, or choose the column to the right.";

    Open "open" "open" Go Reads [Fleet, Rollout, List] "Open what is selected.";
    Back "back" "back" Go Reads [Everywhere] "Go back one step: close, clear the filter, leave the screen.";
    NextPane "next-pane" "next pane" Go Reads [Rollout, Logs, Document] "Move to the next pane.";
    PreviousPane "previous-pane" "previous pane" Go Reads [Rollout, Logs, Document] "Move to the previous pane.";
    Namespaces "namespaces" "namespaces" Go Reads [Fleet, Rollout] "Choose the namespaces to watch.";
    Contexts "contexts" "contexts" Go Reads [Fleet, Rollout] "Choose another context, that is another cluster.";

    Filter "filter" "filter" Find Reads [Fleet, List] "Filter the rows while typing: a fuzzy name, state:stuck, ns:shop, image:api, label:tier=web.";
    Sort "sort" "sort" Find Reads [Fleet] "Sort by the next column.";
    ReverseSort "reverse-sort" "reverse" Find Reads [Fleet] "Reverse the order of the sort.";
    Search "search" "search" Find Reads [Logs, Document] "Search in the text.";
    NextMatch "next-match" "next match" Find Reads [Logs, Document] "Go to the next match of the search.";
    PreviousMatch "previous-match" "previous match" Find Reads [Logs, Document] "Go to the previous match of the search.";

    History "history" "history" Look Reads [Fleet, Rollout] "Show the history: revisions with image, age, who and why.";
    Logs "logs" "logs" Look Reads [Fleet, Rollout] "Read the logs of a pod's container.";
    Events "events" "events" Look Reads [Fleet, Rollout] "Show the events, newest first.";
    Metrics "metrics" "metrics" Look Reads [Fleet, Rollout] "Show the metrics panels from Prometheus as charts.";
    TimeRange "time-range" "range" Look Reads [Rollout] "Choose the time range of the charts: 15m, 1h, 6h, 24h.";
    Yaml "yaml" "yaml" Look Reads [Fleet, Rollout, List] "Show the object's YAML.";
    Copy "copy" "copy" Look Reads [Fleet, Rollout, Logs, Document, List, Confirm] "Copy the name, or the equivalent kubectl command, to the clipboard.";

    PauseResume "pause-resume" "pause/resume" Act Writes [Fleet, Rollout] "Pause the rollout, or resume a paused one.";
    Scale "scale" "scale" Act Writes [Fleet, Rollout] "Scale to a number of replicas, or by +n or -n.";
    Undo "undo" "undo" Act Writes [Fleet, Rollout, List] "Undo: roll back to the previous revision, or to one picked from the history.";
    Restart "restart" "restart" Act Writes [Fleet, Rollout] "Restart all pods, one wave after another.";
    SetImage "set-image" "set image" Act Writes [Fleet, Rollout] "Set the image of a container: release another version.";
    Promote "promote" "promote" Act Writes [Fleet, Rollout] "Promote: let the canary take its next step, or switch to the new version.";
    PromoteFull "promote-full" "promote full" Act Writes [Fleet, Rollout] "Promote in full: skip every step, pause and analysis that is left.";
    Abort "abort" "abort" Act Writes [Fleet, Rollout] "Abort the canary or the switch: traffic goes back to what is trusted.";
    Retry "retry" "retry" Act Writes [Fleet, Rollout] "Retry what was aborted or has failed.";
    SkipStep "skip-step" "skip step" Act Writes [Fleet, Rollout] "Skip the present step of a canary, without waiting for it.";
    SetWeight "set-weight" "set weight" Act Writes [Fleet, Rollout] "Set the weight of a label canary: its share of the pods.";
    TerminateRun "terminate-run" "end analysis" Act Writes [Fleet, Rollout] "End the analysis or experiment that is running.";
    OpenGate "open-gate" "open gate" Act Writes [Fleet, Rollout] "Open the gate that holds a canary.";
    CloseGate "close-gate" "close gate" Act Writes [Fleet, Rollout] "Close the gate of a canary: it waits there for a person.";
    Finish "finish" "finish" Act Writes [Fleet, Rollout] "Finish a promotion: do its second step, which was left open.";
    DeletePod "delete-pod" "delete pod" Act Destroys [Rollout] "Delete the selected pod by eviction, honouring disruption budgets.";

    Follow "follow" "follow" Logs Reads [Logs] "Follow the log as it grows, or stop.";
    PreviousRun "previous-run" "previous run" Logs Reads [Logs] "Read the log of the container's previous run, before its last restart.";
    NextContainer "next-container" "container" Logs Reads [Logs] "Switch to the pod's next container.";
    Wrap "wrap" "wrap" Logs Reads [Logs, Document] "Wrap long lines, or stop.";

    Confirm "confirm" "confirm" Answer Reads [Confirm, Text] "Confirm: yes, do it; or accept the line as typed.";
    Cancel "cancel" "cancel" Answer Reads [Confirm, Text] "Cancel: no, change nothing; or drop the line.";
    Complete "complete" "complete" Answer Reads [Text] "Complete the line from the selected suggestion.";

    Palette "palette" "palette" Program Reads [Everywhere] "Find any action by its words in the command palette.";
    Help "help" "help" Program Reads [Everywhere] "Show help: every key that works here.";
    Messages "messages" "messages" Program Reads [Everywhere] "Read earlier messages and the problems of your files.";
    Theme "theme" "theme" Program Reads [Everywhere] "Switch the theme: choose other colours, see them at once.";
    ToggleMouse "toggle-mouse" "mouse" Program Reads [Everywhere] "Turn the mouse on or off; off lets the terminal select text.";
    Refresh "refresh" "refresh" Program Reads [Everywhere] "Refresh: reconnect now instead of waiting, and draw the screen anew.";
    Suspend "suspend" "suspend" Program Reads [Everywhere, Text] "Suspend rolltop and return to the shell; fg brings it back.";
    BackOrQuit "back-or-quit" "back, quit" Program Reads [Everywhere] "Go back, and quit from the first screen.";
    Quit "quit" "quit" Program Reads [Everywhere, Text] "Quit rolltop at once.";
}

impl Action {
    /// Finds an action by its name in keymap files.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.name() == name)
    }

    /// The name in keymap files, kebab-case.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// One or two words for the hint bar.
    pub fn label(self) -> &'static str {
        self.row().label
    }

    /// A sentence for help and palette.
    pub fn sentence(self) -> &'static str {
        self.row().sentence
    }

    /// Whether the action leads to a change in the cluster.
    pub fn writes(self) -> bool {
        self.row().risk != Risk::Reads
    }

    /// Whether the action means something in a context.
    pub fn applies_in(self, context: Context) -> bool {
        let contexts = self.row().contexts;
        contexts.contains(&context) || (context.parent().is_some() && contexts.contains(&Everywhere))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_kebab_case_and_found_again() {
        let names: BTreeSet<&str> = Action::ALL.iter().map(|action| action.name()).collect();
        assert_eq!(names.len(), Action::ALL.len());
        for action in Action::ALL {
            let name = action.name();
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
            assert_eq!(Action::named(name), Some(*action));
        }
        assert_eq!(Action::named("none"), None, "\"none\" unbinds a chord");
    }

    #[test]
    fn sentences_end_as_sentences_and_labels_fit_a_hint() {
        for action in Action::ALL {
            assert!(action.sentence().ends_with('.'), "{action:?}");
            assert!(action.label().len() <= 14, "{action:?}");
        }
    }

    #[test]
    fn what_writes_stands_under_act_and_nothing_else_does() {
        for action in Action::ALL {
            assert_eq!(action.writes(), action.row().group == Group::Act, "{action:?}");
        }
    }

    #[test]
    fn everywhere_reaches_all_places_but_a_typed_line() {
        assert!(Action::Help.applies_in(Fleet));
        assert!(Action::Help.applies_in(Confirm));
        assert!(!Action::Help.applies_in(Text));
        assert!(Action::Quit.applies_in(Text));
        assert!(!Action::DeletePod.applies_in(Fleet));
    }
}
