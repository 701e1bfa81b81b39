//! What the driver publishes: the jobs as they were committed, and who runs the queue.

use std::{path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    domain::{AccountKey, Failure, Image, Region},
    engine::{Job, Status},
    store::DriverProcess,
};

/// Which process runs the queue.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum DriverStatus {
    /// Not known yet.
    #[default]
    Unknown,
    /// This process.
    ThisProcess,
    /// Another process, which carries out the commands given here. `None` if it has written no heartbeat that this
    /// program can read.
    OtherProcess(Option<OtherProcess>),
    /// No process: jobs can be viewed, and no command is taken.
    NotRunning(Failure),
}

impl DriverStatus {
    /// Returns the other process that runs the queue, if it is known.
    pub fn other(&self) -> Option<&OtherProcess> {
        if let Self::OtherProcess(other) = self { other.as_ref() } else { None }
    }

    /// Returns true if another process holds the queue and has stopped responding.
    pub fn is_silent(&self) -> bool {
        matches!(self, Self::OtherProcess(Some(other)) if other.unresponsive)
    }
}

/// Another process that runs the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherProcess {
    pub process: DriverProcess,
    /// It runs on this host.
    pub here: bool,
    /// It is an older amigrate than this one.
    pub older: bool,
    /// It has not written a heartbeat for 15 seconds: it is suspended or hangs.
    pub unresponsive: bool,
}

impl OtherProcess {
    /// Returns true if it has started this process, as the screen starts commands.
    pub fn is_parent(&self) -> bool {
        self.here && self.process.pid == std::os::unix::process::parent_id()
    }
}

/// An update for whatever displays the jobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum JobUpdate {
    /// The jobs of an account as they stand; replaces all earlier ones.
    Opened {
        account: AccountKey,
        /// All that are not history.
        jobs: Vec<Arc<Job>>,
        status: Status,
    },
    /// Some jobs have changed.
    Changed {
        jobs: Vec<Arc<Job>>,
        /// The engine's status, if it has changed.
        status: Option<Status>,
    },
    /// The pending images of a region in full, copies and others, whenever they have changed. Only the process that runs the queue
    /// polls them.
    Pending { region: Region, images: Vec<Image> },
    /// Which process runs the queue has changed.
    Driver(DriverStatus),
    /// A command was refused; nothing of it will happen.
    Rejected(Failure),
    /// The store cannot be written (`None`: it can again). No request is sent that could not be committed first.
    StoreProblem(Option<Failure>),
    /// A hook has failed.
    HookFailed(Failure),
    /// Hooks that are due and not started. Zero while another process runs the queue.
    HooksDue(usize),
    /// Something a person should know.
    Warning(Warning),
}

/// A warning about the store or the queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Warning {
    /// So many entries of the store cannot be read by this version.
    Unreadable(usize),
    /// The database was damaged and was moved to this path.
    StoreSetAside(PathBuf),
    /// The queue of the account shown before does not continue in the background.
    NotInBackground(Failure),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_process_that_has_started_this_one_on_this_host_is_its_parent() {
        let other = |pid, here| {
            let process = DriverProcess { pid, host: "host".into(), version: "0.1.0".into() };
            OtherProcess { process, here, older: false, unresponsive: false }.is_parent()
        };
        let parent = std::os::unix::process::parent_id();
        assert!(other(parent, true) && !other(parent, false) && !other(parent + 1, true));
    }
}
