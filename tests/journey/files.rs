//! The person's own files, while the program runs: what is saved holds, what is broken is told and changes nothing.

use crate::terminal::{Home, Terminal, fast_demo};

const TRUE_COLOUR: [(&str, &str); 1] = [("COLORTERM", "truecolor")];

/// The ground the screen is drawn on.
fn ground(screen: &vt100::Screen) -> vt100::Color {
    screen.cell(5, 5).unwrap().bgcolor()
}

#[test]
fn a_saved_configuration_holds_at_once_and_a_broken_one_changes_nothing() {
    // Not even the folder is there at first.
    let mut terminal = Terminal::start(&fast_demo(&["smooth-release"]), &TRUE_COLOUR);
    terminal.sees("payment-service");
    let dark = ground(terminal.screen());
    terminal.home().save("config.toml", "theme = \"light\"\n");
    terminal.until_it_looks("the light theme", |screen| ground(screen) != dark);
    let light = ground(terminal.screen());
    terminal.sees("your files were read again");

    terminal.home().save("config.toml", "theme = \"drak\"\n");
    terminal.sees("did you mean \"dark\"?");
    terminal.sees("what held before holds");
    assert_eq!(ground(terminal.screen()), light);
    terminal.home().save("config.toml", "theme = \n");
    terminal.sees("theme = ");
    assert_eq!(ground(terminal.screen()), light);

    terminal.home().save("themes/mine.toml", "inherits = \"dark\"\nbackground = \"#102030\"\n");
    terminal.home().save("config.toml", "theme = \"mine\"\n");
    terminal.until_it_looks("a theme of one's own", |screen| ground(screen) == vt100::Color::Rgb(0x10, 0x20, 0x30));
    terminal.home().save("themes/mine.toml", "inherits = \"dark\"\nbackground = \"#203040\"\n");
    terminal.until_it_looks("the theme edited", |screen| ground(screen) == vt100::Color::Rgb(0x20, 0x30, 0x40));
    terminal.keys("\x03");
    terminal.ends_with(0);
}

#[test]
fn another_keymap_holds_at_once_and_the_hints_know() {
    let mut terminal = Terminal::start(&fast_demo(&["smooth-release"]), &[]);
    terminal.sees("payment-service");
    terminal.sees("? help");
    let keymap = "inherits = \"default\"\n[everywhere]\n\"z\" = \"help\"\n\"?\" = \"none\"\n\"f1\" = \"none\"\n";
    terminal.home().save("keymaps/mine.toml", keymap);
    terminal.home().save("config.toml", "keymap = \"mine\"\n");
    terminal.sees("z help");
    terminal.keys("z");
    terminal.sees("Keys here");
    terminal.keys("\x1b");
    terminal.until("the list again", |screen| !screen.contains("Keys here"));
    terminal.home().save("keymaps/mine.toml", "[everywhere]\n\"z\" = \"hlep\"\n");
    terminal.sees("did you mean \"help\"?");
    terminal.keys("z");
    terminal.sees("Keys here");
    terminal.keys("\x03");
    terminal.ends_with(0);
}

#[test]
fn panels_of_ones_own_stand_among_the_others_and_a_bad_query_fails_alone() {
    let home = Home::empty();
    let panel = |title: &str, order: i64, promql: &str| {
        format!("title = \"{title}\"\norder = {order}\n[[query]]\nlegend = \"pods\"\npromql = '{promql}'\n")
    };
    home.save("panels/own.toml", &panel("Pods that report", -20, "count(up{namespace=\"$namespace\"})"));
    home.save("panels/bad.toml", &panel("Not PromQL", -10, "sum(rate(x{namespace=\"$namespace\"}[5m])"));
    let mut terminal = Terminal::start_at(home, &fast_demo(&["smooth-release"]), &[]);
    terminal.sees("prom ●");
    terminal.keys("m");
    for text in ["Pods that report", "━ pods ", "Not PromQL", "parse error", "Request rate", "━ requests "] {
        terminal.sees(text);
    }
    let screen = terminal.screen().contents();
    assert_eq!(screen.matches("parse error").count(), 1, "{screen}");

    terminal.home().save("panels/bad.toml", &panel("Mended", -10, "vector(7)"));
    terminal.sees("Mended");
    terminal
        .until("no error any more", |screen| !screen.contains("parse error") && screen.matches("━ pods").count() == 2);
    terminal.home().save("panels/own.toml", &panel("Broken", -20, "up{pod=\"$nowhere\"}"));
    terminal.sees("$nowhere");
    assert!(terminal.screen().contents().contains("Pods that report"), "the panel there was stays");
    terminal.keys("\x03");
    terminal.ends_with(0);
}
