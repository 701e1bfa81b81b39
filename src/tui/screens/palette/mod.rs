//! The command palette: a line for commands, and the actions of every screen by name.

pub mod commands;
mod entries;
pub mod typed;
pub mod update;
pub mod view;

use std::collections::BTreeMap;

use tui_input::Input;

use crate::{
    config::{
        KeyMap,
        bindings::{Action, Context},
    },
    domain::palette::{self, CommandName},
    term::input::KeyEvent,
    tui::widgets::{editor, list::List},
};

use entries::{Entry, Row};

pub use entries::{Candidate, Reach};

/// Lines that were run, oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PaletteHistory(Vec<String>);

impl PaletteHistory {
    /// More are not kept.
    const MOST: usize = 200;

    /// Adds a line, unless it is the last one again.
    pub(super) fn add(&mut self, line: &str) {
        let line = line.trim();
        if line.is_empty() || self.0.last().is_some_and(|last| last == line) {
            return;
        }
        if self.0.len() == Self::MOST {
            self.0.remove(0);
        }
        self.0.push(line.to_owned());
    }
}

/// What is chosen.
#[derive(Debug, Clone, PartialEq)]
enum Chosen {
    Action(Context, Action),
    /// A line with a command and its argument.
    Line(String),
}

/// The palette's state.
#[derive(Debug, Clone)]
pub struct Palette {
    pub line: Input,
    entries: Vec<Entry>,
    /// Values of the commands' arguments, as far as they are known.
    candidates: BTreeMap<CommandName, Vec<Candidate>>,
    /// The rows that fit what is typed, best first.
    rows: Vec<Row>,
    list: List,
    /// True once the cursor was moved.
    picked: bool,
    history: PaletteHistory,
    /// The line of the history that is shown, and what was typed before.
    recalled: Option<(usize, String)>,
    /// Why the line could not be run.
    mistake: Option<String>,
    /// Rows of the window.
    height: usize,
}

impl Palette {
    /// A palette over these contexts; `reach` says what an action needs to be run.
    pub(in crate::tui) fn new(
        keys: &KeyMap,
        history: PaletteHistory,
        candidates: BTreeMap<CommandName, Vec<Candidate>>,
        reach: impl Fn(Context, Action) -> Reach,
    ) -> Self {
        let mut palette = Self {
            line: Input::default(),
            entries: entries::all(keys, reach),
            candidates,
            rows: Vec::new(),
            list: List::default(),
            picked: false,
            history,
            recalled: None,
            mistake: None,
            height: 10,
        };
        palette.find();
        palette
    }

    /// Applies a key to the line. Returns false if it is not an editing key.
    pub(in crate::tui) fn edit(&mut self, key: &KeyEvent) -> bool {
        let edited = editor::edit(&mut self.line, key);
        if edited {
            self.changed();
        }
        edited
    }

    pub(in crate::tui) fn paste(&mut self, text: &str) {
        editor::paste(&mut self.line, text);
        self.changed();
    }

    fn changed(&mut self) {
        self.recalled = None;
        self.find();
    }

    fn set_line(&mut self, text: String) {
        self.line = Input::new(text);
        self.find();
    }

    /// Finds the rows for what is typed.
    fn find(&mut self) {
        self.mistake = None;
        self.rows = entries::find(&self.entries, &self.candidates, self.line.value());
        self.list = List::default();
        self.picked = false;
    }

    /// The command whose argument is being typed, if its values are not known yet.
    pub(in crate::tui) fn wants(&self) -> Option<CommandName> {
        let (spec, ..) = palette::split(self.line.value())?;
        (!self.candidates.contains_key(&spec.name)).then_some(spec.name)
    }

    /// The values of an argument, if they are known.
    fn values(&self, name: CommandName) -> &[Candidate] {
        self.candidates.get(&name).map_or(&[], Vec::as_slice)
    }

