//! What is done before the program exits or is suspended.

use std::time::Duration;

use tokio::time::timeout;

use super::Effects;

impl Effects {
    /// Leaves the queue to other processes, before this one is suspended. Waits for that, but not for long.
    pub async fn pause(&self) {
        const LONGEST: Duration = Duration::from_secs(2);
        if let Some(driver) = &self.driver {
            _ = timeout(LONGEST, driver.pause()).await;
        }
    }

    /// Takes part again after [`Effects::pause`].
    pub fn resume(&self) {
        if let Some(driver) = &self.driver {
            driver.resume();
        }
    }

    /// Waits until every command is stored and the background process has detached, before the program exits. Does not wait
    /// for long: a hang-up ends the program within a second.
    pub async fn finish(&mut self) {
        const LONGEST: Duration = Duration::from_millis(600);
        let started = self.started.take();
        let has_hook = !self.config.driver.hooks.job_ended.is_empty();
        let stored = async {
            if let Some(driver) = &self.driver {
                driver.flush().await;
                if has_hook {
                    // One that was taken from the store is to be begun.
                    driver.pause().await;
                }
            }
        };
        let detached = async {
            match started {
                Some(started) => started.detached().await,
                None => Ok(()),
            }
        };
        // One that a background task has not written yet. Another process may hold the file's lock.
        let views = self.config.views.clone();
        let remembered = tokio::task::spawn_blocking(move || views.flush());
        let region_choice = self.region_choice.take();
        let kept = async {
            _ = remembered.await;
            if let Some(choice) = region_choice {
                _ = choice.await;
            }
            while self.exports.join_next().await.is_some() {}
        };
        let limited = (timeout(LONGEST, detached), timeout(LONGEST, stored), timeout(LONGEST, kept));
        let (detached, ..) = tokio::join!(limited.0, limited.1, limited.2);
        // One that takes longer to start is not failing.
        if let Ok(Err(failure)) = detached {
            tracing::error!(%failure, "the queue does not continue in the background");
            self.background = Some(Err(failure));
        }
    }
}
