//! Orphaned snapshots in words. Each reason is a fragment that reads after the snapshot's id.

use crate::domain::{
    orphans::{Claimant, Implausible, KEPT_TAG, Kept, Maker},
    price::{Money, Prices},
    text::{clean, count, thousands},
};

/// Why a snapshot without its image is kept.
pub fn kept(reason: &Kept) -> String {
    match reason {
        Kept::UsedByImage(image) => format!("{image} uses it"),
        Kept::ImageIsBack(image) => format!("its image {image} exists again"),
        Kept::ImageElsewhere(region) => {
            format!("its image is in {region}, so that somebody may have copied the snapshot")
        }
        Kept::ImageInRecycleBin(exits) => {
            let until = exits.map(|at| format!(" until {}", at.strftime("%Y-%m-%d"))).unwrap_or_default();
            format!("its image is in the Recycle Bin{until}")
        }
        Kept::UnknownImageInRecycleBin(image) => {
            format!("{image} is in the Recycle Bin, and may need it: EC2 does not tell which snapshots it has")
        }
        Kept::Job(Claimant::Copy(number)) => {
            format!("copy {number} of the queue needs it, or counts its image as its own")
        }
        Kept::Job(Claimant::Requested) => "a copy that was just requested needs it".into(),
        Kept::OnPurpose(job) => format!("its image was deregistered without its snapshots, as requested (job {job})"),
        Kept::Tagged => format!("its tag {KEPT_TAG} says that it is kept on purpose"),
        Kept::Implausible(Implausible::Owner) => "EC2 does not confirm that the account owns it".into(),
        Kept::Implausible(Implausible::Volume) => "its volume is not as EC2 makes snapshots for images".into(),
        Kept::Implausible(Implausible::Time) => "it was started at another time than the copy it names".into(),
        Kept::AwsBackup => "AWS Backup made it".into(),
        Kept::Managed(tag) => format!("a service of AWS manages it: tag {}", clean(tag)),
        Kept::NotCompleted => "it is not completed".into(),
        Kept::Archived => "it is in the archive tier".into(),
        Kept::TooYoung => "it is younger than --min-age".into(),
        Kept::AgeUnknown => "EC2 does not tell its age".into(),
        Kept::Locked => "it is locked".into(),
        Kept::FastRestore => "fast snapshot restore is enabled for it".into(),
        Kept::Shared => "others may create volumes of it".into(),
        Kept::LockUnknown(why) => unknown("whether it is locked", why),
        Kept::FastRestoreUnknown(why) => unknown("whether fast snapshot restore is enabled", why),
        Kept::ElsewhereUnknown(why) => unknown("whether its image is in another region", why),
        Kept::SharingUnknown(why) => unknown("who may create volumes of it", why),
        Kept::SharingNotRead => "who may create volumes of it was not read".into(),
    }
}

fn unknown(what: &str, why: &str) -> String {
    let why = why.split(" Encoded authorization failure message").next().unwrap_or_default();
    format!("{what} is not known: {}", clean(why))
}

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
        (true, false) => format!("{sum} a month and more"),
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
        let managed = kept(&Kept::Managed("aws:x\u{1b}[31m".into()));
        let denied = kept(&Kept::LockUnknown("denied \u{1b}. Encoded authorization failure message: abc".into()));
        assert!(
            !managed.contains('\u{1b}') && !denied.contains('\u{1b}') && !denied.contains("abc"),
            "{managed} {denied}"
        );
    }
}
