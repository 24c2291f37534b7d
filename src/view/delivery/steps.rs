//! The steps of a canary, or the stations of a switch: done, current, next.

use super::super::{LOW, Line, Scene};
use crate::{
    domain::text::clean,
    release::{Delivery, Wait},
    theme::Role,
};

pub(super) fn lines(scene: Scene<'_>, delivery: &Delivery, height: u16) -> Vec<Line> {
    let count = delivery.steps.len();
    // A release that is over stands behind its last step. One that was given up, or never began, did none.
    let under_way = delivery.canary.is_some() || delivery.aborted.is_some();
    let idle = delivery.step.is_none() && !under_way;
    let current = delivery.step.unwrap_or(0);
    let room = match height {
        0..LOW => 3,
        LOW..45 => 8,
        _ => count,
    };
    let (first, last) = window(count, current, room);
    let mut lines = Vec::new();
    if first > 0 {
        lines.push(Line::new(format!("✔ {first} done"), Role::Dim));
    }
    for (at, step) in delivery.steps.iter().enumerate().take(last).skip(first) {
        let (mark, role) = match at.cmp(&current) {
            _ if idle => ("·", Role::Dim),
            std::cmp::Ordering::Less => ("✔", Role::Dim),
            std::cmp::Ordering::Equal => ("▸", Role::Title),
            std::cmp::Ordering::Greater => ("·", Role::Text),
        };
        let mut line = Line::new(format!("{mark} {:>2} {}", at + 1, clean(&step.words, false)), role);
        if at == current {
            line = line.then(remaining(scene, delivery), Role::StateWaiting);
        }
        lines.push(line);
    }
    if last < count {
        lines.push(Line::new(format!("· {} more", count - last), Role::Dim));
    }
    lines
}

/// What the current step still takes.
fn remaining(scene: Scene<'_>, delivery: &Delivery) -> String {
    match &delivery.wait {
        Some(Wait::Person { .. }) => "  wants you".to_owned(),
        Some(Wait::Timer { until: Some(until), .. }) => {
            let left = scene.clock.until(*until);
            if left.is_empty() { "  over".to_owned() } else { format!("  {left} left") }
        }
        _ => String::new(),
    }
}

/// The steps to list where there is room for some: the current one with one before it, as many after as fit.
fn window(count: usize, current: usize, room: usize) -> (usize, usize) {
    if count <= room + 1 {
        return (0, count);
    }
    let first = current.saturating_sub(1).min(count.saturating_sub(room));
    // A line that says "1 done" takes the room of the step itself.
    let first = if first == 1 { 0 } else { first };
    let last = (first + room).min(count);
    (first, if last + 1 == count { count } else { last })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_step_is_always_listed() {
        for (count, current, room, expected) in [
            (0, 0, 4, (0, 0)),
            (5, 2, 4, (0, 5)),
            (9, 0, 4, (0, 4)),
            (9, 2, 4, (0, 4)),
            (9, 4, 4, (3, 7)),
            (9, 7, 4, (5, 9)),
            (9, 9, 4, (5, 9)),
            (6, 1, 4, (0, 4)),
        ] {
            assert_eq!(window(count, current, room), expected, "{count} {current} {room}");
            let (first, last) = window(count, current, room);
            assert!(current >= count || (first..last).contains(&current));
        }
    }
}
