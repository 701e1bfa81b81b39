//! A job's details, the help page, the problems page.

use ratatui::text::{Line, Span};

use super::image::{entry, heading};
use crate::{
    domain::{
        Encryption,
        filter::TERMS,
        text::{duration, gib},
    },
    engine::{JobId, JobState},
    tui::{
        keys::KEYS,
        model::Model,
        screens::jobs::view::state_text,
        theme,
        widgets::cells::{fit, wrap},
    },
};

pub(super) fn job_lines(id: JobId, model: &Model, width: usize) -> Vec<Line<'static>> {
    let Some(job) = model.board.job(id) else { return vec![Line::raw(" This copy was taken off the list.")] };
    let request = &job.request;
    let mut lines = Vec::new();
    let mut add = |label: &str, value: &str| lines.extend(entry(label, value, width));
    add("state", &state_text(&model.board, job, model.now).0);
    if let JobState::Failed { failure, .. } = &job.state {
        if !failure.hint.is_empty() {
            add("what to do", &failure.hint);
        }
        let code = failure.code.as_deref().unwrap_or("none given");
        add("AWS's code", code);
        add("AWS's request id", failure.request_id.as_deref().unwrap_or("none given"));
    }
    add("new image", job.image().map_or("no id yet", |i| i.as_str()));
    add("name", request.name.as_str());
    add("description", request.description.as_str());
    add("from", &format!("{} ({}) in {}", request.source, request.source_name, request.source_region));
    add("to", request.destination.as_str());
    add(
        "encryption",
        &match &request.encryption {
            Encryption::Keep => "as the source".to_owned(),
            Encryption::Encrypt { key: None } => "with the destination's default key".into(),
            Encryption::Encrypt { key: Some(key) } => format!("with {key}"),
        },
    );
    add("tags", if request.copy_tags { "the source's own are copied" } else { "not copied" });
    add("size", &gib(request.size_gib()));
    add("asked for", &job.asked.strftime("%Y-%m-%d %H:%M:%S UTC").to_string());
    add("elapsed", &duration(job.elapsed(model.now)));
    if let Some(left) = job.eta(model.now) {
        add("left, at this rate", &duration(left));
    }
    add("client token", request.token.as_str());
    for snapshot in &job.snapshots {
        let percent = snapshot.percent.map_or("progress unknown".to_owned(), |p| format!("{p}%"));
        add(
            snapshot.id.as_str().get(..18).unwrap_or("snapshot"),
            &format!("{} {} {percent}", snapshot.id, gib(u64::from(snapshot.size))),
        );
    }
    add("command", &request.aws_cli());
    lines
}

pub(super) fn help_lines(width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut last = None;
    for binding in KEYS {
        if last.replace(binding.context) != Some(binding.context) {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.push(heading(binding.context.title()));
        }
        let keys = binding.chords.iter().map(|c| c.text()).collect::<Vec<_>>().join(" ");
        for (n, text) in wrap(binding.text, width.saturating_sub(24).max(8)).into_iter().enumerate() {
            let keys = if n == 0 { keys.as_str() } else { "" };
            lines.push(Line::from(vec![
                Span::styled(format!("   {} ", fit(keys, 20, "")), theme::STRONG),
                Span::raw(text),
            ]));
        }
    }
    lines.extend([Line::default(), heading("Filter terms, beside words that fit name, id, description and tags")]);
    for (term, text) in TERMS {
        lines
            .push(Line::from(vec![Span::styled(format!("   {} ", fit(term, 20, "")), theme::STRONG), Span::raw(text)]));
    }
    lines
}

pub(super) fn problem_lines(model: &Model, width: usize) -> Vec<Line<'static>> {
    let problems = model.problems();
    if problems.is_empty() {
        return vec![Line::raw(" No problems.")];
    }
    let mut lines = Vec::new();
    for (place, failure) in problems {
        lines.push(Line::styled(format!(" {place}"), theme::BAD));
        for text in failure.lines() {
            lines.extend(wrap(&text, width.saturating_sub(4)).into_iter().map(|t| Line::raw(format!("   {t}"))));
        }
        lines.push(Line::default());
    }
    lines
}
