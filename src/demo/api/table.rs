//! Tables: the rows and columns kubectl prints, computed on the server as a real one does.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::convert::Served;
use super::handle::Call;
use super::read;
use crate::demo::store::{Meta, Shared};

mod cells;
mod custom;
mod objects;
mod pod;
mod workloads;

/// One column: its heading, what it holds, and whether only `-o wide` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Column {
    name: &'static str,
    kind: Content,
    wide: bool,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Text,
    Number,
    Flag,
    Date,
}

impl Content {
    fn word(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Number => "integer",
            Self::Flag => "boolean",
            Self::Date => "date",
        }
    }
}

const fn text(name: &'static str) -> Column {
    Column { name, kind: Content::Text, wide: false }
}

const fn number(name: &'static str) -> Column {
    Column { name, kind: Content::Number, wide: false }
}

const fn wide(name: &'static str) -> Column {
    Column { name, kind: Content::Text, wide: true }
}

/// The columns of a kind, and the cells of one of its objects.
struct Printer {
    columns: &'static [Column],
    cells: fn(&Value, Timestamp) -> Vec<Value>,
}

fn printer(served: Served) -> &'static Printer {
    match served.resource.qualified {
        qualified if served.resource.is_custom() => custom::printer(qualified),
        "customresourcedefinitions.apiextensions.k8s.io" => &objects::DEFINITIONS,
        "pods" => &pod::PODS,
        "deployments.apps" => &workloads::DEPLOYMENTS,
        "replicasets.apps" | "replicationcontrollers" => &workloads::REPLICA_SETS,
        "statefulsets.apps" => &workloads::STATEFUL_SETS,
        "daemonsets.apps" => &workloads::DAEMON_SETS,
        "horizontalpodautoscalers.autoscaling" => &workloads::AUTOSCALERS,
        "poddisruptionbudgets.policy" => &workloads::DISRUPTION_BUDGETS,
        "controllerrevisions.apps" => &workloads::CONTROLLER_REVISIONS,
        "jobs.batch" => &workloads::JOBS,
        "nodes" => &objects::NODES,
        "namespaces" => &objects::NAMESPACES,
        "services" => &objects::SERVICES,
        "endpoints" => &objects::ENDPOINTS,
        "endpointslices.discovery.k8s.io" => &objects::ENDPOINT_SLICES,
        "events" => &objects::EVENTS,
        "resourcequotas" => &objects::QUOTAS,
        "configmaps" => &objects::CONFIG_MAPS,
        "secrets" => &objects::SECRETS,
        "serviceaccounts" => &objects::SERVICE_ACCOUNTS,
        "leases.coordination.k8s.io" => &objects::LEASES,
        "rolebindings.rbac.authorization.k8s.io" | "clusterrolebindings.rbac.authorization.k8s.io" => {
            &objects::BINDINGS
        }
        "roles.rbac.authorization.k8s.io" | "clusterroles.rbac.authorization.k8s.io" => &objects::ROLES,
        _ => &objects::OTHERS,
    }
}

/// Builds a `Table`.
pub(super) fn table(served: Served, metadata: &Value, rows: Vec<Value>, with_columns: bool) -> Value {
    let columns: Vec<Value> = printer(served)
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            json!({
                "name": column.name, "type": column.kind.word(), "format": if index == 0 && column.name == "Name" { "name" } else { "" },
                "description": column.name, "priority": i32::from(column.wide),
            })
        })
        .collect();
    let columns = if with_columns { Value::Array(columns) } else { Value::Null };
    let mut table = Map::new();
    table.insert("kind".to_owned(), json!("Table"));
    table.insert("apiVersion".to_owned(), json!("meta.k8s.io/v1"));
    table.insert("metadata".to_owned(), metadata.clone());
    table.insert("columnDefinitions".to_owned(), columns);
    table.insert("rows".to_owned(), Value::Array(rows));
    Value::Object(table)
}

/// Builds an object's row, with as much of the object as the request asked for.
pub(super) fn row(served: Served, object: &Shared, call: &Call) -> Value {
    row_at(served, object, call.server.clock.now(), call.query.get("includeObject").unwrap_or("Metadata"))
}

/// Builds an object's row; `include` is `None`, `Metadata` or `Object`.
pub(super) fn row_at(served: Served, object: &Shared, now: Timestamp, include: &str) -> Value {
    let mut row = Map::new();
    row.insert("cells".to_owned(), Value::Array((printer(served).cells)(object.value(), now)));
    match include {
        "None" => {}
        "Object" => drop(row.insert("object".to_owned(), served.outward(object.with_managed_fields()))),
        _ => drop(row.insert("object".to_owned(), read::metadata_only(object))),
    }
    Value::Object(row)
}

fn name_of(object: &Value) -> Value {
    json!(object.name())
}
