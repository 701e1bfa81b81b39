//! Images of other accounts: what is missing to copy them, told before anything is requested, and `--share-from`, which lets their owner's
//! profile give it.

use std::sync::Arc;

use crate::{
    aws::Session,
    cli::{
        connection::Connection,
        exit::{CommandError, ExitStatus},
        output::report,
        setup::Setup,
    },
    domain::{
        AccountId, AccountKey, Failure, FailureKind, Image, ImageId, Region,
        draft::Draft,
        image_access::{AccessTarget, GivenAccess, MissingAccess, needs_owners_permissions},
        text::clean,
    },
    driver::AccessGiver,
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

/// Says of an image that is not found that EC2 may not show it yet.
pub(super) fn just_shared(error: CommandError) -> CommandError {
    match error {
        CommandError::Failure(failure, status) => {
            let again = "It was shared a moment ago; EC2 may take some seconds to show it: run the same command again.";
            CommandError::Failure(Box::new(Failure { hint: again.to_owned(), ..*failure }), status)
        }
        error @ CommandError::BrokenPipe => error,
    }
}

/// The owner's side of `--share-from`.
struct Owner {
    profile: String,
    session: Session,
    account: AccountKey,
    id: AccountId,
}

/// Images to share: those of a region, by their ids.
pub(super) struct ToShare {
    pub(super) region: Region,
    pub(super) images: Vec<ImageId>,
}

/// Gives the account of `connection` what it lacks to copy these images, with the credentials of their owner's profile. With
/// `only_say` nothing is changed. Returns true if something was given.
///
/// # Errors
/// If the profile is not the owner's, or something could not be given.
pub(super) async fn share(
    setup: &Setup,
    connection: &Connection,
    profile: &str,
    all: &[ToShare],
    only_say: bool,
) -> Result<bool, CommandError> {
    let ours = connection.account.account().ok_or_else(|| Failure::new("share images", "the account is not known"))?;
    let owner = Owner::sign_in(connection, profile, &ours).await?;
    let mut given = false;
    for ToShare { region, images } in all {
        let found = owner.session.describe_images(region, images).await?;
        for id in images {
            let image = found.iter().find(|image| image.id == *id);
            let image = image.ok_or_else(|| owner.does_not_own(id, region, None))?;
            if image.owner_id != owner.id {
                return Err(owner.does_not_own(id, region, Some(&image.owner_id)).into());
            }
            let target = AccessTarget { image: id.clone(), region: region.clone(), account: ours.clone() };
            let missing = owner.session.access_to_give(image, &target, &connection.session).await?;
            if missing.is_empty() {
                setup.output.note(&format!("{id}: account {ours} may copy it already."));
            } else if only_say {
                let commands = missing.iter().map(|one| one.aws_cli(&target)).collect::<Vec<_>>().join(" && ");
                setup.output.note(&format!("{id} would be shared with account {ours}: {}", clean(&commands)));
            } else {
                owner.give(setup, &target, &missing).await?;
                given = true;
            }
        }
    }
    Ok(given)
}

impl Owner {
    async fn sign_in(connection: &Connection, profile: &str, ours: &AccountId) -> Result<Self, CommandError> {
        let (session, account) = connection.source.sign_in(Some(profile)).await?;
        let id = session.account().await?.id;
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

    /// Gives what is missing, each call on record in the owner's account, and says how to take it back.
    async fn give(&self, setup: &Setup, target: &AccessTarget, missing: &[MissingAccess]) -> Result<(), CommandError> {
        let calls = setup.audited_calls(&self.account)?;
        let owner = AccessGiver { session: &self.session, calls: &calls, owner: &self.id };
        let mut all = Vec::new();
        for one in missing {
            match owner.give(target, one).await {
                Ok((given, audit_failure)) => {
                    all.push(given);
                    audit_failure.iter().for_each(report);
                }
                Err(failure) => {
                    self.say(setup, target, &all);
                    return Err(failure.into());
                }
            }
        }
        self.say(setup, target, &all);
        Ok(())
    }

    fn say(&self, setup: &Setup, target: &AccessTarget, given: &[GivenAccess]) {
        if given.is_empty() {
            return;
        }
        let AccessTarget { image, account, .. } = target;
        setup.output.note(&format!(
            "{image}: shared with account {account} by account {} (profile `{}`). To undo: {}",
            self.id,
            self.profile,
            labels::image_access::undo(given).join(" && ")
        ));
    }
}
