//! Orphaned snapshots in words. Each reason is a fragment that reads after the snapshot's id.

use crate::domain::{
    orphans::{Claimant, Implausible, KEPT_TAG, KeepReason, Maker, Orphan},
    price::{Money, Prices},
    text::{clean, count, thousands},
};

/// Why a snapshot without its image is kept.
pub fn keep(reason: &KeepReason) -> String {
    match reason {
        KeepReason::UsedByImage(image) => format!("{image} uses it"),
        KeepReason::ImageIsBack(image) => format!("its image {image} exists again"),
        KeepReason::ImageElsewhere(region) => {
            format!("its image is in {region}, so that somebody may have copied the snapshot")
        }
        KeepReason::ImageInRecycleBin(exits) => {
            let until = exits.map(|at| format!(" until {}", at.strftime("%Y-%m-%d"))).unwrap_or_default();
            format!("its image is in the Recycle Bin{until}")
        }
        KeepReason::UnknownImageInRecycleBin(image) => {
            format!("{image} is in the Recycle Bin, and may need it: EC2 does not report which snapshots it has")
        }
        KeepReason::Job(Claimant::Copy(number)) => {
            format!("copy {number} of the queue needs it, or counts its image as its own")
        }
        KeepReason::Job(Claimant::Requested) => "a copy that was just requested needs it".into(),
        KeepReason::OnPurpose(job) => {
            format!("its image was deregistered without its snapshots, as requested (job {job})")
        }
        KeepReason::Tagged => format!("its tag {KEPT_TAG} says that it is kept on purpose"),
        KeepReason::Implausible(Implausible::Owner) => "EC2 does not confirm that the account owns it".into(),
        KeepReason::Implausible(Implausible::Volume) => {
            "its volume id does not match a snapshot that EC2 creates for an image".into()
        }
        KeepReason::Implausible(Implausible::Time) => {
            "its start time does not match the copy in its description".into()
        }
        KeepReason::AwsBackup => "AWS Backup made it".into(),
        KeepReason::Managed(tag) => format!("a service of AWS manages it: tag {}", clean(tag)),
        KeepReason::NotCompleted => "it is not completed".into(),
        KeepReason::Archived => "it is in the archive tier".into(),
        KeepReason::TooYoung => "it is younger than the minimum age".into(),
        KeepReason::AgeUnknown => "EC2 does not report when it was started".into(),
        KeepReason::Locked => "it is locked".into(),
        KeepReason::FastRestore => "fast snapshot restore is enabled for it".into(),
        KeepReason::Shared => "others may create volumes of it".into(),
        KeepReason::LockUnknown(why) => unknown("whether it is locked", why),
        KeepReason::FastRestoreUnknown(why) => unknown("whether fast snapshot restore is enabled", why),
        KeepReason::ElsewhereUnknown(why) => unknown("whether its image is in another region", why),
        KeepReason::SharingUnknown(why) => unknown("who may create volumes of it", why),
        KeepReason::SharingNotRead => "its volume permissions were not read".into(),
    }
}

fn unknown(what: &str, why: &str) -> String {
    let why = why.split(" Encoded authorization failure message").next().unwrap_or_default();
    format!("{what} is unknown: {}", clean(why))
}

/// An orphan in a confirmation: `snap-1 (8 GiB) in eu-west-1, made for ami-1`.
pub fn line(orphan: &Orphan) -> String {
    format!("{} ({} GiB) in {}, made for {}", orphan.id(), orphan.size_gib(), orphan.region, orphan.made_for.image)
}

/// What is said before snapshots are deleted.
pub const CANNOT_BE_UNDONE: &str =
    "This cannot be undone, except where a rule of the Recycle Bin keeps deleted snapshots.";

/// The same of images and their snapshots.
pub const DEREGISTERING_CANNOT_BE_UNDONE: &str = "This cannot be undone, unless a Recycle Bin rule keeps the image \
    and snapshots. Running instances are not affected.";

/// The same of a plan, some images of which are deregistered.
pub const DEREGISTERING_OF_PLAN: &str = "Deregistering cannot be undone, unless a Recycle Bin rule keeps the images and snapshots: \
    these are deleted too.";

/// The call that made a snapshot.
pub fn maker(maker: &Maker) -> &'static str {
    match maker {
        Maker::CopyImage { .. } => "CopyImage",
        Maker::CreateImage => "CreateImage",
    }
}

/// How many snapshots there are, and what they hold and cost: `3 orphaned snapshots, 24 GiB, at most $1.20 a month (estimated ...)`.
pub fn total(snapshots: usize, gib: u64, months: impl IntoIterator<Item = Option<Money>>, prices: &Prices) -> String {
    let (mut sum, mut unknown) = (Money::default(), 0_usize);
    for month in months {
        match month {
            Some(month) => sum += month,
            None => unknown += 1,
        }
    }
    let dated = prices.oldest().map(|day| format!(" with prices of {day}")).unwrap_or_default();
    let cost = match unknown {
        0 => format!("at most {sum} a month, estimated{dated}"),
        all if all == snapshots => "price unknown".into(),
        some => format!(
            "{sum} a month, estimated{dated}, without {} of unknown price",
            count(some, "snapshot", "snapshots")
        ),
    };
    format!("{}, {gib} GiB of volumes: {cost}", count(snapshots, "orphaned snapshot", "orphaned snapshots"))
}

/// What snapshots hold and cost, in few words: `128 GiB, at most $6.40 a month`.
pub fn brief(gib: u64, months: impl IntoIterator<Item = Option<Money>>) -> String {
    let (mut sum, mut unknown) = (Money::default(), false);
    for month in months {
        sum += month.unwrap_or_default();
        unknown |= month.is_none();
    }
    let cost = match (unknown, sum == Money::default()) {
        (false, _) => format!("at most {sum} a month"),
        (true, true) => "price unknown".into(),
        (true, false) => format!("more than {sum} a month (some prices unknown)"),
    };
    format!("{} GiB, {cost}", thousands(usize::try_from(gib).unwrap_or(usize::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Region;

    #[test]
    fn what_has_no_price_is_told() {
        let region = Region::new("eu-west-1").unwrap();
        let mut prices = Prices::default();
        prices.set_storage(region.clone(), Money::from_micros(50_000));
        let month = prices.storage_month(&region, 8);
        let told = |months: &[Option<Money>]| total(months.len(), 16, months.iter().copied(), &prices);
        assert_eq!(told(&[month, month]), "2 orphaned snapshots, 16 GiB of volumes: at most $0.80 a month, estimated");
        assert_eq!(told(&[None]), "1 orphaned snapshot, 16 GiB of volumes: price unknown");
        assert_eq!(
            told(&[month, None]),
            "2 orphaned snapshots, 16 GiB of volumes: $0.40 a month, estimated, without 1 snapshot of unknown price"
        );
    }

    #[test]
    fn reasons_are_safe_to_print() {
        let managed = keep(&KeepReason::Managed("aws:x\u{1b}[31m".into()));
        let denied = keep(&KeepReason::LockUnknown("denied \u{1b}. Encoded authorization failure message: abc".into()));
        assert!(
            !managed.contains('\u{1b}') && !denied.contains('\u{1b}') && !denied.contains("abc"),
            "{managed} {denied}"
        );
    }
}
