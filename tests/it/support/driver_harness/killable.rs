//! A backend of the driver that ends the program when it is time.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use amigrate::{
    domain::{AccountKey, Failure},
    driver::{AwsBackend, BackendResponse, Clock, DriverBackend, StoreHandle},
    engine::{JobState, Request, StepState},
    sim::{Actor, CopySeen, SharedWorld},
    store::ChangeSet,
};
use futures_util::future::{BoxFuture, FutureExt as _, pending};
use jiff::Timestamp;

use super::{Observed, Phase};

/// Ends the program at the effect that [`Observed::kill`] names.
pub(super) struct KillableBackend {
    /// This run is over.
    pub(super) over: Arc<AtomicBool>,
    pub(super) store: StoreHandle,
    pub(super) account: AccountKey,
    pub(super) real: Arc<AwsBackend>,
    pub(super) observed: Arc<Mutex<Observed>>,
    pub(super) world: SharedWorld,
    pub(super) clock: Clock,
}

impl KillableBackend {
    /// Counts an effect; gives the phase in which the program ends in it. An error if the program has ended.
    fn begin(&self) -> Result<Option<Phase>, ()> {
        let mut observed = self.observed.lock().unwrap();
        if self.over.load(Ordering::Relaxed) {
            return Err(());
        }
        let number = observed.effects;
        observed.effects += 1;
        Ok(observed.kill.filter(|(at, _)| *at == number).map(|(_, phase)| phase))
    }

    /// Checks that a copy is stored as starting, with this token, and a step as under way, before it is sent.
    fn must_be_written(&self, call: &Request) {
        let (Request::CopyImage { job: id, .. } | Request::PostCopy { job: id, .. }) = call else { return };
        let (account, job) = (self.account.clone(), *id);
        let stored = self.store.with(move |store| store.job(&account, job)).now_or_never();
        let written = match (stored, call) {
            (Some(Ok(Some(job))), Request::CopyImage { request, .. }) => {
                job.state == JobState::Starting && job.request == **request
            }
            (Some(Ok(Some(job))), Request::PostCopy { step, .. }) => {
                // It may have been given up in the same moment.
                matches!(
                    job.step_states[*step],
                    StepState::UnderWay(_) | StepState::GivenUpSent(_) | StepState::GivenUp | StepState::Withdrawn(_)
                )
            }
            _ => false,
        };
        if !written {
            self.observed.lock().unwrap().wrong.push(format!("job {id}: {call:?} is sent before that is written down"));
        }
    }

    /// Runs an effect until the program ends.
    fn carry_out<T: Send + 'static>(&self, effect: BoxFuture<'static, T>) -> BoxFuture<'static, T> {
        let Ok(end) = self.begin() else { return pending().boxed() };
        let observed = Arc::clone(&self.observed);
        let over = Arc::clone(&self.over);
        async move {
            let kill = || {
                over.store(true, Ordering::Relaxed);
                observed.lock().unwrap().killed = true;
            };
            if end == Some(Phase::Before) {
                kill();
                return pending().await;
            }
            // A dead program polls nothing: a request under way stays where it is.
            let result = UntilKilled { effect, over: Arc::clone(&over) }.await;
            if end.is_some() {
                kill();
            }
            if end == Some(Phase::Unanswered) {
                return pending().await;
            }
            result
        }
        .boxed()
    }
}

impl DriverBackend for KillableBackend {
    fn identity(&self) -> Option<String> {
        self.real.identity()
    }

    fn send(&self, call: Request) -> BoxFuture<'static, BackendResponse> {
        self.must_be_written(&call);
        let starts =
            if let Request::CopyImage { request, .. } = &call { Some(request.destination.clone()) } else { None };
        let (observed, world, clock) = (Arc::clone(&self.observed), self.world.clone(), self.clock);
        let effect = self.real.send(call);
        self.carry_out(
            async move {
                let answer = effect.await;
                if let Some(region) = starts {
                    let now = clock.now();
                    let given_up = observed.lock().unwrap().given_up.clone();
                    let own = world.with(|w| {
                        let wanted = |c: &CopySeen| !given_up.iter().any(|t| Some(t.as_str()) == c.token.as_deref());
                        let pending = |c: &CopySeen| {
                            wanted(c)
                                && c.region == region
                                && c.created_by == Actor::Request
                                && c.image.state == amigrate::domain::ImageState::Pending
                        };
                        w.copies(now).iter().filter(|c| pending(c)).count()
                    });
                    let mut observed = observed.lock().unwrap();
                    let most = observed.most_pending.entry(region).or_default();
                    *most = own.max(*most);
                }
                answer
            }
            .boxed(),
        )
    }

    fn commit(
        &self,
        store: &StoreHandle,
        account: &AccountKey,
        changes: ChangeSet,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<(), Failure>> {
        // The real backend does it, so that the commit itself is the real one.
        let real = Arc::clone(&self.real);
        let (store, account) = (store.clone(), account.clone());
        self.carry_out(async move { real.commit(&store, &account, changes, now).await }.boxed())
    }
}

/// A future that never completes once the program has ended.
struct UntilKilled<T> {
    effect: BoxFuture<'static, T>,
    over: Arc<AtomicBool>,
}

impl<T> Future for UntilKilled<T> {
    type Output = T;
    fn poll(mut self: std::pin::Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
        if self.over.load(Ordering::Relaxed) {
            return std::task::Poll::Pending;
        }
        self.effect.as_mut().poll(context)
    }
}
