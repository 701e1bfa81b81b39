//! A copy for a person: its state and why, what was requested, when, its snapshots and post-copy steps.

use jiff::Timestamp;

use crate::{
    cli::{
        follow::{reason, title},
        output::{OutputOptions, Page},
    },
    domain::{Encryption, ImageId, SnapshotState, progress::SnapshotProgress, text::clean},
    engine::{Job, JobState, Origin, Status, StepState},
    labels,
};

/// Columns of attribute names.
const NAMES: usize = 16;

pub(super) fn page(output: OutputOptions, job: &Job, status: &Status, now: Timestamp) -> Page {
    let mut page = Page::new(output, NAMES);
    page.heading(&match job.images.last().filter(|_| job.is_deregistration()) {
        Some(image) => format!("job {}: deregister {image} in {}", job.id, job.request.destination),
        None => format!("copy {}: {}", job.id, title(job)),
    });
    page.entry("state", &state(job, now));
    // Steps that are not done are named with them.
    let why = reason(job, status).filter(|_| !matches!(job.state, JobState::Available { .. }));
    let note = job.note.as_ref().map(labels::note);
    page.entry("reason", &why.clone().unwrap_or_default());
    page.entry("note", &note.filter(|note| why.as_ref() != Some(note)).unwrap_or_default());
    if let JobState::Failed { failure, .. } = &job.state {
        page.entry("what to do", &clean(&failure.hint));
        page.entry("AWS error code", &clean(failure.code.as_deref().unwrap_or_default()));
        page.entry("AWS request id", &clean(failure.request_id.as_deref().unwrap_or_default()));
    }
    page.entry("what to do", &labels::stall_advice(job, now).unwrap_or_default());
    if let JobState::InDoubt { candidates } = &job.state {
        page.entry("may be", &ids(candidates));
    }
    if job.is_deregistration() {
        deregistration(&mut page, job);
    } else {
        page.entry("image", job.image().map(ImageId::as_str).unwrap_or_default());
        if job.images.iter().any(|made| Some(made) != job.image()) {
            page.entry("images made", &ids(&job.images));
        }
        page.entry("batch", job.batch.as_str());
        request(&mut page, job);
        times(&mut page, job, now);
    }
    page.paragraph("snapshots", job.snapshots.iter().map(|known| snapshot(job, known)));
    page.paragraph("snapshots of removed images", labels::remaining_snapshots(job));
    page.paragraph(
        "after the copy",
        job.steps().map(|(step, state)| {
            let hint = if let StepState::Failed(failure) = state { failure.hint.as_str() } else { "" };
            let line = labels::step_line(job, step, state);
            if hint.is_empty() { line } else { format!("{line}. {hint}") }
        }),
    );
    page.paragraph("not as requested", labels::differences(&job.request_check));
    page.paragraph("not compared", labels::not_compared(&job.request_check));
    page
}

fn state(job: &Job, now: Timestamp) -> String {
    let percent = match (&job.state, job.percent()) {
        (JobState::Copying { .. }, Some(percent)) => format!(" {percent}%"),
        _ => String::new(),
    };
    let left = labels::progress::time_left(job, now).map(|left| format!(", {left}")).unwrap_or_default();
    format!("{}{percent}{left}", job.phase().as_str())
}

fn ids(images: &[ImageId]) -> String {
    images.iter().map(ImageId::as_str).collect::<Vec<_>>().join(", ")
}

fn request(page: &mut Page, job: &Job) {
    let request = &job.request;
    let name = if request.source_name.is_empty() { String::new() } else { format!(" \"{}\"", request.source_name) };
    page.entry("source", &format!("{}{name} in {}", request.source, request.source_region));
    page.entry("description", request.description.as_str());
    page.entry("size", &format!("{} GiB", request.size_gib()));
    if job.origin == Origin::Elsewhere {
        page.entry("started", "elsewhere: by the console, the CLI, a colleague or another host");
        return;
    }
    let encryption = match &request.encryption {
        Encryption::Keep => "as the source".to_owned(),
        Encryption::Encrypt { key: None } => "with the region's default key".into(),
        Encryption::Encrypt { key: Some(key) } => format!("with {key}"),
    };
    page.entry("encryption", &encryption);
    let tags = request.image_tags.iter().map(|tag| format!("{}={}", tag.key, tag.value));
    page.entry("tags", &tags.collect::<Vec<_>>().join(", "));
    page.entry("client token", request.client_token().as_str());
}

/// What is deregistered, and when.
fn deregistration(page: &mut Page, job: &Job) {
    page.entry("image", &ids(&job.images));
    page.entry("name", job.request.name.as_str());
    page.entry("region", job.request.destination.as_str());
    page.entry("requested", &format!("{}, here by amigrate", time(job.requested)));
    page.entry("ended", &labels::progress::ended(job, TIME).unwrap_or_default());
}

