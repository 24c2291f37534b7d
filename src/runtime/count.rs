//! Counts the requests of a release's two sides while somebody looks at them.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

use crate::{
    app::{Counted, Message},
    panel::Evidence,
    release::evidence::Sides,
    session::{Session, count_requests},
};

use super::desk::Answer;

/// Counts at once and then every so often, until aborted; says so too where there is nobody to ask.
pub(super) async fn run(
    session: Session,
    questions: Vec<Evidence>,
    sides: Sides,
    every: Duration,
    tell: UnboundedSender<Answer>,
) {
    let mut state = session.prometheus();
    loop {
        let known = state.borrow_and_update().clone();
        let answer = count_requests(&known, &questions, &sides, Timestamp::now()).await;
        let counted = Counted { sides: sides.clone(), answer };
        if tell.send(Answer::App(Message::Counted(Box::new(counted)))).is_err() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            changed = state.changed() => if changed.is_err() { return },
        }
    }
}
