//! The page of a sync plan: what the policies of a file would copy and retire, and why not.

pub mod line_mode;
pub mod update;
pub mod view;

use std::path::PathBuf;

use jiff::Timestamp;
use tui_input::Input;

use crate::{
    domain::{
        Failure,
        filter::{Clauses, Parsed, Scratch},
    },
    tui::{
        bindings::Context,
        pending::SyncWork,
        sync_plan::{PlannedImage, PrintedPlan},
        widgets::list::List,
    },
};
pub use update::on_reply;

/// There are no terms, only words.
#[derive(Debug, Clone, PartialEq, Eq)]
enum NoTerm {}

/// The screen's state.
#[derive(Debug, Clone)]
pub struct SyncPlanScreen {
    /// The file of policies.
    file: PathBuf,
    /// The plan, or why there is none; `None` before it was read.
    plan: Option<Result<PrintedPlan, Failure>>,
    /// The images shown.
    rows: Vec<usize>,
    list: List,
    pub(in crate::tui) filter: Input,
    /// True while keys go to the filter.
    pub(in crate::tui) editing: bool,
    /// What is wrong with the filter.
    mistake: Option<String>,
    /// Rows of the window.
    window: usize,
    waiting: Option<SyncWork>,
    /// When it was read.
    read: Option<Timestamp>,
}

impl SyncPlanScreen {
    fn new(file: PathBuf) -> Self {
        Self {
            file,
            plan: None,
            rows: Vec::new(),
            list: List::default(),
            filter: Input::default(),
            editing: false,
            mistake: None,
            window: 1,
            waiting: None,
            read: None,
        }
    }

    /// The contexts whose keys apply, innermost first.
    pub(in crate::tui) fn contexts(&self) -> Vec<Context> {
        if self.editing {
            vec![Context::Filter, Context::Lists]
        } else {
            vec![Context::SyncPlan, Context::Lists, Context::Everywhere]
        }
    }

    /// Returns the plan, if it could be made.
    fn planned(&self) -> Option<&PrintedPlan> {
        self.plan.as_ref()?.as_ref().ok()
    }

    fn images(&self) -> &[PlannedImage] {
        self.planned().map_or(&[], |plan| &plan.actions)
    }

    fn row(&self, at: usize) -> Option<&PlannedImage> {
        self.images().get(*self.rows.get(at)?)
    }

    /// Takes in what was read.
    fn set(&mut self, plan: Result<PrintedPlan, Failure>, now: Timestamp) {
        (self.plan, self.read, self.waiting) = (Some(plan), Some(now), None);
        self.choose_rows();
    }

    /// Chooses the rows anew, in the order of the command.
    fn choose_rows(&mut self) {
        let current = self.row_id(self.list.cursor);
        let none = |_: &str, _: &str| Parsed::Unknown;
        let clauses: Clauses<NoTerm> = Clauses::parse(self.filter.value(), none);
        self.mistake = clauses.mistake().map(str::to_owned);
        let mut scratch = Scratch::default();
        let mut passes = |image: &PlannedImage| {
            let texts = texts(image);
            clauses.is_empty() || clauses.pass(|| texts.iter().map(String::as_str), |term| match *term {}, &mut scratch)
        };
        let images = self.images().iter().enumerate();
        self.rows = images.filter(|(_, image)| passes(image)).map(|(at, _)| at).collect();
        let row = current.and_then(|current| self.row_of(&current));
        self.list.cursor = row.unwrap_or(self.list.cursor);
        self.clamp();
    }

    fn clamp(&mut self) {
        self.list.clamp(self.rows.len(), self.window);
    }

    /// The first row in the window.
    pub(in crate::tui) fn offset(&self) -> usize {
        self.list.offset
    }

    /// Puts the cursor on a row. Returns false if there is no such.
    pub(in crate::tui) fn go_to(&mut self, row: usize) -> bool {
        let is_there = row < self.rows.len();
        if is_there {
            self.list.cursor = row;
            self.clamp();
        }
        is_there
    }

    /// Filters by another text.
    pub(in crate::tui) fn set_filter(&mut self, filter: Input, editing: bool) {
        (self.filter, self.editing) = (filter, editing);
        self.choose_rows();
    }

    /// Identifies the image in a row across refreshes.
    pub(in crate::tui) fn row_id(&self, row: usize) -> Option<String> {
        self.row(row).map(id)
    }

    /// Returns the row of an image; `None` if it is no longer shown.
    pub(in crate::tui) fn row_of(&self, wanted: &str) -> Option<usize> {
        self.rows.iter().position(|at| self.images().get(*at).is_some_and(|image| id(image) == wanted))
    }
}

fn id(image: &PlannedImage) -> String {
    let region = image.region.as_deref().unwrap_or_default();
    format!("{} {} {region} {}", image.action.as_str(), image.policy, image.image())
}

/// What a filter searches.
fn texts(image: &PlannedImage) -> Vec<String> {
    let named = [image.action.as_str(), &image.policy, image.image(), &image.name, &image.message];
    let more = [&image.region, &image.image_id, &image.result].into_iter().flatten().cloned();
    named.into_iter().map(str::to_owned).chain(more).collect()
}
