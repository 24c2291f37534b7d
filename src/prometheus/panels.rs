//! One panel's queries.

use futures::future::try_join_all;

use super::{Client, Error, Window};
use crate::{
    domain::{Series, Text},
    panel::{Panel, Query, Variables},
};

/// What a panel shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PanelData {
    /// Its lines: name and samples; empty when Prometheus knows nothing of it.
    pub lines: Vec<(Text, Series)>,
    /// The fallback's words, where its queries stand in.
    pub note: Option<String>,
}

/// Asks a panel's queries; where all of them answer nothing, its fallback's.
///
/// # Errors
/// The first query's error; it is this panel's alone.
pub async fn panel(client: &Client, panel: &Panel, variables: &Variables, window: &Window) -> Result<PanelData, Error> {
    let lines = lines(client, &panel.queries, variables, window).await?;
    match &panel.fallback {
        Some(fallback) if lines.is_empty() => {
            let instead = self::lines(client, &fallback.queries, variables, window).await?;
            let note = (!instead.is_empty()).then(|| fallback.note.clone());
            Ok(PanelData { lines: instead, note })
        }
        _ => Ok(PanelData { lines, note: None }),
    }
}

async fn lines(
    client: &Client,
    queries: &[Query],
    variables: &Variables,
    window: &Window,
) -> Result<Vec<(Text, Series)>, Error> {
    let asked = queries.iter().map(|query| async move {
        let series = client.range(&query.promql(variables), window).await?;
        Ok::<_, Error>(series.into_iter().map(|series| (Text::from(query.legend(&series)), series)).collect::<Vec<_>>())
    });
    Ok(try_join_all(asked).await?.into_iter().flatten().collect())
}
