//! The filter of jobs and history: the words of every filter, and terms of jobs.

use std::ops::Range;

use jiff::Timestamp;

use crate::{
    domain::{
        ImageId,
        filter::{
            Clauses, Field, Parsed, Scratch,
            bound::{self, Bound},
        },
    },
    engine::{Job, JobPhase, JobState, Origin},
    labels,
};

/// A `key:value` term.
#[derive(Debug, Clone, PartialEq, Eq)]
enum JobTerm {
    State(String),
    /// The source's region.
    From(String),
    /// The destination.
    To(String),
    /// Either of them.
    Region(String),
    Batch(String),
    /// Seconds since it was requested.
    Age(Bound<i64>),
    /// GiB.
    Size(Bound<u64>),
}

/// Forms and meanings of the terms, for help.
pub const TERMS: [(&str, &str); 7] = [
    ("state:", "queued, copying, available, failed, ..."),
    ("from:", "the source's region, or a beginning of it"),
    ("to:", "the destination, or a beginning of it"),
    ("region:", "either of them"),
    ("batch:", "a beginning of the batch's name"),
    ("age:<30d", "requested in the last 30 days; > for longer ago; m h d w mo y"),
    ("size:>100", "larger than 100 GiB; also < <= >= and 1T"),
];

fn term(key: &str, value: &str) -> Parsed<JobTerm> {
    let lower = value.to_ascii_lowercase();
    let key = &*key.to_ascii_lowercase();
    let text: fn(String) -> JobTerm = match key {
        "age" => return bound::age(&lower).map(JobTerm::Age),
        "size" => return bound::size(&lower).map(JobTerm::Size),
        "state" if !value.is_empty() => {
            return Parsed::one_of(&lower, &JobPhase::ALL.map(JobPhase::as_str), JobTerm::State);
        }
        "state" => JobTerm::State,
        "from" => JobTerm::From,
        "to" => JobTerm::To,
        "region" => JobTerm::Region,
        "batch" => JobTerm::Batch,
        _ => return Parsed::without_key(key, &KEYS),
    };
    if value.is_empty() { Parsed::Unfinished } else { Parsed::Term(text(lower)) }
}

pub(super) const KEYS: [&str; 7] = ["state", "from", "to", "region", "batch", "age", "size"];

/// A parsed filter.
pub(super) struct JobFilter {
    clauses: Clauses<JobTerm>,
    scratch: Scratch,
    now: Timestamp,
}

impl JobFilter {
    pub(super) fn parse(text: &str, now: Timestamp) -> Self {
        Self { clauses: Clauses::parse(text, term), scratch: Scratch::default(), now }
    }

    /// Returns what is wrong with it. Then no job matches.
    pub(super) fn mistake(&self) -> Option<&str> {
        self.clauses.mistake()
    }

    /// Returns the parts of a shown name or state that its words match.
    pub(super) fn matches_in(&mut self, text: &str) -> Vec<Range<usize>> {
        if self.clauses.is_empty() { Vec::new() } else { self.clauses.matches_in(text, Field::Text, &mut self.scratch) }
    }

    pub(super) fn matches(&mut self, job: &Job) -> bool {
        if self.clauses.is_empty() {
            return true;
        }
        let texts = Texts::of(job);
        let now = self.now;
        self.clauses.pass(|| texts.all(job), |term| term.matches(job, now), &mut self.scratch)
    }
}

impl JobTerm {
    fn matches(&self, job: &Job, now: Timestamp) -> bool {
        let request = &job.request;
        match self {
            Self::State(state) => job.phase().as_str().starts_with(state.as_str()),
            Self::From(region) => request.source_region.as_str().starts_with(region.as_str()),
            Self::Region(region) => [&request.source_region, &request.destination]
                .iter()
                .any(|one| one.as_str().starts_with(region.as_str())),
            Self::To(region) => request.destination.as_str().starts_with(region.as_str()),
            Self::Batch(batch) => job.batch.as_str().to_lowercase().starts_with(batch.as_str()),
            Self::Age(bound) => bound.allows(&now.duration_since(job.requested).as_secs()),
            Self::Size(bound) => bound.allows(&request.size_gib()),
        }
    }
}

/// What is searched of a job and has to be made first.
struct Texts {
    note: String,
    after: String,
}

impl Texts {
    fn of(job: &Job) -> Self {
        let note = job.note.as_ref().map(labels::note).unwrap_or_default();
        Self { note, after: labels::after_copy(job).join(" ") }
    }

    fn all<'a>(&'a self, job: &'a Job) -> impl Iterator<Item = &'a str> {
        let request = &job.request;
        let elsewhere = match job.origin {
            Origin::Here => "",
            Origin::Elsewhere if job.is_deregistration() => "deregister",
            Origin::Elsewhere => "started elsewhere",
        };
        let why = if let JobState::Failed { failure, .. } = &job.state { failure.why.as_str() } else { "" };
        let texts = [
            request.name.as_str(),
            request.source_region.as_str(),
            request.destination.as_str(),
            request.source.as_str(),
            &request.source_name,
            job.phase().as_str(),
            job.batch.as_str(),
            &self.note,
            &self.after,
            elsewhere,
            why,
        ];
        texts.into_iter().chain(job.images.iter().chain(job.image()).map(ImageId::as_str))
    }
}
