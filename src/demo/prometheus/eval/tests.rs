//! The evaluator on small series made by hand.

use proptest::prelude::*;

use super::*;

fn store() -> Tsdb {
    let mut db = Tsdb::new();
    for (pod, start) in [("a", 0.0), ("b", 50.0)] {
        for bound in ["0.1", "1", "+Inf"] {
            let id = db.series("x", &[("pod", pod), ("le", bound)]);
            for minute in 0..20_i32 {
                db.append(id, i64::from(minute) * 60_000, start + f64::from(minute));
            }
        }
    }
    db
}

#[test]
fn the_window_rule_decides_about_the_left_end() {
    let db = store();
    let count = |window, at| {
        let options = Options { window, ..Options::default() };
        let Answer::Vector(found) = instant(&db, options, "count_over_time(x{pod=\"a\",le=\"1\"}[5m])", at).unwrap()
        else {
            panic!("no vector");
        };
        found[0].1
    };
    assert_eq!((count(WindowRule::Closed, 600_000), count(WindowRule::LeftOpen, 600_000)), (6.0, 5.0));
    assert_eq!((count(WindowRule::Closed, 600_217), count(WindowRule::LeftOpen, 600_217)), (5.0, 5.0));
}

#[test]
fn a_series_that_ended_is_not_found_again() {
    let mut db = store();
    let id = db.series("x", &[("pod", "a"), ("le", "1")]);
    db.end(id, 1_150_000);
    let found = |at| match instant(&db, Options::default(), "x{pod=\"a\",le=\"1\"}", at) {
        Ok(Answer::Vector(found)) => found.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!((found(1_149_999), found(1_150_000)), (1, 0));
}

#[test]
fn a_query_may_load_only_so_much() {
    let options = Options { max_samples: 50, ..Options::default() };
    let error = instant(&store(), options, "sum(rate(x[15m]))", 1_140_000).unwrap_err();
    assert!(error.to_string().contains("too many samples"), "{error}");
    let error = instant(&store(), options, "sum_over_time(vector(1)[100y:1s])", 1_140_000).unwrap_err();
    assert!(error.to_string().contains("too many samples"), "{error}");
}

/// An expression of a few levels, mostly sound.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "x",
        "x{pod=\"a\"}",
        "x{le!=\"1\"} offset 3m",
        "nothing",
        "1",
        "0.5",
        "NaN",
        "vector(2)",
        "time()",
        "x @ end()",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 24, 3, |inner| {
        let operator = prop::sample::select(vec![
            "+",
            "-",
            "*",
            "/",
            "%",
            "^",
            "> bool",
            "and",
            "or",
            "unless",
            "* on(pod) group_left()",
            "== ignoring(le)",
        ]);
        let function = prop::sample::select(vec![
            "sum(@)",
            "avg by (pod) (@)",
            "topk(2, @)",
            "quantile(0.3, @)",
            "count_values(\"v\", @)",
            "sort_desc(@)",
            "abs(@)",
            "scalar(@)",
            "vector(@)",
            "absent(@)",
            "histogram_quantile(0.9, @)",
            "timestamp(@)",
            "max_over_time((@)[5m:1m])",
            "rate((@)[7m:40s])",
            "quantile_over_time(0.2, (@)[10s:1m])",
            "hour(@)",
            "sort((@))",
            "label_replace(@, \"a\", \"$1\", \"pod\", \"(.*)\")",
            "clamp(@, 1, 5)",
            "-(@)",
            "predict_linear((@)[5m:1m], 60)",
            "holt_winters((@)[5m:1m], 0.5, 0.5)",
            "absent_over_time((@)[1s:1m])",
        ]);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(one, by, other)| format!("({one}) {by} ({other})")),
            (function, inner).prop_map(|(function, inside)| function.replace('@', &inside)),
        ]
    })
}

proptest! {
    #[test]
    fn an_instant_is_the_same_as_its_step_of_a_range(query in expression(), minute in 0i64..25) {
        let (db, at) = (store(), minute * 60_000 + 217);
        let single = instant(&db, Options::default(), &query, at);
        let ranged = range(&db, Options::default(), &query, (at, at, 60_000));
        match (single, ranged) {
            (Ok(Answer::Vector(elements)), Ok(Answer::Matrix(series))) => {
                let mut elements: Vec<_> = elements.into_iter().map(|(labels, value)| (labels, value.to_bits())).collect();
                elements.sort_by(|one, other| one.0.cmp(&other.0));
                let series: Vec<_> = series.into_iter().map(|(labels, samples)| (labels, samples[0].1.to_bits())).collect();
                prop_assert_eq!(elements, series);
            }
            (Ok(Answer::Scalar(value)), Ok(Answer::Matrix(series))) => {
                prop_assert_eq!(value.to_bits(), series[0].1[0].1.to_bits());
            }
            (Err(one), Err(other)) => prop_assert_eq!(one, other),
            (single, ranged) => prop_assert!(false, "{:?} against {:?}", single, ranged),
        }
    }

    #[test]
    fn a_range_of_steps_never_panics(query in expression(), step in 1i64..200_000) {
        let _ = range(&store(), Options::default(), &query, (0, 1_500_000.min(step * 500), step));
    }
}
