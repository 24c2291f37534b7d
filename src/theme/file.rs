//! TOML to theme: palette, roles, inheritance, with every fault of every file in one pass.

use std::collections::BTreeMap;

use ratatui::style::Modifier;
use toml::Spanned;
use unicode_width::UnicodeWidthStr;

use super::Colour;
use super::role::Role;
use crate::problem::{Document, Entry, Problem, Section, Shelf, Volume, nearest};

/// The theme used where a name is unknown.
const DEFAULT: &str = "dark";

/// The attributes of a role that may be switched on or off, by their keys.
const MODIFIERS: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
];

/// How a role looks, before a terminal's limits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Appearance {
    /// The colour of the text; none leaves it as it is.
    pub foreground: Option<Colour>,
    /// The colour behind it; none leaves the theme's background.
    pub background: Option<Colour>,
    /// Weight, slant, underline, reversal.
    pub modifiers: Modifier,
    /// One character, one cell wide, that says the same without colour; only for states, pods, severities.
    pub glyph: Option<String>,
}

/// A theme: a background and an appearance for every role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    name: String,
    background: Colour,
    roles: BTreeMap<Role, Appearance>,
}

impl Theme {
    /// The theme's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The colour behind everything.
    pub fn background(&self) -> Colour {
        self.background
    }

    /// How a role looks: as the theme says, or like its fallback where the theme is silent. A role that is
    /// set without a text colour takes its fallback's.
    pub fn appearance(&self, role: Role) -> Appearance {
        let fallback = || role.fallback().map(|general| self.appearance(general)).unwrap_or_default();
        let mut appearance = match self.roles.get(&role) {
            Some(own) if own.foreground.is_none() => Appearance { foreground: fallback().foreground, ..own.clone() },
            Some(own) => own.clone(),
            None => Appearance { glyph: None, ..fallback() },
        };
        appearance.glyph = appearance.glyph.or_else(|| role.glyph().map(str::to_owned));
        appearance
    }
}

/// Loads a theme by name. What is right in a faulty file holds; what is wrong stays as inherited.
/// An unknown name gives the default theme; the caller asks [`Shelf::get`] first to say where the name came from.
pub fn load(shelf: &Shelf, name: &str) -> (Theme, Vec<Problem>) {
    let mut theme = Theme { name: name.to_owned(), background: Colour::Terminal, roles: BTreeMap::new() };
    let Some(volume) = shelf.get(name).or_else(|| shelf.get(DEFAULT)) else { return (theme, Vec::new()) };
    theme.name.clone_from(&volume.name);
    let (ancestry, mut problems) = shelf.lineage(volume, None);
    // Palettes first: a file may recolour what its ancestors' roles name.
    let palette = read_palettes(&ancestry);
    for volume in ancestry {
        let document = Document::parse(&volume.file, &volume.text);
        Reader { document: &document, palette: &palette }.read(&mut theme);
        problems.extend(document.into_problems());
    }
    (theme, problems)
}

/// The colours of all palettes by name, the youngest file's counting. Their faults are reported by [`Reader`].
fn read_palettes(ancestry: &[&Volume]) -> BTreeMap<String, Colour> {
    let mut colours = BTreeMap::new();
    for volume in ancestry {
        let document = Document::parse(&volume.file, &volume.text);
        let entries = document.root().section("palette").map(Section::entries).unwrap_or_default();
        colours.extend(entries.iter().filter_map(|entry| {
            let colour = Colour::parse(entry.string()?.get_ref())?;
            Some((entry.key().to_owned(), colour))
        }));
    }
    colours
}

/// Reads one file over what its ancestors said.
struct Reader<'r> {
    document: &'r Document<'r>,
    palette: &'r BTreeMap<String, Colour>,
}

impl Reader<'_> {
    fn read(&self, theme: &mut Theme) {
        let mut root = self.document.root();
        // Shelf::lineage has already followed it.
        root.asked("inherits");
        if let Some(background) = root.string("background").and_then(|text| self.colour(&text)) {
            theme.background = background;
        }
        for entry in root.section("palette").map(Section::entries).unwrap_or_default() {
            self.check_palette(&entry);
        }
        for group in Role::GROUPS {
            let Some(mut section) = root.section(group) else { continue };
            for role in Role::ALL.iter().filter(|role| role.group() == group) {
                if let Some(entry) = section.entry(role.key()) {
                    self.role(&entry, *role, theme.roles.entry(*role).or_default());
                }
            }
            section.close();
        }
        root.close();
    }

    fn check_palette(&self, entry: &Entry<'_>) {
        let Some(text) = entry.string() else { return };
        if Colour::parse(text.get_ref()).is_none() {
            self.report_colour(&text, false);
        }
    }

    fn role(&self, entry: &Entry<'_>, role: Role, appearance: &mut Appearance) {
        if !entry.is_table() {
            if let Some(colour) = entry.string().and_then(|text| self.colour(&text)) {
                appearance.foreground = Some(colour);
            }
            return;
        }
        let Some(mut section) = entry.section(role.name()) else { return };
        if let Some(colour) = section.string("fg").and_then(|text| self.colour(&text)) {
            appearance.foreground = Some(colour);
        }
        if let Some(colour) = section.string("bg").and_then(|text| self.colour(&text)) {
            appearance.background = Some(colour);
        }
        for (key, modifier) in MODIFIERS {
            if let Some(on) = section.boolean(key) {
                appearance.modifiers.set(modifier, on);
            }
        }
        if role.glyph().is_some()
            && let Some(glyph) = section.string("glyph")
        {
            self.glyph(&glyph, appearance);
        }
        section.close();
    }

    fn glyph(&self, text: &Spanned<String>, appearance: &mut Appearance) {
        let glyph = text.get_ref();
        if glyph.chars().count() == 1 && glyph.width() == 1 {
            appearance.glyph = Some(glyph.clone());
        } else {
            self.document.report(&text.span(), format!("a glyph is one character one cell wide, {glyph:?} is not"));
        }
    }

    /// A colour by its own notation or by its name in the palette.
    fn colour(&self, text: &Spanned<String>) -> Option<Colour> {
        let colour = self.palette.get(text.get_ref()).copied().or_else(|| Colour::parse(text.get_ref()));
        if colour.is_none() {
            self.report_colour(text, true);
        }
        colour
    }

    fn report_colour(&self, text: &Spanned<String>, with_palette: bool) {
        let name = text.get_ref();
        let palette = self.palette.keys().map(String::as_str).filter(|_| with_palette);
        let near = nearest(name, palette.chain(super::colour::ANSI_NAMES)).filter(|_| !name.starts_with('#'));
        let hint = match near {
            Some(near) => format!("did you mean {near:?}?"),
            None if with_palette => "write \"#rrggbb\", a name of [palette], or \"none\"".to_owned(),
            None => "write \"#rrggbb\", or \"none\"".to_owned(),
        };
        self.document.report_with(&text.span(), format!("{name:?} is no colour"), hint);
    }
}
