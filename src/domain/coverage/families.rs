//! Lineages into versions, and versions into families.

use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use jiff::Timestamp;

use super::{
    lineage::{LineageId, Lineages},
    order::{by_age, compare_versions},
};
use crate::domain::{
    account::AccountId,
    family::VersionPattern,
    image::{Image, ImageState},
};

/// A version, with the places of its images.
#[derive(Debug)]
pub(super) struct VersionDraft<'a> {
    /// What its name has after the family's.
    version: &'a str,
    /// When it was created: its source, or the first copy known of it.
    created: Option<Timestamp>,
    /// The source is listed: of copies alone it is not known how old what they have in them is.
    is_dated: bool,
    /// The image that others are compared with: the source.
    pub(super) source: Option<usize>,
    /// The image to copy.
    pub(super) image: usize,
    pub(super) members: Vec<usize>,
}

/// A family, with the places of its images.
#[derive(Debug)]
pub(super) struct FamilyDraft<'a> {
    pub(super) name: &'a str,
    pub(super) owner: &'a AccountId,
    /// The newest first; see [`sort_newest_first`].
    pub(super) versions: Vec<VersionDraft<'a>>,
}

/// The members of one lineage.
struct Group<'a> {
    lineage: LineageId,
    members: Vec<usize>,
    name: &'a str,
    owner: &'a AccountId,
}

/// Groups the images at the given places.
pub(super) fn families<'a>(
    images: &[&'a Arc<Image>],
    members: impl Iterator<Item = usize>,
    lineages: &Lineages<'_>,
    pattern: &VersionPattern,
) -> Vec<FamilyDraft<'a>> {
    let mut by_lineage: Vec<Vec<usize>> = vec![Vec::new(); lineages.len()];
    for place in members {
        by_lineage[lineages.of_image(place).0].push(place);
    }
    let mut places: HashMap<(&AccountId, &str), usize> = HashMap::new();
    let mut found: Vec<(FamilyDraft<'a>, Vec<Group<'a>>)> = Vec::new();
    for (at, members) in by_lineage.into_iter().enumerate() {
        let Some(group) = group(images, LineageId(at), members, lineages) else { continue };
        let name = pattern.family(group.name);
        let next = found.len();
        // Images without a name have nothing in common but their source.
        let place = if name.is_empty() { next } else { *places.entry((group.owner, name)).or_insert(next) };
        if place == next {
            found.push((FamilyDraft { name, owner: group.owner, versions: Vec::new() }, Vec::new()));
        }
        found[place].1.push(group);
    }
    let finished = found.into_iter().map(|(mut family, groups)| {
        family.versions = versions(images, family.name, groups, lineages);
        sort_newest_first(images, &mut family.versions);
        family
    });
    finished.collect()
}

fn group<'a>(
    images: &[&'a Arc<Image>],
    lineage: LineageId,
    mut members: Vec<usize>,
    lineages: &Lineages<'_>,
) -> Option<Group<'a>> {
    members.sort_unstable_by_key(|at| by_age(images[*at]));
    let first = *members.first()?;
    // Copies may be called anything: the source says what they are.
    let named = lineages.root(lineage).unwrap_or(first);
    Some(Group { lineage, name: &images[named].name, owner: &images[first].owner_id, members })
}

/// Makes versions of a family's lineages. Those of one full name are one version if there is a version in that name: EC2 has not
/// always told what an image was copied from, and some build an image in each region. Names without a version are given again and
/// again, so that they prove nothing.
fn versions<'a>(
    images: &[&'a Arc<Image>],
    family: &str,
    groups: Vec<Group<'a>>,
    lineages: &Lineages<'_>,
) -> Vec<VersionDraft<'a>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut found: Vec<Vec<Group<'a>>> = Vec::new();
    for group in groups {
        let next = found.len();
        let place = if group.name == family { next } else { *places.entry(group.name).or_insert(next) };
        if place == next {
            found.push(Vec::new());
        }
        found[place].push(group);
    }
    found.into_iter().filter_map(|groups| version(images, family, groups, lineages)).collect()
}

fn version<'a>(
    images: &[&'a Arc<Image>],
    family: &str,
    groups: Vec<Group<'a>>,
    lineages: &Lineages<'_>,
) -> Option<VersionDraft<'a>> {
    let version = groups.first()?.name.get(family.len()..).unwrap_or_default();
    let roots = groups.iter().filter_map(|group| lineages.root(group.lineage));
    let source = roots.min_by_key(|at| by_age(images[*at]));
    let mut members: Vec<usize> = groups.into_iter().flat_map(|group| group.members).collect();
    members.sort_unstable_by_key(|at| by_age(images[*at]));
    let available = |at: usize| images[at].state == ImageState::Available;
    let copied = source.filter(|at| available(*at) && members.contains(at));
    let image = copied.or_else(|| members.iter().copied().find(|at| available(*at))).or(members.first().copied())?;
    let created = source.map_or_else(|| images[*members.first()?].created, |at| images[at].created);
    Some(VersionDraft { version, created, is_dated: source.is_some(), source, image, members })
}

/// Sorts versions so that the newest that can be copied comes first.
fn sort_newest_first(images: &[&Arc<Image>], versions: &mut [VersionDraft<'_>]) {
    versions.sort_unstable_by_key(|version| {
        let image = images[version.image];
        Reverse((image.state == ImageState::Available, version.created, by_age(image)))
    });
    let copyable = versions.partition_point(|version| images[version.image].state == ImageState::Available);
    let candidates = if copyable == 0 { versions.len() } else { copyable };
    if let Some(newest) = newest(images, &versions[..candidates]) {
        versions[..=newest].rotate_right(1);
    }
}

/// Returns the place of the newest version. A copy is as old as the copying of it, which says little about what is in it: versions of
/// which only copies are listed count by their names where there is a version in these.
fn newest(images: &[&Arc<Image>], versions: &[VersionDraft<'_>]) -> Option<usize> {
    let dated = versions.iter().position(|version| version.is_dated);
    let Some(dated) = dated else { return versions.iter().enumerate().max_by(by_name(images)).map(|(at, _)| at) };
    let known = &versions[dated];
    let later = |version: &VersionDraft<'_>| {
        if version.version.is_empty() || known.version.is_empty() {
            version.created > known.created
        } else {
            compare_versions(version.version, known.version).is_gt()
        }
    };
    let copies = versions.iter().enumerate().filter(|(_, version)| !version.is_dated && later(version));
    copies.max_by(by_name(images)).map(|(at, _)| at).or(Some(dated))
}

type Placed<'v, 'a> = (usize, &'v VersionDraft<'a>);

fn by_name<'v, 'a>(images: &[&Arc<Image>]) -> impl Fn(&Placed<'v, 'a>, &Placed<'v, 'a>) -> std::cmp::Ordering
where
    'a: 'v,
{
    move |(_, a), (_, b)| {
        compare_versions(a.version, b.version)
            .then_with(|| a.created.cmp(&b.created))
            .then_with(|| by_age(images[a.image]).cmp(&by_age(images[b.image])))
    }
}
