//! Job details: what was requested, its state, what it waits for, what it made.

use jiff::Timestamp;
use ratatui::text::Line;

use super::entries::entry;
use crate::{
    config::KeyMap,
    domain::{
        Encryption, ImageId,
        image::Tag,
        text::{clean, duration, gib},
    },
    engine::{Job, JobState, JobTags, Note, Origin, StepState},
    labels::{self, progress},
    tui::{
        bindings::{Action, Context},
        model::Model,
        screens::jobs::labels::state_text,
    },
};

pub(super) fn title(job: &Job) -> String {
    let region = &job.request.destination;
    match job.images.last().filter(|_| job.is_deregistration()) {
        Some(image) => format!("Deregister {image} in {region}"),
        None => format!("Copy to {region}"),
    }
}

pub(super) fn lines(job: &Job, model: &Model, width: usize) -> Vec<Line<'static>> {
    let mut lines = state(job, model, width);
    if job.is_deregistration() {
        lines.extend(deregistration(job, width));
        return lines;
    }
    lines.extend(origin(job, width));
    lines.extend(after_copy(job, width));
    let account =
        model.jobs_view.account.as_ref().map_or("ACCOUNT", |a| a.as_str().split(' ').next().unwrap_or_default());
    lines.extend(request(job, account, width));
    lines.extend(times(job, model.now, width));
    let mut add = |label: &str, value: &str| lines.extend(entry(label, value, width));
    // The snapshots of a removed copy are deleted, except those named as left.
    let gone = matches!(job.state, JobState::Cancelled | JobState::Deregistered);
    for snapshot in job.snapshots.iter().filter(|_| !gone) {
        let removed = labels::removed_snapshot(job, &snapshot.id).map(str::to_owned);
        let percent = || snapshot.percent.map_or("progress unknown".to_owned(), |p| format!("{p}%"));
        let percent = removed.unwrap_or_else(percent);
        add("snapshot", &format!("{}, {}, {percent}", snapshot.id, gib(u64::from(snapshot.size))));
    }
    if job.origin == Origin::Here {
        add("client token", job.request.client_token().as_str());
        for (n, command) in job.request_as_edited().aws_cli().lines().enumerate() {
            add(if n == 0 { "command" } else { "" }, command);
        }
    }
    lines
}

fn state(job: &Job, model: &Model, width: usize) -> Vec<Line<'static>> {
    let mut lines = entry("state", &state_text(&model.jobs_view, job, model.now, Some(&model.keymap)).0, width);
    lines.extend(advice(job, &model.keymap, width));
    let mut add = |label: &str, value: &str| lines.extend(entry(label, value, width));
    for (snapshot, why) in job.undeleted_snapshots() {
        add("to be deleted", &labels::undeleted(snapshot, why));
    }
    for left in &job.leftovers {
        add("left in AWS", &labels::leftover(left));
    }
    let region = &job.request.destination;
    if !job.state.ended() {
        if let Some(waiting) = model.jobs_view.waiting(job)
            && matches!(job.state, JobState::Queued | JobState::Reconciling { .. })
        {
            add("waiting for", &labels::waiting(waiting, region));
        }
        if let Some(problem) = model.jobs_view.region_problem(region) {
            add("cannot poll", &problem.to_string());
        }
        if let Some(problem) = model.jobs_view.status.regions.get(region).and_then(|r| r.progress_problem.as_ref()) {
            add("no progress data", &problem.to_string());
        }
    }
    lines
}

/// A job that deregisters an image and is no copy: what is removed, and when.
fn deregistration(job: &Job, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut add = |label: &str, value: &str| lines.extend(entry(label, value, width));
    let request = &job.request;
    add("image", job.images.last().map_or("unknown", |image| image.as_str()));
    add("name", request.name.as_str());
    add("region", request.destination.as_str());
    add("job", &job.id.to_string());
    add("requested", &format!("{}, here by amigrate", job.requested.strftime("%Y-%m-%d %H:%M:%S UTC")));
    if let Some(ended) = progress::ended(job, "%Y-%m-%d %H:%M:%S UTC") {
        add("ended", &ended);
    }
    for snapshot in &job.snapshots {
        let size = gib(u64::from(snapshot.size));
        let removed = labels::removed_snapshot(job, &snapshot.id).map_or_else(String::new, |text| format!(", {text}"));
        add("snapshot", &format!("{}, {size}{removed}", snapshot.id));
    }
    lines
}

/// The image that was made, who started the copy, and how it is known.
fn origin(job: &Job, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut add = |label: &str, value: &str| lines.extend(entry(label, value, width));
    let none = if job.state.ended() { "none" } else { "no id yet" };
    add("new image", job.image().map_or(none, |i| i.as_str()));
    // Deregistered images too: they may be in CloudTrail or in somebody's notes.
    if job.images.iter().any(|made| Some(made) != job.image()) {
        let made: Vec<&str> = job.images.iter().map(ImageId::as_str).collect();
        add("images made", &made.join(", "));
    }
    add("job", &job.id.to_string());
    add("batch", job.batch.as_str());
    let started = match job.origin {
        Origin::Here => "by amigrate on this host",
        Origin::Elsewhere => "elsewhere: by the console, the CLI, a colleague or another host",
    };
    add("started", started);
    add("amigrate tags", &amigrate_tags(job));
    lines
}

