//! The JSON document of `amigrate copy`: that of one account is printed at once, those of several are collected into one.

use std::io;

use crate::cli::{
    exit::CommandError,
    output::{Format, print_document},
    records::CopyResult,
};

/// Where the document of an account goes.
pub(super) enum Documents {
    Printed,
    /// Below that of another account.
    Continued,
    /// The document of the account that is worked on.
    Collected(Option<CopyResult>),
}

impl Documents {
    /// # Errors
    /// If it cannot be printed.
    pub(super) fn add(&mut self, result: CopyResult) -> Result<(), CommandError> {
        match self {
            Self::Printed | Self::Continued => print_document(Format::Json, &result, io::stdout()),
            Self::Collected(collected) => {
                *collected = Some(result);
                Ok(())
            }
        }
    }

    pub(super) fn take(&mut self) -> Option<CopyResult> {
        match self {
            Self::Printed | Self::Continued => None,
            Self::Collected(collected) => collected.take(),
        }
    }
}
