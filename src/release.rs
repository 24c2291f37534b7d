//! Judgement, pure: progress, stuck, advice, revisions, ETA; kept up to date per workload.
