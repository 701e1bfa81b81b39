//! `[keys]` of the settings file: other keys for actions, by the screen they work in. Mistakes and conflicts are named with their
//! places.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    bindings::{Action, Binding, Context, KEYS},
    chord::{Chord, KeyCode},
    keys::{KeyMap, KeySettings},
    settings::nearest,
    source::Source,
};
use crate::domain::{Failure, text::clean};

/// Mistakes with their places in the text.
type Mistakes = Vec<(usize, Failure)>;

/// Contexts whose keys work at the same time, innermost first.
const TOGETHER: [&[Context]; 15] = [
    &[Context::Images, Context::Lists, Context::Everywhere],
    &[Context::Jobs, Context::Lists, Context::Everywhere],
    &[Context::ImageDetails, Context::Lists, Context::Everywhere],
    &[Context::Pager, Context::Lists, Context::Everywhere],
    &[Context::Review, Context::Lists, Context::Everywhere],
    &[Context::Coverage, Context::Lists, Context::Everywhere],
    &[Context::Orphans, Context::Lists, Context::Everywhere],
    &[Context::RecycleBin, Context::Lists, Context::Everywhere],
    &[Context::Storage, Context::Lists, Context::Everywhere],
    &[Context::SyncPlan, Context::Lists, Context::Everywhere],
    &[Context::Picker, Context::Lists],
    &[Context::Confirm, Context::Choice],
    &[Context::Form],
    &[Context::Palette],
    &[Context::Input],
];

/// Keys that edit a text.
fn edits_text(chord: Chord) -> bool {
    match chord.code {
        KeyCode::Char(c) if chord.ctrl => "hwaeuk".contains(c),
        KeyCode::Char(c) if chord.alt => "bfd".contains(c),
        KeyCode::Backspace | KeyCode::Delete | KeyCode::Left | KeyCode::Right | KeyCode::Home | KeyCode::End => true,
        _ => false,
    }
}

/// A key that the file gives to an action.
struct Given {
    binding: &'static Binding,
    chord: Chord,
    place: Range<usize>,
}

/// Checks the section. Returns what is right in it.
pub(super) fn check(source: &Source<'_>, section: &DeTable<'_>, mistakes: &mut Mistakes) -> KeySettings {
    let (mut settings, mut given) = (KeySettings::default(), Vec::new());
    for (name, value) in section {
        match context(source, name, value) {
            Ok((context, table)) => {
                for (name, value) in table {
                    match keys_of(source, context, name, value) {
                        Ok((binding, chords)) => {
                            let keys = chords.iter().map(|(chord, _)| *chord).collect();
                            settings.0.entry(context).or_default().insert(binding.action, keys);
                            given.extend(chords.into_iter().map(|(chord, place)| Given { binding, chord, place }));
                        }
                        Err(mistake) => mistakes.push(mistake),
                    }
                }
            }
            Err(mistake) => mistakes.push(mistake),
        }
    }
    mistakes.extend(conflicts(source, &KeyMap::new(&settings), &given));
    settings
}

fn wrong(source: &Source<'_>, place: Range<usize>, why: &str) -> (usize, Failure) {
    let start = place.start;
    let failure = source.wrong_at(Some(place), why);
    (start, failure.hint("`amigrate config init --config example.toml` writes a file with every action and its keys."))
}

fn context<'a, 'b>(
    source: &Source<'_>,
    name: &Spanned<impl AsRef<str>>,
    value: &'a Spanned<DeValue<'b>>,
) -> Result<(Context, &'a DeTable<'b>), (usize, Failure)> {
    let shown = clean(name.get_ref().as_ref()).into_owned();
    match (Context::parse(&shown), value.get_ref()) {
        (Some(context), DeValue::Table(table)) => Ok((context, table)),
        (Some(_), _) => {
            Err(wrong(source, name.span(), &format!("`{shown}` is a table; write [keys.{shown}] on a line of its own")))
        }
        (None, DeValue::Table(_)) => {
            let names: Vec<String> = Context::ALL.map(Context::name).to_vec();
            let advice = match nearest(&shown, names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean [keys.{near}]?"),
                None => format!("there are {}", names.join(", ")),
            };
            Err(wrong(source, name.span(), &format!("unknown table [keys.{shown}]; {advice}")))
        }
        (None, _) => {
            let here = KEYS.iter().find(|b| b.action.name() == shown).map_or(Context::Images, |b| b.context).name();
            let why = format!("`{shown}` is in [keys]; keys belong to a screen, as in [keys.{here}]");
            Err(wrong(source, name.span(), &why))
        }
    }
}

type Chords = Vec<(Chord, Range<usize>)>;

