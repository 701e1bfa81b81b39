//! The keys in force: those of the table, unless the settings say others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    bindings::{Action, Binding, Context, KEYS},
    chord::Chord,
};

/// The section of the settings file.
pub(super) const KEY_SECTION: &str = "keys";

/// Keys that the settings change, by context and action.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeySettings(pub BTreeMap<Context, BTreeMap<Action, Vec<Chord>>>);

/// A row of the table with the keys it has now.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyRow {
    pub binding: &'static Binding,
    /// The footer names the first; empty if the action has no key.
    pub chords: Vec<Chord>,
}

impl KeyRow {
    /// All its keys, such as `j Down Ctrl-n`.
    pub fn keys(&self) -> String {
        self.chords.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }
}

/// Every row of the table with its keys.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyMap {
    rows: Vec<KeyRow>,
}

impl Default for KeyMap {
    fn default() -> Self {
        Self::new(&KeySettings::default())
    }
}

impl KeyMap {
    pub fn new(settings: &KeySettings) -> Self {
        let row = |binding: &'static Binding| {
            let changed = settings.0.get(&binding.context).and_then(|context| context.get(&binding.action));
            KeyRow { binding, chords: changed.map_or_else(|| binding.chords.to_vec(), Clone::clone) }
        };
        Self { rows: KEYS.iter().map(row).collect() }
    }

    /// The rows in the order of the table.
    pub fn rows(&self) -> &[KeyRow] {
        &self.rows
    }

    /// What a key does in these contexts, innermost first.
    pub fn find(&self, contexts: &[Context], chord: Chord) -> Option<&'static Binding> {
        let bound = |context: &Context| {
            self.rows.iter().find(|row| row.binding.context == *context && row.chords.contains(&chord))
        };
        contexts.iter().find_map(bound).map(|row| row.binding)
    }

    /// The first key of an action, for a text that names it; its name in the palette if it has none.
    pub fn key(&self, context: Context, action: Action) -> String {
        let row = self.rows.iter().find(|row| (row.binding.context, row.binding.action) == (context, action));
        row.and_then(|row| row.chords.first()).map_or_else(|| format!(":{}", action.name()), ToString::to_string)
    }
}

/// The table in Markdown, for the README.
pub fn markdown() -> String {
    let mut out = String::from("| where | keys | action | name |\n|---|---|---|---|\n");
    for binding in KEYS {
        let keys: Vec<String> = binding.chords.iter().map(|chord| format!("`{chord}`")).collect();
        let name = binding.action.name();
        out.extend([
            "| ",
            binding.context.title(),
            " | ",
            &keys.join(" "),
            " | ",
            binding.text,
            " | `",
            &name,
            "` |\n",
        ]);
    }
    out
}

/// The section of the example file: every action with its keys, commented out, so that those who change none get new ones.
pub(super) fn example() -> String {
    let mut out = format!(
        "# Keys, by the screen they work in. Each line is the default: take its # away and that of its table to change it. A list gives\n\
         # several keys, [] none. Keys are written as here; Ctrl- and Alt- may stand before them.\n[{KEY_SECTION}]\n"
    );
    for context in Context::ALL {
        out.extend(["# [", KEY_SECTION, ".", &context.name(), "]\n"]);
        for binding in KEYS.iter().filter(|b| b.context == context) {
            let chords: Vec<String> = binding.chords.iter().map(|chord| format!("\"{chord}\"")).collect();
            let line = format!("# {} = [{}]", binding.action.name(), chords.join(", "));
            out.extend([&line, "  # ", binding.text, "\n"]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_context() {
        for (i, a) in KEYS.iter().enumerate() {
            for b in &KEYS[i + 1..] {
                let clash = a.context == b.context && a.chords.iter().any(|c| b.chords.contains(c));
                assert!(!clash, "{} and {}", a.text, b.text);
            }
        }
    }

    #[test]
    fn every_row_has_a_name_of_its_own_that_is_read_back() {
        for (i, a) in KEYS.iter().enumerate() {
            let (context, action) = (a.context.name(), a.action.name());
            assert_eq!((Context::parse(&context), Action::parse(&action)), (Some(a.context), Some(a.action)));
            assert!(Context::ALL.contains(&a.context));
            for b in &KEYS[i + 1..] {
                assert!((a.context, a.action) != (b.context, b.action), "{} and {}", a.text, b.text);
                assert_eq!(a.action == b.action, action == b.action.name());
            }
        }
    }

    #[test]
    fn changed_keys_take_the_place_of_the_tables() {
        let settings = KeySettings([(Context::Images, [(Action::Copy, vec![Chord::ctrl('k')])].into())].into());
        let keys = KeyMap::new(&settings);
        let found = |text| keys.find(&[Context::Images, Context::Lists], Chord::parse(text).unwrap()).map(|b| b.action);
        assert_eq!((found("Ctrl-k"), found("c"), found("j")), (Some(Action::Copy), None, Some(Action::Down)));
        assert_eq!(keys.key(Context::Images, Action::Copy), "Ctrl-k");
        let without = KeyMap::new(&KeySettings([(Context::Images, [(Action::Copy, Vec::new())].into())].into()));
        assert_eq!(without.key(Context::Images, Action::Copy), ":copy");
    }
}
