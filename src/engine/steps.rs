//! A job's post-copy steps: one after another, once the copy is available. A step that fails does not fail the copy.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    config::EngineConfig,
    job::Job,
    jobs::Jobs,
    messages::Request,
    post_copy::{PostCopyAnswer, PostCopyCall, StepFindings, StepProgress, StepState},
    state::JobState,
    token_bucket::{Rate, TokenBucket},
};
use crate::domain::{
    Failure, Region, Retry,
    post_copy::{LaunchPermission, PostCopyStep},
};

/// Requests of post-copy steps to one region. EC2 allows 5 a second of `ModifyImageAttribute` after a burst of 100, and more of the
/// others; the account may have other uses for them.
const RATE: Rate = Rate { per_second: 5.0, burst: 10 };

impl Job {
    /// Returns true if post-copy steps are still to be carried out, now or once the copy is available.
    pub fn has_open_steps(&self) -> bool {
        let may_be_available = matches!(self.state, JobState::Copying { .. } | JobState::Available { .. });
        may_be_available && !self.is_being_removed() && self.open_step().is_some()
    }

    /// Returns true if post-copy steps failed and can be tried again.
    pub fn can_retry_steps(&self) -> bool {
        self.has_step(|s| matches!(s, StepState::Failed(_)))
    }

    /// Returns true if post-copy steps of an available copy were given up: only a person decides that they are carried out after all.
    pub fn has_given_up_steps(&self) -> bool {
        self.has_step(StepState::is_given_up)
    }

    fn has_step(&self, of: impl Fn(&StepState) -> bool) -> bool {
        matches!(self.state, JobState::Available { .. }) && self.step_states.iter().any(of)
    }

    fn open_step(&self) -> Option<usize> {
        self.step_states.iter().position(StepState::is_open)
    }

    /// Returns when the next call of a step is due, and to which region.
    pub(super) fn step_due(&self) -> Option<(Timestamp, &Region)> {
        if !matches!(self.state, JobState::Available { .. }) {
            return None;
        }
        let n = self.open_step()?;
        let (at, begun) = match &self.step_states[n] {
            StepState::UnderWay(progress) => (progress.at?, progress.found != StepFindings::Nothing),
            _ => (self.ended.unwrap_or(self.requested), false),
        };
        let of_source = match self.request.post_copy.get(n)? {
            PostCopyStep::CopyLaunchPermissions => !begun,
            PostCopyStep::SourceTag => true,
            _ => false,
        };
        Some((at, if of_source { &self.request.source_region } else { &self.request.destination }))
    }

    /// Returns the next request of its steps, and marks it as sent.
    pub(super) fn step_request(&mut self) -> Option<Request> {
        loop {
            let n = self.open_step()?;
            let mut progress = match &self.step_states[n] {
                StepState::UnderWay(progress) => progress.clone(),
                _ => StepProgress::default(),
            };
            match self.next_call(n, &progress.found) {
                Ok(Some(call)) => {
                    progress.at = None;
                    self.step_states[n] = StepState::UnderWay(progress);
                    return Some(Request::PostCopy { job: self.id, step: n, call });
                }
                Ok(None) => self.step_states[n] = StepState::Done,
                Err(failure) => self.step_states[n] = StepState::Failed(Box::new(failure)),
            }
        }
    }

    /// Returns the next call of a step; `None` if nothing is left to be done.
    fn next_call(&self, n: usize, found: &StepFindings) -> Result<Option<PostCopyCall>, Failure> {
        let (JobState::Available { image }, Some(step)) = (&self.state, self.request.post_copy.get(n)) else {
            return Ok(None);
        };
        let (image, region) = (image.clone(), self.request.destination.clone());
        let (source, of_source) = (self.request.source.clone(), self.request.source_region.clone());
        let launch = |permissions: &[LaunchPermission]| {
            let call = PostCopyCall::AddLaunchPermissions {
                region: region.clone(),
                image: image.clone(),
                permissions: permissions.to_vec(),
            };
            (!permissions.is_empty()).then_some(call)
        };
        Ok(match (step, found) {
            (PostCopyStep::CopyLaunchPermissions, StepFindings::Permissions(permissions))
            | (PostCopyStep::LaunchPermissions(permissions), _) => launch(permissions),
            (PostCopyStep::CopyLaunchPermissions, _) => {
                Some(PostCopyCall::ReadLaunchPermissions { region: of_source, source })
            }
            (PostCopyStep::SnapshotPermissions(accounts), found) => {
                if self.listed_snapshots.is_empty() && !self.request.volumes.is_empty() {
                    let what = format!("share the snapshots of {image}");
                    return Err(Failure::new(what, "the image lists none").hint("Trying again may help."));
                }
                let shared = if let StepFindings::Shared(shared) = found { shared } else { &BTreeSet::new() };
                let next = self.listed_snapshots.iter().find(|s| !shared.contains(s)).filter(|_| !accounts.is_empty());
                let accounts = accounts.clone();
                next.map(|snapshot| PostCopyCall::ShareSnapshot { region, snapshot: snapshot.clone(), accounts })
            }
            (PostCopyStep::Deprecation(at), _) => Some(PostCopyCall::Deprecate { region, image, at: *at }),
            (PostCopyStep::DeregistrationProtection { cooldown }, _) => {
                Some(PostCopyCall::Protect { region, image, cooldown: *cooldown })
            }
            (PostCopyStep::SourceTag, StepFindings::SourceIsOwn) => {
                let key = format!("copied-to:{region}");
                Some(PostCopyCall::TagSource { region: of_source, source, key, image })
            }
            (PostCopyStep::SourceTag, _) => Some(PostCopyCall::CheckOwner { region: of_source, source }),
        })
    }