/// The keys that an action gets.
fn keys_of(
    source: &Source<'_>,
    context: Context,
    name: &Spanned<impl AsRef<str>>,
    value: &Spanned<DeValue<'_>>,
) -> Result<(&'static Binding, Chords), (usize, Failure)> {
    let shown = clean(name.get_ref().as_ref()).into_owned();
    let Some(binding) = KEYS.iter().find(|b| b.context == context && b.action.name() == shown) else {
        return Err(unknown_action(source, context, &shown, name.span()));
    };
    let texts: Vec<(&str, Range<usize>)> = match value.get_ref() {
        DeValue::String(text) => vec![(text, value.span())],
        DeValue::Array(items) => {
            let text = |item: &'_ Spanned<DeValue<'_>>| item.get_ref().as_str().is_some();
            if !items.iter().all(text) {
                return Err(no_key(source, &shown, value.span()));
            }
            items.iter().filter_map(|item| Some((item.get_ref().as_str()?, item.span()))).collect()
        }
        _ => return Err(no_key(source, &shown, value.span())),
    };
    let mut chords = Chords::new();
    for (text, place) in texts {
        let Some(chord) = Chord::parse(text) else {
            return Err(no_key(source, &shown, place));
        };
        if let Some(why) = refused(binding, chord) {
            return Err(wrong(source, place, &why));
        }
        chords.push((chord, place));
    }
    Ok((binding, chords))
}

fn no_key(source: &Source<'_>, action: &str, place: Range<usize>) -> (usize, Failure) {
    let written: String = clean(source.text.get(place.clone()).unwrap_or_default()).chars().take(40).collect();
    let why = format!(
        "`{action}` is {written}; expected a key or a list of keys, such as \"c\", \"Ctrl-s\", \"F5\", \"PgDn\""
    );
    wrong(source, place, &why)
}

fn unknown_action(source: &Source<'_>, context: Context, shown: &str, place: Range<usize>) -> (usize, Failure) {
    let section = context.name();
    let here: Vec<String> = KEYS.iter().filter(|b| b.context == context).map(|b| b.action.name()).collect();
    let elsewhere = KEYS.iter().find(|b| b.action.name() == shown);
    let advice = match (elsewhere, nearest(shown, here.iter().map(String::as_str))) {
        (Some(binding), _) => format!("; it belongs in [keys.{}]", binding.context.name()),
        (None, Some(near)) => format!("; did you mean `{near}`?"),
        (None, None) => String::new(),
    };
    wrong(source, place, &format!("unknown action `{shown}` in [keys.{section}]{advice}"))
}

/// Why a key cannot be given to an action, whatever the other keys are.
fn refused(binding: &Binding, chord: Chord) -> Option<String> {
    let types = matches!(binding.context, Context::Input | Context::Palette);
    if chord == Chord::ctrl('c') && binding.action != Action::Quit {
        return Some("Ctrl-c always quits".into());
    }
    if types && chord.types_text() {
        return Some(format!("`{chord}` is typed into the text here; use Ctrl, Alt or a function key"));
    }
    let edits = (types || binding.context == Context::Form) && edits_text(chord);
    edits.then(|| format!("`{chord}` edits the text here"))
}

/// Each key that means something else where it was given.
fn conflicts(source: &Source<'_>, keys: &KeyMap, given: &[Given]) -> Vec<(usize, Failure)> {
    let mut found = Vec::new();
    for one in given {
        let other = keys.rows().iter().find(|row| {
            row.chords.contains(&one.chord)
                && meet(one.binding, row.binding, one.chord)
                // Of two that the file gives, the later one is named.
                && !given.iter().any(|g| {
                    g.binding == row.binding && g.chord == one.chord && g.place.start > one.place.start
                })
        });
        if let Some(other) = other {
            let (context, action) = (other.binding.context.name(), other.binding.action.name());
            let why = format!(
                "`{}` is the key of `{action}` in [keys.{context}]; give one of the two another key",
                one.chord
            );
            found.push(wrong(source, one.place.clone(), &why));
        }
    }
    found
}

/// Returns true if a key cannot mean both. Where the table itself gives it to both, the inner one is meant.
fn meet(a: &Binding, b: &Binding, chord: Chord) -> bool {
    if a.action == b.action || (a.chords.contains(&chord) && b.chords.contains(&chord)) {
        return false;
    }
    let together = TOGETHER.iter().any(|contexts| contexts.contains(&a.context) && contexts.contains(&b.context));
    let always = |x: &Binding| {
        x.context == Context::Everywhere
            && matches!(x.action, Action::Quit | Action::Suspend | Action::Repaint)
            && !chord.types_text()
    };
    together || always(a) || always(b)
}
