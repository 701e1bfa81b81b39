//! The store on a thread of its own: a slow disk holds up neither the screen nor the calls.

use std::sync::{Arc, Mutex, PoisonError, mpsc};

use tokio::sync::oneshot;

use crate::{domain::Failure, store::Store};

type Task = Box<dyn FnOnce(Result<&mut Store, &Failure>) + Send>;

/// The way to the store. Cheap to clone; the thread ends with the last clone.
#[derive(Clone)]
pub struct StoreHandle(Way);

#[derive(Clone)]
enum Way {
    Thread(mpsc::Sender<Task>),
    /// On the caller's own thread: where the clock is paused, another thread's work would take no time at all.
    Inline(Arc<Mutex<Store>>),
}

impl StoreHandle {
    /// Opens a store on its own thread. What goes wrong with that is what a use of it answers; the next one tries again.
    ///
    /// # Errors
    /// If there can be no thread.
    pub fn spawn(open: impl Fn() -> Result<Store, Failure> + Send + 'static) -> Result<Self, Failure> {
        let (sender, tasks) = mpsc::channel::<Task>();
        let work = move || {
            let mut store = open();
            for task in tasks {
                if store.is_err() {
                    store = open();
                }
                task(store.as_mut().map_err(|failure| &*failure));
            }
        };
        std::thread::Builder::new()
            .name("store".into())
            .spawn(work)
            .map_err(|e| Failure::new("open the jobs' store", e.to_string()))?;
        Ok(Self(Way::Thread(sender)))
    }

    /// A store that is used where it is asked.
    pub fn inline(store: Store) -> Self {
        Self(Way::Inline(Arc::new(Mutex::new(store))))
    }

    /// Does something with the store, and waits for it.
    ///
    /// # Errors
    /// Whatever it fails with; or why there is no store.
    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        match &self.0 {
            Way::Inline(store) => work(&mut store.lock().unwrap_or_else(PoisonError::into_inner)),
            Way::Thread(tasks) => {
                let (sender, answer) = oneshot::channel();
                let task: Task = Box::new(move |store| {
                    // Nobody waits any more when the program is leaving.
                    _ = sender.send(store.map_err(Clone::clone).and_then(work));
                });
                let gone = || Failure::new("use the jobs' store", "its thread has ended");
                tasks.send(task).map_err(|_| gone())?;
                answer.await.map_err(|_| gone())?
            }
        }
    }
}
