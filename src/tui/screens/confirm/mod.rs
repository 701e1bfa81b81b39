//! Confirmations before something that cannot be pending. The default changes nothing, except when quitting.

mod access;
pub mod line_mode;
mod lists;
mod quit;
mod steps;
pub mod update;
pub mod view;

pub use quit::PendingWork;

use crate::{
    domain::{
        Failure, ImageId, PostCopyStep, Region, again::would_fail_again, image_access::ShareRequest, preset::Preset,
        text::count,
    },
    engine::{BatchId, Job, JobId, JobState, Note, RemovalReason},
    labels,
    tui::screens::{
        input::InputLine,
        jobs::labels::{named_jobs, started_elsewhere},
    },
};

/// What a choice does.
#[derive(Debug, Clone)]
enum DialogAction {
    Nothing,
    Cancel(Vec<JobId>),
    /// Retries copies, and the failed post-copy steps of others.
    Retry {
        copies: Vec<JobId>,
        steps: Vec<JobId>,
    },
    /// Tries the failed post-copy steps of a copy again, and those that were given up.
    ReopenSteps(JobId),
    /// Carries out other post-copy steps of a copy.
    EditSteps(JobId, Vec<PostCopyStep>),
    /// Opens the form with what the copy was requested with.
    Edit(JobId),
    /// Removes the image of a failed copy.
    RemoveFailed {
        job: JobId,
        replaced_by: BatchId,
    },
    /// Removes a preset.
    RemovePreset(String),
    /// Saves a preset in place of the one of its name.
    ReplacePreset(String, Box<Preset>),
    /// Decides a copy in doubt.
    Resolve(JobId, Decision),
    /// Opens an input line.
    Type(Box<InputLine>),
    /// Takes ended copies off the list.
    Dismiss(Vec<JobId>),
    /// Restores resources from the Recycle Bin.
    Restore(Vec<(Region, String)>),
    /// Has another account give access to its images.
    GiveAccess(ShareRequest),
    LeaveForm,
    Quit,
    QuitToBackground,
}

/// The decision about a copy in doubt.
#[derive(Debug, Clone)]
enum Decision {
    /// The image is this copy.
    Mine(ImageId),
    Again,
    GiveUp,
}

#[derive(Debug, Clone)]
struct Choice {
    text: String,
    action: DialogAction,
}

fn choice(text: impl Into<String>, action: DialogAction) -> Choice {
    Choice { text: text.into(), action }
}

/// A text with two choices or more.
#[derive(Debug, Clone)]
pub struct Confirmation {
    title: &'static str,
    /// In whose account something is changed, where several are on the screen.
    account: Option<String>,
    text: Vec<String>,
    choices: Vec<Choice>,
    /// Index of the choice in brackets.
    selected: usize,
    /// Index of the choice that is the yes, if the text is a yes-or-no question.
    yes: Option<usize>,
    quits: bool,
    /// The copy that is cancelled. It may have changed by the time the user answers.
    cancels: Option<JobId>,
    /// First line of the text shown.
    scroll: usize,
}

impl Confirmation {
    fn yes_or_no(
        title: &'static str,
        text: Vec<String>,
        no: &'static str,
        yes: impl Into<String>,
        action: DialogAction,
    ) -> Self {
        let choices = vec![choice(no, DialogAction::Nothing), choice(yes, action)];
        Self { yes: Some(1), ..Self::with(title, text, choices) }
    }

    fn with(title: &'static str, text: Vec<String>, choices: Vec<Choice>) -> Self {
        Self { title, account: None, text, choices, selected: 0, yes: None, quits: false, cancels: None, scroll: 0 }
    }

    /// Cancels one copy.
    pub fn cancel(job: &Job) -> Self {
        let request = &job.request;
        let mut text = vec![format!("Cancel the copy \"{}\" to {}?", request.name, request.destination)];
        if let JobState::Removing { reason: RemovalReason::Retry { .. }, .. } = &job.state {
            text.push(
                "It will not be retried. If its failed image is already being removed, that is completed.".into(),
            );
        } else if let JobState::InDoubt { .. } = &job.state {
            text.push("The copy is given up. Images that may be this copy are kept.".into());
        } else if job.state == JobState::Queued && job.image().is_none() && job.images.is_empty() {
            text.push(
                "It is still queued: unless an earlier request has started it, nothing was created in AWS.".into(),
            );
        } else {
            let image = job.image().map_or("its image (no id yet)".to_owned(), |i| format!("its image {i}"));
            text.push(format!("In {}, {image} is deregistered and its snapshots are deleted.", request.destination));
            text.push("If the image becomes available first, nothing is deleted.".into());
        }
        if job.is_external_copy() {
            text.insert(1, "It was started elsewhere: by the console, the CLI, a colleague or another host.".into());
        }
        let action = DialogAction::Cancel(vec![job.id]);
        let confirmation = Self::yes_or_no("Cancel a copy", text, "No, let it continue", "Yes, cancel it", action);
        Self { cancels: Some(job.id), ..confirmation }
    }

