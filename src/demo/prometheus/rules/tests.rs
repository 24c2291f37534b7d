//! Rules through time: pending, firing, resolved.

use super::State::{Firing, Inactive, Pending};
use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_168_800 + seconds).unwrap()
}

fn errors(share: f64) -> Rules {
    let rule = Rule::alert(
        "HighErrorRate",
        format!("errors > {share}"),
        60.0,
        "critical",
        &[("summary", "{{ $labels.app }} fails {{ $value | humanizePercentage }}, {{ $value }} {{ other }}")],
    );
    let group =
        Group { name: "shop".into(), file: "shop.yaml".into(), interval: 15.0, rules: vec![rule], evaluated: None };
    Rules { groups: vec![group] }
}

#[test]
fn an_alert_is_pending_then_fires_then_goes() {
    let mut db = Tsdb::new();
    let errors_of_payment = db.series("errors", &[("app", "payment")]);
    let mut rules = errors(0.05);
    let mut states = Vec::new();
    for second in (0..150).step_by(15) {
        let share = if second < 105 { 0.061 } else { 0.01 };
        db.append(errors_of_payment, at(second).as_millisecond(), share);
        rules.evaluate(&mut db, Options::default(), at(second));
        states.push(rules.groups[0].rules[0].state());
        if second == 60 {
            let alert = rules.groups[0].rules[0].alerts()[0];
            assert_eq!(alert.since, at(0));
            assert_eq!(alert.labels.to_string(), r#"{alertname="HighErrorRate", app="payment", severity="critical"}"#);
            assert_eq!(alert.annotations[0].1, "payment fails 6.1%, 0.061 {{ other }}");
        }
    }
    assert_eq!(states, [[Pending; 4].as_slice(), &[Firing; 3], &[Inactive; 3]].concat());
    let query = |text: &str, second| eval::instant(&db, Options::default(), text, at(second).as_millisecond()).unwrap();
    let Answer::Vector(firing) = query("ALERTS{alertstate=\"firing\"}", 90) else { panic!() };
    assert_eq!(firing.len(), 1);
    assert_eq!(query("ALERTS", 120), Answer::Vector(Vec::new()));
    assert_eq!(query("ALERTS{alertstate=\"pending\"}", 60), Answer::Vector(Vec::new()));
}

#[test]
fn a_recorded_series_ends_with_what_it_comes_from() {
    let mut db = Tsdb::new();
    let x = db.series("x", &[("pod", "a")]);
    let rule = Rule { labels: vec![("by".into(), "rule".into())], ..Rule::record("pod:x:double", "x * 2".into()) };
    let mut rules = Rules {
        groups: vec![Group { name: "g".into(), file: "f".into(), interval: 15.0, rules: vec![rule], evaluated: None }],
    };
    db.append(x, at(0).as_millisecond(), 4.0);
    rules.evaluate(&mut db, Options::default(), at(0));
    db.end(x, at(15).as_millisecond());
    rules.evaluate(&mut db, Options::default(), at(15));
    let query = |second| {
        eval::instant(&db, Options::default(), "pod:x:double{by=\"rule\",pod=\"a\"}", at(second).as_millisecond())
            .unwrap()
    };
    assert!(matches!(query(10), Answer::Vector(found) if found.len() == 1 && found[0].1 == 8.0));
    assert_eq!(query(16), Answer::Vector(Vec::new()));
}

#[test]
fn a_broken_rule_says_why() {
    let mut rules = errors(0.05);
    rules.groups[0].rules[0].expr = "errors >".into();
    rules.evaluate(&mut Tsdb::new(), Options::default(), at(0));
    assert!(rules.groups[0].rules[0].error.as_ref().unwrap().contains("parse error"));
}