    /// Takes in the values of an argument.
    pub(in crate::tui) fn fill(&mut self, name: CommandName, values: Vec<Candidate>) {
        self.candidates.insert(name, values);
        let (list, picked, mistake) = (self.list, self.picked, self.mistake.take());
        self.find();
        (self.list, self.picked, self.mistake) = (list, picked, mistake);
        self.list.clamp(self.rows.len(), self.height);
    }

    pub(in crate::tui) fn set_mistake(&mut self, text: String) {
        self.mistake = Some(text);
    }

    /// Puts the cursor on a row. Returns true if it was there.
    pub(in crate::tui) fn select(&mut self, row: Option<usize>) -> bool {
        self.picked |= row.is_some();
        row.is_some_and(|row| std::mem::replace(&mut self.list.cursor, row) == row)
    }

    /// Returns true if the row under the cursor, and no other, can be what is typed.
    fn is_meant(&self) -> bool {
        let line = self.line.value();
        let begun = self.rows.iter().filter(|row| row.begins_with(line)).count();
        self.picked
            || entries::is_empty(line)
            || (begun == 1 && self.current().is_some_and(|row| row.begins_with(line)))
    }

    /// The names of everything that can be run.
    fn names(&self) -> Vec<String> {
        let name = |entry: &Entry| match entry {
            Entry::Action { name, .. } => name.clone(),
            Entry::Command(spec) => spec.word.to_owned(),
        };
        self.entries.iter().map(name).collect()
    }

    fn current(&self) -> Option<&Row> {
        self.rows.get(self.list.cursor)
    }

    /// Moves the cursor. Returns false if the action is not a movement.
    fn move_cursor(&mut self, action: Action) -> bool {
        let moved = self.list.act(action, self.rows.len(), self.height);
        self.picked |= moved;
        moved
    }

    /// The row above; from the first one, the line that was run before.
    fn older(&mut self) {
        if self.list.cursor > 0 {
            self.move_cursor(Action::Up);
            return;
        }
        let (at, typed) = match &self.recalled {
            Some((at, typed)) => (at.checked_sub(1), typed.clone()),
            None => (self.history.0.len().checked_sub(1), self.line.value().to_owned()),
        };
        if let Some(at) = at {
            self.set_line(self.history.0.get(at).cloned().unwrap_or_default());
            self.recalled = Some((at, typed));
        }
    }

    /// The line that was run after the one shown, or the row below.
    fn newer(&mut self) {
        let Some((at, typed)) = self.recalled.take() else {
            self.move_cursor(Action::Down);
            return;
        };
        match self.history.0.get(at + 1).cloned() {
            Some(line) => {
                self.set_line(line);
                self.recalled = Some((at + 1, typed));
            }
            None => self.set_line(typed),
        }
    }

    /// Completes the line with the row under the cursor.
    fn complete(&mut self) {
        if let Some(row) = self.current() {
            let text = row.completion(self.line.value());
            self.set_line(text);
            self.recalled = None;
        }
    }

    /// What is run: the line if it is whole, else the row under the cursor; `None` for one that still needs an argument.
    fn chosen(&mut self) -> Option<Chosen> {
        let line = self.line.value().trim().to_owned();
        let row = self.current().cloned();
        if palette::split(self.line.value()).is_some() {
            let known = |row: &Row| row.fits(&line);
            return match row {
                // A value that is typed in part stands for the row it has found, if that was chosen or is the only one that it
                // can become. Another is taken as it is typed, and refused if there is none such.
                Some(row) if !self.rows.iter().any(known) && self.is_meant() => {
                    Some(Chosen::Line(row.completion(self.line.value())))
                }
                _ => palette::parse(&line).map(|_| Chosen::Line(line)),
            };
        }
        match row? {
            Row::Action { context, action, .. } => Some(Chosen::Action(context, action)),
            row => {
                let text = row.completion("");
                self.set_line(text);
                None
            }
        }
    }
}
