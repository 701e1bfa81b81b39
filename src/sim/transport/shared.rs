//! A world shared by transports and tests.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use crate::sim::{transport::query, world::state::World};

/// A world behind a lock. Cheap to clone.
#[derive(Clone)]
pub struct SharedWorld(Arc<Mutex<World>>);

impl SharedWorld {
    pub fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// Carries out one request at `now`.
    pub fn respond(&self, request: &query::Request<'_>, now: Timestamp) -> query::Response {
        query::respond(&mut self.lock(), request, now)
    }

    /// Runs `access` on the world, to read or change it. Tests set faults and check the outcome with it.
    pub fn with<T>(&self, access: impl FnOnce(&mut World) -> T) -> T {
        access(&mut self.lock())
    }

    /// Ignores poisoning: every change of the world is complete before anything that could panic.
    fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SharedWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedWorld")
    }
}
