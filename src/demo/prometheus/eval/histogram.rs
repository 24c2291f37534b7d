//! `histogram_quantile` over classic buckets.

use std::collections::HashMap;

use super::super::labels::{Labels, METRIC_NAME};
use super::rows::{ABSENT, Row, is_absent};

/// The label that holds a bucket's upper bound.
const BOUND: &str = "le";

/// An upper bound and the observations up to it.
type Bucket = (f64, f64);

/// For each group of buckets that differ in nothing but their bound, the quantile at each step.
pub(super) fn quantiles(wanted: &[f64], rows: Vec<Row>) -> Vec<Row> {
    let mut places: HashMap<Labels, usize> = HashMap::new();
    let mut groups: Vec<(Labels, Vec<(f64, Row)>)> = Vec::new();
    for row in rows {
        let Ok(bound) = row.labels.get(BOUND).parse::<f64>() else { continue };
        let key = row.labels.filter(|name| name != BOUND && name != METRIC_NAME);
        let place = *places.entry(key).or_insert_with_key(|key| {
            groups.push((key.clone(), Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push((bound, row));
    }
    let results = groups.into_iter().map(|(labels, mut members)| {
        members.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut buckets = Vec::with_capacity(members.len());
        let values = wanted.iter().enumerate().map(|(step, wanted)| {
            buckets.clear();
            let values = members.iter().map(|(bound, row)| (*bound, row.values[step]));
            buckets.extend(values.filter(|(_, value)| !is_absent(*value)));
            if buckets.is_empty() { ABSENT } else { quantile(*wanted, &mut buckets) }
        });
        Row { values: values.collect(), labels }
    });
    results.filter(Row::is_present).collect()
}

/// The quantile of buckets in ascending order, interpolated inside the bucket it falls into.
fn quantile(wanted: f64, buckets: &mut Vec<Bucket>) -> f64 {
    if wanted.is_nan() {
        return f64::NAN;
    }
    if !(0.0..=1.0).contains(&wanted) {
        return if wanted < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    tidy(buckets);
    let Some(&(highest, total)) = buckets.last() else { return f64::NAN };
    if highest != f64::INFINITY || buckets.len() < 2 || total == 0.0 || total.is_nan() {
        return f64::NAN;
    }
    let mut rank = wanted * total;
    let index = buckets[..buckets.len() - 1].partition_point(|(_, count)| *count < rank);
    let (end, mut count) = buckets[index];
    if index == buckets.len() - 1 {
        return buckets[index - 1].0;
    }
    if index == 0 && end <= 0.0 {
        return end;
    }
    let mut start = 0.0;
    if index > 0 {
        let (bound, below) = buckets[index - 1];
        start = bound;
        count -= below;
        rank -= below;
    }
    start + (end - start) * (rank / count)
}

/// Joins buckets with the same bound, and makes counts never fall: rates of buckets scraped at
/// different moments may.
#[expect(clippy::float_cmp, reason = "bounds are equal or not")]
fn tidy(buckets: &mut Vec<Bucket>) {
    buckets.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    let mut highest = f64::NEG_INFINITY;
    for (_, count) in buckets {
        highest = highest.max(*count);
        *count = highest;
    }
}
