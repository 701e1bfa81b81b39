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
    transitions::outcome_is_unknown,
};
use crate::domain::{
    AccountId, Failure, ImageId, Region, Retry, SnapshotId,
    post_copy::{LaunchPermission, PostCopyStep},
    text::count,
};

/// Requests of post-copy steps to one region. EC2 allows 5 a second of `ModifyImageAttribute` after a burst of 100, and more of the
/// others; the account may have other uses for them.
const RATE: Rate = Rate { per_second: 5.0, burst: 10 };
/// How often a copy's snapshots are listed once more while some are missing.
const MAX_LISTS: u8 = 5;
/// A step that has failed as often in a row, and for as long, waits for a person.
const MAX_FAILURES: u32 = 10;
const FAIL_AFTER: SignedDuration = SignedDuration::from_hours(24);

impl Job {
    /// Returns true if post-copy steps are still to be carried out, now or once the copy is available.
    pub fn has_open_steps(&self) -> bool {
        let may_be_available = matches!(self.state, JobState::Copying { .. } | JobState::Available { .. });
        may_be_available && !self.is_being_removed() && self.open_step().is_some()
    }

    /// Returns true if it is available and steps are still to be carried out, which a cancel gives up.
    pub fn can_give_up_steps(&self) -> bool {
        matches!(self.state, JobState::Available { .. }) && self.has_open_steps()
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
            match self.next_call(n, &progress) {
                Ok(Some(call)) => {
                    progress.at = None;
                    progress.changes_sent = progress.changes_sent.saturating_add(call.change().is_some().into());
                    self.step_states[n] = StepState::UnderWay(progress);
                    return Some(Request::PostCopy { job: self.id, step: n, call });
                }
                Ok(None) => self.step_states[n] = completed(&progress),
                Err(failure) => self.step_states[n] = StepState::Failed(Box::new(failure)),
            }
        }
    }

    /// Returns the next call of a step; `None` if nothing is left to be done.
    fn next_call(&self, n: usize, progress: &StepProgress) -> Result<Option<PostCopyCall>, Failure> {
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
        Ok(match (step, &progress.found) {
            (PostCopyStep::CopyLaunchPermissions, StepFindings::Permissions(permissions))
            | (PostCopyStep::LaunchPermissions(permissions), _) => launch(permissions),
            (PostCopyStep::CopyLaunchPermissions, _) => {
                Some(PostCopyCall::ReadLaunchPermissions { region: of_source, source })
            }
            (PostCopyStep::SnapshotPermissions(accounts), _) => return self.share_snapshots(accounts, image, progress),
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

    /// Returns the next call that shares the copy's snapshots, or lists them once more while there are fewer than the source has.
    fn share_snapshots(
        &self,
        accounts: &[AccountId],
        image: ImageId,
        progress: &StepProgress,
    ) -> Result<Option<PostCopyCall>, Failure> {
        let region = self.request.destination.clone();
        let shared = if let StepFindings::Shared(shared) = &progress.found { shared } else { &BTreeSet::new() };
        let next = self.listed_snapshots.iter().find(|s| !shared.contains(s));
        Ok(match next {
            _ if accounts.is_empty() => None,
            Some(snapshot) => {
                Some(PostCopyCall::ShareSnapshot { region, snapshot: snapshot.clone(), accounts: accounts.to_vec() })
            }
            None if self.lists_all_snapshots() => None,
            None if progress.lists < MAX_LISTS => Some(PostCopyCall::ListSnapshots { region, image }),
            None => {
                let (listed, volumes) = (self.listed_snapshots.len(), self.request.volumes.len());
                let names: Vec<&str> = shared.iter().map(SnapshotId::as_str).collect();
                let shared = if names.is_empty() { "none is".into() } else { format!("only {} are", names.join(", ")) };
                let why = format!("the image lists {listed} of its {volumes} snapshots: {shared} shared");
                return Err(Failure::new(format!("share the snapshots of {image}"), why).hint("Trying again may help."));
            }
        })
    }

    fn lists_all_snapshots(&self) -> bool {
        self.listed_snapshots.len() >= self.request.volumes.len()
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
        if let Some(StepState::UnderWay(_)) = self.step_states.get(n)
            && let Ok(PostCopyAnswer::Snapshots(listed)) = &result
        {
            self.listed_snapshots.extend(listed.iter().cloned());
        }
        let complete = self.lists_all_snapshots();
        let listed = self.listed_snapshots.len();
        let Some(state) = self.step_states.get_mut(n) else { return };
        let progress = match state {
            StepState::UnderWay(progress) if progress.at.is_none() => progress,
            StepState::GivenUpSent(progress) if progress.at.is_none() => {
                if let Some(settled) = late_answer(progress, call, result, complete.then_some(listed)) {
                    *state = settled;
                }
                return;
            }
            _ => return,
        };
        match result {
            Ok(answer) => {
                let mut wait = SignedDuration::ZERO;
                match &answer {
                    PostCopyAnswer::LaunchPermissions { unknown, .. } => progress.unknown_entries = *unknown,
                    PostCopyAnswer::Snapshots(_) => {
                        progress.lists += 1;
                        wait = if complete { wait } else { SignedDuration::from_secs(1 << progress.lists.min(10)) };
                    }
                    PostCopyAnswer::Done => {}
                }
                match found(std::mem::take(&mut progress.found), call, answer) {
                    Some(found) => {
                        (progress.at, progress.found) = (Some(now + wait), found);
                        (progress.failures, progress.failing_since, progress.retrying) = (0, None, None);
                    }
                    None => *state = completed(progress),
                }
            }
            Err(failure) if matches!(failure.retry, Retry::Later | Retry::AfterLogin) => {
                progress.failures = (progress.failures + 1).min(MAX_FAILURES);
                let since = *progress.failing_since.get_or_insert(now);
                if progress.failures == MAX_FAILURES && now.duration_since(since) >= FAIL_AFTER {
                    let why = format!("it has failed for 24 hours: {}", failure.why);
                    *state = StepState::Failed(Box::new(Failure { why, ..failure }));
                    return;
                }
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
                progress.failing_since = progress.failing_since.map(|since| since.min(now));
            }
        }
    }

    /// Carries out no more steps: the image is to be removed, or is gone, or a person wants no more.
    pub(super) fn give_up_steps(&mut self) {
        for state in self.step_states.iter_mut().filter(|s| s.is_open()) {
            *state = match state {
                StepState::UnderWay(progress) if progress.changes_sent > 0 => {
                    StepState::GivenUpSent(std::mem::take(progress))
                }
                _ => StepState::GivenUp,
            };
        }
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

/// Returns the state of a step of which nothing is left to be done.
fn completed(progress: &StepProgress) -> StepState {
    if progress.unknown_entries == 0 {
        return StepState::Done;
    }
    let entries = count(progress.unknown_entries, "entry", "entries");
    let why = format!("{entries} of the source's launch permissions were not understood; the others are given");
    let hint = "Give them to the copy in the console, and update amigrate.";
    StepState::Failed(Box::new(Failure::new("copy the launch permissions", why).hint(hint)))
}

/// Returns what the answer to a call that was under way shows of its step, which was given up meanwhile; `None` if no more than
/// before. `snapshots` is how many the image has, if all are known.
fn late_answer(
    progress: &StepProgress,
    call: PostCopyCall,
    result: Result<PostCopyAnswer, Failure>,
    snapshots: Option<usize>,
) -> Option<StepState> {
    match result {
        Ok(answer) => match found(progress.found.clone(), call, answer) {
            None => Some(completed(progress)),
            Some(StepFindings::Shared(shared)) if snapshots.is_some_and(|n| shared.len() >= n) => Some(StepState::Done),
            Some(_) => None,
        },
        Err(failure) => (progress.changes_sent == 1 && !outcome_is_unknown(&failure)).then_some(StepState::GivenUp),
    }
}

/// Returns what is known after an answer, for the next call; `None` if the step is done.
fn found(before: StepFindings, call: PostCopyCall, answer: PostCopyAnswer) -> Option<StepFindings> {
    match (call, answer) {
        (
            PostCopyCall::ReadLaunchPermissions { .. },
            PostCopyAnswer::LaunchPermissions { known: mut permissions, .. },
        ) => {
            // A person decides for each copy whether it is public.
            permissions.retain(|p| *p != LaunchPermission::Public);
            Some(StepFindings::Permissions(permissions))
        }
        (PostCopyCall::ListSnapshots { .. }, _) => Some(before),
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
