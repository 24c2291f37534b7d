//! Which rows of two vectors belong together.

use indexmap::IndexMap;
use promql_parser::parser::{BinModifier, BinaryExpr, LabelModifier};

use super::super::labels::{Labels, METRIC_NAME};
use super::rows::Row;

/// The part of the labels that must agree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matching<'a> {
    modifier: Option<&'a LabelModifier>,
}

impl<'a> Matching<'a> {
    /// The `on` or `ignoring` of an expression.
    pub fn of(binary: &'a BinaryExpr) -> Self {
        let matching = |modifier: &'a BinModifier| modifier.matching.as_ref();
        Self { modifier: binary.modifier.as_ref().and_then(matching) }
    }

    /// The labels of a row that must agree with the other side's.
    pub fn signature(self, labels: &Labels) -> Labels {
        match self.modifier {
            Some(LabelModifier::Include(on)) => labels.filter(|name| on.labels.iter().any(|own| own == name)),
            Some(LabelModifier::Exclude(ignored)) => {
                labels.filter(|name| name != METRIC_NAME && !ignored.labels.iter().any(|own| own == name))
            }
            None => labels.without_name(),
        }
    }

    /// The labels that a one-to-one match leaves.
    pub fn one_to_one(self, labels: &Labels) -> Labels {
        match self.modifier {
            Some(LabelModifier::Include(on)) => labels.filter(|name| on.labels.iter().any(|own| own == name)),
            Some(LabelModifier::Exclude(ignored)) => {
                labels.filter(|name| !ignored.labels.iter().any(|own| own == name))
            }
            None => labels.clone(),
        }
    }

    /// Positions of rows by their signature, in the order of the rows.
    pub fn groups(self, rows: &[Row]) -> IndexMap<Labels, Vec<usize>> {
        let mut groups: IndexMap<Labels, Vec<usize>> = IndexMap::new();
        for (index, row) in rows.iter().enumerate() {
            groups.entry(self.signature(&row.labels)).or_default().push(index);
        }
        groups
    }
}
