//! A question before something that cannot be undone. The first answer is always No.

pub mod update;
pub mod view;

use crate::{
    domain::text::count,
    engine::{Job, JobId},
};

/// What a yes does.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Purpose {
    Cancel(Vec<JobId>),
    LeaveForm,
    Quit,
}

/// A question with two answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    purpose: Purpose,
    title: &'static str,
    text: Vec<String>,
    yes: String,
    no: &'static str,
    chosen_yes: bool,
}

impl Question {
    /// Before one copy is cancelled.
    pub fn cancel(job: &Job) -> Self {
        let request = &job.request;
        let image =
            job.image().map_or("it has no image id yet".to_owned(), |i| format!("its image {i} is deregistered"));
        Self {
            purpose: Purpose::Cancel(vec![job.id]),
            title: "Cancel a copy",
            text: vec![
                format!("Cancel the copy \"{}\" to {}?", request.name, request.destination),
                format!("In {}, {image} and the snapshots made for it are deleted.", request.destination),
                "If it becomes available first, nothing is deleted.".into(),
            ],
            yes: "Yes, cancel it".into(),
            no: "No, let it go on",
            chosen_yes: false,
        }
    }

    /// Before a whole batch is cancelled.
    pub fn cancel_batch(jobs: &[&Job]) -> Self {
        let copies = count(jobs.len(), "copy", "copies");
        let mut text = vec![format!("Cancel {copies} of this batch that have not ended?")];
        text.extend(jobs.iter().take(6).map(|j| format!("  \"{}\" to {}", j.request.name, j.request.destination)));
        if jobs.len() > 6 {
            text.push(format!("  and {} more", jobs.len() - 6));
        }
        text.push(
            "Their new images are deregistered and the snapshots made for them deleted. Those already available stay."
                .into(),
        );
        Self {
            purpose: Purpose::Cancel(jobs.iter().map(|j| j.id).collect()),
            title: "Cancel a batch",
            text,
            yes: format!("Yes, cancel {copies}"),
            no: "No, let them go on",
            chosen_yes: false,
        }
    }

    /// Before a form with changes is left.
    pub fn leave_form() -> Self {
        Self {
            purpose: Purpose::LeaveForm,
            title: "Leave the form",
            text: vec!["Leave the form? What you changed in it is lost; no copy has been started.".into()],
            yes: "Yes, leave".into(),
            no: "No, stay",
            chosen_yes: false,
        }
    }

    /// Before the program is left with work that only it does.
    pub fn quit(queued: usize, cancelling: usize) -> Self {
        let mut text = Vec::new();
        if queued > 0 {
            text.push(format!(
                "{} not been taken by AWS yet and will not be made.",
                count(queued, "copy has", "copies have")
            ));
        }
        if cancelling > 0 {
            text.push(format!(
                "{} not finished; some snapshots may be left.",
                count(cancelling, "cancel is", "cancels are")
            ));
        }
        text.push("Copies that AWS has taken go on without this program.".into());
        Self { purpose: Purpose::Quit, title: "Quit", text, yes: "Yes, quit".into(), no: "No, stay", chosen_yes: false }
    }

    /// Whether a yes quits.
    pub fn quits(&self) -> bool {
        self.purpose == Purpose::Quit
    }
}
