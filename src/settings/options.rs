//! Every option of config.toml.

use std::path::PathBuf;
use std::time::Duration;

use super::layers::{Layers, Outer};
use super::{ContextRule, Overrides, Paths, PrometheusOptions, Source, Sourced};
use crate::problem::{Section, Shelf};
use crate::theme::Depth;

/// How the end of a watched rollout is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notifications {
    /// Not at all.
    Off,
    /// By the terminal's bell.
    Bell,
    /// By a notification of the desktop (OSC 9), in terminals that know it.
    Osc9,
}

/// The levels of the log, by name.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The options, each with its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The theme's name.
    pub theme: Sourced<String>,
    /// The keymap's name.
    pub keymap: Sourced<String>,
    /// How many colours to use.
    pub colour: Sourced<Depth>,
    /// Whether the mouse is used.
    pub mouse: Sourced<bool>,
    /// How the end of a watched rollout is announced.
    pub notifications: Sourced<Notifications>,
    /// Whether nothing may be written, in any context.
    pub read_only: Sourced<bool>,
    /// The shortest time between two frames drawn for data, milliseconds.
    pub frame_ms: Sourced<i64>,
    /// The shortest time between two questions to metrics-server, seconds.
    pub usage_seconds: Sourced<i64>,
    /// The shortest time between two questions to Prometheus, seconds.
    pub prometheus_seconds: Sourced<i64>,
    /// The lines of a log fetched at first.
    pub tail_lines: Sourced<i64>,
    /// The audit journal.
    pub audit_path: Sourced<PathBuf>,
    /// The level of rolltop's own log: off, error, warn, info, debug or trace.
    pub log_level: Sourced<String>,
    /// The folder of rolltop's own log.
    pub log_dir: Sourced<PathBuf>,
    /// How to reach Prometheus.
    pub prometheus: PrometheusOptions,
    /// What holds in some contexts only, in the order of the file; see [`Options::in_context`].
    pub contexts: Vec<ContextRule>,
}

/// What options may name.
pub(super) struct Names<'n> {
    pub(super) themes: &'n Shelf,
    pub(super) keymaps: &'n Shelf,
}

impl Options {
    pub(super) fn read(
        root: &mut Section<'_>,
        layers: &mut Layers<'_>,
        overrides: &Overrides,
        paths: &Paths,
        names: &Names<'_>,
    ) -> Self {
        let flag = |name, value: &'static str, on: bool| on.then_some((name, value));
        let outer = |variable, flag| Outer { variable: Some(variable), flag };
        let theme = outer("ROLLTOP_THEME", overrides.theme.as_deref().map(|name| ("--theme", name)));
        let keymap = outer("ROLLTOP_KEYMAP", overrides.keymap.as_deref().map(|name| ("--keymap", name)));
        let read_only = outer("ROLLTOP_READ_ONLY", flag("--read-only", "true", overrides.read_only));
        let level = outer("ROLLTOP_LOG_LEVEL", overrides.log_level.as_deref().map(|level| ("--log-level", level)));

        let theme = layers.name(root, "theme", ("dark", "theme"), &names.themes.names(), theme);
        let keymap = layers.name(root, "keymap", ("default", "keymap"), &names.keymaps.names(), keymap);
        let colour = colour(root, layers);
        let mouse = layers.boolean(root, "mouse", true, Outer::default());
        let announce = [("off", Notifications::Off), ("bell", Notifications::Bell), ("osc9", Notifications::Osc9)];
        let notifications = layers.choice(root, "notifications", &announce, 1, Outer::default());
        let read_only = layers.boolean(root, "read_only", false, read_only);

        let mut refresh = root.section_or_empty("refresh");
        let frame_ms = layers.integer(&mut refresh, "frame_ms", 33, 16..=1000);
        let usage_seconds = layers.integer(&mut refresh, "usage_seconds", 15, 5..=3600);
        let prometheus_seconds = layers.integer(&mut refresh, "prometheus_seconds", 15, 5..=3600);
        refresh.close();

        let mut logs = root.section_or_empty("logs");
        let tail_lines = layers.integer(&mut logs, "tail_lines", 500, 1..=100_000);
        logs.close();

        let resolve = |text: &str| Ok(paths.resolve(text));
        let mut audit = root.section_or_empty("audit");
        let journal = paths.state_dir.join("audit.jsonl");
        let audit_path = layers.text(&mut audit, "path", journal, resolve, Outer::default());
        audit.close();

        let mut log = root.section_or_empty("log");
        let log_level = layers.name(&mut log, "level", ("info", "log level"), &LEVELS, level);
        let log_dir = layers.text(&mut log, "dir", paths.state_dir.clone(), resolve, Outer::default());
        log.close();

        let prometheus = PrometheusOptions::read(root.section_or_empty("prometheus"), layers, paths, Some(overrides));
        let contexts = ContextRule::read_all(root.section_or_empty("contexts"), layers, paths);
        Self {
            theme,
            keymap,
            colour,
            mouse,
            notifications,
            read_only,
            frame_ms,
            usage_seconds,
            prometheus_seconds,
            tail_lines,
            audit_path,
            log_level,
            log_dir,
            prometheus,
            contexts,
        }
    }

    /// The shortest time between two frames drawn for data.
    pub fn frame(&self) -> Duration {
        Duration::from_millis(self.frame_ms.value.unsigned_abs())
    }

    /// The shortest time between two questions to metrics-server.
    pub fn usage_interval(&self) -> Duration {
        Duration::from_secs(self.usage_seconds.value.unsigned_abs())
    }

    /// The shortest time between two questions to Prometheus.
    pub fn prometheus_interval(&self) -> Duration {
        Duration::from_secs(self.prometheus_seconds.value.unsigned_abs())
    }
}

/// The number of colours: as the file says, unless `NO_COLOR` is set (no-color.org); `auto` asks the terminal.
fn colour(root: &mut Section<'_>, layers: &mut Layers<'_>) -> Sourced<Depth> {
    let choices = [
        ("auto", None),
        ("24bit", Some(Depth::True)),
        ("256", Some(Depth::Ansi256)),
        ("16", Some(Depth::Ansi16)),
        ("none", Some(Depth::None)),
    ];
    let picked = layers.choice(root, "colour", &choices, 0, Outer { variable: Some("ROLLTOP_COLOUR"), flag: None });
    if layers.environment().get("NO_COLOR").is_some() && !matches!(picked.source, Source::Environment(_)) {
        let source = Source::Environment("NO_COLOR");
        layers.replace("colour", "\"none\"".to_owned(), source.clone());
        return Sourced { value: Depth::None, source };
    }
    let terminal = layers.environment().terminal();
    Sourced { value: picked.value.unwrap_or(terminal), source: picked.source }
}
