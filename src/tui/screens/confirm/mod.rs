//! A question before something that cannot be undone. The answer that changes nothing is the default, except where
//! leaving is concerned.

pub mod update;
pub mod view;

use crate::{
    domain::{ImageId, text::count},
    engine::{BatchId, Job, JobId, JobState, Origin, RemovalReason},
    tui::screens::input::InputLine,
};

/// What an answer does.
#[derive(Debug, Clone)]
enum DialogAction {
    Nothing,
    Cancel(Vec<JobId>),
    TryAgain(Vec<JobId>),
    /// Decides about a copy in doubt.
    Resolve(JobId, Decision),
    /// Asks for a line to be typed next.
    Type(Box<InputLine>),
    LeaveForm,
    Quit,
    QuitToBackground,
}

/// What a person decides about a copy in doubt.
#[derive(Debug, Clone)]
enum Decision {
    Mine(ImageId),
    Again,
    GiveUp,
}

#[derive(Debug, Clone)]
struct Choice {
    text: String,
    does: DialogAction,
}

fn answer(text: impl Into<String>, does: DialogAction) -> Choice {
    Choice { text: text.into(), does }
}

/// What only this program brings to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PendingWork {
    /// Copies not taken by AWS yet.
    pub queued: usize,
    /// Cancels not finished.
    pub cancelling: usize,
    /// Images being deregistered.
    pub deregistering: usize,
}

impl PendingWork {
    /// Whether there is any.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// A question with two answers or three.
#[derive(Debug, Clone)]
pub struct Confirmation {
    title: &'static str,
    text: Vec<String>,
    answers: Vec<Choice>,
    chosen: usize,
    /// The answer of `y`; that of `n` is the one that does nothing.
    yes: usize,
    quits: bool,
    /// The copy that it is about, and may have changed by the time it is answered.
    about: Option<JobId>,
    /// Lines of the text above the window.
    scroll: usize,
}

/// Images named before the others are counted.
const NAMED: usize = 6;

/// One copy, so that a person can tell which it is.
fn named(job: &Job) -> String {
    let image = job.image().map_or_else(String::new, |i| format!(", {i}"));
    format!("  \"{}\" to {}{image}", job.request.name, job.request.destination)
}

/// The copies of a batch by name: all of them if somebody else started one of them, else the first.
pub(super) fn names(jobs: &[&Job]) -> Vec<String> {
    let all = jobs.iter().any(|j| j.origin == Origin::Elsewhere);
    let most = if all { jobs.len() } else { NAMED };
    let mut text: Vec<String> = jobs.iter().take(most).map(|j| named(j)).collect();
    if jobs.len() > most {
        text.push(format!("  and {} more", jobs.len() - most));
    }
    text
}

/// A word of warning, where some of these are other people's.
pub(super) fn foreign(jobs: &[&Job]) -> Option<String> {
    match jobs.iter().filter(|j| j.origin == Origin::Elsewhere).count() {
        0 => None,
        n if n == jobs.len() => Some("Started elsewhere: by the console, the CLI, a colleague or another host.".into()),
        n => Some(format!("{n} of them were started elsewhere: by the console, the CLI, a colleague or another host.")),
    }
}

impl Confirmation {
    fn two(
        title: &'static str,
        text: Vec<String>,
        no: &'static str,
        yes: impl Into<String>,
        does: DialogAction,
    ) -> Self {
        let answers = vec![answer(no, DialogAction::Nothing), answer(yes, does)];
        Self { title, text, answers, chosen: 0, yes: 1, quits: false, about: None, scroll: 0 }
    }

