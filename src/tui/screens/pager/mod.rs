//! Something to read and scroll: an image's or a job's details, help, problems.

pub mod audit;
mod image;
mod job;
mod others;
pub mod update;
pub mod view;

use std::sync::Arc;

use crate::{
    domain::Image,
    engine::{Job, JobId},
    tui::bindings::Context,
};

/// What is read.
#[derive(Debug, Clone, PartialEq)]
enum PagerSubject {
    Image(Arc<Image>),
    Job(JobId),
    /// A copy of the history, which may be on no board any more.
    Past(Arc<Job>),
    Help,
    Problems,
}

/// A page being read.
#[derive(Debug, Clone, PartialEq)]
pub struct Pager {
    subject: PagerSubject,
    raw: bool,
    scroll: usize,
    /// The calls that changed something for the job that is read.
    calls: audit::Calls,
}

impl Pager {
    fn new(subject: PagerSubject) -> Self {
        Self { subject, raw: false, scroll: 0, calls: audit::Calls::NotAsked }
    }

    /// An image's details.
    pub fn image(image: Arc<Image>) -> Self {
        Self::new(PagerSubject::Image(image))
    }

    /// A job's details.
    pub fn job(job: JobId) -> Self {
        Self::new(PagerSubject::Job(job))
    }

    /// The details of a copy of the history.
    pub fn past(job: Arc<Job>) -> Self {
        Self::new(PagerSubject::Past(job))
    }

    /// The keys.
    pub fn help() -> Self {
        Self::new(PagerSubject::Help)
    }

    /// What is wrong now.
    pub fn problems() -> Self {
        Self::new(PagerSubject::Problems)
    }

    /// Whose keys hold here.
    pub fn context(&self) -> Context {
        if matches!(self.subject, PagerSubject::Image(_)) { Context::Details } else { Context::Reading }
    }
}
