//! Layers, contexts and paths as tables of cases.

use std::path::{Path, PathBuf};

use super::*;
use crate::theme::Depth;

struct Case {
    config: String,
    variables: Vec<(String, String)>,
    overrides: Overrides,
}

fn config(text: &str) -> Case {
    Case { config: text.to_owned(), variables: Vec::new(), overrides: Overrides::default() }
}

impl Case {
    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn flags(mut self, set: impl Fn(&mut Overrides)) -> Self {
        set(&mut self.overrides);
        self
    }

    fn load(self) -> (Settings, Vec<String>) {
        let paths = Paths::of(Path::new("/home/me"), Path::new("/home/me/.config"), Path::new("/state"), None);
        let text = FileText { file: "config.toml".into(), name: "config".into(), text: self.config };
        let files = Files { config: Some(text), ..Files::default() };
        let environment = Environment::new(self.variables, Depth::Ansi256);
        let (settings, problems) = assemble(&paths, &files, &environment, &self.overrides);
        (settings, problems.iter().map(crate::problem::Problem::headline).collect())
    }
}

fn shown<T: std::fmt::Debug>(sourced: &Sourced<T>) -> String {
    format!("{:?} from {}", sourced.value, sourced.source)
}

#[test]
fn the_strongest_layer_counts_and_says_so() {
    let file = "\ntheme = \"light\"\n";
    let cases = [
        (config(""), "\"dark\" from default"),
        (config(file), "\"light\" from config.toml:2"),
        (config(file).variable("ROLLTOP_THEME", "gruvbox"), "\"gruvbox\" from ROLLTOP_THEME"),
        (config(file).variable("ROLLTOP_THEME", ""), "\"light\" from config.toml:2"),
        (
            config(file).variable("ROLLTOP_THEME", "gruvbox").flags(|flags| flags.theme = Some("monochrome".into())),
            "\"monochrome\" from --theme",
        ),
    ];
    for (case, expected) in cases {
        let (settings, problems) = case.load();
        assert_eq!((shown(&settings.options.theme).as_str(), problems), (expected, Vec::new()));
        assert_eq!(settings.theme.name(), settings.options.theme.value);
        let row = settings.rows().iter().find(|row| row.key == "theme").unwrap();
        assert_eq!(format!("{} from {}", row.value, row.source), expected);
    }
}

#[test]
fn what_is_wrong_in_a_layer_leaves_the_one_below() {
    let case = config("theme = \"drak\"\nmouse = \"yes\"\n[refresh]\nframe_ms = 5\n")
        .variable("ROLLTOP_READ_ONLY", "maybe")
        .flags(|flags| flags.keymap = Some("vmi".into()));
    let (settings, problems) = case.load();
    assert_eq!(
        problems,
        [
            "config.toml:1:9: \"drak\" is no theme",
            "config.toml:2:9: \"mouse\" must be true or false, this is a string",
            "config.toml:4:12: \"frame_ms\" must be between 16 and 1000",
            "--keymap: \"vmi\" is no keymap; did you mean \"vim\"?",
            "ROLLTOP_READ_ONLY: \"maybe\" is neither true nor false",
        ]
    );
    let options = &settings.options;
    assert_eq!((options.theme.value.as_str(), options.mouse.value, options.frame_ms.value), ("dark", true, 33));
}

#[test]
fn colours_follow_file_then_no_color_then_our_own_variable() {
    let file = "colour = \"24bit\"\n";
    for (case, expected) in [
        (config(""), "Ansi256 from default"),
        (config(file), "True from config.toml:1"),
        (config(file).variable("NO_COLOR", "1"), "None from NO_COLOR"),
        (config(file).variable("NO_COLOR", ""), "True from config.toml:1"),
        (config("").variable("NO_COLOR", "1").variable("ROLLTOP_COLOUR", "16"), "Ansi16 from ROLLTOP_COLOUR"),
    ] {
        let (settings, problems) = case.load();
        assert_eq!((shown(&settings.options.colour).as_str(), problems), (expected, Vec::new()));
        assert_eq!(settings.styles().depth(), settings.options.colour.value);
    }
}

