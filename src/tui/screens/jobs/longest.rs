//! The longest texts of the lines of copies, which their columns are as wide as.

use crate::engine::Job;

/// The longest texts, in cells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Longest {
    pub(super) name: usize,
    /// With the source region, and without.
    pub(super) route: usize,
    pub(super) short_route: usize,
}

impl Longest {
    /// Takes a copy into account.
    pub(super) fn add(&mut self, job: &Job) {
        let request = &job.request;
        // The types of names and regions allow only ASCII, so a byte is a cell.
        self.name = self.name.max(request.name.as_str().len());
        if job.is_deregistration() {
            let place = 3 + request.destination.as_str().len();
            (self.route, self.short_route) = (self.route.max(place), self.short_route.max(place));
            return;
        }
        self.short_route = self.short_route.max(2 + request.destination.as_str().len());
        let both = request.source_region.as_str().len() + 3 + request.destination.as_str().len();
        self.route = self.route.max(both);
    }
}
