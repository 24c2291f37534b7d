//! Rows of custom kinds: the columns their definitions add, read along plain paths.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Column, Content, Printer, cells, name_of, text};
use crate::demo::store::custom;

macro_rules! printers {
    ($($name:ident $qualified:literal: $($column:expr),*;)*) => {
        $(static $name: Printer = Printer {
            columns: &[text("Name"), $($column),*],
            cells: |object, now| cells_of($qualified, object, now),
        };)*

        /// Returns the printer of a custom kind.
        pub(super) fn printer(qualified: &str) -> &'static Printer {
            match qualified {
                $($qualified => &$name,)*
                _ => &OTHERS,
            }
        }
    };
}

const fn column(name: &'static str, kind: Content) -> Column {
    Column { name, kind, wide: false }
}

const fn wide(name: &'static str, kind: Content) -> Column {
    Column { name, kind, wide: true }
}

const AGE: Column = column("Age", Content::Date);

static OTHERS: Printer = Printer { columns: &[text("Name"), AGE], cells: |object, now| cells_of("", object, now) };

printers! {
    ROLLOUTS "rollouts.argoproj.io": column("Desired", Content::Number), column("Current", Content::Number),
        column("Up-to-date", Content::Number), column("Available", Content::Number), AGE;
    ANALYSIS_RUNS "analysisruns.argoproj.io": text("Status"), AGE;
    EXPERIMENTS "experiments.argoproj.io": text("Status"), AGE;
    CANARIES "canaries.flagger.app": text("Status"), text("Weight"), wide("Suspended", Content::Flag),
        wide("FailedChecks", Content::Text), wide("Interval", Content::Text), wide("Mirror", Content::Flag),
        wide("StepWeight", Content::Text), wide("StepWeights", Content::Text), wide("MaxWeight", Content::Text),
        text("LastTransitionTime");
    METRIC_TEMPLATES "metrictemplates.flagger.app": text("Provider");
    ALERT_PROVIDERS "alertproviders.flagger.app": text("Type");
    HTTP_ROUTES "httproutes.gateway.networking.k8s.io": text("Hostnames"), AGE;
}

fn cells_of(qualified: &str, object: &Value, now: Timestamp) -> Vec<Value> {
    let columns = custom::columns(qualified).iter().map(|column| {
        let found = column.path.split('.').skip(1).try_fold(object, |value, key| value.get(key));
        match (column.kind, found) {
            (_, None | Some(Value::Null)) => Value::Null,
            ("date", Some(at)) => json!(cells::since(at, now)),
            ("string", Some(Value::String(text))) => json!(text),
            ("string", Some(other)) => json!(other.to_string()),
            (_, Some(value)) => value.clone(),
        }
    });
    std::iter::once(name_of(object)).chain(columns).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::store::resource::RESOURCES;

    #[test]
    fn every_printer_has_the_columns_of_its_definition() {
        for resource in RESOURCES.iter().filter(|resource| resource.is_custom()) {
            let shown = printer(resource.qualified).columns.iter().skip(1);
            let shown: Vec<_> = shown.map(|column| (column.name, column.kind.word(), column.wide)).collect();
            let defined = custom::columns(resource.qualified).iter();
            let defined: Vec<_> = defined.map(|column| (column.name, column.kind, column.wide)).collect();
            assert_eq!(shown, defined, "{}", resource.qualified);
        }
    }
}
