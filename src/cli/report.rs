//! What programs read: the shapes of `-o json` and `-o yaml`, apart from the types of the domain, and the
//! tables made from the same rows.

mod history;
mod status;
mod stories;

pub use history::{HistoryRow, history_rows, history_table};
pub use status::{StatusRow, status_row, status_table};
pub use stories::{StoryRow, story_list, story_rows};

use serde::Serialize;

use super::{
    args::Output,
    failure::{Failure, Kind},
};

/// Writes rows in a program's format; `None` for the table, which each report makes itself.
pub fn machine<T: Serialize>(rows: &T, output: Output) -> Option<Result<String, Failure>> {
    let failed = |error: String| Failure::new(Kind::Failed, format!("the result cannot be written: {error}"));
    match output {
        Output::Table => None,
        Output::Json => {
            Some(serde_json::to_string_pretty(rows).map(|text| text + "\n").map_err(|error| failed(error.to_string())))
        }
        Output::Yaml => Some(serde_saphyr::to_string(rows).map_err(|error| failed(error.to_string()))),
    }
}
