//! One write of a plan: to which object, what is sent, which fields change by it.

use serde_json::{Value, json};

use crate::domain::{Permission, Text};

use super::{Change, Object, diff, json::text};

/// One write; a plan holds them in the order they are sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// The object it goes to.
    pub object: Object,
    /// The object's UID as seen; the write is not sent to another of that name.
    pub uid: Text,
    /// The object's resourceVersion as seen.
    pub version: Text,
    /// What it does, in words: `scale deployment/cart to 5`.
    pub words: String,
    /// What is sent.
    pub send: Send,
    /// The object's fields it changes with the values seen; if one changes before the write, the person is asked again.
    pub fields: Vec<Change>,
}

/// What is sent to the API server.
#[derive(Clone, Debug, PartialEq)]
pub enum Send {
    /// A patch of the object.
    Patch(Patch),
    /// An eviction of the pod, bound to its UID.
    Evict,
    /// A request to what stands behind the Service, through the API server's proxy; it knows no dry run.
    Post(Post),
}

/// A patch.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    /// `status`, `scale`, or the object itself.
    pub subresource: Option<&'static str>,
    /// Notation of the body.
    pub kind: PatchKind,
    /// The body, without its guard.
    pub body: Value,
    /// Body of the one patch that does this write and those after it to the same object, for a controller so old that
    /// its kind has no such subresource.
    pub unified: Option<Value>,
}

/// A request to a Service.
#[derive(Clone, Debug, PartialEq)]
pub struct Post {
    /// The Service as the proxy's path spells it: `name:port`, `https:name:port`.
    pub endpoint: String,
    /// Path behind it, with its first slash.
    pub path: String,
    /// The body.
    pub body: Value,
}

/// Notation of a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchKind {
    /// RFC 7396.
    Merge,
    /// Kubernetes' own: lists merge by name. Custom resources do not take it.
    Strategic,
    /// RFC 6902.
    Json,
}

impl PatchKind {
    /// Returns the content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Merge => "application/merge-patch+json",
            Self::Strategic => "application/strategic-merge-patch+json",
            Self::Json => "application/json-patch+json",
        }
    }

    /// Returns the word kubectl's `--type` takes.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Strategic => "strategic",
            Self::Json => "json",
        }
    }

    /// Returns a body that the server refuses with a conflict unless the object still has this resourceVersion.
    pub fn guarded(self, body: &Value, resource_version: &str) -> Value {
        let mut body = body.clone();
        match (self, &mut body) {
            (Self::Json, Value::Array(ops)) => {
                ops.insert(0, json!({"op": "replace", "path": "/metadata/resourceVersion", "value": resource_version}));
            }
            (_, Value::Object(map)) => {
                let meta = map.entry("metadata").or_insert_with(|| json!({}));
                if let Some(meta) = meta.as_object_mut() {
                    meta.insert("resourceVersion".to_owned(), resource_version.into());
                }
            }
            _ => {}
        }
        body
    }
}

impl Write {
    /// Makes a patch that turns the object as seen into the one wanted.
    pub(super) fn patch(object: Object, seen: &Value, wanted: &Value, words: impl Into<String>, patch: Patch) -> Self {
        let mut fields = diff(seen, wanted);
        // The controller's own bookkeeping moves by itself.
        fields.retain(|field| !field.pointer.starts_with("/metadata/annotations/deployment.kubernetes.io~1"));
        Self::of(object, seen, words, Send::Patch(patch), fields)
    }

    /// Makes a JSON merge patch.
    pub(super) fn merge(
        object: Object,
        seen: &Value,
        words: impl Into<String>,
        subresource: Option<&'static str>,
        body: Value,
    ) -> Self {
        let mut wanted = seen.clone();
        json_patch::merge(&mut wanted, &body);
        let patch = Patch { subresource, kind: PatchKind::Merge, body, unified: None };
        Self::patch(object, seen, &wanted, words, patch)
    }

    /// Makes a JSON patch. One that does not apply to the object as seen changes no field of it here, and is refused by
    /// the server.
    pub(super) fn json(object: Object, seen: &Value, words: impl Into<String>, body: Value) -> Self {
        let mut wanted = seen.clone();
        if let Ok(patch) = serde_json::from_value::<json_patch::Patch>(body.clone()) {
            let _ = json_patch::patch(&mut wanted, &patch);
        }
        let patch = Patch { subresource: None, kind: PatchKind::Json, body, unified: None };
        Self::patch(object, seen, &wanted, words, patch)
    }

    /// Makes any other write.
    pub(super) fn of(object: Object, seen: &Value, words: impl Into<String>, send: Send, fields: Vec<Change>) -> Self {
        let (uid, version) = (text(seen, "/metadata/uid").into(), text(seen, "/metadata/resourceVersion").into());
        Self { object, uid, version, words: words.into(), send, fields }
    }

    /// Adds the body for controllers whose kind has no such subresource.
    pub(super) fn or_unified(mut self, body: Value) -> Self {
        if let Send::Patch(patch) = &mut self.send {
            patch.unified = Some(body);
        }
        self
    }

    /// Returns the patch that stands in for this one and those after it to the same object, where its kind has no
    /// status subresource.
    pub fn unified(&self) -> Option<Self> {
        let Send::Patch(patch) = &self.send else { return None };
        let body = patch.unified.clone()?;
        let send = Send::Patch(Patch { subresource: None, kind: patch.kind, body, unified: None });
        Some(Self { send, ..self.clone() })
    }

    /// Tells whether it is the same write, whatever bookkeeping moved in between.
    pub(super) fn same(&self, other: &Self) -> bool {
        let kept = match (&self.send, &other.send) {
            (Send::Patch(one), Send::Patch(two)) => one.subresource == two.subresource,
            (one, two) => one == two,
        };
        kept && self.object == other.object && self.fields == other.fields
    }

    /// Returns the write bound to a fresh look at its object; `None` when the object is another, or when a field it
    /// changes is no longer as it was seen.
    pub fn afresh(&self, object: &Value) -> Option<Self> {
        let holds = text(object, "/metadata/uid") == &*self.uid
            && self.fields.iter().all(|field| present(object, &field.pointer) == field.before.as_ref());
        holds.then(|| Self { version: text(object, "/metadata/resourceVersion").into(), ..self.clone() })
    }

    /// Tells whether its object, read after it was sent, shows all planned values; `None` where the write leaves no
    /// trace in the object.
    pub fn shown_by(&self, object: &Value) -> Option<bool> {
        if self.fields.is_empty() || !matches!(self.send, Send::Patch(_)) {
            return None;
        }
        Some(self.fields.iter().all(|field| present(object, &field.pointer) == field.after.as_ref()))
    }

    /// Returns the rule it needs.
    pub fn permission(&self) -> Permission {
        let (verb, sub) = match &self.send {
            Send::Patch(Patch { subresource, .. }) => {
                ("patch", subresource.map(|name| format!("/{name}")).unwrap_or_default())
            }
            Send::Evict => ("create", "/eviction".to_owned()),
            Send::Post(_) => ("create", "/proxy".to_owned()),
        };
        Permission {
            verb: verb.into(),
            group: self.object.kind.group().into(),
            resource: format!("{}{sub}", self.object.kind.plural()).into(),
            namespace: self.object.namespace.clone(),
        }
    }
}

/// The value at a pointer, where null is no value; a removed field and an absent one are the same.
fn present<'a>(object: &'a Value, pointer: &str) -> Option<&'a Value> {
    object.pointer(pointer).filter(|value| !value.is_null())
}
