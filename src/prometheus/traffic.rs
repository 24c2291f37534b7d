//! What a group of pods answered, asked of Prometheus as counts over a window.

use futures::future::try_join_all;
use jiff::Timestamp;

use super::{Client, Error};
use crate::{
    domain::{Series, Traffic},
    panel::{Counts, Evidence, Variables},
};

/// Asks the evidence queries for the pods the variables name; the window is their interval.
///
/// # Errors
/// The first query's error.
pub async fn traffic(
    client: &Client,
    questions: &[Evidence],
    variables: &Variables,
    at: Timestamp,
) -> Result<Traffic, Error> {
    let asked = questions.iter().map(|question| async move {
        let answer = client.instant(&question.promql(variables), at).await?;
        Ok::<_, Error>((question.counts, answer))
    });
    let mut traffic = Traffic { seconds: variables.interval.as_secs_f64(), ..Traffic::default() };
    for (counts, answer) in try_join_all(asked).await? {
        match counts {
            Counts::Requests => traffic.requests = number(&answer),
            Counts::Errors => traffic.errors = number(&answer),
            Counts::Buckets => traffic.buckets = Traffic::histogram(answer.iter().filter_map(bucket).collect()),
        }
    }
    Ok(traffic)
}

/// The one number of an answer; none where nothing answers.
fn number(answer: &[Series]) -> Option<f64> {
    answer.first()?.samples.last().map(|sample| sample.value).filter(|value| value.is_finite())
}

fn bucket(series: &Series) -> Option<(f64, f64)> {
    let bound = match &**series.labels.get("le")? {
        "+Inf" => f64::INFINITY,
        bound => bound.parse().ok()?,
    };
    Some((bound, series.samples.last()?.value))
}
