//! What a person reads when a file is wrong.

use super::*;

fn first(text: &str, read: impl Fn(&mut Section<'_>)) -> String {
    let document = Document::parse("sample.toml", text);
    let mut root = document.root();
    read(&mut root);
    root.close();
    let shown: Vec<String> = document.into_problems().iter().map(ToString::to_string).collect();
    shown.join("\n")
}

#[test]
fn an_unknown_key_names_the_nearest() {
    let shown = first("mouse = true\ntheem = \"dark\"\n", |root| {
        root.boolean("mouse");
        root.string("theme");
    });
    let expected =
        "sample.toml:2:1: unknown key \"theem\"\n  |\n2 | theem = \"dark\"\n  | ^^^^^\n  = did you mean \"theme\"?";
    assert_eq!(shown, expected);
}

#[test]
fn every_fault_is_reported_in_the_order_of_the_text() {
    let document = Document::parse("sample.toml", "zebra = 1\nmouse = 3\nlimit = 900\nlimit = 1\n");
    let mut root = document.root();
    assert_eq!(root.integer("limit", 1..=100), None);
    assert_eq!(root.boolean("mouse"), None);
    root.close();
    let lines: Vec<String> = document.into_problems().iter().map(Problem::headline).collect();
    assert_eq!(
        lines,
        [
            "sample.toml:1:1: unknown key \"zebra\"",
            "sample.toml:2:9: \"mouse\" must be true or false, this is a whole number",
            "sample.toml:3:9: \"limit\" must be between 1 and 100",
            "sample.toml:4:1: limit is set twice",
        ]
    );
}

#[test]
fn broken_notation_is_one_problem_and_asks_for_nothing_else() {
    let shown = first("title = \"open\nunit = 3\n", |root| {
        root.required_string("title");
    });
    assert!(shown.starts_with("sample.toml:1:"), "{shown}");
    assert!(!shown.contains("needs"), "{shown}");
}

#[test]
fn the_caret_stands_under_wide_characters_and_tabs() {
    let problem = Problem::at("f", "\t名 = 5", &(7..8), "no");
    assert_eq!(problem.to_string(), "f:1:6: no\n  |\n1 |  名 = 5\n  |       ^");
    let past_the_end = Problem::at("f", "a\u{1b}", &(90..99), "no");
    assert_eq!(past_the_end.span.map(|place| (place.line, place.column, place.text)), Some((1, 3, "a\u{fffd}".into())));
}

#[test]
fn names_are_suggested_only_when_close() {
    let known = ["pause-resume", "scale", "undo", "up"];
    for (typed, wanted) in
        [("puase-resume", Some("pause-resume")), ("Scale", Some("scale")), ("udno", Some("undo")), ("restart", None)]
    {
        assert_eq!(nearest(typed, known), wanted, "{typed}");
    }
}
