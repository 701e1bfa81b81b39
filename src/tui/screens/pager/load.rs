//! What a page has read.

/// What a page reads when it is opened.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Load<T> {
    NotRequested,
    Loading,
    Loaded(Box<T>),
}
