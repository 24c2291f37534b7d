//! Terminal manners: stopping, the mouse, the clipboard, being called, wide text, panics, protected contexts.

use std::ffi::OsStr;

use rolltop::runtime::terminal::Terminal as Own;
use rustix::process::Signal;

use crate::{
    await_stuck,
    terminal::{Home, Terminal, fast_demo},
};

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_takes_it_again() {
    let mut terminal = Terminal::start(&fast_demo(&["smooth-release"]), &[]);
    terminal.sees("payment-service");
    for by_key in [true, false] {
        if by_key {
            terminal.keys("\x1a");
        } else {
            terminal.signal(Signal::TSTP);
        }
        terminal.until_stopped();
        terminal.is_given_back();
        assert!(!terminal.screen().contents().contains("payment-service"));
        // What the shell wrote meanwhile must not shine through.
        terminal.signal(Signal::CONT);
        terminal.until_it_looks("the screen again", |screen| {
            screen.alternate_screen() && screen.hide_cursor() && screen.contents().contains("payment-service")
        });
        assert!(terminal.screen().mouse_protocol_mode() != vt100::MouseProtocolMode::None);
    }
    terminal.keys("?");
    terminal.sees("Keys here");
    terminal.keys("\x03");
    terminal.ends_with(0);
}

/// The row with the cursor.
fn chosen(screen: &str) -> &str {
    screen.lines().find(|line| line.starts_with('▌')).unwrap_or_default()
}

#[test]
fn a_click_chooses_a_second_one_opens_and_the_wheel_moves() {
    let mut terminal = Terminal::start(&fast_demo(&["smooth-release"]), &[]);
    terminal.sees("search-service");
    terminal.click("product-service");
    terminal.until("the clicked row chosen", |screen| chosen(screen).contains("product-service"));
    terminal.wheel("product-service", true);
    terminal.until("a row further down", |screen| {
        chosen(screen).contains("storefront") || chosen(screen).contains("search-service")
    });
    terminal.wheel("product-service", false);
    terminal.until("back again", |screen| chosen(screen).contains("product-service"));
    terminal.click("product-service");
    terminal.sees("Revisions");
    // The panes' titles and the keys of the hint bar take the mouse too.
    terminal.click("Facts");
    terminal.sees("strategy");
    terminal.click("esc back");
    terminal.until("the list", |screen| screen.contains("WORKLOAD"));
    terminal.keys("\x03");
    terminal.ends_with(0);
}

#[test]
fn the_mouse_is_left_alone_where_the_configuration_says_so() {
    let home = Home::empty();
    home.save("config.toml", "mouse = false\n");
    let mut terminal = Terminal::start_at(home, &fast_demo(&["smooth-release"]), &[]);
    terminal.sees("payment-service");
    assert_eq!(terminal.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    terminal.keys("\x0f");
    terminal.until_it_looks("the mouse listened to", |screen| {
        screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None
    });
    terminal.home().save("config.toml", "mouse = true\n");
    terminal.sees("your files were read again");
    terminal.home().save("config.toml", "mouse = false\n");
    terminal.until_it_looks("the mouse left alone", |screen| {
        screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    });
    terminal.keys("\x03");
    terminal.ends_with(0);
}

#[test]
fn what_is_copied_goes_to_the_clipboard_of_the_terminal() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let mut terminal = Terminal::start(&fast_demo(&["smooth-release"]), &[]);
    terminal.sees("product-service");
    terminal.click("product-service");
    terminal.until("the row chosen", |screen| chosen(screen).contains("product-service"));
    terminal.keys("y");
    terminal.hears(&format!("\x1b]52;c;{}\x07", BASE64_STANDARD.encode("product-service")));
    terminal.keys("y");
    let command = "kubectl rollout status -n mambogo-production deployment/product-service";
    terminal.hears(&format!("\x1b]52;c;{}\x07", BASE64_STANDARD.encode(command)));
    terminal.keys("\x03");
    terminal.ends_with(0);
}

#[test]
fn one_is_called_when_a_rollout_arrives_as_one_wishes() {
    let arrived = "deployment/product-service has arrived";
    for (setting, call) in
        [("osc9", Some(format!("\x1b]9;{arrived}\x07"))), ("bell", Some("\x07".to_owned())), ("off", None)]
    {
        let home = Home::empty();
        home.save("config.toml", &format!("notifications = \"{setting}\"\n"));
        let mut terminal = Terminal::start_at(home, &fast_demo(&["smooth-release"]), &[]);
        terminal.sees(arrived);
        match call {
            Some(call) => terminal.hears(&call),
            None => assert!(!terminal.heard().contains('\x07'), "called in spite of the setting"),
        }
        terminal.keys("\x03");
        terminal.ends_with(0);
    }
}

