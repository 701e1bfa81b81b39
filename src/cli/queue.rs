//! The account's queue, as commands use it: run by this process, or followed while another one runs it.

use jiff::Timestamp;
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinHandle,
};

use super::{connection::Connection, setup::Setup};
use crate::{
    domain::{AccountKey, Failure},
    driver::{Clock, DriverHandle, DriverSettings, JobUpdate, Queue, SharedSession, StoreHandle, StoreLocation},
    engine::Command,
};

/// An opened queue. Dropping the handle ends this process's part in it.
pub(super) struct OpenQueue {
    pub(super) handle: DriverHandle,
    pub(super) updates: UnboundedReceiver<JobUpdate>,
    /// Ends with the last handle, or as the settings say.
    pub(super) run: JoinHandle<Result<(), Failure>>,
    pub(super) clock: Clock,
    pub(super) store: StoreHandle,
    pub(super) account: AccountKey,
    /// Commands of this process that may not have been taken up yet, by whichever process runs the queue.
    pub(super) sent: Vec<Command>,
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
        let store = location.open(Timestamp::now(), set_aside)?;
        let account = connection.account.clone();
        let queue = Queue {
            account: account.clone(),
            session: SharedSession::new(connection.session.clone()),
            source: &connection.source,
            profile: None,
            location: &location,
            store: store.clone(),
            settings,
            clock,
        };
        let (sender, updates) = unbounded_channel();
        // Nobody receives it any more once the command has what it waited for.
        let (run, handle) = queue.open(Box::new(move |update| _ = sender.send(update)));
        Ok(Self { handle, updates, run: tokio::spawn(run), clock, store, account, sent: Vec::new() })
    }

    /// Sends a command. [`follow`](super::follow::follow) returns only after it was taken up.
    pub(super) fn send(&mut self, command: Command) {
        self.handle.send(command.clone());
        self.sent.push(command);
    }
}