    /// Before one copy is cancelled.
    pub fn cancel(job: &Job) -> Self {
        let request = &job.request;
        let image =
            job.image().map_or("it has no image id yet".to_owned(), |i| format!("its image {i} is deregistered"));
        let mut text = vec![format!("Cancel the copy \"{}\" to {}?", request.name, request.destination)];
        if let JobState::Removing { reason: RemovalReason::Retry { .. }, .. } = &job.state {
            text.push(
                "It is not retried. If the removal of its failed image has begun, that is brought to its end.".into(),
            );
        } else if let JobState::InDoubt { .. } = &job.state {
            text.push("It is given up. Images that may be this copy stay as they are.".into());
        } else if job.state == JobState::Queued && job.image().is_none() && job.images.is_empty() {
            text.push("It waits in the queue: unless an earlier sending began it, AWS never hears of it.".into());
        } else {
            text.push(format!("In {}, {image} and the snapshots made for it are deleted.", request.destination));
            text.push("If it becomes available first, nothing is deleted.".into());
        }
        if job.origin == Origin::Elsewhere {
            text.insert(1, "It was started elsewhere: by the console, the CLI, a colleague or another host.".into());
        }
        let question =
            Self::two("Cancel a copy", text, "No, let it go on", "Yes, cancel it", DialogAction::Cancel(vec![job.id]));
        Self { about: Some(job.id), ..question }
    }

    /// The question as it is to be asked now, if the copy it is about is not any more what it was when this was asked.
    fn outdated(&self, job: Option<&Job>) -> Option<Self> {
        let now = Self::cancel(job.filter(|j| !j.state.ended())?);
        (now.text != self.text).then_some(now)
    }

    /// Before a whole batch is cancelled: those not ended; those available are another matter.
    pub fn cancel_batch(batch: &BatchId, open: &[&Job], available: &[&Job]) -> Self {
        let copies = count(open.len(), "copy", "copies");
        let mut text = vec![format!("Cancel {copies} of {batch}, those that have not ended?")];
        text.extend(names(open));
        text.extend(foreign(open));
        text.push("Their new images are deregistered and the snapshots made for them deleted.".into());
        text.push("Of those that become available first, nothing is deleted.".into());
        match open.iter().filter(|j| matches!(j.state, JobState::InDoubt { .. })).count() {
            0 => {}
            1 => text.push("1 is in doubt: it is given up, and images that may be it stay.".into()),
            n => text.push(format!("{n} are in doubt: they are given up, and images that may be theirs stay.")),
        }
        let cancel = DialogAction::Cancel(open.iter().map(|j| j.id).collect());
        if available.is_empty() {
            return Self::two("Cancel a batch", text, "No, let them go on", format!("Yes, cancel {copies}"), cancel);
        }
        text.push(match available.len() {
            1 => "1 image is available already and stays; deregistering it is a question of its own.".into(),
            n => format!("{n} images are available already and stay; deregistering them is a question of its own."),
        });
        let mut question =
            Self::two("Cancel a batch", text, "No, let them go on", format!("Yes, cancel {copies}"), cancel);
        let prompt = Box::new(InputLine::deregister(batch, available));
        question
            .answers
            .push(answer(format!("Deregister the {} available ...", available.len()), DialogAction::Type(prompt)));
        question
    }

    /// About a copy of which nobody can tell whether AWS made it.
    pub fn in_doubt(job: &Job) -> Self {
        let request = &job.request;
        let candidates = if let JobState::InDoubt { candidates } = &job.state { candidates.as_slice() } else { &[] };
        let mut text = vec![
            format!("Was the copy \"{}\" to {} made?", request.name, request.destination),
            "AWS did not answer the request, and nothing proves which image is this copy.".into(),
        ];
        if job.waits_for_cancel() {
            text.push("You asked to cancel it: an image that is this copy is removed, if it is still pending.".into());
        }
        text.push(match candidates {
            [] => "AWS does not show your images, so this cannot be looked up.".into(),
            _ => format!(
                "Images of {} with this name that have appeared in {} since:",
                request.source, request.destination
            ),
        });
        text.extend(candidates.iter().map(|c| format!("  {c}")));
        let mut answers = vec![answer("Leave it in doubt", DialogAction::Nothing)];
        // More would not fit on a small screen; `amigrate resolve` takes any of them.
        let mine = candidates.iter().take(4);
        answers.extend(
            mine.map(|c| answer(format!("{c} is this copy"), DialogAction::Resolve(job.id, Decision::Mine(c.clone())))),
        );
        answers.push(answer("Copy again, as a new copy", DialogAction::Resolve(job.id, Decision::Again)));
        answers.push(answer("Give up", DialogAction::Resolve(job.id, Decision::GiveUp)));
        Self { title: "A copy in doubt", text, answers, chosen: 0, yes: 0, quits: false, about: None, scroll: 0 }
    }

