//! Images with whose listing has them.

use std::sync::Arc;

use crate::{
    cli::records::ImageRecord,
    domain::{AccountId, Image},
};

/// An account whose images are listed.
#[derive(Debug)]
pub(super) struct ListedAccount {
    pub(super) profile: String,
    pub(super) id: AccountId,
    /// Position among the profiles.
    pub(super) position: usize,
}

/// An image with the account whose listing has it, if several are listed.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) image: Image,
    pub(super) account: Option<Arc<ListedAccount>>,
}

impl Listed {
    pub(super) fn record(&self) -> ImageRecord {
        let record = ImageRecord::from(&self.image);
        match &self.account {
            Some(account) => record.listed_by(&account.profile, &account.id),
            None => record,
        }
    }
}