    /// Takes in the answer to [`Request::PostCopy`].
    pub(super) fn step_answered(
        &mut self,
        n: usize,
        call: PostCopyCall,
        result: Result<PostCopyAnswer, Failure>,
        config: &EngineConfig,
        now: Timestamp,
    ) {
        let Some(state) = self.step_states.get_mut(n) else { return };
        let StepState::UnderWay(progress) = state else { return };
        if progress.at.is_some() {
            return;
        }
        match result {
            Ok(answer) => match found(std::mem::take(&mut progress.found), call, answer) {
                Some(found) => {
                    *progress = StepProgress { at: Some(now), found, ..StepProgress::default() };
                }
                None => *state = StepState::Done,
            },
            Err(failure) if matches!(failure.retry, Retry::Later | Retry::AfterLogin) => {
                progress.failures = (progress.failures + 1).min(10);
                let wait = SignedDuration::from_secs(1 << progress.failures).min(config.max_backoff);
                progress.at = Some(now + wait);
                progress.retrying = Some(failure.why);
            }
            Err(failure) => *state = StepState::Failed(Box::new(failure)),
        }
    }

    /// Resends what was under way when the driver ended: whether it was carried out is unknown, and it may be repeated.
    pub(super) fn resume_steps(&mut self, now: Timestamp) {
        for state in &mut self.step_states {
            if let StepState::UnderWay(progress) = state {
                progress.at = Some(now);
            }
        }
    }

    /// Carries out no more steps: the image is to be removed, or is gone.
    pub(super) fn give_up_steps(&mut self) {
        self.step_states.iter_mut().filter(|s| s.is_open()).for_each(|s| *s = StepState::GivenUp);
    }

    /// Tries the steps again that failed; also those that were given up, if so requested.
    pub(super) fn retry_steps(&mut self, given_up: bool) {
        if self.can_retry_steps() || given_up && self.has_given_up_steps() {
            self.dismissed = false;
            self.reopen_steps(given_up);
        }
    }

    /// Makes the steps wait again that failed, or also those that were given up.
    pub(super) fn reopen_steps(&mut self, given_up: bool) {
        let again = |s: &&mut StepState| matches!(s, StepState::Failed(_)) || given_up && s.is_given_up();
        self.step_states.iter_mut().filter(again).for_each(|s| *s = StepState::Waiting);
    }
}

/// Returns what is known after an answer, for the next call; `None` if the step is done.
fn found(before: StepFindings, call: PostCopyCall, answer: PostCopyAnswer) -> Option<StepFindings> {
    match (call, answer) {
        (PostCopyCall::ReadLaunchPermissions { .. }, PostCopyAnswer::LaunchPermissions(mut permissions)) => {
            // A person decides for each copy whether it is public.
            permissions.retain(|p| *p != LaunchPermission::Public);
            Some(StepFindings::Permissions(permissions))
        }
        (PostCopyCall::CheckOwner { .. }, _) => Some(StepFindings::SourceIsOwn),
        (PostCopyCall::ShareSnapshot { snapshot, .. }, _) => {
            let mut shared = if let StepFindings::Shared(shared) = before { shared } else { BTreeSet::new() };
            shared.insert(snapshot);
            Some(StepFindings::Shared(shared))
        }
        _ => None,
    }
}

/// Limits the rate of the steps' requests to each region.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct StepLimiters(BTreeMap<Region, TokenBucket>);

impl StepLimiters {
    /// Returns the requests that are due and may be sent now.
    pub(super) fn due_requests(&mut self, jobs: &mut Jobs, now: Timestamp) -> Vec<Request> {
        let mut requests = Vec::new();
        for id in jobs.ids(|j| j.step_due().is_some_and(|(at, _)| at <= now)) {
            let Some((_, region)) = jobs.get(id).and_then(Job::step_due) else { continue };
            let bucket = self.0.entry(region.clone()).or_insert_with(|| TokenBucket::full(RATE, now));
            bucket.refill(RATE, now);
            if bucket.ready_at(RATE) > now {
                continue;
            }
            let request = jobs.get_mut(id).and_then(Job::step_request);
            if let Some(Request::PostCopy { call, .. }) = &request {
                // A step that has nothing to do may have been followed by one that goes to another region.
                self.0.entry(call.region().clone()).or_insert_with(|| TokenBucket::full(RATE, now)).take();
            }
            requests.extend(request);
        }
        requests
    }

    /// Returns when the next request is due and may be sent.
    pub(super) fn next(&self, jobs: &Jobs) -> Option<Timestamp> {
        let ready = |region: &Region| self.0.get(region).map(|bucket| bucket.ready_at(RATE));
        let due = jobs.values().filter_map(Job::step_due);
        due.map(|(at, region)| ready(region).map_or(at, |ready| ready.max(at))).min()
    }
}
