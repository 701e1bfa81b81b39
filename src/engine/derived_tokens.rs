//! Copies whose token other hosts derive as well: EC2 may have accepted it for an image of theirs, which may be gone since.

use jiff::{SignedDuration, Timestamp};

use super::{job::Job, job::Origin, note::Note};
use crate::domain::{
    ClientToken, CopyRequest, Failure, FailureKind, ImageId, derived_token, sync::is_requested_by_sync,
};

/// The most tokens that one copy tries, one for each earlier copy that was deregistered.
const MAX_TOKENS: usize = 20;
/// How long after the answer an image that EC2 has never shown counts as an earlier copy's. After that it may be this copy's, deregistered
/// while nobody polled.
const EARLIER_COPY_LIMIT: SignedDuration = SignedDuration::from_mins(10);

impl Job {
    /// Returns true if EC2 refused the copy because it has accepted its derived token in another batch, by another host perhaps. One
    /// that is to be cancelled is left to whoever made it.
    pub(super) fn token_is_taken(&self, failure: &Failure) -> bool {
        failure.kind == FailureKind::TokenMismatch && self.request.token.is_derived() && !self.cancel_requested
    }

    /// Looks for the image that EC2 has made for the token: its tag names the token, so it is this copy. If there is none, sync uses the
    /// next token, and any other copy has failed.
    pub(super) fn look_for_copy_of_token(&mut self, failure: Failure, now: Timestamp) {
        self.outcome_unknown(None, now, now);
        self.refused(failure, now);
    }

    /// Requests the copy with the token that follows, if sync wants it, because EC2 has used the present one for an image that is gone.
    /// A copy that a person requested is not made again: somebody may have meant to be rid of it. Returns true if it was done.
    pub(super) fn use_next_token(&mut self, tagged: bool) -> bool {
        let request = self.request_as_edited();
        if !request.token.is_derived()
            || self.origin != Origin::Here
            || !is_requested_by_sync(&request)
            || self.earlier_derived_tokens().count() >= MAX_TOKENS
        {
            return false;
        }
        let token = derived_token::after(&request.token);
        self.sent_tokens.push(request.token.clone());
        self.request_again(self.batch.clone(), CopyRequest { token, ..request }, tagged, self.requested);
        self.note = Some(Note::EarlierCopyReplaced);
        true
    }

    /// Requests the copy with the token that follows, if the image that EC2 has just answered with is an earlier copy's, which is gone.
    /// Returns true if it was done.
    pub(super) fn replace_earlier_copy(&mut self, answered: &ImageId, tagged: bool, now: Timestamp) -> bool {
        let recent = self.started.is_some_and(|started| now.duration_since(started) < EARLIER_COPY_LIMIT);
        if self.image_seen || !recent || !self.use_next_token(tagged) {
            return false;
        }
        // It was never this copy's.
        self.images.retain(|image| image != answered);
        true
    }

    /// Returns the derived tokens that it had before the present one.
    pub fn earlier_derived_tokens(&self) -> impl Iterator<Item = &ClientToken> {
        self.sent_tokens.iter().filter(|token| token.is_derived())
    }
}
