//! What takes time, each in a task of its own; an answer always comes, if only to say that none came.

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures::StreamExt;
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

use crate::{
    app::{LogUpdate, Message, Range},
    audit::Journal,
    cluster::logs::LogChunk,
    domain::{LogLine, LogRequest, WorkloadKey},
    operation::{Change, Confirmed, Outcome, Plan, Planned, Policy, Refusal, Request},
    panel::Panel,
    session::{
        Connected, Session,
        operate::{self, Failure},
        panel_answers,
    },
};

use super::{desk::Answer, watching::Words};

/// How long planning may take: reading, planning, a dry-run.
const PATIENCE: Duration = Duration::from_secs(30);

/// Plans an operation, and has the server try it.
pub(super) async fn prepare(session: &Session, request: &Request, policy: &Policy) -> Result<Planned, Refusal> {
    let Connected { client, link } = connected(session)?;
    let work = operate::prepare(&client, &link, request, policy, Timestamp::now());
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(answer) => answer.map_err(refusal),
        Err(_) => Err(Refusal::new("the cluster did not answer within 30 s").hint("nothing was changed; try again")),
    }
}

/// Carries a confirmed plan out, once.
pub(super) async fn execute(session: &Session, plan: &Confirmed<Plan>, policy: &Policy, path: PathBuf) -> Outcome {
    let Connected { client, link } = match connected(session) {
        Ok(connected) => connected,
        Err(refusal) => return Outcome::Refused(refusal),
    };
    let journal = Journal::new(path, Timestamp::now);
    let result = operate::execute(&client, &link, plan, policy, &journal).await;
    result.unwrap_or_else(|failure| Outcome::Refused(refusal(failure)))
}

/// Compares two revisions.
pub(super) async fn difference(
    session: &Session,
    key: &WorkloadKey,
    between: (i64, i64),
) -> Result<Vec<Change>, String> {
    let Connected { client, link } = connected(session).map_err(|refusal| refusal.to_string())?;
    operate::difference(&client, &link, key, between).await.map_err(|failure| refusal(failure).to_string())
}

fn connected(session: &Session) -> Result<Connected, Refusal> {
    session.connected().map_err(|failure| Refusal::new(failure.to_string()))
}

fn refusal(failure: Failure) -> Refusal {
    match failure {
        Failure::Refused(refusal) => refusal,
        Failure::Cluster(error) => Refusal::new(error.to_string()),
    }
}

/// Hands a log on until it ends or nobody wants it.
pub(super) async fn logs(session: Session, id: u64, request: LogRequest, tell: UnboundedSender<Answer>) {
    let say = |update| tell.send(Answer::App(Message::Log { id, update })).is_ok();
    let mut chunks = match session.logs(request) {
        Ok(chunks) => chunks,
        Err(failure) => {
            say(LogUpdate::Failed(failure.to_string()));
            return;
        }
    };
    while let Some(chunk) = chunks.recv().await {
        let update = match chunk {
            LogChunk::Lines(lines) => LogUpdate::Lines(lines),
            LogChunk::Pause(failure) => LogUpdate::Failed(failure.to_string()),
        };
        if !say(update) {
            return;
        }
    }
    say(LogUpdate::Ended);
}

/// Reads the last lines a crashed container wrote.
pub(super) async fn words(session: Session, words: Words, tail: u32, tell: UnboundedSender<Answer>) {
    let request = LogRequest {
        namespace: words.key.namespace.clone(),
        pod: words.pod.clone(),
        container: words.container.clone(),
        previous: true,
        follow: false,
        tail,
    };
    let Ok(mut chunks) = session.logs(request) else { return };
    let mut lines: Vec<LogLine> = Vec::new();
    while let Some(chunk) = chunks.recv().await {
        if let LogChunk::Lines(more) = chunk {
            lines.extend(more);
        }
    }
    let _ = tell.send(Answer::Words(words, lines));
}

/// Fetches a workload's panels, and again every so often, until aborted.
pub(super) async fn panels(
    session: Session,
    panels: Arc<[Panel]>,
    key: WorkloadKey,
    range: Range,
    columns: u16,
    every: Duration,
    tell: UnboundedSender<Answer>,
) {
    let mut state = session.prometheus();
    loop {
        let client = state.borrow_and_update().client().cloned();
        let Some(client) = client else {
            // The page says meanwhile what is being looked for, or why there is none.
            if state.changed().await.is_err() {
                return;
            }
            continue;
        };
        {
            let answers = panel_answers(&client, &panels, &key, range, columns, Timestamp::now());
            let mut answers = std::pin::pin!(answers);
            while let Some(answer) = answers.next().await {
                let _ = tell.send(Answer::App(Message::Panel(Box::new(answer))));
            }
        }
        tokio::time::sleep(every).await;
    }
}
