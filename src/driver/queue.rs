//! Opens the driver of a signed-in account's queue: the one constructor that the screen and every command use.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    backend::{AwsBackend, SharedSession},
    clock::Clock,
    context::{Driver, DriverConfig, DriverHandle, DriverSettings, LockMode, Publisher},
    session_source::SessionSource,
    store_handle::StoreHandle,
};
use crate::{
    domain::{AccountKey, Failure},
    store::Store,
};

/// Where jobs are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreLocation {
    /// In memory: they end with the program. For the demo and for tests.
    Memory,
    /// In this directory, which other processes use as well.
    Dir(PathBuf),
    /// Nowhere, for this reason. Images can be browsed all the same.
    Unavailable(Failure),
}

impl StoreLocation {
    /// Opens the store. `set_aside` is called if a damaged database was moved to another path.
    ///
    /// # Errors
    /// Why there is no store; one in a directory is opened on its own thread, and says that when it is used.
    pub fn open(&self, now: Timestamp, set_aside: impl Fn(&Path) + Send + 'static) -> Result<StoreHandle, Failure> {
        match self {
            Self::Memory => Ok(StoreHandle::inline(Store::in_memory()?)),
            Self::Unavailable(failure) => Err(failure.clone()),
            Self::Dir(dir) => {
                let dir = dir.clone();
                StoreHandle::spawn(move || {
                    let opened = Store::open(&dir, now)?;
                    if let Some(path) = opened.set_aside {
                        tracing::error!(path = %path.display(), "the store of jobs was damaged and is kept here");
                        set_aside(&path);
                    }
                    Ok(opened.store)
                })
            }
        }
    }

    fn lock_mode(&self) -> LockMode {
        match self {
            Self::Dir(dir) => LockMode::Shared(dir.clone()),
            Self::Memory | Self::Unavailable(_) => LockMode::Private,
        }
    }
}

/// A signed-in account's queue.
pub struct Queue<'a> {
    pub account: AccountKey,
    pub session: SharedSession,
    /// Where the session came from; renewed credentials are read from there.
    pub source: &'a SessionSource,
    pub profile: Option<String>,
    pub location: &'a StoreLocation,
    /// The opened store of `location`.
    pub store: StoreHandle,
    pub settings: DriverSettings,
    pub clock: Clock,
}

impl Queue<'_> {
    /// Returns the future that runs the account's driver, and the handle that gives it commands. The future remembers the
    /// profile's account first. It ends when the last handle is dropped, or as [`DriverSettings::exit_when_done`] says.
    pub fn open(self, publish: Publisher) -> (impl Future<Output = Result<(), Failure>> + Send + use<>, DriverHandle) {
        let Self { account, session, source, profile, location, store, mut settings, clock } = self;
        settings.hooks.profile = source.profile_in_use(profile.as_deref());
        let backend = AwsBackend::new(session, source.reload(profile.as_deref(), &account));
        let config = DriverConfig { account: account.clone(), lock_mode: location.lock_mode(), settings };
        let (driver, handle) = Driver::new(config, store.clone(), Arc::new(backend), clock, publish);
        let source = source.clone();
        let run = async move {
            if let Some(key) = source.profile_key(profile.as_deref()).await
                && let Err(failure) = store.with(move |store| store.remember_account(&key, &account)).await
            {
                // If the store itself cannot be used, the driver publishes it.
                tracing::warn!(%failure, "the profile's account could not be remembered");
            }
            driver.run().await
        };
        (run, handle)
    }
}
