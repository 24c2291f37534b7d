//! What the file says of one workload.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use jiff::Timestamp;

use crate::domain::{Deed, Kind, WorkloadKey};

use super::{Intent, Line, Result as Told};

/// How far back a look at the file goes, in bytes.
const LOOK_BACK: u64 = 1 << 20;

/// One operation of the past.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// When it was meant to happen.
    pub at: Timestamp,
    /// The kube user.
    pub user: String,
    /// `pause`, `scale`, `undo` …
    pub operation: String,
    /// What was about to happen, in words.
    pub summary: String,
    /// UID of the workload.
    pub uid: String,
    /// The workload; `None` when its kind is not known here.
    pub target: Option<WorkloadKey>,
    /// What was to follow later.
    pub then: Option<String>,
    /// What became of it; `None` when the program ended in between.
    pub result: Option<Told>,
}

/// Reads what was done to a workload on a context, oldest first, from the last MiB of the file; no file, no past.
pub fn read(path: &Path, context: &str, key: &WorkloadKey) -> io::Result<Vec<Past>> {
    let workload = key.to_string();
    past(path, |line| line.context == context && *line.namespace == *key.namespace && line.workload == workload)
}

/// Reads the changes of templates and the aborts that were made, oldest first, from the last MiB of the file.
pub fn deeds(path: &Path) -> io::Result<Vec<Deed>> {
    let told = |line: &Intent| matches!(line.operation.as_str(), "undo" | "restart" | "set-image" | "abort");
    let made = past(path, told)?.into_iter().filter(|past| past.result == Some(Told::Applied));
    let deed = |past: Past| Deed {
        uid: past.uid.into(),
        user: past.user.into(),
        at: past.at,
        aborts: past.operation == "abort",
    };
    Ok(made.map(deed).collect())
}

/// The first step of something done in two, whose second is not on record.
#[derive(Clone, Debug, PartialEq)]
pub struct Unfinished {
    /// When the first step was done.
    pub at: Timestamp,
    /// The kube user.
    pub user: String,
    /// Which workload.
    pub target: WorkloadKey,
    /// UID of the workload.
    pub uid: String,
    /// What was done, in words.
    pub summary: String,
    /// What was to follow, in words.
    pub then: String,
}

/// Finds what was begun on a context and, as far as the last MiB of the file says, not finished: oldest first, the
/// newest of a workload.
pub fn unfinished(path: &Path, context: &str) -> io::Result<Vec<Unfinished>> {
    let open = past(path, |line| line.context == context && (line.then.is_some() || line.operation == "finish"))?;
    let mut found: Vec<Unfinished> = Vec::new();
    for past in open.into_iter().filter(|past| past.result == Some(Told::Applied)) {
        found.retain(|one| one.uid != past.uid);
        if let Some((then, target)) = past.then.zip(past.target) {
            let Past { at, user, summary, uid, .. } = past;
            found.push(Unfinished { at, user, target, uid, summary, then });
        }
    }
    Ok(found)
}

fn past(path: &Path, wanted: impl Fn(&Intent) -> bool) -> io::Result<Vec<Past>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let skip = file.metadata()?.len().saturating_sub(LOOK_BACK);
    file.seek(SeekFrom::Start(skip))?;
    let mut found: Vec<Past> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for line in BufReader::new(file.take(LOOK_BACK)).split(b'\n') {
        match serde_json::from_slice(&line?) {
            Ok(Line::Intent(line)) if wanted(&line) => {
                let target = target(&line);
                let Intent { at, id, user, operation, summary, uid, then, .. } = *line;
                places.insert(id, found.len());
                found.push(Past { at, user, operation, summary, uid, target, then, result: None });
            }
            Ok(Line::Outcome { id, result, .. }) => {
                if let Some(past) = places.get(&id).and_then(|place| found.get_mut(*place)) {
                    past.result = Some(result);
                }
            }
            // Another workload, or the line the look began in the middle of.
            _ => {}
        }
    }
    Ok(found)
}

fn target(line: &Intent) -> Option<WorkloadKey> {
    let (kind, name) = line.workload.split_once('/')?;
    Some(WorkloadKey::new(Kind::parse(kind)?, line.namespace.as_str(), name))
}
