//! One world for several doors and tests. Owns the lock.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use crate::sim::{transport::query, world::state::World};

/// A world several doors share. Cheap to clone.
#[derive(Clone)]
pub struct SharedWorld(Arc<Mutex<World>>);

impl SharedWorld {
    /// Shares a world.
    pub fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// Answers one HTTP request as of `now`.
    pub fn answer(&self, request: &query::Request<'_>, now: Timestamp) -> query::Response {
        query::answer(&mut self.lock(), request, now)
    }

    /// Looks into the world or changes it: tests set faults and read the end state so.
    pub fn with<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.lock())
    }

    /// Every change to the world is complete before anything that could panic, so a poisoned lock still guards a whole one.
    fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SharedWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedWorld")
    }
}