#[test]
fn contexts_add_up_and_the_last_match_counts() {
    let file = "[contexts.\"prod-*\"]\nread_only = true\nprotected = true\nnamespaces = [\"shop\"]\n\
                [contexts.\"prod-e?\"]\nread_only = false\n[contexts.\"prod-*\".prometheus]\nurl = \"http://p:9090/\"\n";
    let (settings, problems) = config(file).load();
    assert_eq!(problems, Vec::<String>::new());
    for (context, read_only, protected, url) in [
        ("prod-us", true, true, Some("http://p:9090")),
        ("prod-eu", false, true, Some("http://p:9090")),
        ("dev", false, false, None),
        ("my-prod-eu", false, false, None),
    ] {
        let options = settings.options.in_context(context);
        let found = (options.read_only.value, options.protected.value, options.prometheus.url.value);
        assert_eq!(found, (read_only, protected, url.map(str::to_owned)), "{context}");
    }
    assert_eq!(settings.options.in_context("prod-us").namespaces.value, ["shop"]);
}

#[test]
fn a_flag_forbids_writing_everywhere_and_a_variable_never_allows_it() {
    let file = "[contexts.dev]\nread_only = false\n[contexts.prod]\nread_only = true\n";
    let (settings, _) = config(file).flags(|flags| flags.read_only = true).load();
    assert_eq!(shown(&settings.options.in_context("dev").read_only), "true from --read-only");
    let (settings, _) = config(file).variable("ROLLTOP_READ_ONLY", "no").load();
    assert_eq!(shown(&settings.options.in_context("prod").read_only), "true from config.toml:4");
}

#[test]
fn credentials_stay_with_the_address_they_stand_beside() {
    let file =
        "[prometheus]\nurl = \"https://a\"\nbearer_token_file = \"token\"\nheaders = { X-Scope-OrgID = \"s\" }\n";
    let (settings, problems) = config(file).load();
    assert_eq!(problems, Vec::<String>::new());
    let prometheus = &settings.options.prometheus;
    assert_eq!(prometheus.bearer_token_file.value, Some(PathBuf::from("/home/me/.config/rolltop/token")));
    assert_eq!(prometheus.headers, [("X-Scope-OrgID".to_owned(), Secret::new("s"))]);
    assert!(!format!("{settings:?}").contains("\"s\""), "a header's value is hidden");

    let stranger = config(file).flags(|flags| flags.prometheus = Some("https://b".into()));
    let (settings, _) = stranger.variable("ROLLTOP_PROMETHEUS_TOKEN_FILE", "~/mine").load();
    let prometheus = &settings.options.prometheus;
    assert_eq!(shown(&prometheus.url), "Some(\"https://b\") from --prometheus");
    assert_eq!(prometheus.bearer_token_file.value, Some(PathBuf::from("/home/me/mine")));
    assert!(prometheus.headers.is_empty());
}

#[test]
fn addresses_are_checked() {
    for (url, fine) in [
        ("http://localhost:9090", true),
        ("https://mimir.example.com/prometheus/", true),
        ("localhost:9090", false),
        ("ftp://host", false),
        ("http://", false),
        ("https://me:secret@host", false),
    ] {
        let (settings, problems) = config("").flags(|flags| flags.prometheus = Some(url.into())).load();
        assert_eq!((settings.options.prometheus.url.value.is_some(), problems.is_empty()), (fine, fine), "{url}");
    }
}

#[test]
fn files_are_read_from_their_folders_and_broken_ones_reported() {
    let home = tempfile::tempdir().unwrap();
    let paths = Paths::of(home.path(), home.path(), home.path(), None);
    let (files, problems) = Files::read(&paths);
    assert_eq!((files, problems), (Files::default(), Vec::new()), "nothing there is no problem");

    let named = Paths::of(home.path(), home.path(), home.path(), Some(&home.path().join("other.toml")));
    let (_, problems) = Files::read(&named);
    assert_eq!(problems.len(), 1, "a file the user named must be there: {problems:?}");

    std::fs::create_dir_all(paths.config_dir.join("themes")).unwrap();
    std::fs::write(&paths.config_file, "theme = \"mine\"\n").unwrap();
    std::fs::write(paths.config_dir.join("themes/mine.toml"), "inherits = \"light\"\n").unwrap();
    std::fs::write(paths.config_dir.join("themes/notes.txt"), "no theme").unwrap();
    std::fs::write(paths.config_dir.join("themes/latin.toml"), b"# caf\xe9").unwrap();
    let (files, problems) = Files::read(&paths);
    let environment = Environment::new([], Depth::True);
    let (settings, found) = assemble(&paths, &files, &environment, &Overrides::default());
    assert_eq!((settings.theme.name(), found), ("mine", Vec::new()));
    assert_eq!(problems.len(), 1);
    assert!(problems[0].to_string().ends_with("latin.toml: this is not UTF-8 text\n  = save it as UTF-8"));
    assert!(settings.watched().contains(&paths.config_dir.join("themes")));
}
