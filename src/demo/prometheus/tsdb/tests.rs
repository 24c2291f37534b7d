//! The store: appending, selecting, compacting.

use promql_parser::parser::{Expr, parse};
use proptest::prelude::*;

use super::*;

fn select(db: &Tsdb, text: &str) -> Vec<SeriesId> {
    let Expr::VectorSelector(selector) = parse(text).unwrap() else { panic!("{text} is no selector") };
    db.select(&with_name(selector.name.as_deref(), &selector.matchers))
}

fn read(db: &Tsdb, id: SeriesId, from: i64, to: i64) -> Vec<Sample> {
    let mut samples = Vec::new();
    db.read(id, from, to, &mut samples);
    samples
}

#[test]
fn matchers_find_what_they_say() {
    let mut db = Tsdb::new();
    let a = db.series("up", &[("job", "api"), ("pod", "a")]);
    let b = db.series("up", &[("job", "api"), ("pod", "b")]);
    let c = db.series("up", &[("job", "db"), ("zone", "")]);
    let d = db.series("down", &[]);
    let cases: [(&str, &[SeriesId]); 11] = [
        ("up", &[a, b, c]),
        ("{__name__=~\"up|down\"}", &[a, b, c, d]),
        ("up{pod=\"a\"}", &[a]),
        ("up{pod!=\"a\"}", &[b, c]),
        ("up{pod=\"\"}", &[c]),
        ("up{pod!=\"\"}", &[a, b]),
        ("up{pod=~\"a|x\"}", &[a]),
        ("up{pod=~\"a|\"}", &[a, c]),
        ("up{pod!~\"a|x\"}", &[b, c]),
        ("up{zone=\"\"}", &[a, b, c]),
        ("nothing", &[]),
    ];
    for (text, expected) in cases {
        assert_eq!(select(&db, text), expected, "{text}");
    }
    assert_eq!(db.series("up", &[("pod", "a"), ("job", "api")]), a);
}

#[test]
fn samples_are_read_back_between_bounds_and_late_ones_refused() {
    let mut db = Tsdb::new();
    let id = db.series("x", &[]);
    for step in 0..1000_i32 {
        assert!(db.append(id, i64::from(step) * 15_000, f64::from(step)));
    }
    assert!(!db.append(id, 10, 1.0));
    assert_eq!(read(&db, id, 30_000, 60_000), [(30_000, 2.0), (45_000, 3.0), (60_000, 4.0)]);
    assert_eq!(read(&db, id, i64::MIN, i64::MAX).len(), 1000);
}

#[test]
fn old_samples_grow_sparse_and_vanish() {
    let mut db = Tsdb::new();
    let id = db.series("x", &[]);
    let gone = db.series("gone", &[("pod", "old")]);
    let now = 1_795_168_800_000;
    db.append(gone, now - 25 * 3_600_000, 1.0);
    for at in (now - 25 * 3_600_000..=now).step_by(15_000) {
        db.append(id, at + 217, 1.0);
    }
    db.compact(now);
    let count =
        |from_hours: i64, to_hours: i64| read(&db, id, now - from_hours * 3_600_000, now - to_hours * 3_600_000).len();
    assert_eq!(count(30, 24), 0);
    assert!(count(24, 6).abs_diff(17 * 30 + 60) < 4, "{}", count(24, 6));
    assert!(count(6, 1).abs_diff(120 + 9 * 60) < 4, "{}", count(6, 1));
    assert!(count(1, 0).abs_diff(240) < 3, "{}", count(1, 0));
    assert_eq!(select(&db, "gone"), []);
    assert!(db.labels(gone).is_none() && !db.append(gone, now, 1.0));
    assert!(!db.label_names().any(|name| **name == *"pod"));
}

#[test]
fn an_export_names_every_sample_but_the_markers() {
    let mut db = Tsdb::new();
    let id = db.series("x", &[("pod", "a\"b")]);
    db.append(id, 1_500, 0.25);
    db.end(id, 2_000);
    assert_eq!(db.export_openmetrics(), "# TYPE x unknown\nx{pod=\"a\\\"b\"} 0.25 1.500\n# EOF\n");
}

proptest! {
    #[test]
    fn a_column_gives_back_what_it_took(samples in prop::collection::vec((1i64..40_000_000_000, any::<u64>()), 0..400)) {
        let mut column = Column::default();
        let mut at = -1_000_000;
        let mut expected = Vec::new();
        for (distance, bits) in samples {
            at += distance;
            prop_assert!(column.push(at, f64::from_bits(bits)));
            expected.push((at, bits));
        }
        let mut read = Vec::new();
        column.read(i64::MIN, i64::MAX, &mut read);
        let read: Vec<_> = read.into_iter().map(|(at, value)| (at, value.to_bits())).collect();
        prop_assert_eq!(read, expected);
    }
}

#[test]
fn a_series_without_samples_yet_outlives_a_compaction() {
    let mut db = Tsdb::new();
    let early = db.series("errors_total", &[("pod", "a")]);
    db.compact(1_000);
    assert!(db.append(early, 2_000, 1.0), "its first sample is not lost");
    assert_eq!(read(&db, early, 0, 3_000).len(), 1);
}
