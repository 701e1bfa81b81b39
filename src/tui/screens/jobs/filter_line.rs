//! What the filter of jobs and history says while it is typed.

use std::collections::BTreeSet;

use ratatui::text::Line;
use tui_input::Input;

use super::filter::{JobFilter, KEYS};
use crate::{
    domain::{
        filter::{self, Wanted},
        text::full_stop,
    },
    engine::Job,
    tui::{
        bindings::{Action, Context},
        model::Model,
        theme,
        widgets::{editor, text_fit::wrap},
    },
};

/// Completes the word before the cursor of the filter, or says what it may become.
pub(super) fn complete(model: &mut Model) {
    let input = &model.jobs.filter;
    match filter::complete(input.value(), input.cursor(), &KEYS, |wanted| values_of(model.jobs_view.jobs(), wanted)) {
        None => {
            let help = model.keymap.key(Context::Filter, Action::Help);
            model.show_notice(format!("Nothing begins like that. {help} lists what a filter takes."));
        }
        Some(completed) => {
            model.jobs.filter = Input::new(completed.text).with_cursor(completed.cursor);
            model.jobs.changed = true;
            if !completed.candidates.is_empty() {
                model.show_notice(editor::candidates(&completed.candidates));
            }
        }
    }
}

fn values_of<'a>(jobs: impl Iterator<Item = &'a Job>, wanted: Wanted<'_>) -> BTreeSet<String> {
    let Wanted::Value(key) = wanted else { return BTreeSet::new() };
    match key {
        "age" => ["<1h", "<1d", "<7d", ">7d"].map(str::to_owned).into(),
        "size" => ["<10", ">100", ">1T"].map(str::to_owned).into(),
        "region" => jobs
            .flat_map(|job| [&job.request.source_region, &job.request.destination].map(ToString::to_string))
            .collect(),
        _ => jobs
            .map(|job| match key {
                "state" => job.phase().as_str().to_owned(),
                "from" => job.request.source_region.to_string(),
                "to" => job.request.destination.to_string(),
                _ => job.batch.as_str().to_owned(),
            })
            .collect(),
    }
}

/// Says that the filter leaves nothing, or what is wrong with it.
pub(super) fn nothing_matches(model: &Model, text: &str, cells: usize) -> Vec<Line<'static>> {
    let filter = JobFilter::parse(model.jobs.filter.value(), model.now);
    let clear = model.keymap.key(Context::Everywhere, Action::Back);
    let text = match filter.mistake() {
        Some(why) => format!("This filter matches nothing: {}", full_stop(why)),
        None => format!("{text} {clear} clears it."),
    };
    wrap(&text, cells.saturating_sub(2)).into_iter().map(|t| Line::styled(format!(" {t}"), theme::FAINT)).collect()
}
