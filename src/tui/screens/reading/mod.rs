//! Something to read and scroll: an image's or a job's details, help, problems.

mod image;
mod others;

use std::sync::Arc;

use ratatui::{Frame, layout::Rect, text::Line, widgets::Paragraph};

use crate::{
    domain::{Image, text::clean},
    engine::JobId,
    tui::{
        keys::Action,
        layout,
        model::Model,
        msg::Effect,
        screens::{Overlay, form, yank},
        view::{Dressing, pane},
    },
};

/// What is read.
#[derive(Debug, Clone, PartialEq)]
enum Subject {
    Image(Arc<Image>),
    Job(JobId),
    Help,
    Problems,
}

/// A page being read.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    subject: Subject,
    raw: bool,
    scroll: usize,
}

impl Reading {
    fn new(subject: Subject) -> Self {
        Self { subject, raw: false, scroll: 0 }
    }

    /// An image's details.
    pub fn image(image: Arc<Image>) -> Self {
        Self::new(Subject::Image(image))
    }

    /// A job's details.
    pub fn job(job: JobId) -> Self {
        Self::new(Subject::Job(job))
    }

    /// The keys.
    pub fn help() -> Self {
        Self::new(Subject::Help)
    }

    /// What is wrong now.
    pub fn problems() -> Self {
        Self::new(Subject::Problems)
    }

    /// Whether it can be read as JSON.
    pub fn has_json(&self) -> bool {
        matches!(self.subject, Subject::Image(_))
    }

    fn title(&self, model: &Model) -> String {
        match &self.subject {
            Subject::Image(image) => format!("{} in {}", image.id, image.region),
            Subject::Job(id) => {
                model.engine.job(*id).map_or("Copy".into(), |j| format!("Copy to {}", j.request.destination))
            }
            Subject::Help => "Help".into(),
            Subject::Problems => "Problems".into(),
        }
    }

    fn lines(&self, model: &Model, width: usize) -> Vec<Line<'static>> {
        match &self.subject {
            // JSON escapes controls, but not the marks that turn text round.
            Subject::Image(image) if self.raw => {
                image.json().lines().map(|l| Line::raw(format!(" {}", clean(l)))).collect()
            }
            Subject::Image(image) => image::lines(image, model, width),
            Subject::Job(id) => others::job_lines(*id, model, width),
            Subject::Help => others::help_lines(width),
            Subject::Problems => others::problem_lines(model, width),
        }
    }
}

fn window(model: &Model) -> (usize, usize) {
    let areas = layout::areas(model, Rect::new(0, 0, model.size.0, model.size.1));
    (usize::from(areas.body.width.saturating_sub(4)), layout::rows(areas.body, 0).max(1))
}

pub(super) fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let Some(Overlay::Reading(reading)) = model.overlays.last() else { return false };
    let (width, height) = window(model);
    let end = reading.lines(model, width).len().saturating_sub(height);
    let subject = reading.subject.clone();
    let scroll = match action {
        Action::Down => reading.scroll + 1,
        Action::Up => reading.scroll.saturating_sub(1),
        Action::PageDown => reading.scroll + height,
        Action::PageUp => reading.scroll.saturating_sub(height),
        Action::Top => 0,
        Action::Bottom => end,
        _ => reading.scroll,
    }
    .min(end);
    if let Some(Overlay::Reading(reading)) = model.overlays.last_mut() {
        reading.scroll = scroll;
        if action == Action::Raw && reading.has_json() {
            (reading.raw, reading.scroll) = (!reading.raw, 0);
        }
    }
    match (action, subject) {
        (Action::Back, _) | (Action::Help, Subject::Help) | (Action::Problems, Subject::Problems) => {
            model.overlays.pop();
        }
        (Action::YankId, Subject::Image(image)) => yank(model, image.id.to_string(), effects),
        (Action::YankArn, Subject::Image(image)) => yank(model, image.arn(), effects),
        (Action::YankId | Action::YankArn, Subject::Job(id)) => {
            if let Some(image) = model.engine.job(id).and_then(|j| j.image()).map(ToString::to_string) {
                yank(model, image, effects);
            }
        }
        (Action::Copy, Subject::Image(image)) => {
            model.overlays.pop();
            form::open(model, vec![image]);
        }
        (
            Action::Help
            | Action::Problems
            | Action::Repaint
            | Action::Suspend
            | Action::Quit
            | Action::Refresh
            | Action::Mouse
            | Action::Commands,
            _,
        ) => return false,
        _ => {}
    }
    true
}

/// Draws it over both panes.
pub fn draw(frame: &mut Frame<'_>, area: Rect, reading: &Reading, model: &Model, dressing: Dressing<'_>) {
    let width = usize::from(area.width.saturating_sub(4));
    let lines = reading.lines(model, width);
    let height = layout::rows(area, 0);
    let scroll = reading.scroll.min(lines.len().saturating_sub(height));
    let more = lines.len().saturating_sub(scroll + height);
    let more = if more > 0 { format!(" {more} more lines below ") } else { String::new() };
    let title = Line::raw(format!(" {} {more}", reading.title(model)));
    let inner = pane(frame, area, title, true, dressing);
    frame.render_widget(Paragraph::new(lines.into_iter().skip(scroll).take(height).collect::<Vec<_>>()), inner);
}
