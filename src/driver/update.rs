//! What the driver publishes: the jobs as they were committed, and who drives them.

use std::sync::Arc;

use crate::{
    domain::{AccountKey, Failure},
    engine::{Job, Status},
    store::DriverProcess,
};

/// Who brings the queue on.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum DriverStatus {
    /// Not known yet.
    #[default]
    Unknown,
    /// This process.
    Us,
    /// Another process: it carries out what is asked here. None if it gives no sign of life that this program knows.
    Another(Option<OtherProcess>),
    /// Nobody: jobs can be looked at, and nothing can be asked for.
    Nobody(Failure),
}

/// Another process that brings the queue on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherProcess {
    /// Which.
    pub process: DriverProcess,
    /// Whether it runs on this host.
    pub here: bool,
    /// It is an older amigrate than this one.
    pub older: bool,
    /// It has given no sign of life for so long that it must be stopped, or hang.
    pub silent: bool,
}

/// News of the jobs.
#[derive(Debug, Clone, PartialEq)]
pub enum JobUpdate {
    /// The jobs of an account as they stand; replaces all earlier ones.
    Opened {
        /// Whose.
        account: AccountKey,
        /// All that are not history.
        jobs: Vec<Arc<Job>>,
        /// How things stand beside them.
        status: Status,
    },
    /// Some have changed.
    Changed {
        /// Those that have.
        jobs: Vec<Arc<Job>>,
        /// How things stand beside them, if that has changed.
        status: Option<Status>,
    },
    /// Who drives has changed.
    Driver(DriverStatus),
    /// Something could not be asked for; nothing of it will happen.
    NotAsked(Failure),
    /// The store is in trouble (`None`: no more): nothing is sent that could not be written down first.
    Trouble(Option<Failure>),
    /// Something a person should know, such as where a damaged store was put.
    Notice(String),
}

impl DriverStatus {
    /// Returns true if another process holds the queue and has stopped responding.
    pub fn is_silent(&self) -> bool {
        matches!(self, Self::Another(Some(other)) if other.silent)
    }
}
