//! What the store knows of copies that are requested: those under way, and the tokens that were used.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use super::differences::Differences;
use crate::{
    cli::setup::Setup,
    domain::{
        AccountKey, ClientToken, CopyRequest, Failure, FailureKind, ImageId, Region, derived_token,
        review::context::{CompletedCopy, UnderWay},
        sync::Route,
        text::clean,
    },
    driver::RECENT,
    engine::{Command, Job, JobState, Origin},
    store::Store,
};

/// The copies of an account's store.
#[derive(Debug, Default)]
pub(in crate::cli) struct Known {
    /// When it was read.
    read: Timestamp,
    /// Also those that ended long ago.
    jobs: Vec<Arc<Job>>,
    /// Requests that no process has taken up yet.
    requested: Vec<CopyRequest>,
}

/// A copy that is under way in this store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Queued {
    pub(super) token: ClientToken,
    /// A sentence.
    pub(super) reason: String,
    /// The new image, once there is one.
    pub(super) image: Option<String>,
    pub(super) differences: Differences,
    /// Which it is, and of what; the differences follow.
    subject: String,
}

impl Known {
    /// Reads the store; nothing is known where there is none.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(in crate::cli) fn read(setup: &Setup, account: &AccountKey) -> Result<Self, Failure> {
        let (dir, now) = (setup.store_dir()?, Timestamp::now());
        if !dir.join("jobs.db").exists() {
            return Ok(Self::default());
        }
        let store = Store::open_to_read(&dir, now)?;
        let loaded = store.load(account, now - RECENT)?;
        let mut jobs: Vec<Arc<Job>> = loaded.jobs.into_iter().filter(|job| !job.state.ended()).map(Arc::new).collect();
        jobs.extend(store.history(account, usize::MAX)?);
        let requested = loaded.commands.into_iter().flat_map(|(_, command)| match command {
            Command::Copy(requests) => requests,
            _ => Vec::new(),
        });
        Ok(Self { jobs, requested: requested.collect(), read: now })
    }

    /// Returns the copy under way that makes this one unnecessary: of the same source, or under the same name.
    pub(super) fn queued(&self, copy: &CopyRequest) -> Option<Queued> {
        let same = |known: &CopyRequest| {
            let same_source = known.source == copy.source && known.source_region == copy.source_region;
            known.destination == copy.destination && (same_source || known.name == copy.name)
        };
        let mut own = self.jobs.iter().filter(|job| job.origin == Origin::Here && same(&job.request));
        if let Some(job) = own.find(|job| counts(job, self.read)) {
            return Some(Queued::of(job, copy));
        }
        let known = self.requested.iter().find(|known| same(known))?;
        Some(Queued {
            token: known.token.clone(),
            reason: format!("{}: \"{}\" is requested already.", copy.destination, clean(known.name.as_str())),
            image: None,
            differences: Differences::of_request(known, copy),
            subject: format!("\"{}\" is requested already", clean(known.name.as_str())),
        })
    }

    /// Returns the copy under way that has made this image, which another one is to be the same as.
    pub(super) fn of_image(&self, image: &str, copy: &CopyRequest) -> Option<Queued> {
        let made = |job: &&Arc<Job>| job.image().is_some_and(|known| known.as_str() == image);
        let own =
            self.jobs.iter().filter(|job| job.origin == Origin::Here && !job.state.ended() && !job.is_being_removed());
        own.filter(made).map(|job| Queued::of(job, copy)).next()
    }

    /// Returns the derived token, or the first that follows from it and that EC2 would not answer with an image that is of no use any more.
    pub(super) fn fresh(&self, derived: ClientToken) -> ClientToken {
        let is_used = |token: &ClientToken| {
            let used_up = |job: &&Arc<Job>| job.request.token == *token && is_used_up(job);
            self.jobs.iter().any(|job| used_up(&job) || job.sent_tokens.contains(token))
        };
        let mut token = derived;
        while is_used(&token) {
            token = derived_token::after(&token);
        }
        token
    }

    /// Returns true for a copy that had ended, and was not requested again since.
    pub(super) fn had_ended(&self, job: &Job) -> bool {
        let same = |known: &&Arc<Job>| known.id == job.id && known.requested == job.requested;
        self.jobs.iter().find(same).is_some_and(|known| known.state.ended())
    }

    /// Returns the client tokens given by hand that were sent, or are about to be.
    pub(in crate::cli) fn used_tokens(&self) -> Vec<ClientToken> {
        let sent = self.jobs.iter().flat_map(|job| job.sent_tokens.clone());
        sent.chain(self.requested.iter().filter_map(|request| request.given_token.clone())).collect()
    }

    pub(super) fn under_way(&self) -> Vec<UnderWay> {
        let requested = self.requested.iter().map(|request| UnderWay::of(request, None));
        let jobs = self.jobs.iter().filter(|job| counts(job, self.read));
        jobs.filter_map(|job| job.under_way()).chain(requested).collect()
    }

    /// Returns the routes of the copies that EC2 may not show yet.
    pub(in crate::cli) fn routes(&self) -> BTreeSet<Route> {
        let own = self.jobs.iter().filter(|job| job.origin == Origin::Here && counts(job, self.read));
        own.map(|job| &job.request).chain(&self.requested).map(route).collect()
    }

    /// Returns the images that copies of this store are made of, each with its region.
    pub(in crate::cli) fn being_copied(&self) -> BTreeSet<(Region, ImageId)> {
        let reads = |job: &&Arc<Job>| job.origin == Origin::Here && !job.state.ended() && !job.is_being_removed();
        let jobs = self.jobs.iter().filter(reads).map(|job| &job.request);
        jobs.chain(&self.requested).map(|copy| (copy.source_region.clone(), copy.source.clone())).collect()
    }

    /// Returns the images that are being removed.
    pub(in crate::cli) fn being_removed(&self) -> BTreeSet<ImageId> {
        let removed = self.jobs.iter().filter(|job| !job.state.ended() && job.is_being_removed());
        removed.filter_map(|job| job.image().cloned()).collect()
    }

    /// Returns the copies of this store that have failed and left an image.
    pub(in crate::cli) fn failed(&self) -> impl Iterator<Item = &Job> {
        let left = |job: &&Arc<Job>| matches!(job.state, JobState::Failed { image: Some(_), .. });
        self.jobs.iter().filter(|job| job.origin == Origin::Here).filter(left).map(Arc::as_ref)
    }

    /// Returns the images that this store has deregistered.
    pub(in crate::cli) fn deregistered(&self) -> BTreeSet<ImageId> {
        let gone = self.jobs.iter().filter(|job| job.state == JobState::Deregistered);
        gone.filter_map(|job| job.images.last().cloned()).collect()
    }

    pub(super) fn completed(&self) -> Vec<CompletedCopy> {
        self.jobs.iter().filter_map(|job| job.completed_copy()).collect()
    }
}