    /// The confirmation as of now, if the copy has changed such that its text would be different.
    fn outdated(&self, job: Option<&Job>) -> Option<Self> {
        let now = Self::cancel(job.filter(|j| !j.state.ended())?);
        (now.text != self.text).then_some(now)
    }

    /// Cancels the running copies of a batch, and offers to deregister the available images.
    pub fn cancel_batch(batch: &BatchId, running: &[&Job], available: &[&Job]) -> Self {
        let copies = count(running.len(), "copy", "copies");
        let mut text = vec![format!("Cancel {copies} of {batch} (all that have not ended)?")];
        text.extend(named_jobs(running));
        text.extend(started_elsewhere(running));
        text.push("Their new images are deregistered and those images' snapshots are deleted.".into());
        text.push("Images that become available first are kept.".into());
        match running.iter().filter(|j| matches!(j.state, JobState::InDoubt { .. })).count() {
            0 => {}
            1 => text.push("1 copy is in doubt: it is given up, and images that may be this copy are kept.".into()),
            n => text.push(format!(
                "{n} copies are in doubt: they are given up, and images that may be these copies are kept."
            )),
        }
        let cancel = DialogAction::Cancel(running.iter().map(|j| j.id).collect());
        let no = "No, let them continue";
        if available.is_empty() {
            return Self::yes_or_no("Cancel a batch", text, no, format!("Yes, cancel {copies}"), cancel);
        }
        text.push(match available.len() {
            1 => "1 image is already available and is kept unless you deregister it.".into(),
            n => format!("{n} images are already available and are kept unless you deregister them."),
        });
        let mut confirmation = Self::yes_or_no("Cancel a batch", text, no, format!("Yes, cancel {copies}"), cancel);
        let input = Box::new(InputLine::deregister(batch, available));
        let label = format!("Deregister the {} available ...", available.len());
        confirmation.choices.push(choice(label, DialogAction::Type(input)));
        confirmation
    }

    /// Decides a copy that AWS may or may not have started.
    pub fn in_doubt(job: &Job) -> Self {
        let request = &job.request;
        let candidates = if let JobState::InDoubt { candidates } = &job.state { candidates.as_slice() } else { &[] };
        let mut text = vec![
            format!("Did AWS start the copy \"{}\" to {}?", request.name, request.destination),
            "AWS did not answer the request, and no tag proves which image is this copy.".into(),
        ];
        if job.cancel_pending_decision() {
            text.push("You have cancelled it: the image you choose is removed if it is still pending.".into());
        }
        text.push(match (candidates, &job.note) {
            ([], Some(Note::ImageOfAnotherJob(image))) => {
                format!("To the client token that you gave, AWS answered with the image of another copy: {image}.")
            }
            ([], _) => "You are not allowed to list images there, so this cannot be looked up.".into(),
            (_, _) => format!(
                "Copies of {} with this name that have appeared in {} since:",
                request.source, request.destination
            ),
        });
        text.extend(candidates.iter().map(|c| format!("  {c}")));
        let mut choices = vec![choice("Decide later", DialogAction::Nothing)];
        // More would not fit on a small screen; `amigrate resolve` accepts any of them.
        let mine = candidates.iter().take(4);
        choices.extend(
            mine.map(|c| choice(format!("{c} is this copy"), DialogAction::Resolve(job.id, Decision::Mine(c.clone())))),
        );
        choices.push(choice("Start a new copy", DialogAction::Resolve(job.id, Decision::Again)));
        choices.push(choice("Give up", DialogAction::Resolve(job.id, Decision::GiveUp)));
        Self::with("A copy in doubt", text, choices)
    }

