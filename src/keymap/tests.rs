//! Keys, chords and keymaps as tables of cases.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use proptest::prelude::*;

use super::*;
use crate::action::{Action, Context};

fn with(text: &str) -> (Keymap, Vec<String>) {
    let mut shelf = shelf();
    shelf.add("mine", "mine.toml", text);
    let (keymap, problems) = load(&shelf, "mine");
    (keymap, problems.iter().map(crate::problem::Problem::headline).collect())
}

fn press(keymap: &Keymap, context: Context, keys: &str) -> Resolution {
    let chord: Chord = keys.parse().unwrap();
    let (last, pending) = chord.keys().split_last().unwrap();
    keymap.resolve(pending, context, *last)
}

fn any_key() -> impl Strategy<Value = Key> {
    let character = any::<char>().prop_filter("printable", |c| !c.is_control() && !c.is_whitespace());
    let named = prop::sample::select(vec!["enter", "esc", "tab", "space", "page-up", "left", "delete"]);
    let code = prop_oneof![
        character.prop_map(Code::Char),
        (1..=24u8).prop_map(Code::Function),
        named.prop_map(|name| name.parse::<Key>().unwrap().code()),
    ];
    (code, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(code, c, a, s)| Key::new(code, c, a, s))
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_as_the_same_key(key in any_key()) {
        prop_assert_eq!(key.to_string().parse::<Key>().unwrap(), key);
    }

    #[test]
    fn any_text_is_read_or_refused_without_harm(text in ".{0,24}") {
        if let Ok(chord) = text.parse::<Chord>() {
            prop_assert_eq!(chord.to_string().parse::<Chord>().unwrap(), chord);
        }
    }
}

#[test]
fn spellings_of_one_key_are_one_key() {
    for (spelling, printed) in [
        ("ctrl-t", "ctrl-t"),
        ("C-T", "ctrl-t"),
        ("shift-g", "G"),
        ("Return", "enter"),
        ("ctrl-m", "enter"),
        ("ctrl-i", "tab"),
        ("M-x", "alt-x"),
        ("alt-ctrl-x", "ctrl-alt-x"),
        ("ctrl-7", "ctrl-_"),
        ("ctrl-/", "ctrl-_"),
        ("-", "-"),
        ("ctrl--", "ctrl--"),
        ("F5", "f5"),
    ] {
        assert_eq!(spelling.parse::<Key>().unwrap().to_string(), printed, "{spelling}");
    }
}

#[test]
fn a_key_that_does_not_exist_names_the_nearest() {
    for (typed, near) in [
        ("entr", Some("enter")),
        ("ctrl-pgeup", Some("ctrl-pageup")),
        ("control-t", Some("ctrl-t")),
        ("f25", None),
        ("hyper", None),
    ] {
        assert_eq!(typed.parse::<Key>().unwrap_err().near.as_deref(), near, "{typed}");
    }
}

#[test]
fn terminal_events_become_keys_once() {
    let event = |code, modifiers| KeyEvent::new(code, modifiers);
    for (event, expected) in [
        (event(KeyCode::Char('G'), KeyModifiers::SHIFT), Some("G")),
        (event(KeyCode::Char('t'), KeyModifiers::CONTROL), Some("ctrl-t")),
        (event(KeyCode::BackTab, KeyModifiers::SHIFT), Some("shift-tab")),
        (event(KeyCode::Char(' '), KeyModifiers::NONE), Some("space")),
        (event(KeyCode::CapsLock, KeyModifiers::NONE), None),
        (KeyEvent::new_with_kind(KeyCode::Char('q'), KeyModifiers::NONE, KeyEventKind::Release), None),
    ] {
        assert_eq!(Key::from_event(&event).map(|key| key.to_string()).as_deref(), expected, "{event:?}");
    }
}

#[test]
fn a_context_stands_before_everywhere_and_a_typed_line_alone() {
    let (keymap, problems) = load(&shelf(), "default");
    assert!(problems.is_empty(), "{problems:?}");
    for (context, keys, expected) in [
        (Context::Fleet, "p", Resolution::Action(Action::PauseResume)),
        (Context::Logs, "p", Resolution::Action(Action::PreviousRun)),
        (Context::Fleet, "x", Resolution::Unbound),
        (Context::Rollout, "x", Resolution::Action(Action::DeletePod)),
        (Context::Confirm, "y", Resolution::Action(Action::Confirm)),
        (Context::Text, "q", Resolution::Unbound),
        (Context::Text, "ctrl-c", Resolution::Action(Action::Quit)),
        (Context::Confirm, "ctrl-c", Resolution::Action(Action::Quit)),
    ] {
        assert_eq!(press(&keymap, context, keys), expected, "{keys} in {context:?}");
    }
}

