//! What the app asks for, carried out; what takes time goes to a task of its own.

use std::io;

use jiff::Timestamp;

use crate::{
    action::{Action, Context},
    app::{Effect, Message},
    domain::{Observation, Scope, Text},
    operation::{Outcome, Policy},
    session::Live,
    theme::Styles,
};

use super::{
    count,
    desk::{Answer, Desk},
    fetch, second,
};

impl Desk {
    /// Carries an effect out.
    pub(super) fn carry_out(&mut self, effect: Effect) -> io::Result<()> {
        match effect {
            Effect::Quit => self.end = Some(0),
            Effect::Suspend => self.suspend()?,
            Effect::Redraw => {
                self.terminal.redraw()?;
                (self.dirty, self.urgent) = (true, true);
            }
            Effect::Copy(text) => self.terminal.copy(&text)?,
            Effect::SetMouse(on) => self.terminal.set_mouse(on)?,
            Effect::SetTheme(name) => {
                let (theme, _) = self.settings.theme_named(&name);
                self.styles = Styles::new(&theme, self.settings.options.colour.value);
                (self.dirty, self.urgent) = (true, true);
            }
            Effect::SwitchContext(name) => self.switch_context(&name),
            Effect::SwitchScope(scope) => self.switch_scope(scope),
            Effect::Inject(words) => self.inject(&words),
            Effect::Reconnect => self.connect(),
            Effect::CloseLogs(id) => {
                if let Some(task) = self.logs.remove(&id) {
                    task.abort();
                }
            }
            Effect::ClosePanels => {
                if let Some(task) = self.panels.take() {
                    task.abort();
                }
            }
            Effect::StopCounting => {
                if let Some(task) = self.counting.take() {
                    task.abort();
                }
            }
            other => self.ask(other),
        }
        Ok(())
    }

    /// What needs a connection.
    fn ask(&mut self, effect: Effect) {
        let Some(session) = self.live.as_ref().map(|live| live.session.clone()) else { return };
        let tell = self.tell.clone();
        match effect {
            Effect::Prepare { ticket, request } => {
                let policy = self.policy();
                tokio::spawn(async move {
                    let answer = fetch::prepare(&session, &request, &policy).await.map(Box::new);
                    let _ = tell.send(Answer::App(Message::Prepared { ticket, answer }));
                });
            }
            Effect::Execute { ticket, plan } => {
                let (policy, path) = (self.policy(), self.settings.options.audit_path.value.clone());
                self.writes.spawn(async move {
                    let outcome = Box::new(fetch::execute(&session, &plan, &policy, path.clone()).await);
                    let two = matches!(&*outcome, Outcome::Applied { then: Some(_), .. });
                    let _ = tell.send(Answer::App(Message::Finished { ticket, outcome }));
                    if two {
                        // A task of its own: nobody waits for it at the end; what is left then the next start tells.
                        tokio::spawn(second::see_through(session, plan.what().clone(), policy, path, tell));
                    }
                });
            }
            Effect::OpenLogs { id, request } => {
                let task = tokio::spawn(fetch::logs(session, id, request, tell));
                self.logs.insert(id, task.abort_handle());
            }
            Effect::FetchYaml { id, object } => {
                tokio::spawn(async move {
                    let answer = session.yaml(&object).await.map_err(|failure| failure.to_string());
                    let _ = tell.send(Answer::App(Message::Yaml { id, answer }));
                });
            }
            Effect::FetchPanels { key, range } => {
                let panels = self.setting.panels.clone();
                let (columns, every) = (self.setting.size.0, self.settings.options.prometheus_interval());
                let task = tokio::spawn(fetch::panels(session, panels, key, range, columns, every, tell));
                if let Some(before) = self.panels.replace(task.abort_handle()) {
                    before.abort();
                }
            }
            Effect::Count(sides) => {
                let questions = crate::panel::evidence(&self.setting.panels);
                let every = self.settings.options.prometheus_interval();
                let task = tokio::spawn(count::run(session, questions, *sides, every, tell));
                if let Some(before) = self.counting.replace(task.abort_handle()) {
                    before.abort();
                }
            }
            Effect::FetchDifference { key, between } => {
                tokio::spawn(async move {
                    let answer = fetch::difference(&session, &key, between).await;
                    let _ = tell.send(Answer::App(Message::Difference { key, between, answer }));
                });
            }
            Effect::ListNamespaces => {
                tokio::spawn(async move {
                    let answer = session.namespaces().await.map_err(|failure| failure.to_string());
                    let _ = tell.send(Answer::App(Message::Namespaces(answer)));
                });
            }
            Effect::ListContexts => {
                tokio::spawn(async move {
                    let answer = session.contexts().await.map_err(|failure| failure.to_string());
                    let names = |contexts: crate::cluster::kubeconfig::Contexts| {
                        contexts.all.into_iter().map(|one| Text::from(one.name)).collect()
                    };
                    let _ = tell.send(Answer::App(Message::Contexts(answer.map(names))));
                });
            }
            Effect::AskAccess(permissions) => session.ask(permissions),
            _ => {}
        }
    }

    /// The rules over writes as they hold now.
    fn policy(&self) -> Policy {
        Policy {
            read_only: self.app.read_only,
            protected: self.app.protected,
            no_audit: self.start.no_audit,
            access: self.sight().world.access().clone(),
        }
    }

    /// Opens a session, in place of the one before.
    pub(super) fn connect(&mut self) {
        if let Some(live) = self.live.take() {
            live.session.close();
        }
        self.connect.access.read_only |= self.settings.options.read_only.value;
        self.connect.usage_interval = Some(self.settings.options.usage_interval());
        let live = Live::open(self.connect.clone());
        let path = self.settings.options.audit_path.value.clone();
        let key = self.app.keymap.chord_for(Action::Finish, Context::Fleet).map(ToString::to_string);
        tokio::spawn(second::remind(live.session.clone(), path, key, self.tell.clone()));
        let (mut state, tell) = (live.session.prometheus(), self.tell.clone());
        let task = tokio::spawn(async move {
            while state.changed().await.is_ok() {
                if tell.send(Answer::Wake).is_err() {
                    return;
                }
            }
        });
        if let Some(before) = self.prometheus.replace(task.abort_handle()) {
            before.abort();
        }
        self.live = Some(live);
        // Asked again over the new connection, as soon as there is something to ask for.
        self.app.counted = None;
        self.recall();
        self.states.clear();
        self.words = None;
        self.setting.last_words = None;
        (self.dirty, self.urgent) = (true, true);
    }

    /// Says what the audit holds of earlier changes; where it cannot be read nobody is named.
    pub(super) fn recall(&mut self) {
        let Some(live) = &mut self.live else { return };
        match crate::audit::deeds(&self.settings.options.audit_path.value) {
            Ok(deeds) => drop(live.tell(Observation::Deeds(deeds), Timestamp::now())),
            Err(error) => tracing::warn!(%error, "the audit cannot be read"),
        }
        self.dirty = true;
    }

    fn switch_context(&mut self, name: &str) {
        self.connect.access.context = Some(name.to_owned());
        self.connect.access.read_only = false;
        self.connect.scope = None;
        self.apply_rules(name);
        self.ruled = None;
        self.connect();
    }

    fn switch_scope(&mut self, scope: Scope) {
        self.connect.scope = Some(scope);
        self.connect();
    }
}
