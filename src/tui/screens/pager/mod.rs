//! Text to read and scroll: image details, job details, compared images, lineages, help, problems.

pub mod audit;
pub mod beside;
mod compared;
pub mod comparison;
mod entries;
mod help;
mod image;
pub mod image_details;
mod job;
pub mod line_mode;
pub mod lineage;
mod load;
mod problems;
pub mod replies;
pub mod search;
pub mod update;
pub mod used_by;
pub mod view;

use std::sync::Arc;

use crate::{
    domain::{
        Failure, Image,
        compare::{Incomparable, Pair},
        image_details::ImageDetails,
        lineage::LineageRead,
        usage_report::Reported,
    },
    engine::{AuditEntry, Job, JobId, JobPhase},
    tui::bindings::{Action, Context},
};
use compared::Compared;
use load::{Load, UsedBy};
use search::Search;

/// What a filter is of, which decides about its terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui) enum Filtered {
    Images,
    Jobs,
    /// Something without terms of its own.
    Others,
}

/// What is shown.
#[derive(Debug, Clone, PartialEq)]
enum PagerSubject {
    Image(Arc<Image>),
    Job(JobId),
    /// A job of the history. It may not be among the current jobs.
    HistoryJob(Arc<Job>),
    Comparison(Box<Compared>),
    Lineage(Arc<Image>),
    /// Labelled texts, with a title.
    Listing(String, Vec<(String, String)>),
    UsedBy(Arc<Image>),
    Help,
    FormHelp,
    PickerHelp,
    PaletteHelp,
    /// All keys, those of filters first, with the terms of these.
    FilterHelp(Filtered),
    /// All keys, those of the review first.
    ReviewHelp,
    /// All that the review below it says.
    Review,
    Problems,
}

impl PagerSubject {
    fn is_help(&self) -> bool {
        matches!(
            self,
            Self::Help | Self::FormHelp | Self::PickerHelp | Self::PaletteHelp | Self::FilterHelp(_) | Self::ReviewHelp
        )
    }
}

/// The audit entries of the job that is shown.
#[derive(Debug, Clone, PartialEq, Default)]
enum AuditLoad {
    #[default]
    NotRequested,
    /// Requested when the job's state had this name.
    Loading(JobPhase),
    /// The entries as of when the job's state had this name.
    Loaded(JobPhase, Vec<AuditEntry>),
    Failed(Failure),
}

/// What was read of the image that is shown.
#[derive(Debug, Clone, PartialEq, Default)]
enum DetailsLoad {
    #[default]
    NotRequested,
    Loading,
    Loaded(Box<ImageDetails>),
}

/// The pager's state.
#[derive(Debug, Clone, PartialEq)]
pub struct Pager {
    subject: PagerSubject,
    /// Shows an image as JSON.
    raw: bool,
    /// The first line shown.
    scroll: usize,
    /// The problem that `y` copies.
    cursor: usize,
    /// The first column shown, of JSON.
    column: usize,
    audit: AuditLoad,
    details: DetailsLoad,
    comparison: Load<Result<Pair, Incomparable>>,
    lineage: Load<LineageRead>,
    /// The text that is looked for.
    pub(in crate::tui) search: Option<Search>,
    used_by: Load<UsedBy>,
    /// What a report has said that was made for this page, and deleted then.
    reported: Option<Reported>,
}

impl Pager {
    fn new(subject: PagerSubject) -> Self {
        Self {
            subject,
            raw: false,
            scroll: 0,
            cursor: 0,
            column: 0,
            audit: AuditLoad::NotRequested,
            details: DetailsLoad::NotRequested,
            comparison: Load::NotRequested,
            lineage: Load::NotRequested,
            search: None,
            used_by: Load::NotRequested,
            reported: None,
        }
    }

    pub fn image(image: Arc<Image>) -> Self {
        Self::new(PagerSubject::Image(image))
    }

    pub fn job(job: JobId) -> Self {
        Self::new(PagerSubject::Job(job))
    }

    pub fn history_job(job: Arc<Job>) -> Self {
        Self::new(PagerSubject::HistoryJob(job))
    }

    /// Labelled texts.
    pub(in crate::tui) fn listing(title: String, entries: Vec<(String, String)>) -> Self {
        Self::new(PagerSubject::Listing(title, entries))
    }

    pub fn help() -> Self {
        Self::new(PagerSubject::Help)
    }

    /// Help with the copy form.
    pub fn form_help() -> Self {
        Self::new(PagerSubject::FormHelp)
    }

    /// Help with pickers.
    pub fn picker_help() -> Self {
        Self::new(PagerSubject::PickerHelp)
    }

    /// Help with commands.
    pub fn palette_help() -> Self {
        Self::new(PagerSubject::PaletteHelp)
    }

    /// Help with the filter that is typed.
    pub(in crate::tui) fn filter_help(filtered: Filtered) -> Self {
        Self::new(PagerSubject::FilterHelp(filtered))
    }

    /// The help, from the review's keys on.
    pub fn review_help() -> Self {
        Self::new(PagerSubject::ReviewHelp)
    }

    /// The review that is open, in full.
    pub fn review() -> Self {
        Self::new(PagerSubject::Review)
    }

    pub fn problems() -> Self {
        Self::new(PagerSubject::Problems)
    }

    /// Returns true if it shows the problems.
    pub fn lists_problems(&self) -> bool {
        self.subject == PagerSubject::Problems
    }

    /// Returns true while keys go to the text that is looked for.
    pub(in crate::tui) fn is_typing(&self) -> bool {
        self.search.as_ref().is_some_and(|search| search.typing)
    }

    /// Returns false for an action that does nothing here.
    pub(in crate::tui) fn offers(&self, action: Action) -> bool {
        match action {
            Action::FindNext => self.search.is_some(),
            Action::YankId | Action::YankAll => self.lists_problems() || self.context() == Context::ImageDetails,
            _ => true,
        }
    }

    pub fn context(&self) -> Context {
        if matches!(self.subject, PagerSubject::Image(_)) { Context::ImageDetails } else { Context::Pager }
    }
}