/// The post-copy steps, and what is not as requested.
fn after_copy(job: &Job, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (n, (step, state)) in job.steps().enumerate() {
        let label = if n == 0 { "after copying" } else { "" };
        let mut text = format!("{}: {}", labels::step(step, &job.request.destination), labels::step_state(job, state));
        if let StepState::Failed(failure) = state {
            let aws = [failure.code.as_deref(), failure.request_id.as_deref()].into_iter().flatten().map(clean);
            let aws: Vec<String> = aws.map(std::borrow::Cow::into_owned).collect();
            for part in [failure.hint.clone(), aws.join(", request ")].iter().filter(|part| !part.is_empty()) {
                text = format!("{}. {part}", text.trim_end_matches('.'));
            }
        }
        lines.extend(entry(label, &text, width));
    }
    for (n, text) in labels::differences(&job.request_check).iter().enumerate() {
        lines.extend(entry(if n == 0 { "not as requested" } else { "" }, text, width));
    }
    if let Some(text) = labels::not_compared(&job.request_check) {
        lines.extend(entry("not compared", &text, width));
    }
    lines
}

/// What a failed or uncertain state means and what to do about it.
fn advice(job: &Job, keys: &KeyMap, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut add = |label: &str, value: &str| lines.extend(entry(label, value, width));
    match &job.state {
        JobState::Failed { failure, .. } => {
            if !failure.hint.is_empty() {
                add("what to do", &failure.hint);
            }
            add("AWS error code", failure.code.as_deref().unwrap_or("none given"));
            add("AWS request id", failure.request_id.as_deref().unwrap_or("none given"));
        }
        JobState::Reconciling { .. } => add(
            "unknown outcome",
            "AWS did not answer the request. amigrate first checks whether the copy was started; no second copy is made.",
        ),
        JobState::InDoubt { candidates } => {
            for candidate in candidates {
                add("candidate", candidate.as_str());
            }
            add(
                "what to do",
                &format!(
                    "Press {} on the copy, or run `amigrate resolve`, to say which image it is or to start it again.",
                    keys.key(Context::Jobs, Action::Retry)
                ),
            );
        }
        _ => {}
    }
    lines
}

/// The tags by which the image and its snapshots are known as the job's own.
fn amigrate_tags(job: &Job) -> String {
    match (job.origin, job.tagged) {
        (Origin::Elsewhere, _) => "unknown: started elsewhere".into(),
        (Origin::Here, _) if job.request_check.differences().iter().any(|d| d.property.is_own_tag()) => {
            "sent, and not all there: see above what is not as requested".into()
        }
        (Origin::Here, true) => {
            let on = if job.is_instance_store() { "the image" } else { "the image and its snapshots" };
            format!("{} and {}, on {on}", JobTags::JOB, JobTags::BATCH)
        }
        (Origin::Here, false) => {
            let made = if job.images.is_empty() { "sent" } else { "made" };
            match &job.note {
                Some(Note::Untagged(why)) => format!("{made} without tags: {}", clean(why)),
                _ => format!("{made} without tags"),
            }
        }
    }
}

fn request(job: &Job, account: &str, width: usize) -> Vec<Line<'static>> {
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
                Encryption::Keep => "same as source".to_owned(),
                Encryption::Encrypt { key: None } => "with the region's default key".into(),
                Encryption::Encrypt { key: Some(key) } => format!("with {key}"),
            },
        );
        let keys: Vec<&str> = request.source_tags.iter().map(|t| &*t.key).collect();
        let source_tags = match (request.copy_tags, keys.as_slice()) {
            (true, _) => "yes".to_owned(),
            (false, []) => "no".into(),
            (false, keys) => keys.join(", "),
        };
        add("copy source tags", &clean(&source_tags));
        let written =
            |tags: &[Tag]| tags.iter().map(|t| format!("{}={}", t.key, t.value)).collect::<Vec<_>>().join(", ");
        for (label, tags) in [("tags set", &request.image_tags), ("snapshot tags set", &request.snapshot_tags)] {
            if !tags.is_empty() {
                add(label, &clean(&written(tags)));
            }
        }
    }
    if job.is_instance_store() {
        let bucket = format!("amis-for-{account}-in-{}-HASH", request.destination);
        add(
            "size",
            &format!("unknown: an instance-store image has no snapshots. Its parts are in the S3 bucket {bucket}"),
        );
    } else {
        add("size", &gib(request.size_gib()));
    }
    lines
}

fn times(job: &Job, now: Timestamp, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut add = |label: &str, value: &str| lines.extend(entry(label, value, width));
    let time = |t: Timestamp| t.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    add("requested", &time(job.requested));
    if let Some(ended) = progress::ended(job, "%Y-%m-%d %H:%M:%S UTC") {
        add("ended", &ended);
    }
    if let Some((label, time)) = progress::time_taken(job, now) {
        add(label, &time);
    }
    if let Some(moved) = job.last_progress.filter(|_| !job.state.ended()) {
        add("last progress", &format!("{} ago ({})", duration(now.duration_since(moved).as_secs()), time(moved)));
    }
    if let Some(advice) = labels::stall_advice(job, now) {
        add("what to do", &advice);
    }
    if let Some(rate) = progress::current_rate(job, now) {
        add("rate", &format!("{rate} of the snapshots' sizes"));
    }
    if let Some(left) = progress::time_left(job, now) {
        add("time left", left.trim_end_matches(" left"));
    }
    lines
}
