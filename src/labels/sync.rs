//! The plan of `amigrate sync` in words. Each reason is a fragment that reads after the image's name.

use crate::domain::{
    ImageId, Region,
    orphans::KEPT_TAG,
    sync::{KeepReason, NotOurs, OtherKeep, PolicyMistake, Refusal, RetireMode, SkipReason},
    text::{clean, count},
};

/// Why an image is not copied; `policy` names a policy by its index.
pub fn skip(reason: &SkipReason, policy: impl Fn(usize) -> String) -> String {
    match reason {
        SkipReason::Exists(existing) => {
            let origin = if existing.is_origin { ", from which it was copied itself" } else { "" };
            let state = if existing.is_disabled() { ", but disabled" } else { "" };
            let plain = if existing.not_encrypted { ", but not encrypted as the policy asks" } else { "" };
            let other = if existing.for_other_policy { ", made for another policy, which may retire it" } else { "" };
            format!("{} exists{origin}{state}{plain}{other}", existing.image)
        }
        SkipReason::Pending(image) => format!("{image} is pending there"),
        SkipReason::UnderWay => "in this queue already".into(),
        SkipReason::NotAvailable(state) => format!("the image {}", state.predicate()),
        SkipReason::MadeBySync => "made by sync, which does not copy its own copies".into(),
        SkipReason::Older => "older than the versions to keep".into(),
        SkipReason::NameTaken(other) => format!("the name of the copy is taken by {other}, which is not a copy of it"),
        SkipReason::OtherPolicy(other) => format!("the policy \"{}\" makes this copy", clean(&policy(*other))),
        SkipReason::Mistake(why) => clean(why).trim_end_matches('.').to_owned(),
    }
}

/// What to do about an image that is not copied, if a person has to do something.
pub fn skip_hint(reason: &SkipReason, source: &ImageId, region: &Region) -> String {
    match reason {
        SkipReason::Exists(existing) if existing.is_disabled() => format!(
            "Enable it (`aws ec2 enable-image --region {region} --image-id {}`), or leave its source out of the policy. \
             Until then nothing of the policy is retired there.",
            existing.image
        ),
        SkipReason::Exists(existing) if existing.is_origin => format!(
            "Leave it out of the policy, or make an encrypted copy by hand: `amigrate copy {source} --to {region} --encrypted --name NAME`."
        ),
        SkipReason::Exists(existing) if existing.not_encrypted => format!(
            "Deregister it (`amigrate deregister {} --region {region}`), and it is copied anew; or leave its source out of the policy.",
            existing.image
        ),
        SkipReason::NameTaken(_) => "Give the copies another name: --name, or image_name of the policy.".into(),
        _ => String::new(),
    }
}

/// Why an old copy is not retired; `policy` names a policy by its index.
pub fn keep(reason: &KeepReason, policy: impl Fn(usize) -> String) -> String {
    match reason {
        KeepReason::NotOurs(why) => format!("not proven to be made by sync: {}", not_ours(*why)),
        KeepReason::NoPolicyTag => "made by an earlier version, which did not note for which policy".into(),
        KeepReason::MadeForOtherPolicy => "made for another policy: another --match or region".into(),
        KeepReason::OtherKeep(OtherKeep::Is(other)) => {
            format!(
                "copies of the policy here were made with keep {other}, which keeps it; perhaps another host still has that"
            )
        }
        KeepReason::OtherKeep(OtherKeep::Unreadable) => {
            "how many versions are kept is not to be read from a tag of the policy's copies here".into()
        }
        KeepReason::OtherKeep(OtherKeep::Pattern) => {
            "copies of the policy here were made with another version pattern; perhaps another host still has that"
                .into()
        }
        KeepReason::Unnamed => {
            "its source is gone, and the source's name was not tagged: it is unknown which versions are newer".into()
        }
        KeepReason::Tagged => format!("its tag {KEPT_TAG} says that it is kept on purpose"),
        KeepReason::Undated => {
            "its source is gone, and its creation date was not tagged: it is unknown which versions are newer".into()
        }
        KeepReason::OtherLine => {
            "newer versions have another major or minor number; version_pattern says if they are versions of this one"
                .into()
        }
        KeepReason::OtherPolicy(other) => format!("the policy \"{}\" keeps it", clean(&policy(*other))),
        KeepReason::SourceDoesNotMatch => "the policy does not match its source".into(),
        KeepReason::CopiesFirst => "copies of the policy are missing in the region, and come first".into(),
        KeepReason::Pending => "still pending".into(),
        KeepReason::NotAvailable(state) => format!("the image {}", state.predicate()),
        KeepReason::AlreadyRetired => "retired already".into(),
        KeepReason::BeingRemoved => "being removed already".into(),
        KeepReason::Protected => "protected from being deregistered".into(),
        KeepReason::TooYoung => "younger than the policy's min-age".into(),
        KeepReason::SourceOfCopies => "copies of it are under way".into(),
        KeepReason::CopiesUnknown(why) => format!("whether copies of it are under way is unknown: {}", clean(why)),
        KeepReason::RecentlyLaunched(at) => format!("launched on {}", at.strftime("%Y-%m-%d")),
        KeepReason::UsageNotRead => "its users were not read".into(),
        KeepReason::UsageUnknown(why) => {
            let why = why.split(" Encoded authorization failure message").next().unwrap_or_default();
            format!("who uses it is unknown: {}", clean(why))
        }
        KeepReason::InUse(by) => format!("used by {}", clean(by)),
        KeepReason::Shared => "others may launch it".into(),
        KeepReason::SnapshotsShared => "others may create volumes of its snapshots".into(),
        KeepReason::SnapshotsUsed => "other images use its snapshots".into(),
        KeepReason::LastAvailable => "the last available image of its family in the region".into(),
        KeepReason::Restored => "it was deregistered before, and has been restored".into(),
        KeepReason::Gone => "it is not there any more".into(),
        KeepReason::NotListed => "the images of its region could not be listed again".into(),
        KeepReason::NotOld => "it is among the versions to keep by now".into(),
        KeepReason::Refused => "nothing is retired, because too much would be".into(),
    }
}

