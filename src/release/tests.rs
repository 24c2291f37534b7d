//! States, progress, stuck and degraded, case by case; and what holds of every case.