/// Format of a time.
const TIME: &str = "%Y-%m-%d %H:%M:%S UTC";

fn time(at: Timestamp) -> String {
    at.strftime(TIME).to_string()
}

fn times(page: &mut Page, job: &Job, now: Timestamp) {
    page.entry("requested", &time(job.requested));
    page.entry("accepted", &job.started.map(time).unwrap_or_default());
    let last = job.last_progress.filter(|_| !job.state.ended());
    page.entry("last progress", &last.map(time).unwrap_or_default());
    page.entry("ended", &labels::progress::ended(job, TIME).unwrap_or_default());
    if let Some((label, time)) = labels::progress::time_taken(job, now) {
        page.entry(label, &time);
    }
}

fn snapshot(job: &Job, snapshot: &SnapshotProgress) -> String {
    if let Some(removed) = labels::removed_snapshot(job, &snapshot.id) {
        return format!("{}: {} GiB, {removed}", snapshot.id, snapshot.size);
    }
    let state = match snapshot.state {
        SnapshotState::Pending => "pending",
        SnapshotState::Completed => "completed",
        SnapshotState::Error => "error",
        SnapshotState::Other => "in another state",
    };
    let percent = snapshot.percent.filter(|_| snapshot.state != SnapshotState::Completed);
    let percent = percent.map(|percent| format!(" {percent}%")).unwrap_or_default();
    format!("{}: {} GiB, {state}{percent}", snapshot.id, snapshot.size)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::{
        cli::{
            follow::samples::{copying, copying_since},
            output::{ColorChoice, Format},
        },
        domain::{Failure, post_copy::PostCopyStep},
    };

    fn text(job: &Job) -> String {
        let output = OutputOptions::new(Format::Table, ColorChoice::Never, false, false, &|_| None);
        page(
            OutputOptions { fit: None, ..output },
            job,
            &Status::default(),
            job.requested + SignedDuration::from_secs(90),
        )
        .into_text()
    }

    #[test]
    fn a_copy_is_told_with_its_snapshots_and_times() {
        let text = text(&copying(7, Some(41)));
        for part in [
            "copy 7: web to eu-west-1\n",
            "state           copying 41%\n",
            "image           ami-1\n",
            "source          ami-0 \"app\" in us-east-1\n",
            "requested       1970-01-01 00:00:00 UTC\n",
            "elapsed         1m30s\n",
            "\nsnapshots\n  snap-1: 8 GiB, pending 41%\n",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("after the copy"), "{text}");
        // 20% in 20 seconds, 70 seconds ago.
        let fast = self::text(&copying_since(7, &[(0, 5), (20, 25)]));
        assert!(fast.contains("state           copying 25%, 5s left\n"), "{fast}");
    }

    #[test]
    fn snapshots_of_a_removed_image_have_no_progress() {
        let mut job = copying(7, Some(99));
        job.state = JobState::Cancelled;
        assert!(text(&job).contains("\nsnapshots\n  snap-1: 8 GiB, deleted\n"), "{}", text(&job));
        job.note = Some(crate::engine::Note::SnapshotsNotListed("denied".into()));
        assert!(text(&job).contains("snap-1: 8 GiB, unknown\n"), "{}", text(&job));
        job.keep_snapshots = true;
        assert!(text(&job).contains("snap-1: 8 GiB, kept\n"), "{}", text(&job));
    }

    #[test]
    fn a_deregistration_is_no_copy() {
        let mut job = copying(7, None);
        (job.origin, job.images) = (Origin::Elsewhere, vec![ImageId::new("ami-1").unwrap()]);
        (job.state, job.started) = (JobState::Deregistered, Some(job.requested - SignedDuration::from_hours(9)));
        let mut stored = serde_json::to_value(&job).unwrap();
        stored["for_deregistration"] = true.into();
        let text = text(&serde_json::from_value(stored).unwrap());
        for part in [
            "job 7: deregister ami-1 in eu-west-1\n",
            "requested       1970-01-01 00:00:00 UTC, here by amigrate\n",
            "snap-1: 8 GiB, deleted\n",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        for part in ["images made", "elsewhere", "accepted", "pending"] {
            assert!(!text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn why_it_failed_and_which_step_did_is_told_with_what_to_do() {
        let mut job = copying(7, None);
        let failure = Failure::new("copy", "the key is disabled").hint("Enable it.").code("KMS.Disabled");
        job.request.post_copy = vec![PostCopyStep::SourceTag];
        job.step_states = vec![StepState::Failed(failure.clone().into())];
        job.state = JobState::Failed { failure: failure.into(), image: None };
        let text = text(&job);
        for part in [
            "state           failed\n",
            "reason          the key is disabled\n",
            "what to do      Enable it.\n",
            "AWS error code  KMS.Disabled\n",
            "\nafter the copy\n  failed: tag copied-to:eu-west-1 on the source: the key is disabled. Enable it.\n",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
