//! One line to type: an account id, a name pattern, the name of a batch to be deregistered.

pub mod update;
pub mod view;

use tui_input::Input;

use super::confirm;
use crate::{
    domain::{AccountId, OwnerFilter, text::count},
    engine::{BatchId, Job, JobId},
    term::input::KeyEvent,
    tui::widgets::editor,
};

/// What the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputPurpose {
    /// Whose images: another account's.
    Account,
    /// Whose images: everyone's, by a name pattern.
    Public,
}

/// What the line is for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Goal {
    Whose(InputPurpose),
    Deregister { batch: BatchId, jobs: Vec<JobId> },
}

/// What was typed, understood.
enum Typed {
    Whose(OwnerFilter),
    Deregister(Vec<JobId>),
}

/// A line being typed.
#[derive(Debug, Clone)]
pub struct InputLine {
    goal: Goal,
    title: &'static str,
    text: Vec<String>,
    /// The line.
    pub line: Input,
    mistake: Option<&'static str>,
    /// Lines of the text above the window.
    scroll: usize,
}

impl InputLine {
    fn with(goal: Goal, title: &'static str, text: Vec<String>) -> Self {
        Self { goal, title, text, line: Input::default(), mistake: None, scroll: 0 }
    }

    /// An empty line.
    pub fn new(purpose: InputPurpose) -> Self {
        let (title, text) = match purpose {
            InputPurpose::Account => ("Images of an account", "The account's id, twelve digits:"),
            InputPurpose::Public => (
                "Public images",
                "A name pattern with * and ?, such as ubuntu/images/*24.04*. There are 100,000 and more.",
            ),
        };
        Self::with(Goal::Whose(purpose), title, vec![text.into()])
    }

    /// Before available images are deregistered: the batch's name, letter by letter.
    pub fn deregister(batch: &BatchId, jobs: &[&Job]) -> Self {
        let images = count(jobs.len(), "available image", "available images");
        let mut text = vec![format!("Deregister {images} of {batch} and delete their snapshots:")];
        text.extend(confirm::names(jobs));
        text.extend(confirm::foreign(jobs));
        text.push("They cannot be had back. Instances that run from them go on.".into());
        text.push(format!("Type the batch's name, {batch}, to do it:"));
        let goal = Goal::Deregister { batch: batch.clone(), jobs: jobs.iter().map(|j| j.id).collect() };
        Self::with(goal, "Deregister images", text)
    }

    /// Lets the line take a key. What was said of the text as it was goes.
    pub fn edit(&mut self, key: &KeyEvent) -> bool {
        let took = editor::edit(&mut self.line, key);
        if took {
            self.mistake = None;
        }
        took
    }

    fn read(&self) -> Result<Typed, &'static str> {
        let text = self.line.value().trim();
        match &self.goal {
            Goal::Whose(InputPurpose::Account) => {
                let digits: String = text.chars().filter(|c| *c != '-').collect();
                let account = AccountId::new(&digits).map_err(|_| "An account id has twelve digits.")?;
                Ok(Typed::Whose(OwnerFilter::Account(account)))
            }
            Goal::Whose(InputPurpose::Public) if text.chars().filter(|c| !"*?".contains(*c)).count() < 3 => {
                Err("Type at least three characters of the name.")
            }
            Goal::Whose(InputPurpose::Public) => Ok(Typed::Whose(OwnerFilter::Public { name: text.to_owned() })),
            Goal::Deregister { batch, jobs } if text == batch.as_str() => Ok(Typed::Deregister(jobs.clone())),
            Goal::Deregister { .. } => Err("That is not the batch's name: nothing is deregistered."),
        }
    }
}
