//! What differs between two revisions.

use crate::{
    cluster::{Client, execute::read_facts},
    domain::{Link, WorkloadKey},
    operation::{Change, Operation, Request, between},
};

use super::{Failure, failure::unread};

/// Reads the past of a workload and compares the templates of two revisions.
///
/// # Errors
/// A revision that does not exist, or a cluster that cannot be asked.
pub async fn difference(
    client: &Client,
    link: &Link,
    key: &WorkloadKey,
    (from, to): (i64, i64),
) -> Result<Vec<Change>, Failure> {
    let request = Request::new(key.clone(), Operation::Undo { to: Some(from) });
    let facts = read_facts(client, link, &request).await.map_err(|error| unread(&request, error))?;
    Ok(between(&facts, from, to)?)
}