    /// Before failed copies are made again, if images are removed for that.
    pub fn try_again(jobs: &[&Job]) -> Option<Self> {
        let removed: Vec<&Job> = jobs.iter().filter(|j| j.image().is_some() && !gone(j)).copied().collect();
        if removed.is_empty() {
            return None;
        }
        let copies = count(jobs.len(), "copy", "copies");
        let mut text = vec![match jobs {
            [one] => format!("Try the copy \"{}\" to {} again?", one.request.name, one.request.destination),
            _ => format!("Try {copies} of {} again that failed?", removed[0].batch),
        }];
        text.push(match removed.len() {
            1 => "The failed image and its snapshots are removed first:".into(),
            n => format!("{n} failed images and their snapshots are removed first:"),
        });
        text.extend(names(&removed));
        let does = DialogAction::TryAgain(jobs.iter().map(|j| j.id).collect());
        Some(Self::two("Try again", text, "No, leave it as it is", format!("Yes, copy {copies} again"), does))
    }

    /// Before a form with changes is left.
    pub fn leave_form() -> Self {
        let text = vec!["Leave the form? What you changed in it is lost; no copy has been started.".into()];
        Self::two("Leave the form", text, "No, stay", "Yes, leave", DialogAction::LeaveForm)
    }

    /// Before the program is left with work that it alone drives.
    pub fn quit(undone: &PendingWork) -> Self {
        let mut text = Vec::new();
        if undone.queued > 0 {
            text.push(format!("{} queued: AWS has not taken them yet.", count(undone.queued, "copy is", "copies are")));
        }
        text.extend(unfinished(undone, ""));
        text.push("Copies that AWS has taken go on in any case. What is left queued goes on with the next amigrate, or with one that is open.".into());
        let answers = vec![
            answer("Keep going in the background", DialogAction::QuitToBackground),
            answer("Leave queued", DialogAction::Quit),
            answer("Stay", DialogAction::Nothing),
        ];
        Self { title: "Quit", text, answers, chosen: 0, yes: 0, quits: true, about: None, scroll: 0 }
    }

    /// Before the demo is left: its world ends with it.
    pub fn quit_demo(undone: &PendingWork) -> Self {
        let mut text = Vec::new();
        if undone.queued > 0 {
            text.push(format!(
                "{} not been taken by AWS yet and will not be made.",
                count(undone.queued, "copy has", "copies have")
            ));
        }
        text.extend(unfinished(undone, "; some snapshots may be left"));
        text.push("The demo ends with everything in it.".into());
        let mut question = Self::two("Quit", text, "No, stay", "Yes, quit", DialogAction::Quit);
        question.quits = true;
        question
    }

    /// Whether it asks about leaving the program.
    pub fn quits(&self) -> bool {
        self.quits
    }
}

fn gone(job: &Job) -> bool {
    matches!(job.state, JobState::Gone { .. })
}

fn unfinished(undone: &PendingWork, so: &str) -> Vec<String> {
    let mut text = Vec::new();
    if undone.cancelling > 0 {
        text.push(format!("{} not finished{so}.", count(undone.cancelling, "cancel is", "cancels are")));
    }
    if undone.deregistering > 0 {
        text.push(format!("{} being deregistered.", count(undone.deregistering, "image is", "images are")));
    }
    text
}
