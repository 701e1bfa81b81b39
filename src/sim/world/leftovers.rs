//! What a clean-up by hand has left in the demo's account: snapshots whose images are gone, and an image with its snapshots in the Recycle
//! Bin. The images that are listed are the same with it and without.

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{
        Image, ImageId, Region, Snapshot, SnapshotId, SnapshotState,
        image::{BlockDevice, Ebs, Tag},
        text::thousands,
    },
    sim::world::{
        image_family::device_name,
        locations::Location,
        retention::Binned,
        state::World,
        timeline::{Actor, CreatedImage, CreatedSnapshot, Stages, Transfer},
    },
};

/// How EC2 made a snapshot.
#[derive(Debug, Clone, Copy)]
enum Made {
    ByCreateImage,
    ByCopyImage,
}

/// A snapshot that an image left behind.
struct Leftover {
    region: &'static str,
    snapshot: &'static str,
    image: &'static str,
    made: Made,
    gib: u32,
    days_ago: i64,
    team: Option<&'static str>,
    locked: bool,
}

const LEFTOVERS: &[Leftover] = &[
    Leftover {
        region: "us-east-1",
        snapshot: "snap-0b71f6e0d4c28a935",
        image: "ami-0d4f1b8e72c6a9035",
        made: Made::ByCreateImage,
        gib: 100,
        days_ago: 212,
        team: Some("data"),
        locked: false,
    },
    Leftover {
        region: "us-east-1",
        snapshot: "snap-0f2c95a7e81b3d640",
        image: "ami-0d4f1b8e72c6a9035",
        made: Made::ByCreateImage,
        gib: 20,
        days_ago: 212,
        team: Some("data"),
        locked: false,
    },
    Leftover {
        region: "us-east-1",
        snapshot: "snap-08e3d7b1a5f94c026",
        image: "ami-07a5c3e9f1b2d8460",
        made: Made::ByCreateImage,
        gib: 12,
        days_ago: 140,
        team: Some("web"),
        locked: true,
    },
    Leftover {
        region: "us-west-2",
        snapshot: "snap-0a96e4f0c7d1b5832",
        image: "ami-0e8b6d2f4a1c97035",
        made: Made::ByCopyImage,
        gib: 8,
        days_ago: 96,
        team: None,
        locked: false,
    },
];

/// The image in the Recycle Bin, and the snapshots there that were made for it.
const BINNED: &str = "ami-05c2e8a7d1f4b9360";
const BINNED_NAME: &str = "app-web-before-the-rewrite";
const BINNED_REGION: &str = "eu-west-1";
const BINNED_SNAPSHOTS: [(&str, u32); 2] = [("snap-03f8b6c1e9a7d2540", 8), ("snap-0c5d9e2a8f1b7463e", 30)];
/// The image was made, and was deregistered.
const BINNED_AGE: (i64, i64) = (420, 3);
/// How long a rule keeps it.
const KEPT_DAYS: i64 = 30;

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

impl World {
    /// Adds what a clean-up by hand has left. What does not fit the regions of the world is left out.
    pub fn add_leftovers(&mut self, now: Timestamp) {
        for leftover in LEFTOVERS {
            _ = self.add_leftover(leftover, now);
        }
        _ = self.add_binned(now);
    }

    fn add_leftover(&mut self, leftover: &Leftover, now: Timestamp) -> Option<()> {
        let region = Region::new(leftover.region).ok()?;
        let image = ImageId::new(leftover.image).ok()?;
        let mut created = self.made_for(&image, (leftover.snapshot, leftover.gib), now - days(leftover.days_ago))?;
        let snapshot = &mut created.snapshot;
        let tag = |team: &str| Tag { key: "Team".into(), value: team.into() };
        snapshot.tags = leftover.team.into_iter().map(tag).collect();
        if let (Made::ByCopyImage, Some(task)) = (leftover.made, snapshot.started) {
            let task = thousands(usize::try_from(task.as_millisecond()).ok()?);
            snapshot.description = format!(
                "Copied for DestinationAmi {image} from SourceAmi ami-01d9c7b5a3e1f8642 for SourceSnapshot snap-04b8d2f6a1c3e5970. \
                 Task created on {task}."
            )
            .into();
            (snapshot.volume_id, created.transfer) =
                (Some(Snapshot::VOLUME_OF_COPIES.into()), Some(Transfer::Standard));
        }
        let id = created.snapshot.id.clone();
        let state = self.enabled_mut(&region).ok()?;
        if leftover.locked {
            state.locked.insert(id.clone());
        }
        state.created_snapshots.insert(id, created);
        Some(())
    }

