//! What every shipped theme must hold, and how files become styles.

use std::collections::BTreeSet;

use ratatui::style::{Color, Modifier, Style};

use super::*;

fn each_theme(check: impl Fn(&Theme)) {
    let shelf = shelf();
    assert!(shelf.names().len() >= 6);
    for name in shelf.names() {
        let (theme, problems) = load(&shelf, name);
        assert!(problems.is_empty(), "{name}: {problems:?}");
        check(&theme);
    }
}

/// Lines and areas are seen at a contrast of 3 : 1 (WCAG 2.2, 1.4.11).
fn is_graphic(role: Role) -> bool {
    let frames = [Role::Border, Role::Focus, Role::Sparkline, Role::Protected, Role::ChartThreshold];
    frames.contains(&role) || Role::CHART.contains(&role) || role.group() == "pod"
}

fn group(name: &str) -> Vec<Role> {
    Role::ALL.iter().copied().filter(|role| role.group() == name).collect()
}

fn with(text: &str) -> (Theme, Vec<String>) {
    let mut shelf = shelf();
    shelf.add("mine", "mine.toml", text);
    let (theme, problems) = load(&shelf, "mine");
    (theme, problems.iter().map(crate::problem::Problem::headline).collect())
}

#[test]
fn fallbacks_end_and_groups_are_complete() {
    for role in Role::ALL {
        let mut chain = BTreeSet::new();
        let mut next = Some(*role);
        while let Some(role) = next {
            assert!(chain.insert(role), "{role:?} falls back in a circle");
            next = role.fallback();
        }
        assert!(Role::GROUPS.contains(&role.group()), "{role:?}");
    }
}

#[test]
fn text_stands_out_from_what_is_behind_it() {
    each_theme(|theme| {
        let least = if theme.name() == "high-contrast" { 7.0 } else { 4.5 };
        let selected = theme.appearance(Role::Selection).background;
        for role in Role::ALL.iter().filter(|role| **role != Role::Selection) {
            let look = theme.appearance(*role);
            let Some(foreground) = look.foreground else { panic!("{}: {role:?} has no colour", theme.name()) };
            let behind =
                look.background.map_or_else(|| vec![Some(theme.background()), selected], |own| vec![Some(own)]);
            for behind in behind.into_iter().flatten() {
                // The terminal's own text on the terminal's own background is the user's choice.
                let Some(contrast) = foreground.contrast(behind) else {
                    assert_eq!(
                        (foreground, behind),
                        (Colour::Terminal, Colour::Terminal),
                        "{}: {role:?}",
                        theme.name()
                    );
                    continue;
                };
                let least = if *role == Role::Border {
                    1.5
                } else if is_graphic(*role) {
                    3.0
                } else {
                    least
                };
                assert!(contrast >= least, "{}: {role:?} {foreground:?} on {behind:?} is {contrast:.2}", theme.name());
            }
        }
    });
}

/// Five steps of L* are twice what an eye tells apart side by side.
#[test]
fn states_differ_in_greyscale() {
    each_theme(|theme| {
        let states = group("state");
        let pairs =
            states.iter().enumerate().flat_map(|(index, one)| states[..index].iter().map(move |two| (*one, *two)));
        for (one, two) in pairs {
            let (left, right) = (theme.appearance(one), theme.appearance(two));
            let lightness = |look: &Appearance| look.foreground.and_then(Colour::lightness).unwrap_or_default();
            let step = (lightness(&left) - lightness(&right)).abs();
            let differ = left.modifiers != right.modifiers || step >= 5.0;
            assert!(differ, "{}: {one:?} and {two:?} differ by {step:.1} only", theme.name());
        }
    });
}

#[test]
fn states_differ_by_glyph_alone() {
    each_theme(|theme| {
        for name in ["state", "pod", "severity", "diff"] {
            let group = group(name);
            let glyphs: BTreeSet<String> = group.iter().filter_map(|role| theme.appearance(*role).glyph).collect();
            assert_eq!(glyphs.len(), group.len(), "{}: {name} {glyphs:?}", theme.name());
        }
    });
}

