//! Panels, their variables and their numbers as tables of cases.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::domain::{Kind, Series, WorkloadKey};

fn variables(kind: Kind, name: &str) -> Variables {
    let key = WorkloadKey { namespace: "shop".into(), name: name.into(), kind };
    Variables::of(&key, None, Duration::from_secs(60))
}

fn with(text: &str) -> (Vec<Panel>, Vec<String>) {
    let mut shelf = shelf();
    shelf.add("mine", "mine.toml", text);
    let (panels, problems) = load(&shelf);
    (panels, problems.iter().map(crate::problem::Problem::headline).collect())
}

#[test]
fn shipped_panels_load_clean_in_their_order_and_are_promql() {
    let (panels, problems) = load(&shelf());
    assert!(problems.is_empty(), "{problems:?}");
    let ids: Vec<&str> = panels.iter().map(|panel| panel.id.as_str()).collect();
    assert_eq!(ids, ["request-rate", "error-share", "latency", "cpu", "memory", "restarts"]);
    let variables = variables(Kind::Deployment, "cart");
    for panel in &panels {
        for query in panel.queries.iter().chain(panel.fallback.iter().flat_map(|fallback| &fallback.queries)) {
            let promql = query.promql(&variables);
            let parsed = promql_parser::parser::parse(&promql);
            assert!(parsed.is_ok(), "{}: {parsed:?} in {promql}", panel.id);
            assert!(promql.contains("namespace=\"shop\"") && !promql.contains('$'), "{promql}");
        }
    }
    assert_eq!(panels[2].fallback.as_ref().unwrap().note, "no buckets: mean and max instead");
}

#[test]
fn pods_are_matched_by_how_controllers_name_them() {
    let long = "a".repeat(60);
    let cut = format!("{}-5d4f8-x2x2x", "a".repeat(46));
    for (kind, name, pod, matches) in [
        (Kind::Deployment, "cart", "cart-7d9c6f5b4-x8k2p", true),
        (Kind::Deployment, "cart", "cart-redis-7d9c6f5b4-x8k2p", false),
        (Kind::Deployment, "cart.v2", "cartxv2-7d9c6f5b4-x8k2p", false),
        (Kind::StatefulSet, "kafka", "kafka-12", true),
        (Kind::StatefulSet, "kafka", "kafka-exporter-12", false),
        (Kind::DaemonSet, "log-shipper", "log-shipper-8xk2p", true),
        (Kind::Deployment, &long, &cut, true),
    ] {
        // Prometheus anchors its regular expressions.
        let pattern = regex::Regex::new(&format!("^(?:{})$", variables(kind, name).pods)).unwrap();
        assert_eq!(pattern.is_match(pod), matches, "{pod} for {kind:?} {name}");
    }
}

#[test]
fn a_value_is_escaped_for_the_string_it_stands_in() {
    let mut variables = variables(Kind::Deployment, "cart");
    variables.workload = "a\"b\\c'd`e".to_owned();
    for (template, filled) in [
        ("x{a=\"$workload\"}", "x{a=\"a\\\"b\\\\c'd`e\"}"),
        ("x{a='$workload'}", "x{a='a\"b\\\\c\\'d`e'}"),
        ("x{a=`$workload`}", "x{a=`a\"b\\c'de`}"),
        ("x{a=~\"5..$\"}[$interval]", "x{a=~\"5..$\"}[60s]"),
        ("x{a=\"\\\"$namespace\"}", "x{a=\"\\\"shop\"}"),
    ] {
        assert_eq!(Template::parse(template).unwrap().fill(&variables), filled);
    }
}

#[test]
fn a_template_that_cannot_be_filled_says_why() {
    for (template, sentence) in [
        ("x{pod=~\"$pod\"}", "there is no variable $pod"),
        ("x{pod=~$pods}", "$pods must stand between quotes, as in pod=~\"$pods\""),
        ("x{pod=~\"$pods}", "the string is not closed"),
    ] {
        assert_eq!(Template::parse(template).unwrap_err().to_string(), sentence, "{template}");
    }
}

proptest! {
    #[test]
    fn no_value_ends_its_string(value in ".{0,20}") {
        let mut variables = variables(Kind::Deployment, "cart");
        variables.workload = value.clone();
        let promql = Template::parse("up{a=\"$workload\"}").unwrap().fill(&variables);
        let Ok(promql_parser::parser::Expr::VectorSelector(selector)) = promql_parser::parser::parse(&promql) else {
            return Err(TestCaseError::fail(format!("{promql} is no selector")));
        };
        prop_assert_eq!(&selector.matchers.matchers[0].value, &value);
    }

    #[test]
    fn any_text_is_cut_or_refused_without_harm(text in ".{0,40}") {
        let _ = Template::parse(&text).map(|template| template.fill(&variables(Kind::Deployment, "cart")));
    }
}

