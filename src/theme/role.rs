//! What something on screen is for.

/// Writes the roles from one table: variant, table and key in theme files, what it falls back on, glyph.
macro_rules! roles {
    ($($role:ident $group:literal $key:literal $fallback:expr, $glyph:expr, $meaning:literal;)+) => {
        /// What something on screen is for; a theme says how that looks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Role {
            $(#[doc = $meaning] $role,)+
        }

        use Role::*;

        impl Role {
            /// All roles.
            pub const ALL: &'static [Self] = &[$($role,)+];

            /// The table in theme files.
            pub fn group(self) -> &'static str {
                match self { $($role => $group,)+ }
            }

            /// The key within the table.
            pub fn key(self) -> &'static str {
                match self { $($role => $key,)+ }
            }

            /// The more general role it looks like when a theme does not say.
            pub fn fallback(self) -> Option<Self> {
                match self { $($role => $fallback,)+ }
            }

            /// The character that says the same without colour; none for roles that are not states.
            pub fn glyph(self) -> Option<&'static str> {
                match self { $($role => $glyph,)+ }
            }
        }
    };
}

roles! {
    Text "ui" "text" None, None, "Ordinary text.";
    Dim "ui" "dim" Some(Text), None, "Text of less weight, and keys that may not be used.";
    Accent "ui" "accent" Some(Text), None, "What leads the eye.";
    Title "ui" "title" Some(Text), None, "Titles of screens, panes and panels.";
    Header "ui" "header" Some(Dim), None, "Headings of columns.";
    Border "ui" "border" Some(Dim), None, "Frames of panes.";
    Focus "ui" "focus" Some(Accent), None, "The frame of the pane that has the keyboard.";
    Selection "ui" "selection" None, None, "The selected row, laid over what is in it.";
    Match "ui" "match" Some(Accent), None, "Letters that match a search or filter.";
    Key "ui" "key" Some(Accent), None, "Keys in hints and help.";
    Protected "ui" "protected" Some(Error), None, "The frame around a protected context.";
    Sparkline "ui" "sparkline" Some(Accent), None, "Small charts inside a row.";
    Error "severity" "error" Some(Text), Some("✖"), "What failed.";
    Warn "severity" "warn" Some(Text), Some("▲"), "What needs a look.";
    Ok "severity" "ok" Some(Text), Some("✔"), "What went well.";
    Info "severity" "info" Some(Accent), Some("•"), "What is worth knowing.";
    StateUnknown "state" "unknown" Some(Dim), Some("?"), "A workload of which not enough is seen.";
    StateScaledDown "state" "scaled-down" Some(Dim), Some("○"), "A workload of zero replicas.";
    StatePaused "state" "paused" Some(Info), Some("■"), "A rollout a person paused.";
    StateWaiting "state" "waiting" Some(Warn), Some("⏸"), "A rollout that waits for a person.";
    StateStuck "state" "stuck" Some(Error), Some("✖"), "A rollout that will probably not arrive.";
    StateDegraded "state" "degraded" Some(Error), Some("▼"), "A workload that arrived and is unhealthy.";
    StateProgressing "state" "progressing" Some(Info), Some("◐"), "A rollout under way.";
    StateStable "state" "stable" Some(Ok), Some("✔"), "A workload as it should be.";
    PodPending "pod" "pending" Some(Dim), Some("·"), "A pod not yet on a node.";
    PodStarting "pod" "starting" Some(Info), Some("▒"), "A pod whose containers start.";
    PodNotReady "pod" "not-ready" Some(Warn), Some("▓"), "A pod that runs and is not ready.";
    PodReady "pod" "ready" Some(Ok), Some("█"), "A pod that serves.";
    PodCrash "pod" "crash" Some(Error), Some("✖"), "A pod that crashes or cannot start.";
    PodTerminating "pod" "terminating" Some(Dim), Some("▁"), "A pod on its way out.";
    Chart1 "chart" "1" Some(Accent), None, "The first line of a chart.";
    Chart2 "chart" "2" Some(Warn), None, "The second line of a chart.";
    Chart3 "chart" "3" Some(Ok), None, "The third line of a chart.";
    Chart4 "chart" "4" Some(Error), None, "The fourth line of a chart.";
    Chart5 "chart" "5" Some(Info), None, "The fifth line of a chart.";
    Chart6 "chart" "6" Some(Text), None, "The sixth line of a chart.";
    ChartAxis "chart" "axis" Some(Dim), None, "Axes and their labels.";
    ChartMark "chart" "mark" Some(Title), None, "The mark where the release started.";
    ChartThreshold "chart" "threshold" Some(Error), None, "A limit drawn across a chart.";
    DiffAdd "diff" "add" Some(Ok), Some("+"), "What a change adds.";
    DiffRemove "diff" "remove" Some(Error), Some("-"), "What a change removes.";
    DiffSame "diff" "same" Some(Dim), Some(" "), "What a change leaves alone.";
}

impl Role {
    /// The tables of a theme file.
    pub const GROUPS: [&'static str; 6] = ["ui", "severity", "state", "pod", "chart", "diff"];

    /// The lines of a chart, in the order in which series take them.
    pub const CHART: [Self; 6] = [Chart1, Chart2, Chart3, Chart4, Chart5, Chart6];

    /// The role with its table, as in `state.stuck`.
    pub fn name(self) -> String {
        format!("{}.{}", self.group(), self.key())
    }
}
