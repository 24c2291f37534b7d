//! Which rows of two vectors belong together.

use std::collections::HashMap;

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

    /// Positions of rows by their signature.
    pub fn groups(self, rows: &[Row]) -> HashMap<Labels, Vec<usize>> {
        let mut groups: HashMap<Labels, Vec<usize>> = HashMap::new();
        for (index, row) in rows.iter().enumerate() {
            groups.entry(self.signature(&row.labels)).or_default().push(index);
        }
        groups
    }
}
