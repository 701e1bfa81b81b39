//! The sum of snapshots, and what it costs.

use super::snapshot::PricedSnapshot;
use crate::domain::price::Money;

/// What some images hold, each snapshot once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub images: usize,
    pub snapshots: usize,
    /// Snapshots that images of other groups name as well: the groups' sums have them several times, their total once.
    pub shared: usize,
    /// Sum of the volumes' sizes, GiB.
    pub volume_gib: u64,
    /// Bytes that EBS bills at most.
    pub at_most_bytes: u64,
    /// Snapshots whose bound is the full size that EC2 reports; the bound of the others is their volume's size.
    pub bounded_by_full_size: usize,
    /// Snapshots in the archive tier.
    pub archived: usize,
    /// What those cost a month at most whose price is known.
    pub month: Money,
    /// Snapshots whose price or size is not known.
    pub unpriced: usize,
    /// Snapshots of which EC2 reports no size: they are not in the bytes.
    pub without_size: usize,
    /// False if a region that may hold more could not be read completely, or is not known: the sums are of what was read.
    pub complete: bool,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            images: 0,
            snapshots: 0,
            shared: 0,
            volume_gib: 0,
            at_most_bytes: 0,
            bounded_by_full_size: 0,
            archived: 0,
            month: Money::default(),
            unpriced: 0,
            without_size: 0,
            complete: true,
        }
    }
}

/// What something costs a month, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cost {
    /// Nothing of it has a known price, or nothing could be read.
    Unknown,
    AtMost(Money),
    /// A part has no known price, or could not be read. The rest costs this at most; of all of it neither a lowest nor a highest cost is known.
    PartAtMost(Money),
}

impl Held {
    /// Adds a snapshot.
    pub(super) fn with(mut self, priced: &PricedSnapshot) -> Self {
        let snapshot = &priced.snapshot;
        self.snapshots += 1;
        self.volume_gib += u64::from(snapshot.volume_gib.unwrap_or_default());
        self.at_most_bytes = self.at_most_bytes.saturating_add(snapshot.at_most_bytes().unwrap_or_default());
        self.bounded_by_full_size += usize::from(snapshot.is_bounded_by_full_size());
        self.without_size += usize::from(snapshot.at_most_bytes().is_none());
        self.archived += usize::from(snapshot.is_archived());
        match &priced.month {
            Ok(month) => self.month += *month,
            Err(_) => self.unpriced += 1,
        }
        self
    }

    /// Returns what it costs a month.
    pub fn cost(&self) -> Cost {
        let priced = self.snapshots - self.unpriced;
        match (priced, self.unpriced, self.complete) {
            (_, 0, true) => Cost::AtMost(self.month),
            (0, ..) => Cost::Unknown,
            _ => Cost::PartAtMost(self.month),
        }
    }

    /// Returns true if the bytes are those of everything: EBS bills no more.
    pub fn is_bounded(&self) -> bool {
        self.complete && self.without_size == 0
    }

    /// Returns the bytes that EBS bills at most in GiB, rounded up.
    pub fn at_most_gib(&self) -> u64 {
        self.at_most_bytes.div_ceil(1 << 30)
    }
}
