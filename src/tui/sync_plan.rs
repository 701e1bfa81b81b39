//! The plan of `amigrate sync` as that command prints it: the screen runs the command and shows its output.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::domain::{AccountId, Failure};

/// What is requested of the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncRequest {
    /// The file of policies.
    pub file: PathBuf,
    /// The account that is shown: nothing is read or done with another one's credentials.
    pub account: AccountId,
    /// Carries the plan with this digest out, which a person has confirmed. It is made anew, and nothing is done if it is another then.
    pub apply: Option<String>,
}

/// What is done about an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlannedAction {
    Copy,
    Retire,
    Remove,
    Keep,
    Skip,
}

impl PlannedAction {
    /// In the order in which they are counted.
    pub const ALL: [Self; 5] = [Self::Copy, Self::Retire, Self::Remove, Self::Keep, Self::Skip];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Retire => "retire",
            Self::Remove => "remove",
            Self::Keep => "keep",
            Self::Skip => "skip",
        }
    }

    /// Returns true if it changes something.
    pub fn changes(self) -> bool {
        matches!(self, Self::Copy | Self::Retire | Self::Remove)
    }
}

/// An image of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedImage {
    pub policy: String,
    pub action: PlannedAction,
    #[serde(default)]
    pub region: Option<String>,
    #[serde(default)]
    pub source_image_id: Option<String>,
    #[serde(default)]
    pub image_id: Option<String>,
    pub name: String,
    pub reason: String,
    pub message: String,
    #[serde(default)]
    pub result: Option<String>,
}

impl PlannedImage {
    /// Returns the image that the action is about: the source, or the copy that is retired, removed or kept.
    pub fn image(&self) -> &str {
        let of_source = matches!(self.action, PlannedAction::Copy | PlannedAction::Skip);
        let id = if of_source { &self.source_image_id } else { &self.image_id };
        id.as_deref().unwrap_or_default()
    }
}

/// How far the action about an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Only planned so far, or nothing is done at all.
    Planned,
    /// Requested, or done.
    Done,
    /// It has failed, or was left to a later run.
    NotDone,
}

impl Progress {
    pub(super) const ALL: [Self; 3] = [Self::Planned, Self::Done, Self::NotDone];

    pub(super) fn of(image: &PlannedImage) -> Self {
        match image.result.as_deref() {
            result if result.is_none() || !image.action.changes() => Self::Planned,
            Some("pending" | "available" | "deprecated" | "disabled" | "deregistered") => Self::Done,
            _ => Self::NotDone,
        }
    }

    /// Returns what there is to say behind a number of images.
    pub(super) fn of_action(self, action: PlannedAction) -> &'static str {
        match (action, self) {
            (PlannedAction::Copy, Self::Planned) => "to copy",
            (PlannedAction::Copy, Self::Done) => "started",
            (PlannedAction::Copy, Self::NotDone) => "not copied",
            (PlannedAction::Retire, Self::Planned) => "to retire",
            (PlannedAction::Retire, Self::Done) => "retired",
            (PlannedAction::Retire, Self::NotDone) => "not retired",
            (PlannedAction::Remove, Self::Planned) => "to remove",
            (PlannedAction::Remove, Self::Done) => "removed",
            (PlannedAction::Remove, Self::NotDone) => "not removed",
            (PlannedAction::Keep, _) => "kept",
            (PlannedAction::Skip, _) => "skipped",
        }
    }
}

/// A failure as the command prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PrintedFailure {
    operation: String,
    message: String,
    #[serde(default)]
    hint: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    request_id: Option<String>,
}

/// What the command has printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintedPlan {
    pub actions: Vec<PlannedImage>,
    /// Identifies what it changes; `None` once it was carried out.
    #[serde(default)]
    pub digest: Option<String>,
    #[serde(default)]
    failures: Vec<PrintedFailure>,
    /// Lines of its standard error that are no failures.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl PrintedPlan {
    /// Reads the command's output.
    ///
    /// # Errors
    /// What the command has printed instead, in its own words.
    pub fn read(stdout: &str, stderr: &str) -> Result<Self, Failure> {
        let is_failure = |line: &&str| line.starts_with("amigrate: ") || line.starts_with(' ');
        let Ok(plan) = serde_json::from_str::<Self>(stdout) else { return Err(failure_of(stderr)) };
        let notes = stderr.lines().filter(|line| !is_failure(line) && !line.is_empty());
        Ok(Self { notes: notes.map(str::to_owned).collect(), ..plan })
    }

    /// Returns why something of it is not or was not done.
    pub fn failures(&self) -> impl Iterator<Item = Failure> {
        self.failures.iter().map(|printed| Failure {
            code: printed.code.clone(),
            request_id: printed.request_id.clone(),
            ..Failure::new(printed.operation.clone(), printed.message.clone())
                .hint(printed.hint.clone().unwrap_or_default())
        })
    }

    /// Returns how many images have this action.
    pub fn number(&self, action: PlannedAction) -> usize {
        self.actions.iter().filter(|one| one.action == action).count()
    }
}

/// Returns the failure that the command has reported.
fn failure_of(stderr: &str) -> Failure {
    let mut lines = stderr.lines().skip_while(|line| !line.starts_with("amigrate: "));
    let Some(first) = lines.next() else {
        let last = stderr.lines().last().unwrap_or_default();
        let why = if last.is_empty() { "the command printed nothing" } else { last };
        return Failure::new("plan the sync", why).hint("`amigrate sync --policy FILE` shows more.");
    };
    let first = first.trim_start_matches("amigrate: ");
    let (what, why) = first.split_once(": ").unwrap_or(("plan the sync", first));
    let hint: Vec<&str> = lines.take_while(|line| line.starts_with(' ')).map(str::trim).collect();
    Failure::new(what.to_owned(), why.to_owned()).hint(hint.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_read_and_errors_keep_their_words() {
        let stdout = r#"{"actions": [{"policy": "dr", "action": "copy", "region": "eu-west-1", "source_region": "us-east-1",
            "source_image_id": "ami-1", "name": "web", "reason": "missing", "message": "not in eu-west-1 yet"}],
            "failures": [{"operation": "list images in eu-west-2", "message": "denied", "code": "UnauthorizedOperation"}]}"#;
        let stderr = "\"db\" matches none of your images.\namigrate: list images in eu-west-2: denied\n  AWS: x\n";
        let plan = PrintedPlan::read(stdout, stderr).unwrap();
        assert_eq!((plan.number(PlannedAction::Copy), plan.actions[0].image()), (1, "ami-1"));
        assert_eq!(plan.notes, ["\"db\" matches none of your images."]);
        assert_eq!(
            plan.failures().map(|failure| failure.to_string()).collect::<Vec<_>>(),
            ["list images in eu-west-2: denied"]
        );

        let wrong = "amigrate: dr.toml:5:8: expected a nonzero number\n  A hint.\n  More.\n";
        let failure = PrintedPlan::read("", wrong).unwrap_err();
        assert_eq!(
            (failure.to_string().as_str(), failure.hint.as_str()),
            ("dr.toml:5:8: expected a nonzero number", "A hint. More.")
        );
        assert!(PrintedPlan::read("", "").unwrap_err().why.contains("printed nothing"));
    }
}