    /// Retries failed copies, and the failed post-copy steps of others; `None` if nothing needs to be confirmed: no image must be
    /// removed first, and no copy would fail in the same way again.
    pub fn retry(jobs: &[&Job], steps: &[JobId]) -> Option<Self> {
        let removed: Vec<&Job> = jobs.iter().filter(|j| has_failed_image(j)).copied().collect();
        let hopeless: Vec<&Failure> = jobs.iter().filter_map(|j| failure(j)).filter(|f| would_fail_again(f)).collect();
        let (Some(first), false) = (jobs.first(), removed.is_empty() && hopeless.is_empty()) else { return None };
        let copies = count(jobs.len(), "copy", "copies");
        let mut text = vec![match jobs {
            [one] => format!("Retry the copy \"{}\" to {}?", one.request.name, one.request.destination),
            _ => format!("Retry {} of {}?", count(jobs.len(), "failed copy", "failed copies"), first.batch),
        }];
        match removed.len() {
            0 => {}
            1 => text.push("The failed image and its snapshots are removed first:".into()),
            n => text.push(format!("{n} failed images and their snapshots are removed first:")),
        }
        text.extend(named_jobs(&removed));
        if let Some(failure) = hopeless.first() {
            let which = if jobs.len() == 1 { "It".into() } else { format!("{} of them", hopeless.len()) };
            let why = failure.why.split(". ").next().unwrap_or_default().trim_end_matches('.');
            text.push(format!("{which} will fail in the same way unless something was changed in AWS: {why}."));
        }
        if !steps.is_empty() {
            let of = count(steps.len(), "other copy", "other copies");
            text.push(format!("Failed post-copy steps of {of} are tried again as well."));
        }
        let action = DialogAction::Retry { copies: jobs.iter().map(|j| j.id).collect(), steps: steps.to_vec() };
        let mut dialog = Self::yes_or_no("Retry", text, "No, change nothing", format!("Yes, retry {copies}"), action);
        if let ([job], false) = (jobs, hopeless.is_empty()) {
            dialog.choices.push(choice("Edit it first", DialogAction::Edit(job.id)));
        }
        Some(dialog)
    }

    /// Removes the image of a failed copy after the copy was started again with changes, as `replaced_by`; `None` if there is none.
    pub fn remove_failed(job: &Job, replaced_by: BatchId) -> Option<Self> {
        let image = job.image().filter(|_| has_failed_image(job))?;
        let text = vec![
            format!(
                "Remove the image of the failed copy too? {image} in {} and its snapshots:",
                job.request.destination
            ),
            "The image is deregistered and its snapshots are deleted.".into(),
            labels::orphans::DEREGISTERING_CANNOT_BE_UNDONE.into(),
        ];
        let action = DialogAction::RemoveFailed { job: job.id, replaced_by };
        Some(Self::yes_or_no("Failed image", text, "No, keep it", "Yes, remove it", action))
    }

    /// Removes a preset of the form.
    pub fn remove_preset(name: &str) -> Self {
        let text = vec![format!("Remove the preset {name}?")];
        Self::yes_or_no("Presets", text, "No, keep it", "Yes, remove it", DialogAction::RemovePreset(name.to_owned()))
    }

    /// Replaces a preset of the form.
    pub fn replace_preset(name: &str, preset: Preset) -> Self {
        let text = vec![
            format!("There is a preset {name} already. Replace it?"),
            "Comments within its table of the file are lost; others stay.".into(),
        ];
        let action = DialogAction::ReplacePreset(name.to_owned(), Box::new(preset));
        Self::yes_or_no("Presets", text, "No, keep it", "Yes, replace it", action)
    }

    /// Closes an edited form.
    pub fn leave_form() -> Self {
        let text = vec!["Close the form? Your changes are lost, and no copy is started.".into()];
        Self::yes_or_no("Close the form", text, "No, stay", "Yes, close", DialogAction::LeaveForm)
    }

    /// Says in whose account something is changed; not of presets, which no account has, and where both accounts are named.
    pub(in crate::tui) fn name_account(&mut self, line: &str) {
        let is_apart = |choice: &Choice| {
            use DialogAction as D;
            matches!(choice.action, D::RemovePreset(_) | D::ReplacePreset(..) | D::GiveAccess(_) | D::LeaveForm)
        };
        let only_tells = self.choices.iter().all(|choice| matches!(choice.action, DialogAction::Nothing));
        if self.account.as_deref() != Some(line) && !only_tells && !self.choices.iter().any(is_apart) {
            self.account = Some(line.to_owned());
        }
    }

    /// What is shown above the choices.
    fn lines(&self) -> impl Iterator<Item = &String> {
        self.account.iter().chain(&self.text)
    }

    /// Returns true if it is about quitting the program.
    pub fn quits(&self) -> bool {
        self.quits
    }

    /// Returns true if it can be answered with yes or no.
    pub fn is_yes_or_no(&self) -> bool {
        self.yes.is_some()
    }
}

/// Returns true if an image of the failed copy is left.
fn has_failed_image(job: &Job) -> bool {
    matches!(job.state, JobState::Failed { image: Some(_), .. })
}

fn failure(job: &Job) -> Option<&Failure> {
    match &job.state {
        JobState::Failed { failure, .. } => Some(failure),
        _ => None,
    }
}
