//! A question before something that cannot be undone. The first answer is always No.

use ratatui::{Frame, layout::Rect, text::Line};

use crate::{
    domain::text::count,
    engine::{Event, Job, JobId},
    tui::{
        keys::Action,
        model::Model,
        msg::Effect,
        screens::Overlay,
        theme,
        view::{Dressing, popup},
        widgets::cells::wrap,
    },
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

pub(super) fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let Some(Overlay::Question(question)) = model.overlays.last_mut() else { return false };
    match action {
        Action::NextField | Action::PreviousField => question.chosen_yes = !question.chosen_yes,
        Action::Yes => answer(model, true, effects),
        Action::No | Action::Back => answer(model, false, effects),
        Action::Press | Action::Accept => {
            let yes = question.chosen_yes;
            answer(model, yes, effects);
        }
        _ => return false,
    }
    true
}

fn answer(model: &mut Model, yes: bool, effects: &mut Vec<Effect>) {
    let Some(Overlay::Question(question)) = model.overlays.pop() else { return };
    if !yes {
        return;
    }
    match question.purpose {
        Purpose::Cancel(jobs) => jobs.into_iter().for_each(|job| model.drive(Event::Cancel(job), effects)),
        Purpose::LeaveForm => {
            model.overlays.pop();
        }
        Purpose::Quit => effects.push(Effect::Quit),
    }
}

/// Draws it over the middle of the screen.
pub fn draw(frame: &mut Frame<'_>, area: Rect, question: &Question, dressing: Dressing<'_>) {
    let width = area.width.min(74);
    let inner = usize::from(width.saturating_sub(4));
    let mut lines: Vec<Line<'_>> =
        question.text.iter().flat_map(|t| wrap(t, inner)).map(|t| Line::raw(format!(" {t}"))).collect();
    lines.push(Line::default());
    let button = |text: &str, chosen: bool| {
        let text = if chosen { format!("[{text}]") } else { format!(" {text} ") };
        ratatui::text::Span::styled(text, if chosen { theme::CURSOR } else { theme::STRONG })
    };
    lines.push(Line::from(vec![
        " ".into(),
        button(question.no, !question.chosen_yes),
        "   ".into(),
        button(&question.yes, question.chosen_yes),
    ]));
    popup(frame, area, question.title, lines, width, dressing);
}