#[test]
fn no_depth_hides_text_in_its_background() {
    each_theme(|theme| {
        for depth in [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::True] {
            let styles = Styles::new(theme, depth);
            for role in Role::ALL {
                let drawn = styles.base().patch(styles.style(*role));
                let hidden = drawn.fg.is_some() && drawn.fg == drawn.bg && drawn.fg != Some(Color::Reset);
                assert!(!hidden, "{} {depth:?}: {role:?} is {drawn:?}", theme.name());
            }
            let selected = styles.base().patch(styles.style(Role::Text)).patch(styles.style(Role::Selection));
            assert_ne!(selected, styles.base(), "{} {depth:?}: the selected row must show", theme.name());
        }
    });
}

#[test]
fn contrast_survives_the_table_of_256() {
    let value = |colour| match colour {
        Some(Color::Indexed(number)) => {
            let (red, green, blue) = super::colour::value_256(number);
            Colour::Rgb(red, green, blue)
        }
        _ => Colour::Terminal,
    };
    each_theme(|theme| {
        let styles = Styles::new(theme, Depth::Ansi256);
        for role in Role::ALL.iter().filter(|role| !is_graphic(**role) && **role != Role::Selection) {
            let drawn = styles.base().patch(styles.style(*role));
            let Some(contrast) = value(drawn.fg).contrast(value(drawn.bg)) else { continue };
            assert!(contrast >= 4.5, "{}: {role:?} is {contrast:.2} in 256 colours", theme.name());
        }
    });
}

#[test]
fn without_colours_nothing_is_coloured() {
    each_theme(|theme| {
        let styles = Styles::new(theme, Depth::None);
        for role in Role::ALL {
            let style = styles.base().patch(styles.style(*role));
            assert_eq!((style.fg, style.bg), (None, None), "{}: {role:?}", theme.name());
        }
        assert!(styles.style(Role::Selection).add_modifier.contains(Modifier::REVERSED));
    });
}

#[test]
fn a_file_says_only_what_differs() {
    let (theme, problems) = with(
        "inherits = \"dark\"\n[palette]\nred = \"#ff0000\"\n[state]\nstable = \"bright-green\"\nstuck = { underlined = true, glyph = \"X\" }\n",
    );
    assert_eq!(problems, Vec::<String>::new());
    let stuck = theme.appearance(Role::StateStuck);
    assert_eq!(stuck.foreground, Some(Colour::Rgb(255, 0, 0)), "a palette recolours inherited roles");
    assert_eq!(stuck.modifiers, Modifier::BOLD | Modifier::UNDERLINED);
    assert_eq!(stuck.glyph.as_deref(), Some("X"));
    let styles = Styles::new(&theme, Depth::True);
    assert_eq!(styles.style(Role::StateStable), Style::new().fg(Color::LightGreen));
    assert_eq!(styles.glyph(Role::StateStable), "✔");
}

#[test]
fn silence_falls_back_on_the_more_general_role() {
    let (theme, problems) = with("background = \"none\"\n[severity]\nerror = { fg = \"red\", bold = true }\n");
    assert_eq!(problems, Vec::<String>::new());
    let stuck = theme.appearance(Role::StateStuck);
    assert_eq!((stuck.foreground, stuck.modifiers), (Some(Colour::Ansi(1)), Modifier::BOLD));
    assert_eq!(stuck.glyph.as_deref(), Some("✖"));
    assert_eq!(theme.appearance(Role::Text).foreground, None);
}

#[test]
fn faults_leave_the_inherited_look() {
    let (theme, problems) = with("inherits = \"dark\"\n[state]\nstuck = \"#12345\"\nstable = { glyph = \"ok\" }\n");
    assert_eq!(
        problems,
        [
            "mine.toml:3:9: \"#12345\" is no colour",
            "mine.toml:4:20: a glyph is one character one cell wide, \"ok\" is not",
        ]
    );
    let (dark, _) = load(&shelf(), "dark");
    assert_eq!(theme.appearance(Role::StateStuck), dark.appearance(Role::StateStuck));
}
