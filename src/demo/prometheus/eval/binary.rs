//! Binary operators: arithmetic, comparison, and the set operators.

use std::collections::HashMap;

use indexmap::IndexMap;
use promql_parser::parser::token::{
    T_ADD, T_ATAN2, T_DIV, T_EQLC, T_GTE, T_GTR, T_LAND, T_LOR, T_LSS, T_LTE, T_LUNLESS, T_MOD, T_MUL, T_NEQ, T_POW,
    T_SUB, TokenId,
};
use promql_parser::parser::{BinaryExpr, VectorMatchCardinality};

use super::super::labels::Labels;
use super::matching::Matching;
use super::rows::{ABSENT, Row, Value, is_absent, merged};
use super::{Context, QueryError};

/// What an operator does to two numbers.
#[derive(Debug, Clone, Copy)]
struct Operator {
    id: TokenId,
    /// Whether a comparison answers 0 or 1 and drops nothing.
    answers_bool: bool,
}

impl Operator {
    /// Whether it compares.
    fn compares(self) -> bool {
        matches!(self.id, T_EQLC | T_NEQ | T_GTR | T_LSS | T_GTE | T_LTE)
    }

    /// Whether the result is another quantity, so that the metric's name goes.
    fn drops_name(self) -> bool {
        !self.compares() || self.answers_bool
    }

    /// The result; [`ABSENT`] where a comparison drops the element. `kept` stays otherwise.
    fn apply(self, left: f64, right: f64, kept: f64) -> f64 {
        if is_absent(left) || is_absent(right) {
            return ABSENT;
        }
        if let Some(value) = arithmetic(self.id, left, right) {
            return value;
        }
        match (compare(self.id, left, right), self.answers_bool) {
            (true, false) => kept,
            (false, false) => ABSENT,
            (true, true) => 1.0,
            (false, true) => 0.0,
        }
    }
}

impl Context<'_> {
    /// A binary expression.
    pub(super) fn binary(&self, binary: &BinaryExpr) -> Result<Value, QueryError> {
        let operator = Operator { id: binary.op.id(), answers_bool: binary.return_bool() };
        let (left, right) = (self.eval(&binary.lhs)?, self.eval(&binary.rhs)?);
        match (left, right) {
            (Value::Scalar(left), Value::Scalar(right)) => {
                let pairs = left.into_iter().zip(right);
                Ok(Value::Scalar(pairs.map(|(left, right)| operator.apply(left, right, left)).collect()))
            }
            (Value::Vector(rows), Value::Scalar(numbers)) => {
                let apply = |value, number| operator.apply(value, number, value);
                Ok(Value::Vector(with_scalar(rows, &numbers, operator, apply)))
            }
            (Value::Scalar(numbers), Value::Vector(rows)) => {
                let apply = |value, number| operator.apply(number, value, value);
                Ok(Value::Vector(with_scalar(rows, &numbers, operator, apply)))
            }
            (Value::Vector(left), Value::Vector(right)) => {
                let matching = Matching::of(binary);
                let rows = match operator.id {
                    T_LAND => keep_matching(left, &right, matching, true),
                    T_LUNLESS => keep_matching(left, &right, matching, false),
                    T_LOR => or(left, right, matching)?,
                    _ => Join::new(binary, operator, &left, &right).run()?,
                };
                Ok(Value::Vector(rows))
            }
            _ => Err(QueryError::Execution("binary expression on a string".to_owned())),
        }
    }
}

/// An operator between a vector and a scalar.
fn with_scalar(rows: Vec<Row>, numbers: &[f64], operator: Operator, apply: impl Fn(f64, f64) -> f64) -> Vec<Row> {
    let results = rows.into_iter().map(|mut row| {
        for (value, number) in row.values.iter_mut().zip(numbers) {
            *value = apply(*value, *number);
        }
        if operator.drops_name() { row.unnamed() } else { row }
    });
    results.filter(Row::is_present).collect()
}

/// `and` and `unless`: the left elements whose signature is, or is not, on the right at that step.
fn keep_matching(left: Vec<Row>, right: &[Row], matching: Matching<'_>, wanted: bool) -> Vec<Row> {
    let groups = matching.groups(right);
    let kept = left.into_iter().map(|mut row| {
        let others = groups.get(&matching.signature(&row.labels)).map_or(&[][..], Vec::as_slice);
        for (step, value) in row.values.iter_mut().enumerate() {
            let found = others.iter().any(|&other| !is_absent(right[other].values[step]));
            if found != wanted {
                *value = ABSENT;
            }
        }
        row
    });
    kept.filter(Row::is_present).collect()
}

/// `or`: the left elements, and the right ones whose signature is not on the left at that step.
fn or(left: Vec<Row>, right: Vec<Row>, matching: Matching<'_>) -> Result<Vec<Row>, QueryError> {
    let added = keep_matching(right, &left, matching, false);
    merged(left.into_iter().chain(added).collect())
}

/// An arithmetic or comparing operator between two vectors.
struct Join<'a> {
    binary: &'a BinaryExpr,
    operator: Operator,
    matching: Matching<'a>,
    /// The side of which several elements may match one of the other.
    many: &'a [Row],
    one: &'a [Row],
    /// Whether the right side is `many`.
    swapped: bool,
}

/// Steps at which a group has produced a result, and with which labels.
type Produced = HashMap<Labels, Vec<bool>>;

