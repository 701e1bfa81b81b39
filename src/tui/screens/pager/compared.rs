//! Which images a page compares.

use crate::{
    domain::{
        CopyRequest, ImageId,
        compare::{CompareRequest, Pair},
    },
    engine::JobId,
};

/// What is compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Compared {
    pub(super) request: CompareRequest,
    /// What was requested of the copy when the page was opened, by the job of this number.
    pub(super) job: Option<(JobId, CopyRequest)>,
    /// The images as two accounts on the screen list them: neither may read both.
    pub(super) listed: Option<Pair>,
}

impl Compared {
    pub(super) fn title(&self) -> String {
        match &self.request {
            CompareRequest::Copy { copy, .. } => format!("Verify {copy}"),
            CompareRequest::Pair(left, right) => format!("{} and {}", left.id, right.id),
        }
    }

    /// The image that `y` copies the id of.
    pub(super) fn image(&self) -> &ImageId {
        match &self.request {
            CompareRequest::Copy { copy, .. } => &copy.id,
            CompareRequest::Pair(_, right) => &right.id,
        }
    }

    /// What the columns are of.
    pub(super) fn sides(&self) -> [&'static str; 2] {
        match self.request {
            CompareRequest::Copy { .. } => ["source", "copy"],
            CompareRequest::Pair(..) => ["left", "right"],
        }
    }
}
