//! Which jobs fit the words of a filter.

use crate::{
    engine::{Job, JobState, Origin},
    labels,
};

/// The words typed, in lower case. A job fits if each of them stands somewhere in it.
pub(super) struct JobFilter(Vec<String>);

impl JobFilter {
    pub(super) fn parse(text: &str) -> Self {
        Self(text.split_whitespace().map(str::to_lowercase).collect())
    }

    pub(super) fn fit(&self, job: &Job) -> bool {
        self.0.iter().all(|word| stands_in(job, word))
    }
}

fn stands_in(job: &Job, word: &str) -> bool {
    let request = &job.request;
    let elsewhere = if job.origin == Origin::Elsewhere { "started elsewhere" } else { "" };
    let why = if let JobState::Failed { failure, .. } = &job.state { failure.why.as_str() } else { "" };
    let note = job.note.as_ref().map(labels::note).unwrap_or_default();
    let texts = [
        request.name.as_str(),
        request.source_region.as_str(),
        request.destination.as_str(),
        request.source.as_str(),
        &request.source_name,
        job.phase().as_str(),
        job.batch.as_str(),
        &note,
        elsewhere,
        why,
    ];
    texts.iter().any(|t| holds(t, word)) || job.images.iter().chain(job.image()).any(|i| holds(i.as_str(), word))
}

/// Case does not matter. Nearly everything is ASCII, and thousands are looked through with every key.
fn holds(text: &str, word: &str) -> bool {
    if text.is_ascii() {
        text.len() >= word.len()
            && text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    } else {
        text.to_lowercase().contains(word)
    }
}
