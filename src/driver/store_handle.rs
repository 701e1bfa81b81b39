//! The store on a thread of its own: a slow disk holds up neither the screen nor requests.

use std::sync::{Arc, Mutex, PoisonError, mpsc};

use tokio::sync::oneshot;

use crate::{domain::Failure, store::Store};

type Task = Box<dyn FnOnce(Result<&mut Store, &Failure>) + Send>;

/// Gives tasks to the store. Cheap to clone; the thread ends with the last clone.
#[derive(Clone)]
pub struct StoreHandle(Executor);

#[derive(Clone)]
enum Executor {
    Thread(mpsc::Sender<Task>),
    /// The caller's own thread. Tests pause the clock, and a paused clock does not wait for other threads.
    Inline(Arc<Mutex<Store>>),
}

impl StoreHandle {
    /// Opens a store on a thread of its own. If that fails, the next task returns why, and the one after it tries again.
    ///
    /// # Errors
    /// If no thread can be started.
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
            .map_err(|e| Failure::new("open the store of jobs", e.to_string()))?;
        Ok(Self(Executor::Thread(sender)))
    }

    /// Runs tasks on the caller's own thread.
    pub fn inline(store: Store) -> Self {
        Self(Executor::Inline(Arc::new(Mutex::new(store))))
    }

    /// Runs a task on the store, and waits for it.
    ///
    /// # Errors
    /// The task's own; or why the store could not be opened.
    pub async fn with<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut Store) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        match &self.0 {
            Executor::Inline(store) => task(&mut store.lock().unwrap_or_else(PoisonError::into_inner)),
            Executor::Thread(tasks) => {
                let (sender, result) = oneshot::channel();
                let task: Task = Box::new(move |store| {
                    // Nobody waits for it any more when the program is exiting.
                    _ = sender.send(store.map_err(Clone::clone).and_then(task));
                });
                let ended = || Failure::new("use the store of jobs", "its thread has ended");
                tasks.send(task).map_err(|_| ended())?;
                result.await.map_err(|_| ended())?
            }
        }
    }
}
