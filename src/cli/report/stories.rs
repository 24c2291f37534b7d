//! The stories of the simulated company: what each teaches, what to notice, where, and the right move.

use serde::Serialize;

use crate::{
    cli::failure::{Failure, Kind},
    demo::scenario,
    view::wrap,
};

/// Columns of the list, those of the smallest terminal: the same on a screen and in a pipe.
const WIDTH: usize = 80;

/// One story as `demo --list -o json` tells it.
#[derive(Debug, Serialize)]
pub struct StoryRow {
    name: &'static str,
    default: bool,
    teaches: String,
    notice: String,
    places: String,
    #[serde(rename = "move")]
    right_move: String,
}

/// Reads every story that comes with rolltop, the default one first.
///
/// # Errors
/// A story that cannot be read; none that is shipped.
pub fn story_rows() -> Result<Vec<StoryRow>, Failure> {
    let row = |name: &'static str| {
        let story = scenario::shipped(name).and_then(Result::ok);
        let story = story.ok_or_else(|| Failure::new(Kind::Failed, format!("the story {name} cannot be read")))?;
        let places = story.places();
        Ok(StoryRow {
            name,
            default: name == scenario::DEFAULT,
            teaches: story.teaches,
            notice: story.notice,
            places,
            right_move: story.right_move,
        })
    };
    scenario::names().map(row).collect()
}

/// Writes the stories for people: a name at the beginning of a line, and what belongs to it below.
pub fn story_list(rows: &[StoryRow]) -> String {
    let stories = rows.iter().map(|row| {
        let parts =
            [("teaches", &row.teaches), ("notice", &row.notice), ("look at", &row.places), ("move", &row.right_move)];
        let parts: String = parts.into_iter().filter(|(_, text)| !text.is_empty()).map(part).collect();
        format!("{}{}\n{parts}", row.name, if row.default { " (default)" } else { "" })
    });
    stories.collect::<Vec<_>>().join("\n")
}

fn part((title, text): (&str, &String)) -> String {
    const INDENT: usize = 11;
    let lines = wrap(text, WIDTH - INDENT);
    let titles = std::iter::once(title).chain(std::iter::repeat(""));
    let lines: Vec<String> = lines.iter().zip(titles).map(|(line, title)| format!("  {title:<9}{line}")).collect();
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_reviewed_and_fits_a_small_terminal() {
        let rows = story_rows().unwrap();
        let list = story_list(&rows);
        for line in list.lines() {
            assert!(line.chars().count() <= WIDTH && !line.ends_with(' '), "{line:?}");
            assert!(!line.trim_start().starts_with('-'), "a word is torn: {line:?}");
        }
        for row in &rows {
            for text in [&row.teaches, &row.notice, &row.places, &row.right_move] {
                assert!(!text.is_empty(), "{} leaves something out", row.name);
            }
        }
        insta::assert_snapshot!("stories", list);
    }
}
