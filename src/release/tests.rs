//! States, evidence and progress, case by case; and what holds of every case.

mod always;
mod delivery;
mod states;
mod verdicts;
