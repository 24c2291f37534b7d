//! Describes the messages as OpenAPI schemas: what `kubectl explain` reads.

use serde_json::{Map, Value, json};

use super::schema::{Field, Kind, Schema};
use super::type_name;

/// Where the types that are not messages live in Kubernetes' own documents.
const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const INT_OR_STRING: &str = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
const TIME: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Time";
const MICRO_TIME: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime";

impl Schema {
    /// Adds the schema of a kind, and of everything in it, to a document's components.
    pub(in super::super) fn describe(&self, api_version: &str, kind: &str, components: &mut Map<String, Value>) {
        let Some(message) = type_name(api_version, kind) else { return };
        self.add(&message, components);
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let Some(schema) = components.get_mut(&component(&message)) else { return };
        for field in ["apiVersion", "kind"] {
            schema["properties"][field] = json!({"type": "string"});
        }
        schema["x-kubernetes-group-version-kind"] = json!([{"group": group, "version": version, "kind": kind}]);
    }

    fn add(&self, message: &str, components: &mut Map<String, Value>) {
        let name = component(message);
        if components.contains_key(&name) {
            return;
        }
        let Some(fields) = self.fields(message) else { return };
        // Entered before its fields are: a message may hold itself.
        components.insert(name.clone(), json!({"type": "object"}));
        let mut properties = Map::new();
        self.properties(fields, &mut properties, components);
        if !properties.is_empty() {
            components.insert(name, json!({"type": "object", "properties": properties}));
        }
    }

    fn properties(&self, fields: &[Field], properties: &mut Map<String, Value>, components: &mut Map<String, Value>) {
        for field in fields {
            match (field.name, &field.kind) {
                (Some(name), kind) => {
                    let shown = self.property(kind, components);
                    properties.insert(name.to_owned(), shown);
                }
                (None, Kind::Message(inner)) => {
                    self.properties(self.fields(inner).unwrap_or_default(), properties, components);
                }
                (None, _) => {}
            }
        }
    }

    fn property(&self, kind: &Kind, components: &mut Map<String, Value>) -> Value {
        match kind {
            Kind::Text => json!({"type": "string"}),
            Kind::Int => json!({"type": "integer"}),
            Kind::Bool => json!({"type": "boolean"}),
            Kind::Double => json!({"type": "number", "format": "double"}),
            Kind::Bytes => json!({"type": "string", "format": "byte"}),
            Kind::Raw => json!({"type": "object"}),
            Kind::Time => reference(TIME, json!({"type": "string", "format": "date-time"}), components),
            Kind::MicroTime => reference(MICRO_TIME, json!({"type": "string", "format": "date-time"}), components),
            Kind::Quantity => {
                reference(QUANTITY, json!({"oneOf": [{"type": "string"}, {"type": "number"}]}), components)
            }
            Kind::IntOrString => {
                let types = json!({"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]});
                reference(INT_OR_STRING, types, components)
            }
            Kind::Message(message) => {
                self.add(message, components);
                json!({"allOf": [{"$ref": format!("#/components/schemas/{}", component(message))}]})
            }
            Kind::List(item) | Kind::Wrapped(item) => {
                json!({"type": "array", "items": self.property(item, components)})
            }
            Kind::Map(item) => json!({"type": "object", "additionalProperties": self.property(item, components)}),
        }
    }
}

fn reference(name: &str, schema: Value, components: &mut Map<String, Value>) -> Value {
    components.entry(name).or_insert(schema);
    json!({"allOf": [{"$ref": format!("#/components/schemas/{name}")}]})
}

/// Returns the name a message has in Kubernetes' own documents.
fn component(message: &str) -> String {
    let (package, name) = message.split_once('.').unwrap_or(("core", message));
    match package {
        "meta" => format!("io.k8s.apimachinery.pkg.apis.meta.v1.{name}"),
        "as1" => format!("io.k8s.api.autoscaling.v1.{name}"),
        "as2" => format!("io.k8s.api.autoscaling.v2.{name}"),
        "authn" => format!("io.k8s.api.authentication.v1.{name}"),
        "authz" => format!("io.k8s.api.authorization.v1.{name}"),
        "argo" => format!("io.argoproj.v1alpha1.{name}"),
        "flagger" => format!("app.flagger.v1beta1.{name}"),
        "gateway" => format!("io.k8s.networking.gateway.v1.{name}"),
        package => format!("io.k8s.api.{package}.v1.{name}"),
    }
}
