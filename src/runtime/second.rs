//! The second step of what was done in two: seen through while the program runs, told of at the next start.

use std::path::PathBuf;

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

use crate::{
    app::{Level, Message},
    audit::{Journal, unfinished},
    operation::{Outcome, Plan, Policy},
    session::{
        Connected, Session,
        operate::{self, Left},
    },
};

use super::desk::Answer;

/// Does the second step of a plan that was done, as soon as it is possible, and says what became of it.
pub(super) async fn see_through(
    session: Session,
    first: Plan,
    policy: Policy,
    path: PathBuf,
    tell: UnboundedSender<Answer>,
) {
    let Ok(Connected { client, link }) = session.connected() else { return };
    let journal = Journal::new(path, Timestamp::now);
    let what = first.then.as_deref().unwrap_or_default();
    let not_done = |why: String| (Level::Error, format!("the second step was not done ({what}): {why}"));
    let (level, text) = match operate::see_through(&client, &link, &first, &policy, &journal).await {
        Ok(Outcome::Applied { sentence, .. }) => (Level::Good, sentence),
        Ok(Outcome::Refused(refusal)) => not_done(refusal.to_string()),
        Ok(Outcome::Partly { sentence, hint }) => (Level::Error, format!("{sentence}\n{hint}")),
        Ok(Outcome::Unknown { sentence, .. }) => (Level::Error, sentence),
        Ok(Outcome::Changed(_)) => not_done("it changed meanwhile".to_owned()),
        Err(failure) => not_done(failure.to_string()),
    };
    let _ = tell.send(Answer::App(Message::Notice(level, text)));
}

/// Says what an earlier session began and did not finish, where that is still so; by the key that finishes it, if one
/// does.
pub(super) async fn remind(session: Session, path: PathBuf, key: Option<String>, tell: UnboundedSender<Answer>) {
    let Some(Connected { client, link }) = session.wait_connected().await else { return };
    let (file, context) = (path.clone(), link.context.clone());
    let open = tokio::task::spawn_blocking(move || unfinished(&file, &context)).await;
    let journal = Journal::new(path, Timestamp::now);
    for one in open.ok().and_then(Result::ok).unwrap_or_default() {
        let left = operate::left(&client, &link, (&one.target, &one.uid), &journal).await;
        if matches!(left, Some(Left::Nothing(_))) {
            continue;
        }
        let how = match &key {
            Some(key) => format!("{key} on {} does it", one.target),
            None => format!("rolltop -n {} finish {} does it", one.target.namespace, one.target),
        };
        let text =
            format!("half done since {} by {}: {}\nstill to do: {}; {how}", one.at, one.user, one.summary, one.then);
        if tell.send(Answer::App(Message::Notice(Level::Warning, text))).is_err() {
            return;
        }
    }
}
