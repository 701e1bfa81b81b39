//! Contents of the copy form: plain values as the user entered them, not yet checked.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::domain::{account::AccountId, completion::CompletionDuration, ids::ImageId, image::Image, region::Region};

/// Contents of the copy form.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Draft {
    /// The images to copy.
    pub sources: Vec<Arc<Image>>,
    /// Each source is copied to each of these, unless `only` says otherwise.
    pub destinations: Vec<Region>,
    /// The copies that are wanted of these, as sources and destinations: exactly what is missing. `None` for all.
    pub only: Option<BTreeSet<(ImageId, Region)>>,
    /// A name, or a template with `{name}`, `{region}`, `{source_id}`, `{date}`.
    pub name: String,
    /// A description, or a template with those and `{source_region}`, `{source_description}`.
    pub description: String,
    /// Encrypt the copies; if false, each stays as its source is.
    pub encrypt: bool,
    /// Key for all destinations; empty for each destination's default.
    pub key: String,
    /// Keys for single destinations, which override `key`.
    pub keys: BTreeMap<Region, String>,
    /// Which of the sources' tags the copies get.
    pub source_tags: SourceTags,
    /// Tags of the new images, each `key=value`; values are templates with the name's placeholders and `{source_region}`.
    pub image_tags: Vec<String>,
    /// The same for the new snapshots.
    pub snapshot_tags: Vec<String>,
    /// Where in the destination the copies are stored.
    pub placement: PlacementDraft,
    /// For time-based copies.
    pub completion: Option<CompletionDuration>,
    /// Client token, for a single copy; empty for a random one.
    pub client_token: String,
    pub post_copy: PostCopyDraft,
    /// The account that copies, if known. Images of other accounts are shared ones.
    pub account: Option<AccountId>,
}

/// Which of a source's tags its copies get.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceTags {
    #[default]
    All,
    None,
    /// Those with these keys.
    Picked(BTreeSet<Arc<str>>),
}

/// Where in the destination the copies are stored; the texts are checked with the draft.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlacementDraft {
    #[default]
    Region,
    /// ARN of an Outpost.
    Outpost(String),
    /// Name or id of a Local Zone.
    LocalZone(String),
}

/// What is done with the copies once they are available.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PostCopyDraft {
    /// Give the copies their sources' launch permissions.
    pub copy_permissions: bool,
    /// Account ids, and ARNs of organizations and organizational units, separated by spaces or commas.
    pub share_with: String,
    /// Allow everyone to launch the copies.
    pub public: bool,
    /// Let the accounts of `share_with` create volumes of the snapshots too.
    pub share_snapshots: bool,
    /// When the copies are deprecated: a number of days (`90d`), or a date (`2027-01-31`, `2027-01-31T12:00Z`); empty for never.
    pub deprecate: String,
    pub protection: ProtectionDraft,
    /// Tag each source with `copied-to:REGION` and the copy's id.
    pub tag_source: bool,
}

/// Protection of the copies from being deregistered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtectionDraft {
    #[default]
    Off,
    On,
    /// Ends 24 hours after it is disabled.
    WithCooldown,
}

/// Field of the form that a message belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Sources,
    Destinations,
    Name,
    Description,
    Encryption,
    /// Key for all destinations.
    Key,
    /// Key for one destination.
    KeyFor(Region),
    /// Which of the sources' own tags are copied.
    SourceTags,
    /// One line of `image_tags`.
    ImageTag(usize),
    /// One line of `snapshot_tags`.
    SnapshotTag(usize),
    Placement,
    Completion,
    ClientToken,
    CopyPermissions,
    ShareWith,
    Public,
    ShareSnapshots,
    Deprecation,
    Protection,
    TagSource,
}

impl Draft {
    /// Returns true if this source is to be copied to this destination.
    pub fn wants(&self, source: &Image, destination: &Region) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&(source.id.clone(), destination.clone())))
    }

    /// Returns the number of copies, before any is checked.
    pub fn copies(&self) -> usize {
        match &self.only {
            None => self.sources.len().saturating_mul(self.destinations.len()),
            Some(_) => {
                let of = |source: &Image| self.destinations.iter().filter(|to| self.wants(source, to)).count();
                self.sources.iter().map(|source| of(source)).sum()
            }
        }
    }

    /// Chooses destinations. Of copies that were limited to certain ones those to fewer regions stay so; a region more is one to which
    /// nobody said what is missing, so that every source goes to every region then.
    pub fn set_destinations(&mut self, destinations: Vec<Region>) {
        self.destinations = destinations;
        let known = |region: &Region, only: &BTreeSet<(ImageId, Region)>| only.iter().any(|(_, to)| to == region);
        self.only = self.only.take().filter(|only| self.destinations.iter().all(|region| known(region, only)));
    }
}

#[cfg(test)]
impl Draft {
    /// Returns a form with everything set but its images and their account.
    pub(crate) fn with_everything() -> Self {
        let region = |name| Region::new(name).unwrap();
        Self {
            sources: Vec::new(),
            destinations: vec![region("eu-west-1"), region("eu-west-2")],
            only: None,
            name: "{name}-dr".into(),
            description: "from {source_region}".into(),
            encrypt: true,
            key: "alias/all".into(),
            keys: [(region("eu-west-2"), "alias/two".into())].into(),
            source_tags: SourceTags::Picked(["Team".into()].into()),
            image_tags: vec!["SourceAMI={source_id}".into()],
            snapshot_tags: vec!["a=1".into()],
            placement: PlacementDraft::LocalZone("us-west-2-lax-1a".into()),
            completion: CompletionDuration::from_minutes(60).ok(),
            client_token: "mine".into(),
            post_copy: PostCopyDraft {
                copy_permissions: true,
                share_with: "210987654321 111122223333".into(),
                public: true,
                share_snapshots: true,
                deprecate: "90d".into(),
                protection: ProtectionDraft::WithCooldown,
                tag_source: true,
            },
            account: None,
        }
    }
}
