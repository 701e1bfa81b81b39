//! The effects of several accounts: each has a session, a driver and tasks of its own, and no effect is run by another's.

use std::{
    collections::{BTreeMap, BTreeSet},
    task::Poll,
};

use tokio::task::JoinSet;

use super::{EffectConfig, Effects};
use crate::{
    domain::Failure,
    driver::{Clock, SessionSource},
    tui::{Effect, Msg, ProfileId},
};

/// Runs the effects of all accounts on the screen.
pub struct WorkspaceEffects {
    source: SessionSource,
    config: EffectConfig,
    clock: Clock,
    accounts: BTreeMap<ProfileId, Effects>,
    /// The profiles that have left: nothing is started for them any more, least of all with other credentials.
    left: BTreeSet<ProfileId>,
    /// Accounts that have left the screen and end what they have begun: files that are being written, commands that are not stored yet.
    leaving: JoinSet<()>,
}

impl WorkspaceEffects {
    /// Must be used within a tokio runtime.
    pub fn new(source: SessionSource, config: EffectConfig, clock: Clock) -> Self {
        Self { source, config, clock, accounts: BTreeMap::new(), left: BTreeSet::new(), leaving: JoinSet::new() }
    }

    /// Sets where sessions come from, before any effect is started.
    pub fn set_source(&mut self, source: SessionSource) {
        self.source = source;
    }

    /// Waits for the next message of any account.
    pub async fn next(&mut self) -> (ProfileId, Msg) {
        std::future::poll_fn(|context| {
            for (id, effects) in &mut self.accounts {
                if let Poll::Ready(msg) = effects.poll_next(context) {
                    return Poll::Ready((*id, msg));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// The next message, if one has arrived.
    pub fn ready(&mut self) -> Option<(ProfileId, Msg)> {
        self.accounts.iter_mut().find_map(|(id, effects)| Some((*id, effects.ready()?)))
    }

    /// Starts an effect of a profile. Those that concern the terminal are the loop's.
    pub fn start(&mut self, profile: ProfileId, effect: Effect) {
        if effect == Effect::LeaveAccount {
            self.left.insert(profile);
            if let Some(mut left) = self.accounts.remove(&profile) {
                while self.leaving.try_join_next().is_some() {}
                self.leaving.spawn(async move { left.finish().await });
            }
            return;
        }
        if self.left.contains(&profile) {
            return;
        }
        let new = || Effects::new(self.source.clone(), self.config.clone(), self.clock);
        self.accounts.entry(profile).or_insert_with(new).start(effect);
    }

    /// `Ok` if a background process was started to run the queue of a profile's account, or why it was not; `None` if none was wanted.
    pub fn background(&self, profile: ProfileId) -> Option<&Result<(), Failure>> {
        self.accounts.get(&profile)?.background()
    }

    /// Number of files that are not written yet.
    pub fn unwritten(&self) -> usize {
        self.accounts.values().map(Effects::unwritten).sum()
    }

    /// Leaves the queues to other processes, before this one is suspended. Waits for that, but not for long.
    pub async fn pause(&self) {
        futures_util::future::join_all(self.accounts.values().map(Effects::pause)).await;
    }

    /// Takes part again after [`WorkspaceEffects::pause`].
    pub fn resume(&self) {
        self.accounts.values().for_each(Effects::resume);
    }

    /// Waits until every command is stored and the background processes have detached, before the program exits. Does not wait for
    /// long: a hang-up ends the program within a second.
    pub async fn finish(&mut self) {
        futures_util::future::join_all(self.accounts.values_mut().map(Effects::finish)).await;
        while self.leaving.join_next().await.is_some() {}
    }
}