#[test]
fn a_chord_waits_and_says_what_it_may_become() {
    let (keymap, _) = load(&shelf(), "vim");
    let Resolution::Pending(choices) = press(&keymap, Context::Fleet, "g") else { panic!("g waits for more") };
    let shown: Vec<String> = choices.iter().map(|(chord, action)| format!("{chord} {}", action.name())).collect();
    assert_eq!(shown, ["g g top"]);
    assert_eq!(press(&keymap, Context::Fleet, "g g"), Resolution::Action(Action::Top));
    assert_eq!(press(&keymap, Context::Fleet, "g x"), Resolution::Unbound);
}

#[test]
fn hints_show_the_first_key_and_the_users_own_before_it() {
    let (keymap, _) = load(&shelf(), "default");
    let shown = |keymap: &Keymap, action, context| keymap.chord_for(action, context).map(ToString::to_string);
    assert_eq!(shown(&keymap, Action::Down, Context::Fleet).as_deref(), Some("j"));
    assert_eq!(shown(&keymap, Action::Search, Context::Fleet), None);
    let (keymap, problems) = with("[everywhere]\n\"J\" = \"down\"\n[fleet]\n\"u\" = \"none\"\n\"z\" = \"undo\"\n");
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(shown(&keymap, Action::Down, Context::Fleet).as_deref(), Some("J"));
    assert_eq!(shown(&keymap, Action::Undo, Context::Fleet).as_deref(), Some("z"));
    assert_eq!(shown(&keymap, Action::Undo, Context::Rollout).as_deref(), Some("u"));
    assert_eq!(press(&keymap, Context::Fleet, "u"), Resolution::Unbound);
}

#[test]
fn faults_leave_the_rest_of_the_file_in_force() {
    let (keymap, problems) = with("[fleet]\n\"entr\" = \"open\"\n\"z\" = \"undoo\"\n\"Z\" = \"undo\"\n");
    assert_eq!(problems, ["mine.toml:2:1: \"entr\" is no key", "mine.toml:3:7: unknown action \"undoo\""]);
    assert_eq!(press(&keymap, Context::Fleet, "Z"), Resolution::Action(Action::Undo));
}

#[test]
fn a_longer_chord_that_cannot_be_reached_is_reported_once() {
    let (keymap, problems) = with("[everywhere]\n\"g g\" = \"top\"\n");
    assert_eq!(problems, ["mine.toml:2:1: the chord g g is shadowed by g, which is \"top\""]);
    assert_eq!(press(&keymap, Context::Fleet, "g"), Resolution::Action(Action::Top));
}

#[test]
fn files_may_inherit_from_each_other_but_not_in_a_circle() {
    let mut shelf = shelf();
    shelf.add("a", "a.toml", "inherits = \"b\"\n");
    shelf.add("b", "b.toml", "inherits = \"a\"\n");
    shelf.add("vim", "my-vim.toml", "inherits = \"vim\"\n[fleet]\n\"z z\" = \"undo\"\n");
    let (_, problems) = load(&shelf, "a");
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].headline(), "b.toml:1:12: \"a\" inherits from itself in a circle");
    let (keymap, problems) = load(&shelf, "vim");
    assert!(problems.is_empty(), "a user's file may build on the shipped one of its own name: {problems:?}");
    assert_eq!(press(&keymap, Context::Fleet, "z z"), Resolution::Action(Action::Undo));
    assert_eq!(press(&keymap, Context::Fleet, "g g"), Resolution::Action(Action::Top));
}

#[test]
fn every_shipped_keymap_loads_clean_and_reaches_every_action() {
    let shelf = shelf();
    for name in shelf.names() {
        let (keymap, problems) = load(&shelf, name);
        assert!(problems.is_empty(), "{name}: {problems:?}");
        for action in Action::ALL.iter().filter(|action| **action != Action::Quit) {
            for context in action.row().contexts.iter().filter(|context| **context != Context::Everywhere) {
                assert!(keymap.chord_for(*action, *context).is_some(), "{name}: no key for {action:?} in {context:?}");
            }
            let anywhere = Context::ALL.iter().any(|context| keymap.chord_for(*action, *context).is_some());
            assert!(anywhere, "{name}: no key for {action:?}");
        }
    }
}

#[test]
fn shipped_keymaps_leave_the_prefixes_of_tmux_and_screen_alone() {
    let shelf = shelf();
    let prefixes: Vec<Key> = ["ctrl-b", "ctrl-a"].iter().map(|key| key.parse().unwrap()).collect();
    for name in shelf.names() {
        let (keymap, _) = load(&shelf, name);
        for context in Context::ALL {
            for (chord, action) in keymap.bindings(context) {
                assert!(chord.keys().iter().all(|key| !prefixes.contains(key)), "{name}: {chord} {action:?}");
            }
        }
    }
}
