//! What is wrong with the images to copy, as EC2 describes them now. The plan's own checks warn of what their descriptions say in any
//! case, such as product codes.

use super::{
    checks::{AllowedImages, CheckAnswer, CheckRequest},
    findings::{FindingKind, Severity},
    state::{Check, CheckState, Review},
};
use crate::domain::{
    ids::ImageId,
    image::{Image, ImageState},
    image_access::MissingAccess,
};

/// Returns the findings about a source. `allowed` are its region's settings, if they were requested.
pub(super) fn source_findings(
    source: &Image,
    review: &Review,
    allowed: Option<&AllowedImages>,
) -> Vec<(Severity, FindingKind)> {
    let (id, owner) = (source.id.clone(), source.owner_id.clone());
    let foreign = review.context.account.as_ref().is_some_and(|own| *own != owner);
    let mut found = Vec::new();
    if source.state != ImageState::Available {
        let kind = FindingKind::SourceUnavailable { source: id.clone(), state: Some(source.state) };
        found.push((Severity::Refusal, kind));
    }
    let mut warn = |kind: FindingKind| found.push((Severity::Warning, kind));
    let alias = source.image_owner_alias.as_deref();
    let names_owner = |p: &String| *p == owner.as_str() || Some(p.as_str()) == alias;
    if foreign && allowed.is_some_and(|a| a.enforced && !a.providers.iter().any(names_owner)) {
        warn(FindingKind::OwnerNotAllowed { source: id.clone(), owner });
    }
    if let Some(since) = source.deprecated.filter(|at| *at <= review.started) {
        warn(FindingKind::Deprecated { source: id, since });
    }
    found
}

/// Returns true if EC2 was asked for an image and did not name it.
pub(super) fn is_unseen(review: &Review, image: &Image) -> bool {
    review.checks.iter().any(|check| match (&check.request, &check.state) {
        (CheckRequest::Sources { images, .. }, CheckState::Answered(CheckAnswer::Images(found))) => {
            images.contains(&image.id) && found.iter().all(|seen| seen.id != image.id)
        }
        _ => false,
    })
}

/// Returns true if an image that this account does not see is there all the same, or may be until that is known: its owner does not share
/// it, which is a finding of its own.
pub(super) fn is_unshared(review: &Review, image: &ImageId) -> bool {
    review.checks.iter().any(|check| match (&check.request, &check.state) {
        (CheckRequest::MissingAccess { image: of }, state) if of.id == *image => match state {
            CheckState::Answered(CheckAnswer::MissingAccess(missing)) => missing.contains(&MissingAccess::Image),
            state => !matches!(state, CheckState::Failed(_)),
        },
        _ => false,
    })
}

/// Returns true if it was read what the owners of all sources of other accounts share: what is missing of it is a finding of its own.
pub(super) fn access_is_known(review: &Review) -> bool {
    let of_access = |check: &&Check| matches!(check.request, CheckRequest::MissingAccess { .. });
    let mut checks = review.checks.iter().filter(of_access).peekable();
    checks.peek().is_some() && checks.all(|check| matches!(check.state, CheckState::Answered(_)))
}
