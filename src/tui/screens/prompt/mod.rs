//! One line to type: an account id, a name pattern.

pub mod update;
pub mod view;

use tui_input::Input;

use crate::domain::{AccountId, Whose};

/// What the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Whose images: another account's.
    Account,
    /// Whose images: everyone's, by a name pattern.
    Public,
}

/// A line being typed.
#[derive(Debug, Clone)]
pub struct Prompt {
    purpose: Purpose,
    /// The line.
    pub line: Input,
    mistake: Option<String>,
}

impl Prompt {
    /// An empty line.
    pub fn new(purpose: Purpose) -> Self {
        Self { purpose, line: Input::default(), mistake: None }
    }

    fn words(&self) -> (&'static str, &'static str) {
        match self.purpose {
            Purpose::Account => ("Images of an account", "The account's id, twelve digits:"),
            Purpose::Public => (
                "Public images",
                "A name pattern with * and ?, such as ubuntu/images/*24.04*. There are 100,000 and more.",
            ),
        }
    }

    fn read(&self) -> Result<Whose, String> {
        let text = self.line.value().trim();
        match self.purpose {
            Purpose::Account => {
                let digits: String = text.chars().filter(|c| *c != '-').collect();
                AccountId::new(&digits).map(Whose::Account).map_err(|_| "An account id has twelve digits.".into())
            }
            Purpose::Public if text.chars().filter(|c| !"*?".contains(*c)).count() < 3 => {
                Err("Type at least three characters of the name.".into())
            }
            Purpose::Public => Ok(Whose::Public { name: text.to_owned() }),
        }
    }
}
