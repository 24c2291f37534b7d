//! What the runtime sends back. An answer to a question no longer open is never lost: it becomes a message.

use super::{App, Confirming, Dialog, Effect, Level, Message, Page, Pick, message::Sight};
use crate::operation::{Outcome, Planned, Refusal};

impl App {
    pub(super) fn answer(&mut self, sight: Sight<'_>, message: Message) -> Vec<Effect> {
        match message {
            Message::Keymap(keymap) => {
                self.keymap = keymap;
                self.pending.clear();
            }
            Message::Prepared { ticket, answer } => {
                self.prepared(ticket, answer.map(|planned| *planned));
                self.heed_evidence(sight);
            }
            Message::Finished { ticket, outcome } => self.finished(sight, ticket, *outcome),
            Message::Log { id, update } => self.log_came(id, update),
            Message::Yaml { id, answer } => self.yaml_came(id, &answer),
            Message::OtherPanels => return self.ask_panels_anew(),
            Message::Panel(answer) => self.panel_came(*answer),
            Message::Counted(counted) => self.counted_came(sight, *counted),
            Message::Difference { key, between, answer } => {
                for page in &mut self.pages {
                    if let Page::History(page) = page
                        && page.key == key
                        && page.asked == Some(between)
                    {
                        page.difference = Some((between, answer.clone()));
                    }
                }
            }
            Message::Namespaces(answer) => self.listed(Pick::Namespace, answer),
            Message::Contexts(answer) => self.listed(Pick::Context, answer),
            Message::Notice(level, text) => self.notices.say(level, text, sight.now),
            Message::Rules { read_only, protected } => {
                self.read_only = read_only;
                self.protected = protected;
            }
            _ => {}
        }
        Vec::new()
    }

    fn listed(&mut self, what: Pick, answer: Result<Vec<crate::domain::Text>, String>) {
        if let Some(Dialog::Pick(picker)) = &mut self.dialog
            && picker.what == what
        {
            picker.fill(answer);
        }
    }

    /// Shows a plan, if its question is still open: one who went on to something else said no.
    fn prepared(&mut self, ticket: u64, answer: Result<Planned, Refusal>) {
        if !matches!(&self.dialog, Some(Dialog::Waiting { ticket: awaited, .. }) if *awaited == ticket) {
            return;
        }
        self.forget_extent(super::Area::Dialog);
        self.dialog = Some(match answer {
            Ok(planned) => Dialog::Confirm(Box::new(Confirming::new(ticket, planned, false))),
            Err(refusal) => Dialog::Remark { title: "Not possible".to_owned(), text: refusal.to_string() },
        });
    }

    fn finished(&mut self, sight: Sight<'_>, ticket: u64, outcome: Outcome) {
        let what = self.under_way.remove(&ticket).unwrap_or_default();
        match outcome {
            Outcome::Applied { sentence, undo, remark, then, .. } => {
                let then = then.map_or_else(String::new, |then| format!("\nthen, {then}"));
                let back = if undo.is_empty() { String::new() } else { format!("\nto take it back: {undo}") };
                self.notices.say(Level::Good, format!("{sentence}{then}{back}"), sight.now);
                if let Some(remark) = remark {
                    self.notices.say(Level::Warning, remark, sight.now);
                }
            }
            Outcome::Partly { sentence, hint } => self.remark(sight, "Done in part", format!("{sentence}\n{hint}")),
            Outcome::Refused(refusal) => self.remark(sight, "Not done", format!("{what}: {refusal}")),
            Outcome::Changed(planned) => {
                let ticket = self.number();
                if self.dialog.is_some() {
                    // The person is in the middle of something else; the question must not take their keys.
                    let text = format!("{what}: not done, the workload changed meanwhile; ask for it again");
                    self.notices.say(Level::Error, text, sight.now);
                } else {
                    self.dialog = Some(Dialog::Confirm(Box::new(Confirming::new(ticket, *planned, true))));
                }
            }
            Outcome::Unknown { sentence, seen } => {
                let seen = match seen {
                    Some(true) => "a second look shows the change",
                    Some(false) => "a second look does not show the change",
                    None => "a second look failed too",
                };
                self.remark(sight, "No clear answer", format!("{what}: {sentence}; {seen}; it was not sent again"));
            }
        }
    }

    /// Says what must not be missed: in a dialog, unless that would take the place of another.
    fn remark(&mut self, sight: Sight<'_>, title: &str, text: String) {
        self.notices.say(Level::Error, text.clone(), sight.now);
        if self.dialog.is_none() {
            self.dialog = Some(Dialog::Remark { title: title.to_owned(), text });
        }
    }
}
