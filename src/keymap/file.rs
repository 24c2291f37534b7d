//! TOML to keymap: every fault of every file in the line of inheritance, in one pass.

use std::collections::BTreeMap;
use std::ops::Range;

use super::lookup::Binding;
use super::{Chord, Key, Keymap};
use crate::action::{Action, Context};
use crate::problem::{Document, Entry, Problem, Section, Shelf, nearest};

/// The keymap a file without `inherits` starts from, and the one used where a name is unknown.
const DEFAULT: &str = "default";

/// The value that takes a chord away.
const UNBOUND: &str = "none";

/// One line of one file.
#[derive(Debug, Clone)]
struct Line {
    chord: Chord,
    action: Option<Action>,
    span: Range<usize>,
    generation: usize,
}

/// The lines of each context, the youngest file's first, in the order in which they are written there.
type Lines = BTreeMap<Context, Vec<Line>>;

/// Loads a keymap by name. What is right in a faulty file holds; what is wrong stays as inherited.
/// An unknown name gives the default keymap; the caller asks [`Shelf::get`] first to say where the name came from.
pub fn load(shelf: &Shelf, name: &str) -> (Keymap, Vec<Problem>) {
    let volume = shelf.get(name).or_else(|| shelf.get(DEFAULT));
    let Some(volume) = volume else { return (Keymap::new(name.to_owned(), BTreeMap::new()), Vec::new()) };
    let (ancestry, mut problems) = shelf.lineage(volume, Some(DEFAULT));
    let mut lines = Lines::new();
    for (generation, volume) in ancestry.into_iter().enumerate() {
        let document = Document::parse(&volume.file, &volume.text);
        read(&document, generation, &mut lines);
        problems.extend(document.into_problems());
    }
    (Keymap::new(volume.name.clone(), compile(&lines)), problems)
}

/// Reads one file's lines over those of its ancestors.
fn read(document: &Document<'_>, generation: usize, lines: &mut Lines) {
    let mut root = document.root();
    // Shelf::lineage has already followed it.
    root.asked("inherits");
    for context in Context::ALL {
        let Some(section) = root.section(context.name()) else { continue };
        let mut own = read_context(document, section, context, generation);
        let inherited = lines.remove(&context).unwrap_or_default();
        let kept: Vec<Line> =
            inherited.into_iter().filter(|old| own.iter().all(|new| new.chord != old.chord)).collect();
        own.extend(kept);
        lines.insert(context, own);
    }
    root.close();
    report_shadows(document, generation, lines);
}

fn read_context(document: &Document<'_>, section: Section<'_>, context: Context, generation: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for entry in section.entries() {
        let Some(line) = read_line(document, &entry, context, generation) else { continue };
        if let Some(twin) = lines.iter().find(|other| other.chord == line.chord) {
            let was = twin.action.map_or(UNBOUND, Action::name);
            let sentence = format!("the chord {} is bound twice in [{}]", line.chord, context.name());
            document.report_with(&line.span, sentence, format!("it is already {was:?}: keep one"));
            continue;
        }
        lines.push(line);
    }
    lines
}

fn read_line(document: &Document<'_>, entry: &Entry<'_>, context: Context, generation: usize) -> Option<Line> {
    let chord = match entry.key().parse::<Chord>() {
        Ok(chord) if chord.keys().contains(&Key::INTERRUPT) => {
            document.report(&entry.key_span(), "ctrl-c always quits and cannot be bound");
            None
        }
        Ok(chord) => Some(chord),
        Err(error) => {
            let hint = error.near.as_ref().map_or_else(
                || "a key is a character, f1 to f24, or a name like enter, esc, tab, space, page-up".to_owned(),
                |near| format!("did you mean {near:?}?"),
            );
            document.report_with(&entry.key_span(), error.to_string(), hint);
            None
        }
    };
    let name = entry.string()?;
    let action = if name.get_ref() == UNBOUND {
        None
    } else {
        Some(read_action(document, name.get_ref(), &name.span(), context)?)
    };
    Some(Line { chord: chord?, action, span: entry.key_span(), generation })
}

fn read_action(document: &Document<'_>, name: &str, span: &Range<usize>, context: Context) -> Option<Action> {
    let Some(action) = Action::named(name) else {
        let near = nearest(name, Action::ALL.iter().map(|action| action.name()));
        let hint = near.map_or_else(
            || "rolltop's help (?) lists all actions; \"none\" takes the chord away".to_owned(),
            |near| format!("did you mean {near:?}?"),
        );
        document.report_with(span, format!("unknown action {name:?}"), hint);
        return None;
    };
    if context != Context::Everywhere && !action.applies_in(context) {
        let places: Vec<&str> = action.row().contexts.iter().map(|context| context.name()).collect();
        let sentence = format!("{name:?} means nothing in [{}]", context.name());
        document.report_with(span, sentence, format!("it applies in {}", places.join(", ")));
        return None;
    }
    Some(action)
}

/// The lines that count in a context, in the order of preference: its own, then the parent's where no own
/// line has the same chord.
fn effective(lines: &Lines, context: Context) -> Vec<&Line> {
    let own: Vec<&Line> = lines.get(&context).into_iter().flatten().collect();
    let inherited = context.parent().and_then(|parent| lines.get(&parent)).into_iter().flatten();
    let inherited = inherited.filter(|line| own.iter().all(|other| other.chord != line.chord));
    let bound = |line: &&Line| line.action.is_some_and(|action| action.applies_in(context));
    own.iter().copied().chain(inherited).filter(bound).collect()
}

/// Reports chords that can never be reached because a shorter one is complete before them. Only lines of
/// the file being read are reported; its ancestors have had their own turn.
fn report_shadows(document: &Document<'_>, generation: usize, lines: &Lines) {
    let mut reported: Vec<usize> = Vec::new();
    for context in Context::ALL.into_iter().filter(|context| *context != Context::Everywhere) {
        let lines = effective(lines, context);
        let pairs = lines.iter().flat_map(|short| {
            let longer = lines.iter().filter(|long| short.chord.begins(&long.chord));
            longer.map(move |long| (*short, *long))
        });
        for (short, long) in pairs {
            let at = if long.generation == generation { long } else { short };
            if at.generation != generation || reported.contains(&at.span.start) {
                continue;
            }
            reported.push(at.span.start);
            let name = short.action.map_or(UNBOUND, Action::name);
            let sentence = format!("the chord {} is shadowed by {}, which is {name:?}", long.chord, short.chord);
            let hint = if short.generation == long.generation {
                "keep one of the two".to_owned()
            } else {
                format!("{:?} = \"none\" frees the shorter one", short.chord.to_string())
            };
            document.report_with(&at.span, sentence, hint);
        }
    }
}

/// The look-up tables; a shadowed chord is left out, as it could not be reached.
fn compile(lines: &Lines) -> BTreeMap<Context, BTreeMap<Chord, Binding>> {
    let mut contexts = BTreeMap::new();
    for context in Context::ALL {
        let lines = effective(lines, context);
        let reached = |line: &Line| lines.iter().all(|other| !other.chord.begins(&line.chord));
        let reachable = lines.iter().enumerate().filter(|(_, line)| reached(line));
        let bound =
            reachable.filter_map(|(rank, line)| Some((line.chord.clone(), Binding { action: line.action?, rank })));
        contexts.insert(context, bound.collect());
    }
    contexts
}
