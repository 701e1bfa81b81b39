//! Until when the ends of copies were shown, and whose.

use jiff::Timestamp;

use crate::domain::AccountKey;

/// Which ends were shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ShownEnds {
    /// Until when the account's ends were shown by an earlier screen; `None` if there was none.
    pub(super) until: Option<Timestamp>,
    /// The account whose ends are shown from now on.
    pub(super) account: Option<AccountKey>,
}

impl ShownEnds {
    /// The ends that earlier screens of another account have shown.
    pub(super) fn recalled(until: Option<Timestamp>) -> Self {
        Self { until, account: None }
    }
}
