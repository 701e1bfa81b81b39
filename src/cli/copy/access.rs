//! Images of other accounts: what is missing to copy them, told before anything is requested, and `--share-from`, which lets their owner's
//! profile give it.

use std::sync::Arc;

use super::given::Given;
use crate::{
    aws::Session,
    cli::{
        connection::{Connection, note_source},
        exit::{CommandError, ExitStatus},
        output::{report, tell},
        setup::Setup,
    },
    domain::{
        AccountId, AccountKey, Failure, FailureKind, Image, ImageId, Region, Retry,
        draft::Draft,
        image_access::{AccessTarget, MissingAccess, Share, needs_owners_permissions},
        text::clean,
    },
    driver::{AccessGiver, wait_for_access},
    labels,
};

/// Says what is missing to copy images that other accounts have shared. Returns the exit status if anything is.
pub(super) async fn check(setup: &Setup, connection: &Connection, drafts: &[Draft]) -> Option<ExitStatus> {
    let account = connection.account.account()?;
    let mut images: Vec<&Arc<Image>> = Vec::new();
    for image in drafts.iter().flat_map(|draft| &draft.sources) {
        if needs_owners_permissions(image, &account) && !images.iter().any(|known| known.id == image.id) {
            images.push(image);
        }
    }
    let mut status = None;
    for image in images {
        match connection.session.missing_access(image).await {
            Ok(missing) if missing.is_empty() => {}
            Ok(missing) => {
                let target = target(image, &account);
                let hint = hint(image, &target, &missing);
                if missing.iter().any(MissingAccess::is_certain) {
                    report(&not_shared(image, &target, &missing, hint));
                    status = Some(ExitStatus::NotAllowed);
                } else {
                    let text = labels::image_access::refused_or_unknown(&image.owner_id, &target, &missing);
                    setup.output.note(&format!("warning: {text} {hint}"));
                }
            }
            Err(failure) => setup.output.note(&format!(
                "Not known: whether the snapshots and keys of {} are shared: {}",
                image.id,
                clean(&failure.why)
            )),
        }
    }
    status
}

fn target(image: &Image, account: &AccountId) -> AccessTarget {
    AccessTarget { image: image.id.clone(), region: image.region.clone(), account: account.clone() }
}

fn hint(image: &Image, target: &AccessTarget, missing: &[MissingAccess]) -> String {
    format!(
        "Its owner, account {}, gives what is missing: {}. With a profile of that account, `--share-from PROFILE` does it.",
        image.owner_id,
        labels::image_access::commands(target, missing)
    )
}

fn not_shared(image: &Image, target: &AccessTarget, missing: &[MissingAccess], hint: String) -> Failure {
    let what = format!("copy {} \"{}\" from {}", image.id, clean(&image.name), image.region);
    Failure::new(what, labels::image_access::not_shared(target, missing)).hint(hint).kind(FailureKind::Denied)
}

/// Says of an image that is not found that EC2 may not show it yet. Everything else was checked before it was shared.
pub(super) fn just_shared(error: CommandError) -> CommandError {
    match error {
        CommandError::Failure(failure, status @ ExitStatus::Usage) => {
            let again = "It was shared a moment ago; EC2 may take some seconds to show it: run the same command again.";
            CommandError::Failure(Box::new(Failure { hint: again.to_owned(), ..*failure }), status)
        }
        error => error,
    }
}

/// Images to share: those of a region, by their ids.
pub(super) struct ToShare {
    pub(super) region: Region,
    pub(super) images: Vec<ImageId>,
}

/// What the owner of images is to give the account that copies them.
pub(super) struct Shares {
    owner: Owner,
    /// As their owner sees them, with what is missing.
    images: Vec<(Arc<Image>, Share)>,
}

/// The owner's side of `--share-from`.
struct Owner {
    profile: String,
    session: Session,
    account: AccountKey,
    id: AccountId,
}

impl Shares {
    /// Finds out what the account of `connection` lacks to copy these images, with the credentials of their owner's profile.
    ///
    /// # Errors
    /// If the profile is not the owner's, or that cannot be read.
    pub(super) async fn find(
        setup: &Setup,
        connection: &Connection,
        profile: &str,
        all: &[ToShare],
    ) -> Result<Self, CommandError> {
        let ours =
            connection.account.account().ok_or_else(|| Failure::new("share images", "the account is not known"))?;
        let owner = Owner::sign_in(setup, connection, profile, &ours).await?;
        let mut images: Vec<(Arc<Image>, Share)> = Vec::new();
        for ToShare { region, images: wanted } in all {
            let found = owner.session.describe_images(region, wanted).await?;
            for id in wanted {
                if images.iter().any(|(known, _)| known.id == *id) {
                    continue;
                }
                let image = found.iter().find(|image| image.id == *id);
                let image = image.ok_or_else(|| owner.does_not_own(id, region, None))?;
                if image.owner_id != owner.id {
                    return Err(owner.does_not_own(id, region, Some(&image.owner_id)).into());
                }
                let target = target(image, &ours);
                let missing = owner.session.access_to_give(image, &target, &connection.session).await?;
                images.push((Arc::new(image.clone()), Share { target, missing }));
            }
        }
        Ok(Self { owner, images })
    }