impl Queued {
    fn of(job: &Job, copy: &CopyRequest) -> Self {
        let (name, region, state) = (clean(job.request.name.as_str()), &job.request.destination, job.phase().as_str());
        Self {
            token: job.request.token.clone(),
            reason: format!("{region}: \"{name}\" is under way already: job {} is {state}.", job.id),
            image: job.image().map(ToString::to_string),
            differences: Differences::of_request(&job.request, copy),
            subject: if job.request.source == copy.source {
                format!("job {} copies this image already", job.id)
            } else {
                format!("job {} makes an image of this name already", job.id)
            },
        }
    }

    /// Says that it is under way, and in what it does not match the request; as a failure if it is another copy.
    pub(super) fn verdict(&self, copy: &CopyRequest) -> Result<String, Failure> {
        match self.differences.text() {
            None => Ok(self.reason.clone()),
            Some(text) if self.differences.essential.is_empty() => {
                Ok(format!("{} It does not match the request: {text}.", self.reason).trim_start().to_owned())
            }
            Some(text) => Err(differs(copy, &self.subject, &text)),
        }
    }
}

/// What is there, or under way, is not what was requested.
pub(super) fn differs(copy: &CopyRequest, subject: &str, differences: &str) -> Failure {
    let what = format!("copy {} to {}", clean(copy.name.as_str()), copy.destination);
    Failure::new(what, format!("{subject}, but it is {differences}; nothing new was started"))
        .hint("`amigrate copy` with `--if-exists copy` or `--if-exists rename` makes another.")
}

fn route(copy: &CopyRequest) -> Route {
    Route {
        source_region: copy.source_region.clone(),
        source: copy.source.clone(),
        destination: copy.destination.clone(),
    }
}

/// Returns true if the store is to be believed about a copy that has not ended. EC2 shows the image of one that it accepted a while ago:
/// what the store says of that may be old, because nobody has polled since.
fn counts(job: &Job, now: Timestamp) -> bool {
    /// EC2 is eventually consistent.
    const VISIBLE: SignedDuration = SignedDuration::from_mins(1);
    !job.state.ended()
        && !job.is_being_removed()
        && (job.image().is_none() || job.started.is_none_or(|started| now.duration_since(started) < VISIBLE))
}

/// Returns true if EC2 has used the copy's token for an image, or for another request, or is about to.
fn is_used_up(job: &Job) -> bool {
    let mismatch = matches!(&job.state, JobState::Failed { failure, .. } if failure.kind == FailureKind::TokenMismatch);
    !job.images.is_empty() || mismatch || job.is_being_removed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::follow::samples;

    #[test]
    fn a_token_is_fresh_unless_ec2_has_used_it() {
        let derived = |n| (0..n).fold(ClientToken::derived(1), |token, _| derived_token::after(&token));
        let job = |token: ClientToken, images: &[&str]| {
            let mut job = samples::copying(1, None);
            job.request.token = token;
            job.images = images.iter().map(|id| ImageId::new(id).unwrap()).collect();
            Arc::new(job)
        };
        let fresh = |jobs: Vec<Arc<Job>>| Known { jobs, ..Known::default() }.fresh(derived(0));
        assert_eq!(fresh(Vec::new()), derived(0));
        assert_eq!(fresh(vec![job(derived(0), &[])]), derived(0), "it has made no image");
        // Whatever it has made: a host that was only refused the token derives the same.
        assert_eq!(fresh(vec![job(derived(0), &["ami-1"])]), derived(1));
        assert_eq!(fresh(vec![job(derived(0), &["ami-2"]), job(derived(1), &["ami-3"])]), derived(2));
        // A copy that has moved on from it was told so by EC2.
        let mut moved = samples::copying(1, None);
        (moved.request.token, moved.sent_tokens, moved.images) = (derived(1), vec![derived(0)], Vec::new());
        assert_eq!(fresh(vec![Arc::new(moved.clone())]), derived(1));
        moved.images = vec![ImageId::new("ami-4").unwrap()];
        assert_eq!(fresh(vec![Arc::new(moved)]), derived(2));
    }
}