fn not_ours(why: NotOurs) -> &'static str {
    match why {
        NotOurs::NoTag => "it has no tag of sync",
        NotOurs::Owner => "it belongs to another account",
        NotOurs::Value => "its tag was not written by sync",
        NotOurs::Region => "its tag names another region",
        NotOurs::Source => "its tag names another source than EC2 does",
        NotOurs::SharedJobTag => "another copy of its source in the region has the same amigrate:job tag",
    }
}

/// Why a copy is retired.
pub fn retire(mode: RetireMode, family: &str, kept: usize) -> String {
    let versions = count(kept, "newer version", "newer versions");
    format!("{}: {versions} of {} kept", mode.as_str(), clean(family))
}

/// Why an image is removed that a failed copy has left.
pub const FAILED_COPY: &str = "a failed copy has left it";

/// Why the plan is not carried out, and what to do about it; `policy` names a policy by its index.
pub fn refusal(refusal: &Refusal, policy: impl Fn(usize) -> String) -> (String, String) {
    let named = |n: usize| format!("\"{}\"", clean(&policy(n)));
    let (why, hint) = match refusal {
        Refusal::Cycle(regions) => {
            let regions: Vec<&str> = regions.iter().map(Region::as_str).collect();
            (format!("policies copy in a circle: {}", regions.join(" > ")), "Remove one of the two directions.")
        }
        Refusal::Conflict { policies: [a, b], source, region, differs } => (
            format!("{} and {} differ for {source} in {region}: {differs}", named(*a), named(*b)),
            "Make them want the same, or match different images.",
        ),
        Refusal::TooMany { policy, count: n, max } => (
            format!("{} would retire {}, and at most {max} are allowed", named(*policy), images(*n)),
            "Check the plan; raise --max-retire, or max_retire of the policy, to allow it.",
        ),
        Refusal::TooManyInAll { count: n, max } => (
            format!("{} would be retired, and at most {max} are allowed", images(*n)),
            "Check the plan; raise --max-retire to allow it.",
        ),
        Refusal::RetiresAll { policy, family, region } => (
            format!("{} would retire every copy of {} in {region} that sync has made", named(*policy), clean(family)),
            "Sync does not empty a region. `amigrate deregister` does, image by image.",
        ),
    };
    (why, hint.into())
}

fn images(n: usize) -> String {
    count(n, "image", "images")
}

/// What is wrong with a policy by itself.
pub fn policy_mistake(mistake: PolicyMistake) -> &'static str {
    match mistake {
        PolicyMistake::OwnRegion => "the region of the images is among those they are copied to",
        PolicyMistake::NoDestination => "no region to copy to is named",
        PolicyMistake::NoMatch => "no match is given",
        PolicyMistake::RetireWithoutKeep => "retire needs the number of versions to keep",
    }
}

/// What retiring an image was, once it is done.
pub fn retired(mode: RetireMode) -> &'static str {
    match mode {
        RetireMode::Deprecate => "deprecated",
        RetireMode::Disable => "disabled",
        RetireMode::Deregister => "deregistered",
    }
}

/// What is done to an image, for a failure of it.
pub fn retiring(mode: RetireMode, image: &ImageId, region: &Region) -> String {
    format!("{} {image} in {region}", mode.as_str())
}