    /// Returns the images as their owner sees them.
    pub(super) fn images(&self) -> impl Iterator<Item = &Arc<Image>> {
        self.images.iter().map(|(image, _)| image)
    }

    /// Returns true if something is to be given.
    pub(super) fn is_missing(&self) -> bool {
        self.images.iter().any(|(_, share)| !share.missing.is_empty())
    }

    /// Returns what is given, a line each.
    pub(super) fn lines(&self) -> Vec<String> {
        let Owner { id, profile, .. } = &self.owner;
        let missing: Vec<Share> =
            self.images.iter().map(|(_, share)| share.clone()).filter(|share| !share.missing.is_empty()).collect();
        let heading = missing.first().map(|share| {
            format!(
                "Account {id} (profile `{profile}`) first gives account {}, by these commands:",
                share.target.account
            )
        });
        heading.into_iter().chain(labels::image_access::share_lines(&missing)).collect()
    }

    /// Says what would be given, and of what nothing is missing.
    pub(super) fn note(&self, setup: &Setup, would_share: bool) {
        for (_, Share { target, missing }) in &self.images {
            let AccessTarget { image, account, .. } = target;
            if missing.is_empty() {
                let text = format!("{image}: account {account} may copy it already, as far as EC2 and KMS tell.");
                setup.output.note(&text);
            } else if would_share {
                let commands = missing.iter().map(|one| one.aws_cli(target)).collect::<Vec<_>>().join(" && ");
                setup.output.note(&format!("{image} would be shared with account {account}: {}", clean(&commands)));
            }
        }
    }

    /// Returns how many images are shared.
    pub(super) fn number(&self) -> usize {
        self.images.iter().filter(|(_, share)| !share.missing.is_empty()).count()
    }

    /// Gives what is missing, each call on record in the owner's account, and adds it to `given`.
    ///
    /// # Errors
    /// The first that could not be given.
    pub(super) async fn give(&self, setup: &Setup, given: &mut Given) -> Result<(), CommandError> {
        for (_, share) in &self.images {
            self.owner.give(setup, share, given).await?;
        }
        Ok(())
    }

    /// Waits until what was given has taken effect, in an earlier run as well.
    ///
    /// # Errors
    /// If it does not.
    pub(super) async fn wait(&self, setup: &Setup, session: &Session) -> Result<(), CommandError> {
        for (image, _) in &self.images {
            if session.missing_access(image).await.is_ok_and(|missing| missing.is_empty()) {
                continue;
            }
            let text =
                format!("Waiting until what was given for {} takes effect: seconds, and seldom minutes.", image.id);
            setup.output.note(&text);
            match wait_for_access(session, image).await {
                Err(failure) if failure.retry == Retry::Later => return Err(failure.into()),
                // What is not known is said by the review.
                _ => {}
            }
        }
        Ok(())
    }
}

impl Owner {
    async fn sign_in(
        setup: &Setup,
        connection: &Connection,
        profile: &str,
        ours: &AccountId,
    ) -> Result<Self, CommandError> {
        let (session, account) = connection.source.sign_in(Some(profile)).await?;
        let id = session.account().await?.id;
        note_source(setup, &session, profile);
        if id == *ours {
            let why = format!("the profile `{}` is of account {id}, which makes the copies", clean(profile));
            let failure = Failure::new("share the images", why);
            return Err(CommandError::usage(failure.hint("Name a profile of the account that owns the images.")));
        }
        Ok(Self { profile: clean(profile).into_owned(), session, account, id })
    }

    fn does_not_own(&self, image: &ImageId, region: &Region, owner: Option<&AccountId>) -> Failure {
        let Self { profile, id, .. } = self;
        let why = match owner {
            Some(owner) => format!("it belongs to account {owner}, not to account {id} of profile `{profile}`"),
            None => format!("account {id} of profile `{profile}` has no such image in {region}"),
        };
        Failure::new(format!("share {image}"), why)
            .hint("Name a profile of the account that owns the image, and the image's region with --from.")
    }

    /// Gives what is missing of an image. How to take a permission back is told before it is given, also with `--quiet`: the answer may be
    /// lost, or the command be interrupted.
    async fn give(
        &self,
        setup: &Setup,
        Share { target, missing }: &Share,
        all_given: &mut Given,
    ) -> Result<(), CommandError> {
        let calls = setup.audited_calls(&self.account)?;
        let owner = AccessGiver { session: &self.session, calls: &calls, owner: &self.id };
        for access in missing {
            tell(&format!(
                "Account {} (profile `{}`) gives account {} the {}. To undo: {}",
                self.id,
                self.profile,
                target.account,
                labels::image_access::permission(target, access),
                access.undo_aws_cli(target, None)
            ));
            let (given, not_on_record) = owner.give(target, access).await?;
            not_on_record.iter().for_each(report);
            if let Some(grant) = &given.grant {
                tell(&format!("The grant's id is {grant}: {}", access.undo_aws_cli(target, Some(grant))));
            }
            all_given.add(&self.id, &self.profile, given);
        }
        Ok(())
    }
}