#[test]
fn one_is_called_when_a_rollout_sticks() {
    let home = Home::empty();
    home.save("config.toml", "notifications = \"osc9\"\n");
    let mut terminal = Terminal::start_at(home, &fast_demo(&["crash-loop"]), &[]);
    terminal.hears("\x1b]9;deployment/payment-service is stuck\x07");
    terminal.keys("\x03");
    terminal.ends_with(0);
}

#[test]
fn a_protected_context_has_its_frame_and_wants_the_name() {
    let home = Home::empty();
    home.save("config.toml", "[contexts.\"*\"]\nprotected = true\n");
    let mut terminal = Terminal::start_at(home, &fast_demo(&["crash-loop"]), &[]);
    terminal.sees("┏ protected ━");
    terminal.until("the stuck release on top", |screen| {
        let row = screen.lines().nth(3).unwrap_or_default();
        row.contains("payment-service") && row.contains("stuck")
    });
    let frame = terminal.screen().cell(10, 0).unwrap();
    assert_eq!((frame.contents(), frame.fgcolor()), ("┃", terminal.screen().cell(0, 0).unwrap().fgcolor()));
    terminal.keys("u");
    terminal.sees("type payment-service to confirm");
    // Keys that come together with the question are dropped, and a test is faster than a frame.
    terminal.keys_until("p", "a letter", |screen| screen.contains("name p"));
    terminal.keys_until("\x7f", "no letter", |screen| screen.contains("name   type"));
    terminal.keys("payment-servic");
    terminal.sees("name payment-servic  type");
    terminal.keys("\r");
    terminal.keys("e");
    terminal.sees("name payment-service  enter does it");
    terminal.keys("\r");
    terminal.until("the question answered", |screen| !screen.contains("to confirm"));
    terminal.until("a workload at rest", |screen| {
        screen.lines().any(|line| line.contains("payment-service") && line.contains("stable"))
    });
    terminal.keys("\x03");
    terminal.ends_with(0);
}

#[test]
fn wide_and_combining_characters_shift_nothing() {
    let home = Home::empty();
    home.save("config.toml", "[contexts.\"*\"]\nprotected = true\n");
    let folder = tempfile::tempdir().unwrap();
    let story = folder.path().join("wide.toml");
    let text = "teaches = \"x\"\nnotice = \"x\"\nmove = \"x\"\n[[step]]\nat = \"10s\"\nrelease = \"product-service\"\n\
                image = \"mambogo/product-service:v3.2.0\"\ncause = \"支払い修正 🚀👩‍🚀 cafe\u{301} ńę한국어\"\nby = \"ci\"\n";
    std::fs::write(&story, text).unwrap();
    let story = story.display().to_string();
    let mut terminal = Terminal::start_at(home, &fast_demo(&[&story]), &[]);
    terminal.sees("product-service");
    terminal.click("product-service");
    terminal.until("the row chosen", |screen| screen.contains("┃▌ product-service"));
    for key in ["\r", "h"] {
        terminal.keys(key);
        terminal.sees("支払い修正");
        terminal.sees("cafe\u{301}");
        let screen = terminal.screen();
        let (rows, columns): (u16, u16) = (screen.size().0.into(), screen.size().1.into());
        for row in 1..rows - 1 {
            let edge = screen.cell(row, columns - 1).unwrap().contents();
            assert_eq!(edge, "┃", "row {row} is shifted\n{}", screen.contents());
        }
    }
    terminal.keys("\x03");
    terminal.ends_with(0);
}

#[test]
fn a_panic_anywhere_gives_the_terminal_back_before_it_is_reported() {
    for (name, code) in [("panics_here", 101), ("panics_in_a_task", 7)] {
        let child = format!("manners::{name}");
        let arguments = [child.as_str(), "--exact", "--ignored", "--nocapture"];
        let program = std::env::current_exe().unwrap();
        let terminal = Terminal::open(Home::empty(), OsStr::new(&program), &arguments, &[]);
        let screen = terminal.leaves(code);
        assert!(screen.contains("the ground gave way"), "{name}\n{screen}");
    }
}

#[test]
#[ignore = "run in a terminal of its own, by the test above"]
fn panics_here() {
    let mut terminal = Own::enter(true).unwrap();
    terminal.draw(|frame| frame.render_widget("a frame", frame.area())).unwrap();
    panic!("the ground gave way");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run in a terminal of its own, by the test above"]
async fn panics_in_a_task() {
    let terminal = Own::enter(true).unwrap();
    tokio::spawn(async { panic!("the ground gave way") });
    terminal.lost().await;
    std::process::exit(7);
}

#[test]
fn a_stuck_release_is_on_top_in_every_keymap() {
    for keymap in ["vim", "k9s", "emacs"] {
        let mut terminal = Terminal::start(&fast_demo(&["crash-loop", "--keymap", keymap]), &[]);
        await_stuck(&mut terminal);
        terminal.keys("?");
        terminal.sees("Keys here");
        terminal.keys("\x03");
        terminal.ends_with(0);
    }
}
