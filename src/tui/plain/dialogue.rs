//! What the last line asked for.

/// What is said in answer to a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Answer {
    /// What is new on the screen.
    #[default]
    News,
    /// The whole screen again.
    Whole,
    /// These lines: the screen is as it was.
    Said(Vec<String>),
}

/// The lines that were entered, and what the last one asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dialogue {
    /// Number of lines that were entered.
    pub entered: u64,
    pub answer: Answer,
}
