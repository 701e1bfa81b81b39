//! What the palette lists: actions, commands, and the values of an argument; and which of them fit what is typed.

use std::collections::BTreeMap;

use crate::{
    config::{
        KeyMap,
        bindings::{Action, Binding, Context},
    },
    domain::palette::{self, COMMANDS, CommandName, CommandSpec},
};

/// What an action needs to be run from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// It works where the palette was opened.
    Here,
    /// It works in a pane, which gets the focus.
    Pane,
    /// It works in a screen that is not open.
    Elsewhere,
}

/// A value that an argument can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub value: String,
    pub note: String,
}

/// Meaning of a word that is no action's name.
const ALIASES: [(&str, Action); 1] = [("q", Action::Quit)];

/// Returns true for the actions that are listed: all but those of the palette itself.
fn is_listed(binding: &Binding) -> bool {
    binding.context != Context::Palette && binding.action != Action::Commands
}

/// An action or a command of the list.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    Action { context: Context, action: Action, name: String, text: &'static str, keys: String, reach: Reach },
    Command(&'static CommandSpec),
}

/// A row that fits what is typed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Row {
    Action {
        context: Context,
        action: Action,
        name: String,
        text: &'static str,
        keys: String,
        reach: Reach,
    },
    Command {
        word: &'static str,
        argument: &'static str,
        text: &'static str,
    },
    /// A value of the argument that is being typed.
    Value(Candidate),
}

impl Row {
    /// The line, completed with this row.
    pub(super) fn completion(&self, line: &str) -> String {
        match self {
            Self::Action { name, .. } => name.clone(),
            Self::Command { word, .. } => format!("{word} "),
            Self::Value(candidate) => {
                let keep = line.len() - last_word(line).len();
                format!("{}{}", &line[..keep], candidate.value)
            }
        }
    }

    /// What it needs to be run from here.
    pub(super) fn reach(&self) -> Reach {
        if let Self::Action { reach, .. } = self { *reach } else { Reach::Here }
    }

    /// Returns true if the line is its name in full.
    pub(super) fn is_named(&self, line: &str) -> bool {
        let name = match self {
            Self::Action { name, .. } => name,
            Self::Command { word, .. } => *word,
            Self::Value(_) => return false,
        };
        rank(name, "", &line.trim().to_lowercase()) == Some(0)
    }

    /// Returns true if the line ends in a beginning of this value.
    pub(super) fn begins_with(&self, line: &str) -> bool {
        let typed = last_word(line).to_lowercase();
        matches!(self, Self::Value(candidate) if candidate.value.to_lowercase().starts_with(&typed))
    }

    /// Returns true if the line ends in this value.
    pub(super) fn fits(&self, line: &str) -> bool {
        matches!(self, Self::Value(candidate) if candidate.value.eq_ignore_ascii_case(last_word(line)))
    }
}

/// What is being typed of the argument: its last word where it may have several, else all of it.
fn last_word(line: &str) -> &str {
    let argument = palette::split(line).map(|(spec, argument, _)| (spec.name, argument.trim_start()));
    match argument {
        Some((CommandName::Region, argument)) => argument.rsplit([' ', ',']).next().unwrap_or_default(),
        Some((_, argument)) => argument,
        None => line.trim_start(),
    }
}

/// Returns true if nothing is typed of the argument's last word.
pub(super) fn is_empty(line: &str) -> bool {
    last_word(line).is_empty()
}

pub(super) fn all(keys: &KeyMap, reach: impl Fn(Context, Action) -> Reach) -> Vec<Entry> {
    let rows = keys.rows().iter().filter(|row| is_listed(row.binding));
    let actions = rows.map(|row| Entry::Action {
        context: row.binding.context,
        action: row.binding.action,
        name: row.binding.action.name(),
        text: row.binding.text,
        keys: row.keys(),
        reach: reach(row.binding.context, row.binding.action),
    });
    let mut entries: Vec<Entry> = actions.chain(COMMANDS.iter().map(Entry::Command)).collect();
    // What works here comes first; a command works everywhere.
    entries.sort_by_key(|entry| match entry {
        Entry::Action { reach, context, .. } => (*reach, *context == Context::Lists),
        Entry::Command(_) => (Reach::Here, false),
    });
    entries
}

