//! Story files, good and bad.

use super::*;

#[test]
fn every_shipped_scenario_reads_without_a_problem_and_says_what_it_is_for() {
    for name in names() {
        let scenario =
            shipped(name).expect("it is in the list").unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
        for sentence in [&scenario.teaches, &scenario.notice, &scenario.right_move] {
            assert!(sentence.ends_with('.'), "{name}: {sentence}");
        }
    }
    assert_eq!(names().next(), Some(DEFAULT));
    assert!(shipped("no-such-story").is_none());
}

#[test]
fn all_problems_of_a_file_come_at_once() {
    let text = "teaches = \"x\"\nnotice = \"y\"\n[[release]]\nimage = \"a:b\"\nstartupp = \"3s\"\n[[step]]\nat = \"soon\"\nscale = \"x\"\nreplicas = 3\n[[step]]\nat = \"3s\"\n[[sign]]\nscreen = \"flet\"\nworkload = \"x\"\nsays = \"(\"\n";
    let problems = Scenario::parse("mine", "mine.toml", text).expect_err("it is full of mistakes");
    let sentences: Vec<String> = problems.iter().map(ToString::to_string).collect();
    for wanted in ["\"move\"", "startupp", "no duration", "does nothing", "flet", "no regular expression", "\"by\""] {
        assert!(sentences.iter().any(|sentence| sentence.contains(wanted)), "{wanted}: {sentences:#?}");
    }
}

#[test]
fn one_misspelt_key_is_one_mistake_and_not_four() {
    let text = "teaches = \"x\"\nnotice = \"y\"\nmove = \"z\"\n[[step]]\nat = \"3s\"\nrelase = \"a\"\nimage = \"a:v2\"\ncause = \"c\"\nby = \"me\"\n";
    let problems = Scenario::parse("mine", "mine.toml", text).expect_err("a key is misspelt");
    let sentences: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(sentences.len(), 2, "{sentences:#?}");
    assert!(
        sentences[0].contains("does nothing") && sentences[1].contains("did you mean \"release\""),
        "{sentences:#?}"
    );
}

const PAGE: &str = include_str!("../../../docs/simulated-company.md");

#[test]
fn the_documented_example_reads_and_has_every_key_of_a_step() {
    let examples: Vec<&str> = PAGE.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    for example in &examples {
        Scenario::parse("page", "page.toml", example).unwrap_or_else(|problems| panic!("{problems:#?}"));
    }
    let example = examples.last().expect("there is one");
    for key in file::ACTIONS {
        assert!(example.contains(&format!("\n{key} = ")), "{key}");
    }
}

#[test]
fn the_page_has_every_knob_of_the_api_server() {
    let knobs = serde_json::to_value(crate::demo::api::Faults::default()).expect("they are JSON");
    let names: Vec<&String> = knobs.as_object().expect("an object").keys().collect();
    assert!(names.len() > 10);
    for name in names {
        assert!(PAGE.contains(&format!("| `{name}` | ")), "{name}");
    }
}

#[test]
fn the_page_has_every_scenario_and_every_fault_in_words() {
    for name in names() {
        let scenario = shipped(name).expect("it is there").expect("it reads");
        let Scenario { teaches, notice, right_move, .. } = &scenario;
        let row = format!("| `{name}` | {teaches} | {notice} | {} | {right_move} |", scenario.places());
        assert!(PAGE.contains(&row), "{row}");
    }
    for (fault, form, effect) in INJECTIONS {
        let row = format!("| `{}` | {effect} |", format!("{fault} {form}").trim());
        assert!(PAGE.contains(&row), "{row}");
    }
}