impl<'a> Join<'a> {
    fn new(binary: &'a BinaryExpr, operator: Operator, left: &'a [Row], right: &'a [Row]) -> Self {
        let swapped = matches!(card(binary), Some(VectorMatchCardinality::OneToMany(_)));
        let (many, one) = if swapped { (right, left) } else { (left, right) };
        Self { binary, operator, matching: Matching::of(binary), many, one, swapped }
    }

    fn run(&self) -> Result<Vec<Row>, QueryError> {
        let ones = self.matching.groups(self.one);
        let manys = self.matching.groups(self.many);
        self.check_ones(&ones)?;
        let mut results = Vec::new();
        for (signature, members) in &manys {
            let Some(others) = ones.get(signature) else { continue };
            let mut produced = Produced::new();
            for &member in members {
                for &other in others {
                    let row = self.pair(&self.many[member], &self.one[other]);
                    if row.is_present() {
                        self.check_unique(&row, &mut produced)?;
                        results.push((member, row));
                    }
                }
            }
        }
        // As Prometheus goes through the many side; an instant answer shows this order.
        results.sort_by_key(|(member, _)| *member);
        merged(results.into_iter().map(|(_, row)| row).collect())
    }

    /// The result for one row of each side.
    fn pair(&self, many: &Row, one: &Row) -> Row {
        let pairs = many.values.iter().zip(&one.values);
        let values = pairs.map(|(&many, &one)| {
            let (left, right) = if self.swapped { (one, many) } else { (many, one) };
            self.operator.apply(left, right, left)
        });
        Row { values: values.collect(), labels: self.labels(&many.labels, &one.labels) }
    }

    /// Labels of a result.
    fn labels(&self, many: &Labels, one: &Labels) -> Labels {
        let mut labels = many.clone();
        if self.operator.drops_name() {
            labels = labels.without_name();
        }
        match card(self.binary) {
            Some(VectorMatchCardinality::ManyToOne(include) | VectorMatchCardinality::OneToMany(include)) => {
                for name in &include.labels {
                    labels = labels.with(name, one.get(name));
                }
                labels
            }
            _ => self.matching.one_to_one(&labels),
        }
    }

    /// Refuses two elements of the one side with the same signature at the same step.
    fn check_ones(&self, ones: &IndexMap<Labels, Vec<usize>>) -> Result<(), QueryError> {
        for (signature, members) in ones.iter().filter(|(_, members)| members.len() > 1) {
            for step in 0..self.one[members[0]].values.len() {
                // Prometheus does not look at a step that has nothing on the many side.
                if self.many.iter().all(|row| is_absent(row.values[step])) {
                    continue;
                }
                let mut present = members.iter().filter(|&&member| !is_absent(self.one[member].values[step]));
                if let (Some(&first), Some(&second)) = (present.next(), present.next()) {
                    let side = if self.swapped { "left" } else { "right" };
                    return Err(QueryError::Execution(format!(
                        "found duplicate series for the match group {} on the {side} hand-side of the operation: [{}, {}];many-to-many matching not allowed: matching labels must be unique on one side",
                        braced(signature),
                        braced(&self.one[second].labels),
                        braced(&self.one[first].labels),
                    )));
                }
            }
        }
        Ok(())
    }

    /// Refuses a result that the same group has given at the same step already.
    fn check_unique(&self, row: &Row, produced: &mut Produced) -> Result<(), QueryError> {
        let grouped = matches!(
            card(self.binary),
            Some(VectorMatchCardinality::ManyToOne(_) | VectorMatchCardinality::OneToMany(_))
        );
        let key = if grouped { row.labels.clone() } else { Labels::empty() };
        let taken = produced.entry(key).or_insert_with(|| vec![false; row.values.len()]);
        for (taken, value) in taken.iter_mut().zip(&row.values) {
            if is_absent(*value) {
                continue;
            }
            if *taken {
                let text = if grouped {
                    "multiple matches for labels: grouping labels must ensure unique matches"
                } else {
                    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
                };
                return Err(QueryError::Execution(text.to_owned()));
            }
            *taken = true;
        }
        Ok(())
    }
}

/// The cardinality that an expression asks for.
fn card(binary: &BinaryExpr) -> Option<&VectorMatchCardinality> {
    binary.modifier.as_ref().map(|modifier| &modifier.card)
}

/// All labels in braces, the name among them, as Go's label sets are written.
fn braced(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();

    format!("{{{}}}", pairs.join(", "))
}

/// The result of an arithmetic operator; none for the others.
fn arithmetic(id: TokenId, left: f64, right: f64) -> Option<f64> {
    Some(match id {
        T_ADD => left + right,
        T_SUB => left - right,
        T_MUL => left * right,
        T_DIV => left / right,
        T_MOD => left % right,
        T_POW => left.powf(right),
        T_ATAN2 => left.atan2(right),
        _ => return None,
    })
}

/// The verdict of a comparing operator.
#[expect(clippy::float_cmp, reason = "PromQL compares exactly")]
fn compare(id: TokenId, left: f64, right: f64) -> bool {
    match id {
        T_EQLC => left == right,
        T_NEQ => left != right,
        T_GTR => left > right,
        T_LSS => left < right,
        T_GTE => left >= right,
        T_LTE => left <= right,
        _ => false,
    }
}