pub(super) fn find(entries: &[Entry], candidates: &BTreeMap<CommandName, Vec<Candidate>>, line: &str) -> Vec<Row> {
    if let Some((spec, ..)) = palette::split(line) {
        let typed = last_word(line).to_lowercase();
        let values = candidates.get(&spec.name).into_iter().flatten();
        let mut found: Vec<(u8, &Candidate)> =
            values.filter_map(|value| Some((rank(&value.value.to_lowercase(), &value.note, &typed)?, value))).collect();
        found.sort_by_key(|(rank, _)| *rank);
        return found.into_iter().map(|(_, value)| Row::Value(value.clone())).collect();
    }
    let typed = line.trim().to_lowercase();
    let mut found: Vec<((u8, Reach), Row)> = entries
        .iter()
        .filter_map(|entry| {
            let (name, text, reach) = match entry {
                Entry::Action { name, text, reach, .. } => (name.as_str(), *text, *reach),
                Entry::Command(spec) => (spec.word, spec.text, Reach::Here),
            };
            Some(((rank(name, text, &typed)?, reach), row(entry)))
        })
        .collect();
    // Stable: equal ones stay in the order of the table.
    found.sort_by_key(|(key, _)| *key);
    found.into_iter().map(|(_, row)| row).collect()
}

fn row(entry: &Entry) -> Row {
    match entry {
        Entry::Action { context, action, name, text, keys, reach } => Row::Action {
            context: *context,
            action: *action,
            name: name.clone(),
            text,
            keys: keys.clone(),
            reach: *reach,
        },
        Entry::Command(spec) => Row::Command { word: spec.word, argument: spec.argument, text: spec.text },
    }
}

/// How well a name with its text fits what is typed; 0 is best, `None` not at all. Blanks, hyphens and underscores are the same.
fn rank(name: &str, text: &str, typed: &str) -> Option<u8> {
    if typed.is_empty() {
        return Some(0);
    }
    let separators = |c: char| matches!(c, ' ' | '-' | '_');
    let same = |text: &str| text.replace(separators, "_");
    let (name, wanted) = (same(name), same(typed));
    let is_alias = ALIASES.iter().any(|(alias, action)| *alias == typed && action.name() == name);
    if name == wanted || is_alias {
        return Some(0);
    }
    if name.starts_with(&wanted) {
        return Some(1);
    }
    if name.split('_').any(|word| word.starts_with(&wanted)) {
        return Some(2);
    }
    if name.contains(&wanted) {
        return Some(3);
    }
    let text = text.to_lowercase();
    if typed.split(separators).all(|word| name.contains(word) || text.contains(word)) {
        return Some(4);
    }
    // The name's first letter, and others of it in this order.
    let mut rest = wanted.chars().filter(|c| *c != '_').peekable();
    if name.chars().next() != rest.peek().copied() {
        return None;
    }
    for c in name.chars() {
        _ = rest.next_if_eq(&c);
    }
    rest.peek().is_none().then_some(5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::bindings::KEYS;

    fn names(line: &str) -> Vec<String> {
        let entries = all(&KeyMap::default(), |context, _| match context {
            Context::Images | Context::Lists | Context::Everywhere => Reach::Here,
            Context::Jobs => Reach::Pane,
            _ => Reach::Elsewhere,
        });
        let candidate = |value: &str, note: &str| Candidate { value: value.into(), note: note.into() };
        let regions = vec![candidate("eu-west-1", "Ireland"), candidate("us-east-1", "N. Virginia")];
        let candidates = [(CommandName::Region, regions)].into();
        let rows = find(&entries, &candidates, line);
        rows.iter().map(|row| row.completion(line)).collect()
    }

    #[test]
    fn the_best_match_comes_first() {
        for (typed, first) in [
            ("copy", "copy"),
            ("cop", "copy"),
            ("q", "quit"),
            ("cancel batch", "cancel_batch"),
            ("cancel-b", "cancel_batch"),
            ("cb", "cancel_batch"),
            ("arn", "copy_arn"),
            ("batch", "cancel_batch"),
            ("export", "export "),
            ("clipboard image id", "copy_id"),
            ("region eu", "region eu-west-1"),
            ("region virg", "region us-east-1"),
            ("region eu-west-1,us", "region eu-west-1,us-east-1"),
        ] {
            assert_eq!(names(typed).first().map(String::as_str), Some(first), "{typed}");
        }
        assert_eq!(names("zzz"), [] as [&str; 0]);
        assert_eq!(names("region zzz"), [] as [&str; 0]);
    }

    #[test]
    fn every_action_of_every_screen_is_listed() {
        let all = names("");
        for binding in KEYS.iter().filter(|b| is_listed(b)) {
            assert!(all.contains(&binding.action.name()), "{binding:?}");
        }
        for spec in COMMANDS {
            assert!(all.contains(&format!("{} ", spec.word)));
        }
        let at = |name: &str| all.iter().position(|n| n == name);
        assert!(
            at("copy") < at("cancel") && at("cancel") < at("remove_preset"),
            "what works here comes first: {all:?}"
        );
    }
}
