//! What a page has read.

use jiff::Timestamp;

use crate::domain::image_usage::ImageUsage;

/// What a page reads when it is opened.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Load<T> {
    NotRequested,
    Loading,
    Loaded(Box<T>),
}

/// Who uses an image, and when that was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct UsedBy {
    pub(super) usage: ImageUsage,
    pub(super) at: Timestamp,
}
