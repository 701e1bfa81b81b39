//! The account's queue, as commands use it: run by this process, or followed while another one runs it.

use jiff::Timestamp;
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinHandle,
};

use super::{connection::Connection, setup::Setup};
use crate::{
    domain::Failure,
    driver::{Clock, DriverHandle, DriverSettings, JobUpdate, Queue, SharedSession, StoreLocation},
};

/// An opened queue. Dropping the handle ends this process's part in it.
pub(super) struct OpenQueue {
    pub(super) handle: DriverHandle,
    pub(super) updates: UnboundedReceiver<JobUpdate>,
    /// Ends with the last handle, or as the settings say.
    pub(super) run: JoinHandle<Result<(), Failure>>,
    pub(super) clock: Clock,
}

impl OpenQueue {
    /// Opens the queue of the connection's account.
    ///
    /// # Errors
    /// If there is no store.
    pub(super) fn open(setup: &Setup, connection: &Connection, settings: DriverSettings) -> Result<Self, Failure> {
        let clock = Clock::real();
        let location = StoreLocation::Dir(setup.store_dir()?);
        let output = setup.output;
        let set_aside = move |path: &std::path::Path| {
            output.note(&format!("the store of jobs was damaged; it is kept as {}", path.display()));
        };
        let queue = Queue {
            account: connection.account.clone(),
            session: SharedSession::new(connection.session.clone()),
            source: &connection.source,
            profile: None,
            location: &location,
            store: location.open(Timestamp::now(), set_aside)?,
            settings,
            clock,
        };
        let (sender, updates) = unbounded_channel();
        // Nobody receives it any more once the command has what it waited for.
        let (run, handle) = queue.open(Box::new(move |update| _ = sender.send(update)));
        Ok(Self { handle, updates, run: tokio::spawn(run), clock })
    }
}