    /// Makes the snapshot that `CreateImage` takes of an instance's volume.
    fn made_for(&self, image: &ImageId, (id, gib): (&str, u32), started: Timestamp) -> Option<CreatedSnapshot> {
        let snapshot = Snapshot {
            id: SnapshotId::new(id).ok()?,
            state: SnapshotState::Completed,
            progress: Some(100),
            volume_size: gib,
            volume_id: Some(id.replace("snap-", "vol-").into()),
            started: Some(started),
            completed: None,
            state_message: None,
            description: format!("Created by CreateImage(i-0a1b2c3d4e5f60718) for {image}").into(),
            encrypted: false,
            kms_key_id: None,
            tags: Vec::new(),
        };
        Some(CreatedSnapshot {
            snapshot,
            image: None,
            timeline: self.timeline(started),
            stages: Stages::COMPLETED,
            created_by: Actor::Scenario,
            token: None,
            location: Location::Region,
            transfer: None,
        })
    }

    fn add_binned(&mut self, now: Timestamp) -> Option<()> {
        let region = Region::new(BINNED_REGION).ok()?;
        let id = ImageId::new(BINNED).ok()?;
        let (made, entered) = (now - days(BINNED_AGE.0), now - days(BINNED_AGE.1));
        let exits = entered + days(KEPT_DAYS);
        let snapshots: Vec<CreatedSnapshot> =
            BINNED_SNAPSHOTS.into_iter().filter_map(|of| self.made_for(&id, of, made)).collect();
        let mut image = Image::bare(id.clone(), region.clone(), self.account.clone());
        (image.name, image.description) = (BINNED_NAME.into(), "Web front end, the last one in PHP".into());
        (image.created, image.architecture) = (Some(made), "x86_64".into());
        let device = |(n, created): (usize, &CreatedSnapshot)| BlockDevice {
            device_name: device_name(n, "hvm"),
            ebs: Some(Ebs {
                snapshot_id: Some(created.snapshot.id.clone()),
                volume_size: Some(created.snapshot.volume_size),
                volume_type: Some("gp3".into()),
                encrypted: Some(false),
                ..Ebs::default()
            }),
            virtual_name: None,
        };
        image.block_devices = snapshots.iter().enumerate().map(device).collect();
        let created = CreatedImage {
            image: image.clone(),
            timeline: self.timeline(made),
            listed: 0,
            ended: 0,
            fails: false,
            token: None,
            created_by: Actor::Scenario,
            location: Location::Region,
            time_based: None,
        };
        let state = self.enabled_mut(&region).ok()?;
        state.bin.images.insert(id, Binned { last: image, created: Some(created), entered, exits });
        for created in snapshots {
            let binned = Binned { last: created.snapshot.clone(), created: Some(created), entered, exits };
            state.bin.snapshots.insert(binned.last.id.clone(), binned);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::orphans::{MadeFor, Maker, made_for},
        sim::Scenario,
    };

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn world() -> World {
        let mut world = World::new(&Scenario::named("demo").unwrap(), now());
        world.add_leftovers(now());
        world
    }

    #[test]
    fn snapshots_are_as_ec2_makes_them_for_images_that_are_gone() {
        let world = world();
        for leftover in LEFTOVERS {
            let region = Region::new(leftover.region).unwrap();
            let state = world.enabled(&region).unwrap();
            let seen = world.snapshot(state, leftover.snapshot, now()).unwrap();
            let MadeFor { image, maker } = made_for(&seen.snapshot).unwrap();
            assert_eq!(image.as_str(), leftover.image);
            assert!(world.image(state, leftover.image, now()).is_none());
            assert_eq!((seen.snapshot.state, seen.owner), (SnapshotState::Completed, world.account.clone()));
            if let Maker::CopyImage { task, .. } = maker {
                assert_eq!(seen.started, task);
            }
        }
    }

    #[test]
    fn what_is_in_the_bin_can_be_restored_in_its_order() {
        let mut world = world();
        let region = Region::new(BINNED_REGION).unwrap();
        assert!(world.restore_image(&region, BINNED, Actor::Request, now()).is_err(), "its snapshots come first");
        for (snapshot, _) in BINNED_SNAPSHOTS {
            world.restore_snapshot(&region, snapshot, Actor::Request, now()).unwrap();
        }
        world.restore_image(&region, BINNED, Actor::Request, now()).unwrap();
        let seen = world.image(world.enabled(&region).unwrap(), BINNED, now()).unwrap();
        assert_eq!((&*seen.image.name, seen.image.snapshot_ids().count()), (BINNED_NAME, 2));
    }
}
