//! What the `[copy]` settings mean for a copy form and for a review.

use std::sync::Arc;

use super::Copy;
use crate::domain::{
    Image,
    draft::{Draft, SourceTags},
    review::context::ReviewLimits,
    tag_line::JOB_TAGS,
};

impl Copy {
    /// Returns a draft for these images with the settings' values. Name and description are templates.
    pub fn draft(&self, sources: Vec<Arc<Image>>) -> Draft {
        let ebs = sources.iter().any(|s| !s.instance_store());
        let encrypted = !sources.is_empty() && sources.iter().all(|s| s.encrypted());
        Draft {
            name: self.name.clone(),
            description: self.description.clone(),
            encrypt: encrypted || (self.encrypt && ebs),
            key: self.kms_key.clone(),
            source_tags: if self.copy_tags { SourceTags::All } else { SourceTags::None },
            image_tags: self.tags.clone(),
            snapshot_tags: self.snapshot_tags.clone(),
            sources,
            ..Draft::default()
        }
    }

    /// Returns how many tags amigrate adds to each image and snapshot.
    pub fn own_tags(&self) -> usize {
        if self.job_tags { JOB_TAGS } else { 0 }
    }

    /// Returns the limits that a review has to know.
    pub fn review_limits(&self) -> ReviewLimits {
        ReviewLimits {
            pending: self.pending_limit,
            starts_per_second: self.starts_per_second,
            start_burst: usize::try_from(self.start_burst).unwrap_or(usize::MAX),
            confirm_copies: self.confirm_copies,
            confirm_gib: self.confirm_gib,
            job_tags: self.job_tags,
        }
    }
}
