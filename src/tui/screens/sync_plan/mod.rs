//! The page of a sync plan: what the policies of a file would copy and retire, and why not.

pub mod line_mode;
pub mod update;
pub mod view;

use std::path::PathBuf;

use jiff::Timestamp;

use crate::{
    domain::Failure,
    tui::{
        bindings::Context,
        pending::SyncWork,
        sync_plan::{PlannedImage, PrintedPlan},
        widgets::list_page::{ListPage, ListScreen},
    },
};
pub use update::on_reply;

/// Lines about the row under the cursor and the plan.
const STATUS_LINES: usize = 3;

/// The screen's state.
#[derive(Debug, Clone)]
pub struct SyncPlanScreen {
    /// The file of policies.
    file: PathBuf,
    /// The plan, or why there is none; `None` before it was read.
    plan: Option<Result<PrintedPlan, Failure>>,
    table: ListPage,
    waiting: Option<SyncWork>,
    /// When it was read.
    read: Option<Timestamp>,
}

impl SyncPlanScreen {
    fn new(file: PathBuf) -> Self {
        Self { file, plan: None, table: ListPage::default(), waiting: None, read: None }
    }

    /// The contexts whose keys apply, innermost first.
    pub(in crate::tui) fn contexts(&self) -> Vec<Context> {
        if self.table.editing {
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
        self.images().get(*self.table.rows.get(at)?)
    }

    /// Takes in what was read.
    fn set(&mut self, plan: Result<PrintedPlan, Failure>, now: Timestamp) {
        (self.plan, self.read, self.waiting) = (Some(plan), Some(now), None);
        self.choose_rows();
    }
}

impl ListScreen for SyncPlanScreen {
    fn table(&self) -> &ListPage {
        &self.table
    }

    fn table_mut(&mut self) -> &mut ListPage {
        &mut self.table
    }

    fn status_lines(&self) -> usize {
        STATUS_LINES
    }

    fn row_id(&self, row: usize) -> Option<String> {
        let image = self.row(row)?;
        let region = image.region.as_deref().unwrap_or_default();
        Some(format!("{} {} {region} {}", image.action.as_str(), image.policy, image.image()))
    }

    /// They stay in the order of the command.
    fn choose_rows(&mut self) {
        let mut words = self.table.words();
        let images = self.images().iter().enumerate();
        let rows = images.filter(|(_, image)| words.pass(|| texts(image))).map(|(at, _)| at).collect();
        self.show(rows);
    }
}

/// What a filter searches.
fn texts(image: &PlannedImage) -> Vec<String> {
    let named = [image.action.as_str(), &image.policy, image.image(), &image.name, &image.message];
    let more = [&image.region, &image.image_id, &image.result].into_iter().flatten().cloned();
    named.into_iter().map(str::to_owned).chain(more).collect()
}
