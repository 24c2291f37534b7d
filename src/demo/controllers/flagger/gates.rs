//! The load tester's gates: open or closed, in memory, one for each canary.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::super::object::text;

/// The gates; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Gates(Arc<Mutex<BTreeMap<String, bool>>>);

impl Gates {
    /// Opens or closes a gate: `NAME.NAMESPACE`, with `rollback.` before it for the other one.
    pub fn set(&self, gate: &str, open: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(gate.to_owned(), open);
    }

    /// Says whether a gate is open; one that nobody has touched is closed.
    pub fn is_open(&self, gate: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(gate).copied().unwrap_or(false)
    }

    /// Answers what the load tester's HTTP server would: status and body.
    pub fn handle(&self, path: &str, body: &[u8]) -> (u16, &'static str) {
        let canary = || -> Option<String> {
            let payload: Value = serde_json::from_slice(body).ok()?;
            Some(format!("{}.{}", text(&payload, &["name"]), text(&payload, &["namespace"])))
        };
        match path {
            "/healthz" | "/gate/approve" => return (200, "OK"),
            "/gate/halt" => return (403, "Forbidden"),
            _ => {}
        }
        let Some(canary) = canary() else { return (400, "") };
        let (gate, verb) = match path.rsplit_once('/') {
            Some(("/gate", verb)) => (canary, verb),
            Some(("/rollback", verb)) => (format!("rollback.{canary}"), verb),
            // Any other hook is a load test, which the company's own users are.
            _ => return (202, "OK"),
        };
        match verb {
            "check" if self.is_open(&gate) => (200, "Approved"),
            "check" => (403, "Forbidden"),
            "open" | "close" => {
                self.set(&gate, verb == "open");
                (202, "")
            }
            _ => (404, "404 page not found\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_opens_and_closes_and_the_rollback_gate_is_another() {
        let gates = Gates::default();
        let body = br#"{"name": "cart", "namespace": "shop"}"#;
        assert_eq!(gates.handle("/gate/check", body), (403, "Forbidden"));
        assert_eq!(gates.handle("/gate/open", body), (202, ""));
        assert_eq!(gates.handle("/gate/check", body), (200, "Approved"));
        assert_eq!(gates.handle("/rollback/check", body), (403, "Forbidden"));
        assert_eq!(gates.handle("/gate/close", body), (202, ""));
        assert!(!gates.is_open("cart.shop"));
        assert_eq!(gates.handle("/gate/halt", b""), (403, "Forbidden"));
        assert_eq!(gates.handle("/gate/approve", b""), (200, "OK"));
        assert_eq!(gates.handle("/gate/check", b"no json"), (400, ""));
    }
}