#[test]
fn a_bad_panel_costs_itself_only() {
    let (panels, problems) = with("title = \"Mine\"\n[[query]]\npromql = 'up{pod=~\"$pod\"}'\n");
    assert_eq!(problems, ["mine.toml:3:20: there is no variable $pod"]);
    assert_eq!(panels.len(), 6);
    let mut shelf = shelf();
    shelf.add("cpu", "cpu.toml", "title = 3\n");
    let (panels, problems) = load(&shelf);
    assert!(!problems.is_empty());
    assert!(panels.iter().any(|panel| panel.id == "cpu" && panel.title == "CPU"), "the shipped one stays");
}

#[test]
fn legends_take_labels_and_levels_take_the_worst() {
    let text = "title = \"T\"\nunit = \"percent\"\n[[query]]\nlegend = \"{{code}} of {{ pod }}{{x}}\"\npromql = 'up'\n\
                [[threshold]]\nvalue = 0.01\n[[threshold]]\nvalue = 0.05\nlevel = \"error\"\n";
    let (panels, problems) = with(text);
    assert!(problems.is_empty(), "{problems:?}");
    let panel = panels.iter().find(|panel| panel.id == "mine").unwrap();
    let labels = [("code", "500"), ("pod", "a-1")].map(|(name, value)| (name.into(), value.into()));
    let series = Series { labels: labels.into(), samples: Vec::new() };
    assert_eq!(panel.queries[0].legend(&series), "500 of a-1");
    assert_eq!([0.01, 0.02, 0.06].map(|value| panel.level(value)), [None, Some(Level::Warn), Some(Level::Error)]);
}

#[test]
fn numbers_are_short() {
    for (unit, value, shown) in [
        (Unit::PerSecond, 41.0, "41/s"),
        (Unit::PerSecond, 1234.0, "1.2k/s"),
        (Unit::PerSecond, 0.25, "0.25/s"),
        (Unit::Percent, 0.061, "6.1%"),
        (Unit::Percent, 1.0, "100%"),
        (Unit::Seconds, 0.12, "120ms"),
        (Unit::Seconds, 2.1, "2.1s"),
        (Unit::Seconds, 0.0, "0s"),
        (Unit::Bytes, 536_870_912.0, "512Mi"),
        (Unit::Cores, 0.25, "250m"),
        (Unit::Cores, 2.0, "2"),
        (Unit::Count, 14.0, "14"),
        (Unit::Count, f64::NAN, "–"),
        (Unit::Count, -0.0, "0"),
    ] {
        assert_eq!(unit.show(value), shown, "{unit:?} {value}");
    }
}

#[test]
fn evidence_is_asked_for_by_the_first_panel_that_has_it() {
    let asked = |panels: &[Panel]| -> Vec<String> {
        let variables = Variables::of_pods(
            &WorkloadKey::new(Kind::Rollout, "shop", "cart"),
            &Variables::pods_of_sets(["cart-1", "a.b"]),
            Duration::from_secs(300),
        );
        evidence(panels).iter().map(|question| question.promql(&variables)).collect()
    };
    let (shipped, _) = load(&shelf());
    assert_eq!(asked(&[]), asked(&shipped), "where no panel has any, the shipped ones do");
    for promql in asked(&shipped) {
        assert!(promql_parser::parser::parse(&promql).is_ok(), "{promql}");
        assert!(promql.contains("pod=~\"cart\\\\-1-[a-z0-9]{5}|a\\\\.b-[a-z0-9]{5}\""), "{promql}");
    }
    let own = "title = \"T\"\norder = 1\n[[query]]\npromql = 'up'\n[evidence]\ncounts = \"errors\"\npromql = 'mine'\n";
    let (panels, problems) = with(own);
    assert!(problems.is_empty(), "{problems:?}");
    let asked = asked(&panels);
    assert_eq!((asked.len(), asked[1].as_str()), (3, "mine"));
    let (_, problems) = with("title = \"T\"\n[[query]]\npromql = 'up'\n[evidence]\ncounts = \"error\"\npromql = 'x'\n");
    assert_eq!(problems, ["mine.toml:5:10: \"error\" is no value of \"counts\""]);
    let (_, problems) = with("title = \"T\"\n[[query]]\npromql = 'up'\n[evidence]\npromql = 'x{a=\"$pod\"}'\n");
    assert_eq!(problems, ["mine.toml:4:1: [evidence] needs \"counts\"", "mine.toml:5:16: there is no variable $pod"]);
}

#[test]
fn long_names_of_sets_are_cut_as_their_pods_names_are() {
    let long = format!("{}-5d4f8c7b6", "a".repeat(52));
    let pattern = regex::Regex::new(&format!("^(?:{})$", Variables::pods_of_sets([long.as_str()]))).unwrap();
    // generateName keeps 58 characters, dash included, and adds five at random.
    let pod = format!("{}x2x2x", &format!("{long}-")[..58]);
    assert!(pattern.is_match(&pod), "{pod}");
}
