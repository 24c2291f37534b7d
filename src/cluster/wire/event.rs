//! Events of the core group and of events.k8s.io.

use serde::Deserialize;

use super::{
    intern::{Interner, unique},
    loose::{Loose, Num, Str, Time},
    meta::{RawMeta, Unread},
};
use crate::domain::{Event, ObjectRef, Severity};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawEvent<'a> {
    #[serde(borrow)]
    metadata: Loose<RawMeta<'a, Unread>>,
    #[serde(borrow, alias = "regarding")]
    involved_object: Loose<RawReference<'a>>,
    #[serde(borrow)]
    reason: Str<'a>,
    #[serde(borrow, alias = "note")]
    message: Str<'a>,
    #[serde(borrow, rename = "type")]
    severity: Str<'a>,
    #[serde(alias = "deprecatedCount")]
    count: Num,
    #[serde(alias = "deprecatedFirstTimestamp")]
    first_timestamp: Time,
    #[serde(alias = "deprecatedLastTimestamp")]
    last_timestamp: Time,
    event_time: Time,
    series: Loose<RawSeries>,
    #[serde(borrow, alias = "deprecatedSource")]
    source: Loose<RawSource<'a>>,
    #[serde(borrow, alias = "reportingController")]
    reporting_component: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawReference<'a> {
    #[serde(borrow)]
    kind: Str<'a>,
    #[serde(borrow)]
    namespace: Str<'a>,
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    uid: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawSeries {
    count: Num,
    last_observed_time: Time,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawSource<'a> {
    #[serde(borrow)]
    component: Str<'a>,
}

impl RawEvent<'_> {
    /// Makes the domain's event of it.
    pub(super) fn event(&self, intern: &mut Interner) -> Event {
        let meta = self.metadata.0.meta(intern);
        let (about, series, component) = (&self.involved_object.0, &self.series.0, &self.source.0.component);
        let first = self.first_timestamp.0.or(self.event_time.0).or(meta.created);
        let last = series.last_observed_time.0.or(self.last_timestamp.0).or(first);
        Event {
            severity: if self.severity.0 == "Warning" { Severity::Warning } else { Severity::Normal },
            reason: intern.text(&self.reason),
            message: unique(&self.message),
            about: ObjectRef {
                kind: intern.text(&about.kind),
                namespace: intern.text(&about.namespace),
                name: intern.text(&about.name),
            },
            about_uid: intern.text(&about.uid),
            source: intern.text(if component.is_empty() { &self.reporting_component } else { component }),
            count: series.count.count().or(self.count.count()).unwrap_or(1).max(1),
            first,
            last,
            meta,
        }
    }
}
