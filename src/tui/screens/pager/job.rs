//! A job's details: what was asked, where it stands, what it waits for, what it made.

use jiff::Timestamp;
use ratatui::text::Line;

use super::image::entry;
use crate::{
    domain::{
        Encryption, ImageId,
        text::{clean, duration, gib},
    },
    engine::{Job, JobState, JobTags, Note, Origin},
    labels,
    tui::{model::Model, screens::jobs::words::state_text},
};

pub(super) fn lines(job: &Job, model: &Model, width: usize) -> Vec<Line<'static>> {
    let mut lines = state(job, model, width);
    lines.extend(asked(job, width));
    lines.extend(times(job, model.now, width));
    let mut add = |label: &str, value: &str| lines.extend(entry(label, value, width));
    // A removed copy's snapshots are gone, but for those named as left.
    let gone = matches!(job.state, JobState::Cancelled | JobState::Deregistered);
    for snapshot in job.snapshots.iter().filter(|_| !gone) {
        let percent = snapshot.percent.map_or("progress unknown".to_owned(), |p| format!("{p}%"));
        add(
            snapshot.id.as_str().get(..18).unwrap_or("snapshot"),
            &format!("{} {} {percent}", snapshot.id, gib(u64::from(snapshot.size))),
        );
    }
    if job.origin == Origin::Here {
        add("client token", job.request.token.as_str());
        add("command", &job.request.aws_cli());
    }
    lines
}

fn state(job: &Job, model: &Model, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut add = |label: &str, value: &str| lines.extend(entry(label, value, width));
    add("state", &state_text(&model.board, job, model.now).0);
    if let JobState::Failed { failure, .. } = &job.state {
        if !failure.hint.is_empty() {
            add("what to do", &failure.hint);
        }
        add("AWS's code", failure.code.as_deref().unwrap_or("none given"));
        add("AWS's request id", failure.request_id.as_deref().unwrap_or("none given"));
    }
    if let JobState::Reconciling { .. } = &job.state {
        add(
            "in doubt",
            "A sending was not answered. Before anything else, AWS is asked whether it began; no second copy is made.",
        );
    }
    if let JobState::InDoubt { candidates } = &job.state {
        for candidate in candidates {
            add("may be it", candidate.as_str());
        }
        add(
            "what to do",
            "Press t on the copy, or run `amigrate resolve`, and say which image it is, or that it is to be copied again.",
        );
    }
    for (snapshot, why) in job.undeleted_snapshots() {
        add("to be removed", &labels::undeleted(snapshot, why));
    }
    for left in &job.leftovers {
        add("left in AWS", &labels::leftover(left));
    }
    if !job.state.ended()
        && let Some(waiting) = model.board.waiting(job)
        && matches!(job.state, JobState::Queued | JobState::Reconciling { .. })
    {
        add("waits for", &labels::waiting(waiting, &job.request.destination));
    }
    if let Some(problem) = model.board.region_problem(&job.request.destination).filter(|_| !job.state.ended()) {
        add("no news", &problem.to_string());
    }
    let progress = model.board.status.regions.get(&job.request.destination).and_then(|r| r.no_progress.as_ref());
    if let Some(problem) = progress.filter(|_| !job.state.ended()) {
        add("no progress", &problem.to_string());
    }
    let none = if job.state.ended() { "none" } else { "no id yet" };
    add("new image", job.image().map_or(none, |i| i.as_str()));
    // One that is gone is named too: it may stand in CloudTrail, or in somebody's notes.
    if job.images.iter().any(|made| Some(made) != job.image()) {
        let made: Vec<&str> = job.images.iter().map(ImageId::as_str).collect();
        add("images made", &made.join(", "));
    }
    add("batch", job.batch.as_str());
    add(
        "started",
        match job.origin {
            Origin::Here => "by amigrate on this host",
            Origin::Elsewhere => "elsewhere: the console, the CLI, a colleague, another host",
        },
    );
    add("own tags", &tags(job));
    lines
}

/// Whether the image and its snapshots can be told by tags, in words.
fn tags(job: &Job) -> String {
    match (job.origin, job.tagged) {
        (Origin::Elsewhere, _) => "not known: started elsewhere".into(),
        (Origin::Here, true) => format!("{} and {}, on the image and its snapshots", JobTags::JOB, JobTags::BATCH),
        (Origin::Here, false) => {
            let made = if job.images.is_empty() { "sent" } else { "made" };
            match &job.note {
                Some(Note::Untagged(why)) => format!("{made} without tags: {}", clean(why)),
                _ => format!("{made} without tags"),
            }
        }
    }
}

fn asked(job: &Job, width: usize) -> Vec<Line<'static>> {
    let request = &job.request;
    let mut lines = Vec::new();
    let mut add = |label: &str, value: &str| lines.extend(entry(label, value, width));
    add("name", request.name.as_str());
    add("description", request.description.as_str());
    let source = if request.source_name.is_empty() { String::new() } else { format!(" ({})", request.source_name) };
    add("from", &format!("{}{source} in {}", request.source, request.source_region));
    add("to", request.destination.as_str());
    if job.origin == Origin::Here {
        add(
            "encryption",
            &match &request.encryption {
                Encryption::Keep => "as the source".to_owned(),
                Encryption::Encrypt { key: None } => "with the destination's default key".into(),
                Encryption::Encrypt { key: Some(key) } => format!("with {key}"),
            },
        );
        let source_tags = match (request.copy_tags, request.image_tags.is_empty()) {
            (true, _) => "are copied",
            (false, false) => "are copied, but for those of amigrate",
            (false, true) => "not copied",
        };
        add("source's tags", source_tags);
    }
    add("size", &gib(request.size_gib()));
    lines
}

fn times(job: &Job, now: Timestamp, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut add = |label: &str, value: &str| lines.extend(entry(label, value, width));
    let time = |t: Timestamp| t.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    add("asked for", &time(job.requested));
    if let Some(ended) = job.ended {
        add("ended", &time(ended));
    }
    add("elapsed", &duration(job.elapsed(now)));
    if let Some(moved) = job.last_progress.filter(|_| !job.state.ended()) {
        add("last progress", &format!("{} ago ({})", duration(now.duration_since(moved).as_secs()), time(moved)));
    }
    if let Some(left) = job.eta(now) {
        add("left, at this rate", &duration(left));
    }
    lines
}
