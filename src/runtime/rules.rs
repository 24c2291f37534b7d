//! What holds in a context: read-only or protected, which namespaces, which Prometheus.

use std::io;

use crate::{
    app::Message,
    domain::{Scope, Text},
    session::PrometheusAddress,
};

use super::desk::Desk;

impl Desk {
    /// Applies the rules of the context once it is known. Which it is, the kubeconfig says, and that is read by the
    /// session: where the rules ask for another connection, it is opened anew, before the first has reached a server.
    pub(super) fn rules(&mut self) -> io::Result<()> {
        let Some(context) = self.sight().world.link().map(|link| link.context.clone()) else { return Ok(()) };
        if context.is_empty() || self.ruled.as_ref() == Some(&context) {
            return Ok(());
        }
        let rules = self.settings.options.in_context(&context);
        let message = Message::Rules { read_only: rules.read_only.value, protected: rules.protected.value };
        self.update(message)?;
        if self.apply_rules(&context) {
            self.connect();
        }
        self.ruled = Some(context);
        Ok(())
    }

    /// Makes what is connected to as the context's rules want it; tells whether that is a change.
    pub(super) fn apply_rules(&mut self, context: &str) -> bool {
        let rules = self.settings.options.in_context(context);
        let before = (
            self.connect.access.read_only,
            self.connect.scope.clone(),
            self.connect.prometheus.clone(),
            self.connect.no_discovery,
        );
        self.connect.access.read_only |= rules.read_only.value;
        // What a person chose, on the command line or on screen, stays.
        if self.connect.scope.is_none() {
            self.connect.scope = scope(&rules.namespaces.value);
        }
        self.connect.prometheus = PrometheusAddress::of(&rules.prometheus);
        self.connect.no_discovery = !rules.prometheus.discover.value;
        let connect = &self.connect;
        before != (connect.access.read_only, connect.scope.clone(), connect.prometheus.clone(), connect.no_discovery)
    }
}

/// The namespaces a context's rules name; none leaves it to the kubeconfig.
fn scope(names: &[String]) -> Option<Scope> {
    if names.iter().any(|name| name == "*") {
        return Some(Scope::All);
    }
    let all = names.iter().map(|name| Text::from(name.as_str())).collect();
    (!names.is_empty()).then_some(Scope::Namespaces(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_among_the_namespaces_is_all_of_them() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>();
        assert_eq!(scope(&names(&[])), None);
        assert_eq!(scope(&names(&["shop"])), Some(Scope::one("shop")));
        assert_eq!(scope(&names(&["shop", "*"])), Some(Scope::All));
    }
}
