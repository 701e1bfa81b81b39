//! The filter of jobs and history.

use crate::{
    engine::{Job, JobState, Origin},
    labels,
};

/// The words of a filter, in lower case. A job matches if it contains every one of them.
pub(super) struct JobFilter(Vec<String>);

impl JobFilter {
    pub(super) fn parse(text: &str) -> Self {
        Self(text.split_whitespace().map(str::to_lowercase).collect())
    }

    pub(super) fn matches(&self, job: &Job) -> bool {
        self.0.iter().all(|word| contains(job, word))
    }
}

fn contains(job: &Job, word: &str) -> bool {
    let request = &job.request;
    let elsewhere = if job.origin == Origin::Elsewhere { "started elsewhere" } else { "" };
    let why = if let JobState::Failed { failure, .. } = &job.state { failure.why.as_str() } else { "" };
    let note = job.note.as_ref().map(labels::note).unwrap_or_default();
    let after = labels::after_copy(job).join(" ");
    let texts = [
        request.name.as_str(),
        request.source_region.as_str(),
        request.destination.as_str(),
        request.source.as_str(),
        &request.source_name,
        job.phase().as_str(),
        job.batch.as_str(),
        &note,
        &after,
        elsewhere,
        why,
    ];
    texts.iter().any(|t| text_contains(t, word))
        || job.images.iter().chain(job.image()).any(|i| text_contains(i.as_str(), word))
}

/// Ignores case. ASCII, which nearly everything is, is compared in place: thousands of jobs are searched at every key.
fn text_contains(text: &str, word: &str) -> bool {
    if text.is_ascii() {
        text.len() >= word.len()
            && text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    } else {
        text.to_lowercase().contains(word)
    }
}
