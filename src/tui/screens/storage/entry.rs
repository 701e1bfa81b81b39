//! What the pages of storage list: orphaned snapshots, and what the Recycle Bin holds.

use jiff::Timestamp;

use crate::{
    domain::{
        Region, Snapshot,
        orphans::{
            FoundOrphans, KeptSnapshot, MadeFor, Maker, Orphan, RecycleBin, RecycleBinImage, RecycleBinSnapshot,
        },
        price::{Money, Prices},
        text::{age, clean},
    },
    labels,
};

/// Identifies an entry across refreshes.
pub(super) type EntryRef = (Region, String);

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) region: Region,
    pub(super) id: String,
    pub(super) kind: EntryKind,
}

/// What is in a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum EntryKind {
    Orphan(Box<Orphan>),
    /// A snapshot without its image that a rule keeps.
    Kept(Box<KeptSnapshot>),
    Image(Box<RecycleBinImage>),
    Snapshot(Box<RecycleBinSnapshot>),
}

impl Entry {
    /// Returns the entries of what was found.
    pub(super) fn of_orphans(found: &FoundOrphans) -> Vec<Self> {
        let orphan = |orphan: &Orphan| Self {
            region: orphan.region.clone(),
            id: orphan.id().to_string(),
            kind: EntryKind::Orphan(Box::new(orphan.clone())),
        };
        let kept = |kept: &KeptSnapshot| Self {
            region: kept.region.clone(),
            id: kept.id().to_string(),
            kind: EntryKind::Kept(Box::new(kept.clone())),
        };
        found.orphans.iter().map(orphan).chain(found.kept.iter().map(kept)).collect()
    }

    /// Returns the entries of a bin.
    pub(super) fn of_bin(region: &Region, bin: &RecycleBin) -> Vec<Self> {
        let entry = |id: String, kind| Self { region: region.clone(), id, kind };
        let images = bin.images.iter().map(|one| entry(one.id.to_string(), EntryKind::Image(Box::new(one.clone()))));
        let snapshots =
            bin.snapshots.iter().map(|one| entry(one.id.to_string(), EntryKind::Snapshot(Box::new(one.clone()))));
        images.chain(snapshots).collect()
    }

    pub(super) fn reference(&self) -> EntryRef {
        (self.region.clone(), self.id.clone())
    }

    pub(super) fn is_image(&self) -> bool {
        matches!(self.kind, EntryKind::Image(_))
    }

    /// Names it in a question: its id, the name of an image, and its region.
    pub(super) fn line(&self) -> String {
        let name = match &self.kind {
            EntryKind::Image(image) if !image.name.is_empty() => format!(" {}", clean(&image.name)),
            _ => String::new(),
        };
        format!("{}{name} in {}", self.id, self.region)
    }

    pub(super) fn is_kept(&self) -> bool {
        matches!(self.kind, EntryKind::Kept(_))
    }

    /// Returns the snapshot, unless it is in the bin.
    fn snapshot(&self) -> Option<&Snapshot> {
        match &self.kind {
            EntryKind::Orphan(orphan) => Some(&orphan.snapshot.snapshot),
            EntryKind::Kept(kept) => Some(&kept.snapshot.snapshot),
            EntryKind::Image(_) | EntryKind::Snapshot(_) => None,
        }
    }

    /// Returns the size of its volume, GiB.
    pub(super) fn size(&self) -> u64 {
        self.snapshot().map_or(0, |snapshot| snapshot.volume_size.into())
    }

    /// Returns since when it is there: a snapshot since it was started, what is in the bin since it entered it.
    pub(super) fn since(&self) -> Option<Timestamp> {
        match &self.kind {
            EntryKind::Orphan(_) | EntryKind::Kept(_) => self.snapshot()?.started,
            EntryKind::Image(image) => image.entered,
            EntryKind::Snapshot(snapshot) => snapshot.entered,
        }
    }

    /// Returns when EC2 deletes what is in the bin.
    pub(super) fn exits(&self) -> Option<Timestamp> {
        match &self.kind {
            EntryKind::Orphan(_) | EntryKind::Kept(_) => None,
            EntryKind::Image(image) => image.exits,
            EntryKind::Snapshot(snapshot) => snapshot.exits,
        }
    }

    /// Returns what it costs a month at most.
    pub(super) fn monthly_cost(&self, prices: &Prices) -> Option<Money> {
        match &self.kind {
            EntryKind::Orphan(orphan) => orphan.monthly_cost(prices),
            EntryKind::Kept(kept) => kept.monthly_cost(prices),
            EntryKind::Image(_) | EntryKind::Snapshot(_) => None,
        }
    }

    /// Returns how old it is, or how long in the bin.
    pub(super) fn age(&self, now: Timestamp) -> String {
        self.since().map(|at| age(now.duration_since(at).as_secs())).unwrap_or_default()
    }

    /// Returns what it belongs to, or why it is kept.
    pub(super) fn about(&self) -> String {
        let text = match &self.kind {
            EntryKind::Orphan(orphan) => orphan.made_for.image.to_string(),
            EntryKind::Kept(kept) => format!("kept: {}", labels::orphans::keep(&kept.reason)),
            EntryKind::Image(image) => image.name.to_string(),
            EntryKind::Snapshot(snapshot) => snapshot.image().map(|image| format!("of {image}")).unwrap_or_default(),
        };
        clean(&text).into_owned()
    }

    /// Returns all that is known of it, for the line below.
    pub(super) fn details(&self) -> Vec<String> {
        let texts = match &self.kind {
            EntryKind::Orphan(orphan) => vec![made_for(&orphan.made_for), tags(&orphan.snapshot.snapshot)],
            EntryKind::Kept(kept) => vec![
                format!("{}, kept: {}", made_for(&kept.made_for), labels::orphans::keep(&kept.reason)),
                tags(&kept.snapshot.snapshot),
            ],
            EntryKind::Image(image) => vec![format!("image {}", image.name), image.description.to_string()],
            EntryKind::Snapshot(snapshot) => {
                vec![format!("snapshot {}", snapshot.id), snapshot.description.to_string()]
            }
        };
        texts.iter().map(|text| clean(text).into_owned()).collect()
    }

    /// Returns what a filter searches.
    pub(super) fn texts(&self) -> Vec<String> {
        let mut texts = vec![self.id.clone(), self.region.to_string(), self.about()];
        texts.extend(self.details());
        texts
    }
}

fn made_for(made: &MadeFor) -> String {
    match &made.maker {
        Maker::CopyImage { source, .. } => format!("made by CopyImage for {}, a copy of {source}", made.image),
        Maker::CreateImage => format!("made by CreateImage for {}", made.image),
    }
}

fn tags(snapshot: &Snapshot) -> String {
    let tags: Vec<String> = snapshot.tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect();
    if tags.is_empty() { "no tags".into() } else { format!("tags {}", tags.join(" ")) }
}
